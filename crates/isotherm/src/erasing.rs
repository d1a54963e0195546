//! Going on with what is being erased: the log may still hold records from before a request, which are counted later. Passes
//! are repeated until the log cannot hold one any more; only then is a request final.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use isotherm_core::Hour;
use isotherm_core::control::{ControlStore, Erased, Erasure, ErasureState};
use isotherm_core::ports::Clock;
use isotherm_log::DiskLog;
use isotherm_service::clock::SystemClock;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseControl, Eraser, StoreFault, StoreSettings};

use crate::installation::Installation;
use crate::maintenance;

/// A request is final this many hours after it was made: log and topic keep a record at most 72 hours, and the hour of the
/// request has 60 minutes.
pub(crate) const FINAL_AFTER_H: u32 = 73;

/// How often requests are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Beacons that were admitted before collecting took a request over are in the log after this time.
const ON_THEIR_WAY: Duration = Duration::from_secs(5);

/// The hour from which on a request can be final.
pub(crate) fn final_from(erasure: &Erasure) -> Hour {
    Hour(erasure.requested.0.saturating_add(FINAL_AFTER_H))
}

/// One more look at a request: deletes what there is, and says that it is final once it is old enough and nothing is left.
pub(crate) async fn go_on(eraser: &Eraser, erasure: &Erasure, now: Hour) -> Result<ErasureState, StoreFault> {
    // A site that was added again is not looked at any more: what is there now is its own.
    let is_over = erasure.what == Erased::Site && erasure.state >= ErasureState::Counted;
    let left = if is_over { 0 } else { eraser.left(erasure.id).await? };
    if left > 0 {
        eraser.pass(erasure.id).await?;
    }
    if left == 0 && now >= final_from(erasure) {
        eraser.conclude(erasure.id, ErasureState::Final).await?;
        return Ok(ErasureState::Final);
    }
    Ok(erasure.state)
}

/// Where the log ended when a request was seen, a moment later.
enum Mark {
    Seen(Instant),
    Ends(Vec<u64>),
}

/// Goes on with all requests, in the process that has the log on disk.
struct Erasing {
    installation: Installation,
    control: ClickHouseControl,
    eraser: Eraser,
    log: Arc<DiskLog>,
    marks: HashMap<u64, Mark>,
}

/// Keeps going on until the stop signal.
pub(crate) fn keep_erasing(installation: &Installation, store: &StoreSettings, log: &Arc<DiskLog>, tasks: &Tasks) {
    let mut erasing = Erasing {
        installation: installation.clone(),
        control: ClickHouseControl::new(store),
        eraser: Eraser::new(store),
        log: log.clone(),
        marks: HashMap::new(),
    };
    let stop = tasks.stop_signal();
    tasks.spawn("erasing", async move {
        let mut away = false;
        while tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await.is_err() {
            let looked = tokio::select! {
                looked = erasing.look() => looked,
                () = stop.cancelled() => return,
            };
            match &looked {
                Err(error) if !away => {
                    tracing::warn!(
                        reason = format!("{error:#}"),
                        "erasing is interrupted; it is tried again"
                    )
                }
                Ok(()) if away => tracing::info!("erasing goes on"),
                _ => {}
            }
            away = looked.is_err();
        }
    });
}

impl Erasing {
    async fn look(&mut self) -> anyhow::Result<()> {
        let now = Hour::of_unix_ms(SystemClock.unix_ms());
        let mut erasures = self.control.erasures().await?;
        erasures.retain(|erasure| erasure.state < ErasureState::Final);
        self.marks
            .retain(|id, _| erasures.iter().any(|erasure| erasure.id == *id));
        if erasures.is_empty() {
            return Ok(());
        }
        // A backup or a command is at work: later.
        let Some(_held) = maintenance::try_hold(&self.installation)? else {
            return Ok(());
        };
        for erasure in &erasures {
            let counted = self.everything_from_before_is_counted(erasure);
            let state = go_on(&self.eraser, erasure, now).await?;
            if state == ErasureState::Pending && counted && self.eraser.left(erasure.id).await? == 0 {
                self.eraser.conclude(erasure.id, ErasureState::Counted).await?;
                tracing::info!(
                    erasure = format!("{:016x}", erasure.id),
                    "what was collected before it is counted and gone"
                );
            }
        }
        Ok(())
    }

    /// Whether the aggregator has passed where the log ended when collecting had taken the request over.
    fn everything_from_before_is_counted(&mut self, erasure: &Erasure) -> bool {
        let stats = self.log.stats();
        let mark = self
            .marks
            .entry(erasure.id)
            .or_insert_with(|| Mark::Seen(Instant::now()));
        if matches!(mark, Mark::Seen(seen) if seen.elapsed() >= ON_THEIR_WAY) {
            *mark = Mark::Ends(stats.partitions.iter().map(|partition| partition.next).collect());
        }
        match mark {
            Mark::Seen(_) => false,
            Mark::Ends(ends) => stats
                .partitions
                .iter()
                .zip(ends)
                .all(|(partition, end)| partition.released >= *end),
        }
    }
}
