//! The collecting part of `up` and `ingest`: log on disk, group commit, limits, and their upkeep.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_web::web;
use anyhow::Context;
use isotherm_core::ids::IdKey;
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};
use isotherm_ingest::Ingest;
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{BrokerAck, committer};
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_ingest::opt_out::Hosts;
use isotherm_ingest::sites::SiteTable;
use isotherm_log::{DiskLog, LogSettings, OpenError};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;

use crate::adapters::DiskAppend;
use crate::installation::Installation;
use crate::log_watch::{self, Refusal};

/// How often the log forgets what is too old and limits forget who was quiet.
const UPKEEP_EVERY: Duration = Duration::from_secs(60);

/// How long the log may be held by work that was told to end.
const LOG_WAIT_MAX: Duration = Duration::from_secs(10);

/// Pause between two looks at it.
const LOG_LOOK_EVERY: Duration = Duration::from_millis(50);

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
        // `up` uses no topic and refuses to start where one is named.
        is_shipped: !config.kafka.brokers.is_empty(),
    };
    let log = DiskLog::open(settings, Arc::new(SystemClock)).context("cannot open the log")?;
    let private = Permissions::from_mode(0o700);
    fs::set_permissions(installation.log_dir(), private).context("cannot close the log's folder to others")?;
    Ok(Arc::new(log))
}

/// The same; waits while the previous owner of the log is still putting it down.
pub(crate) async fn open_log_patiently(installation: &Installation) -> anyhow::Result<Arc<DiskLog>> {
    let begun = tokio::time::Instant::now();
    loop {
        let asked = installation.clone();
        let opened = tokio::task::spawn_blocking(move || open_log(&asked)).await?;
        let is_held = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(OpenError::InUse { .. }));
        match opened {
            Err(error) if is_held(&error) && begun.elapsed() < LOG_WAIT_MAX => {
                tokio::time::sleep(LOG_LOOK_EVERY).await;
            }
            opened => return opened,
        }
    }
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
    let refusal = Refusal::default();
    log_watch::keep_watching(log, refusal.clone(), tasks, ops);
    let (committer, commits) = committer(DiskAppend(log.clone(), refusal), clock.clone(), metrics.clone());
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
        hosts: config.public.second_url.clone().map(|second| Hosts {
            first: installation.public_url(),
            second,
        }),
        expose_outcome: rates.expose_outcome,
    });
    reload_countries_on_demand(&ingest, ops);
    let stop = tasks.stop_signal();
    let mut country_file = FileSeen::at(&installation.country_file()?);
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
            if let Err(error) = upkept_log.expire() {
                tracing::error!(%error, "old records could not be removed");
            }
            if country_file.has_changed() {
                // What is wrong with the file is said where it is read; the old one stays in use.
                drop(reload_countries(ingest).await);
            }
        }
    });
    Ok(Collecting { ingest, arrivals })
}

/// Burst of a site, in seconds' worth of its rate.
const TWO: std::num::NonZeroU32 = match std::num::NonZeroU32::new(2) {
    Some(two) => two,
    None => std::num::NonZeroU32::MIN,
};

/// A file as it was when it was last looked at.
struct FileSeen {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
}

impl FileSeen {
    fn at(path: &Path) -> FileSeen {
        let mut file = FileSeen {
            path: path.to_owned(),
            seen: None,
        };
        file.has_changed();
        file
    }

    /// Whether it is another one than at the last look. A file that is away for a moment has not changed.
    fn has_changed(&mut self) -> bool {
        let now = fs::metadata(&self.path).and_then(|file| Ok((file.modified()?, file.len())));
        match now {
            Ok(now) if self.seen != Some(now) => {
                self.seen = Some(now);
                true
            }
            _ => false,
        }
    }
}

/// `POST /-/reload` reads the country file again.
fn reload_countries_on_demand(ingest: &web::Data<Ingest>, ops: &Ops) {
    let reloaded = Arc::downgrade(&ingest.clone().into_inner());
    ops.on_reload(Arc::new(move || {
        let ingest = reloaded.upgrade();
        Box::pin(async move {
            match ingest {
                Some(ingest) => reload_countries(ingest).await,
                None => Ok(()),
            }
        })
    }));
}

/// Reads the country file again; a file that is not sound leaves the old one in use.
async fn reload_countries(ingest: Arc<Ingest>) -> Result<(), String> {
    let reloaded = tokio::task::spawn_blocking(move || ingest.countries.reload()).await;
    let reloaded = match reloaded {
        Ok(reloaded) => reloaded.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match &reloaded {
        Ok(()) => tracing::info!("the country file was read again"),
        Err(reason) => tracing::error!(
            reason,
            "the country file could not be read again; the old one stays in use"
        ),
    }
    reloaded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_has_changed_once() {
        let path = std::env::temp_dir().join(format!("isotherm-file-seen-{}", std::process::id()));
        fs::write(&path, "one").expect("written");
        let mut file = FileSeen::at(&path);
        assert!(!file.has_changed());
        fs::write(&path, "another").expect("written");
        assert!(file.has_changed() && !file.has_changed());
        fs::remove_file(&path).expect("removed");
        assert!(!file.has_changed(), "a file that is away is no new file");
    }
}
