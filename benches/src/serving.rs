//! The collecting role alone, in a process of its own: the same HTTP stack and settings, the same parts of the role, and
//! beside it a handler that reads the same body and does nothing.

use std::io::Write;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Payload};
use actix_web::{App, HttpResponse, HttpServer};
use isotherm_core::admit::BODY_BYTES_MAX;
use isotherm_core::ids::IdKey;
use isotherm_core::record::Offset;
use isotherm_engine::assets;
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};
use isotherm_ingest::Ingest;
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{Append, AppendRefused, committer};
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_ingest::sites::SiteTable;
use isotherm_log::{DiskLog, LogSettings};
use isotherm_service::clock::SystemClock;

use crate::visitors;

/// The path of the handler that does nothing.
pub(crate) const NOTHING: &str = "/nothing";
/// The path that collects.
pub(crate) const COLLECT: &str = "/v1/collect";
/// Partitions of the log: the default of `isotherm up`.
pub(crate) const PARTITIONS: u16 = 4;
/// The log's bound: the default of `isotherm up`.
pub(crate) const LOG_BYTES_MAX: u64 = 4 << 30;
/// Beacons a second that a site may send here. The default, 5,000, is what this measures beyond.
pub(crate) const SITE_RATE_PER_S: u32 = 1_000_000;

/// The log as the role writes it.
struct DiskAppend(Arc<DiskLog>);

impl Append for DiskAppend {
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused> {
        match self.0.append(group) {
            Ok(appended) => Ok(appended.lasts),
            Err(error) => Err(AppendRefused {
                reason: error.to_string(),
            }),
        }
    }
}

/// Opens an empty log.
pub(crate) fn open_log(dir: &Path) -> anyhow::Result<Arc<DiskLog>> {
    let settings = LogSettings {
        dir: dir.to_owned(),
        partitions: PARTITIONS,
        bytes_max: LOG_BYTES_MAX,
        frame: isotherm_wire::record::frame,
        is_shipped: false,
    };
    Ok(Arc::new(DiskLog::open(settings, Arc::new(SystemClock))?))
}

/// Serves until it is ended; says on standard output where.
pub(crate) async fn serve(dir: &Path) -> anyhow::Result<()> {
    let ingest = ingest(dir)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let configure = move |config: &mut web::ServiceConfig| {
        isotherm_ingest::configure(config, ingest.clone());
        config.route(NOTHING, web::post().to(nothing));
    };
    // The settings of the binary's own server.
    HttpServer::new(move || App::new().configure(configure.clone()))
        .max_connections(4_096)
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(30))
        .shutdown_timeout(3)
        .listen(listener)?
        .run()
        .await?;
    Ok(())
}

/// The collecting role as the binary builds it; only the site's rate differs.
fn ingest(dir: &Path) -> anyhow::Result<web::Data<Ingest>> {
    let clock = Arc::new(SystemClock);
    let log = open_log(&dir.join("log"))?;
    let metrics = IngestMetrics::default();
    let (committer, commits) = committer(DiskAppend(log), clock.clone(), metrics.clone());
    std::thread::Builder::new()
        .name("commit".into())
        .spawn(move || commits.run())?;
    let sites = SiteTable::default();
    sites.replace(visitors::sites()?);
    let rate = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Ok(web::Data::new(Ingest {
        sites,
        trusted_proxies: TrustedProxies::parse(&["127.0.0.1"])?,
        countries: Countries::open(&assets::find(assets::COUNTRY)?)?,
        address_limiter: AddressLimiter::new(rate(20), rate(100)),
        site_limiter: SiteLimiter::new(rate(SITE_RATE_PER_S), rate(SITE_RATE_PER_S)),
        id_key: IdKey::new([7; 16]),
        partitions: PARTITIONS,
        committer,
        broker_ack: None,
        metrics,
        arrivals: Arc::new(Arrivals::new(clock)),
        hosts: None,
        expose_outcome: false,
    }))
}

/// Reads the body and answers as an admitted beacon is answered.
async fn nothing(payload: Payload) -> HttpResponse {
    match payload.to_bytes_limited(BODY_BYTES_MAX).await {
        Ok(Ok(_body)) => HttpResponse::NoContent().finish(),
        _ => HttpResponse::BadRequest().finish(),
    }
}
