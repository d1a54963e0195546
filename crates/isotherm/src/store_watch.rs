//! Reads back from the store, at the start and then now and again, what exact counting and durability rest on; each
//! difference is an alarm. What only could be safer is said once.

use std::time::Duration;

use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{Finding, StoreSettings, check};

use crate::control::RETRY_EVERY;

/// How often the store is looked at again: what an operator mends, or breaks, is noticed within this time.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// Starts looking.
pub(crate) fn keep_checking(store: &StoreSettings, tasks: &Tasks, ops: &Ops) {
    let (store, stop, ops) = (store.clone(), tasks.stop_signal(), ops.clone());
    let work = async move {
        let mut known = Vec::new();
        loop {
            let pause = match check(&store).await {
                Ok(findings) => {
                    tell(&findings, &known);
                    let wrong = findings.iter().filter(|finding| !finding.is_advice());
                    ops.set_alarms("store", wrong.map(Finding::to_string).collect());
                    known = findings;
                    CHECK_EVERY
                }
                // A store that is away is said by those who need it.
                Err(error) => {
                    tracing::debug!(%error, "the settings of the store could not be looked at");
                    RETRY_EVERY
                }
            };
            tokio::time::sleep(pause).await;
        }
    };
    tasks.spawn("store watch", async move {
        tokio::select! {
            () = work => {}
            () = stop.cancelled() => {}
        }
    });
}

/// Each finding once, not with every look.
fn tell(findings: &[Finding], known: &[Finding]) {
    for finding in findings.iter().filter(|finding| !known.contains(finding)) {
        match finding.is_advice() {
            true => tracing::warn!(%finding, "the store could be used more safely"),
            false => tracing::warn!(%finding, "a setting of the store differs from what exact counting needs"),
        }
    }
    let is_wrong = |findings: &[Finding]| findings.iter().any(|finding| !finding.is_advice());
    if !is_wrong(findings) && is_wrong(known) {
        tracing::info!("the settings of the store are again what exact counting needs");
    }
}
