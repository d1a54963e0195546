//! Sealing by itself, in `up` and in the aggregating role: whatever is due, in order, and what is not needed any more goes.
//! Several may do it at once; one of them wins each landing.

use std::sync::Arc;
use std::time::Duration;

use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{SealError, Sealer, StoreSettings};
use prometheus_client::metrics::counter::Counter;

use crate::installation::Installation;
use crate::maintenance;

/// How often is looked for something to seal or to drop. Landings close at midnight UTC; what a seal replaced is dropped ten
/// minutes after it at the earliest.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// Looks for due landings until the stop. A seal that is cut off by it is made anew at the next start.
pub(crate) fn start(installation: &Installation, store: &StoreSettings, (tasks, ops): (&Tasks, &Ops)) {
    let (sealed, failed): (Counter, Counter) = (Counter::default(), Counter::default());
    ops.register(|registry| {
        registry.register("seals", "Landings sealed", sealed.clone());
        registry.register(
            "seal_failures",
            "Attempts at sealing that failed and are made again",
            failed.clone(),
        );
    });
    let sealer = Sealer::new(store, Arc::new(SystemClock));
    let (installation, store, stop) = (installation.clone(), store.clone(), tasks.stop_signal());
    tasks.spawn("seal", async move {
        while tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await.is_err() {
            // Not while tables are copied or deleted out of; the next look is soon enough.
            let sealing = async { Ok(seal_due(&sealer, &sealed).await?) };
            let worked = tokio::select! {
                () = stop.cancelled() => return,
                worked = maintenance::alone_now(&installation, &store, sealing) => worked,
            };
            if let Err(error) = worked {
                failed.inc();
                tracing::error!(reason = format!("{error:#}"), "sealing did not work and is tried again");
            }
        }
    });
}

async fn seal_due(sealer: &Sealer, sealed: &Counter) -> Result<(), SealError> {
    while let Some(done) = sealer.seal_next().await? {
        if !done.by_another {
            sealed.inc();
            tracing::info!(
                landing = done.landing.0,
                cohorts = done.cohorts,
                cohort_views = done.cohort_views,
                waiting_views = done.waiting_views,
                deleted_views = done.deleted_views,
                "a landing is sealed"
            );
        }
    }
    Ok(())
}
