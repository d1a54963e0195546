//! The collecting part of `up` and `ingest`: log on disk, group commit, limits, and their upkeep.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use isotherm_core::ids::IdKey;
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};
use isotherm_ingest::Ingest;
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{BrokerAck, committer};
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_ingest::sites::SiteTable;
use isotherm_log::{DiskLog, LogSettings};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;

use crate::adapters::DiskAppend;
use crate::installation::Installation;

/// How often the log forgets what is too old and limits forget who was quiet.
const UPKEEP_EVERY: Duration = Duration::from_secs(60);

/// The collecting part, running.
pub(crate) struct Collecting {
    pub(crate) ingest: web::Data<Ingest>,
    pub(crate) arrivals: Arc<Arrivals>,
}

/// What collecting is told by the store, or by its copy.
pub(crate) struct Known {
    pub(crate) id_key: IdKey,
    pub(crate) sites: SiteTable,
}

/// Opens the log on disk.
pub(crate) fn open_log(installation: &Installation) -> anyhow::Result<Arc<DiskLog>> {
    let config = &installation.config;
    let settings = LogSettings {
        dir: installation.log_dir(),
        partitions: config.log.partitions,
        bytes_max: config.log.bytes_max,
        frame: isotherm_wire::record::frame,
    };
    let log = DiskLog::open(settings, Arc::new(SystemClock)).context("cannot open the log")?;
    let private = Permissions::from_mode(0o700);
    std::fs::set_permissions(installation.log_dir(), private).context("cannot close the log's folder to others")?;
    Ok(Arc::new(log))
}

/// Starts collecting into a log.
pub(crate) fn start(
    installation: &Installation,
    log: &Arc<DiskLog>,
    known: Known,
    broker_ack: Option<Box<dyn BrokerAck>>,
    (tasks, ops): (&Tasks, &Ops),
) -> anyhow::Result<Collecting> {
    let config = &installation.config;
    let clock = Arc::new(SystemClock);
    let metrics = IngestMetrics::default();
    ops.register(|registry| metrics.register(registry));
    let (committer, commits) = committer(DiskAppend(log.clone()), clock.clone(), metrics.clone());
    tasks.spawn_thread("commit", move || commits.run());

    let arrivals = Arc::new(Arrivals::new(clock));
    let rates = &config.ingest;
    let ingest = web::Data::new(Ingest {
        sites: known.sites,
        trusted_proxies: TrustedProxies::parse(&rates.trusted_proxies)?,
        countries: Countries::open(&installation.country_file()?)?,
        address_limiter: AddressLimiter::new(rates.rate_per_address_per_s, rates.rate_per_address_burst),
        site_limiter: SiteLimiter::new(rates.rate_per_site_per_s, rates.rate_per_site_per_s.saturating_mul(TWO)),
        id_key: known.id_key,
        partitions: config.log.partitions,
        committer,
        broker_ack,
        metrics,
        arrivals: arrivals.clone(),
        expose_outcome: rates.expose_outcome,
    });
    let stop = tasks.stop_signal();
    let (upkept_log, upkept) = (log.clone(), Arc::downgrade(&ingest.clone().into_inner()));
    tasks.spawn("upkeep", async move {
        while tokio::time::timeout(UPKEEP_EVERY, stop.cancelled()).await.is_err() {
            let Some(ingest) = upkept.upgrade() else {
                return;
            };
            ingest.address_limiter.forget_idle();
            ingest.site_limiter.forget_idle();
            let sites = ingest.sites.current();
            ingest.arrivals.keep_only(|site| sites.contains_key(site));
            forget_old_records(&upkept_log);
        }
    });
    Ok(Collecting { ingest, arrivals })
}

/// Burst of a site, in seconds' worth of its rate.
const TWO: std::num::NonZeroU32 = match std::num::NonZeroU32::new(2) {
    Some(two) => two,
    None => std::num::NonZeroU32::MIN,
};

/// What the log may not keep any longer goes, counted or not.
fn forget_old_records(log: &DiskLog) {
    match log.expire() {
        Ok(expired) if expired.records > 0 => {
            tracing::error!(
                records = expired.records,
                "records were too old to keep and were not counted"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "old records could not be removed"),
    }
}
