//! `isotherm verify`, continuously: what it finds, as metrics and as an alarm.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{StoreFault, StoreSettings, VerifyReport, verify};
use prometheus_client::metrics::gauge::Gauge;

/// How soon the first check follows the start, when the store has other things to do.
const FIRST_AFTER: Duration = Duration::from_secs(10);
/// How often the ledger is checked.
const CHECK_EVERY: Duration = Duration::from_secs(300);
/// A check that takes long is made less often: at most one part in this many of the time is spent on it.
const CHECK_SHARE: u32 = 50;
/// How soon a check that the store did not answer is made again.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How often the age of the last check is said anew.
const AGE_EVERY: Duration = Duration::from_secs(5);

/// How often the check is begun before a server that does not answer is said to be away.
const ATTEMPTS_MAX: u32 = 5;
/// Pause between two attempts.
const ATTEMPT_PAUSE: Duration = Duration::from_secs(1);

/// Checks the ledger in the background.
pub(crate) fn keep_verifying(store: &StoreSettings, tasks: &Tasks, ops: &Ops) {
    let problems = Gauge::<i64>::default();
    let age_s = Gauge::<f64, AtomicU64>::default();
    // Until the first check nothing is known.
    problems.set(0);
    age_s.set(-1.0);
    ops.register(|registry| {
        registry.register(
            "verify_problems",
            "Gaps, overlaps and wrong sums found by the last check",
            problems.clone(),
        );
        registry.register(
            "verify_age_seconds",
            "How long ago the last check of the ledger ended; -1 before the first",
            age_s.clone(),
        );
    });
    let (store, stop, ops) = (store.clone(), tasks.stop_signal(), ops.clone());
    let work = async move {
        let mut checked: Option<Instant> = None;
        let mut due = Instant::now() + FIRST_AFTER;
        loop {
            tokio::time::sleep(AGE_EVERY.min(due.saturating_duration_since(Instant::now()))).await;
            if Instant::now() >= due {
                let begun = Instant::now();
                match verify_patiently(&store).await {
                    Ok(report) => {
                        checked = Some(Instant::now());
                        due = Instant::now() + CHECK_EVERY.max(begun.elapsed() * CHECK_SHARE);
                        problems.set(report.problems.len() as i64);
                        if let Some(first) = report.problems.first() {
                            tracing::error!(problems = report.problems.len(), %first, "the ledger is wrong");
                        }
                        let text = || {
                            format!(
                                "the ledger is wrong in {} places: see `isotherm verify`",
                                report.problems.len()
                            )
                        };
                        ops.set_alarm("ledger", (!report.is_right()).then(text));
                    }
                    Err(error) => {
                        due = Instant::now() + RETRY_AFTER;
                        tracing::debug!(%error, "the ledger could not be checked");
                    }
                }
            }
            age_s.set(checked.map_or(-1.0, |checked| checked.elapsed().as_secs_f64()));
        }
    };
    tasks.spawn("verify", async move {
        tokio::select! {
            () = work => {}
            () = stop.cancelled() => {}
        }
    });
}

/// A server under load may refuse a question for a moment, for its memory or its connections.
pub(crate) async fn verify_patiently(store: &StoreSettings) -> Result<VerifyReport, StoreFault> {
    let mut attempt = 1;
    loop {
        match verify(store).await {
            Err(StoreFault::Unavailable(_)) if attempt < ATTEMPTS_MAX => {
                attempt += 1;
                tokio::time::sleep(ATTEMPT_PAUSE).await;
            }
            report => return report,
        }
    }
}
