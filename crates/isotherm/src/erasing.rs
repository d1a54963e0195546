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

/// How often requests are looked at where the log is at hand.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often an aggregator looks at them: all of a cluster do, and each look at open requests takes turns with the others.
const LOOK_EVERY_IN_CLUSTER: Duration = Duration::from_secs(30);

/// Beacons that were admitted before collecting took a request over are in the log after this time.
const ON_THEIR_WAY: Duration = Duration::from_secs(5);

/// The hour from which on a request can be final.
pub(crate) fn final_from(erasure: &Erasure) -> Hour {
    Hour(erasure.requested.0.saturating_add(FINAL_AFTER_H))
}

/// What a look at a request does with the store.
pub(crate) trait Erases {
    /// How many rows the request still reaches.
    async fn left(&self, id: u64) -> Result<u64, StoreFault>;
    /// Deletes them.
    async fn pass(&self, id: u64) -> Result<u64, StoreFault>;
    /// Says how far it is.
    async fn conclude(&self, id: u64, state: ErasureState) -> Result<(), StoreFault>;
}

impl Erases for Eraser {
    async fn left(&self, id: u64) -> Result<u64, StoreFault> {
        Eraser::left(self, id).await
    }

    async fn pass(&self, id: u64) -> Result<u64, StoreFault> {
        Eraser::pass(self, id).await
    }

    async fn conclude(&self, id: u64, state: ErasureState) -> Result<(), StoreFault> {
        Eraser::conclude(self, id, state).await
    }
}

/// One more look at a request: deletes what there is, and says that it is final once it is old enough and nothing is left.
pub(crate) async fn go_on<E: Erases>(eraser: &E, erasure: &Erasure, now: Hour) -> Result<ErasureState, StoreFault> {
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

/// Goes on with all requests.
struct Erasing {
    installation: Installation,
    store: StoreSettings,
    control: ClickHouseControl,
    eraser: Eraser,
    /// `None` in a cluster, where the logs are elsewhere: then a request stays pending until it is final.
    log: Option<Arc<DiskLog>>,
    marks: HashMap<u64, Mark>,
}

/// Keeps going on until the stop signal, in the process that has the log on disk.
pub(crate) fn keep_erasing(installation: &Installation, store: &StoreSettings, log: &Arc<DiskLog>, tasks: &Tasks) {
    Erasing::of(installation, store, Some(log.clone())).keep_looking(LOOK_EVERY, tasks);
}

/// The same in an aggregator of a cluster. All of them do it, and none does harm: a look is one act beside sealing in its own
/// process, and among all that share the server it has the turn, with requests that are read while it has it. Whoever has not
/// looks again later; the turn of one that died runs out. What was half done then is ended by the next pass, whoever makes it.
pub(crate) fn keep_erasing_in_cluster(installation: &Installation, store: &StoreSettings, tasks: &Tasks) {
    Erasing::of(installation, store, None).keep_looking(LOOK_EVERY_IN_CLUSTER, tasks);
}

impl Erasing {
    fn of(installation: &Installation, store: &StoreSettings, log: Option<Arc<DiskLog>>) -> Erasing {
        Erasing {
            installation: installation.clone(),
            store: store.clone(),
            control: ClickHouseControl::new(store),
            eraser: Eraser::new(store),
            log,
            marks: HashMap::new(),
        }
    }

    fn keep_looking(mut self, every: Duration, tasks: &Tasks) {
        let stop = tasks.stop_signal();
        tasks.spawn("erasing", async move {
            let mut away = false;
            while tokio::time::timeout(every, stop.cancelled()).await.is_err() {
                let looked = tokio::select! {
                    looked = self.look() => looked,
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

    async fn look(&mut self) -> anyhow::Result<()> {
        let open = self.open().await?;
        self.marks.retain(|id, _| open.iter().any(|erasure| erasure.id == *id));
        if open.is_empty() {
            return Ok(());
        }
        let (installation, store) = (self.installation.clone(), self.store.clone());
        // Not while a backup or a command is at work: later.
        maintenance::alone_now(&installation, &store, self.go_on_with_all()).await?;
        Ok(())
    }

    /// Requests that are not final.
    async fn open(&self) -> anyhow::Result<Vec<Erasure>> {
        let mut erasures = self.control.erasures().await?;
        erasures.retain(|erasure| erasure.state < ErasureState::Final);
        Ok(erasures)
    }

    async fn go_on_with_all(&mut self) -> anyhow::Result<()> {
        let now = Hour::of_unix_ms(SystemClock.unix_ms());
        // Read once more: until it was this process's turn another one may have ended some, and a removed site may be back.
        for erasure in self.open().await? {
            let counted = self.everything_from_before_is_counted(&erasure);
            let state = go_on(&self.eraser, &erasure, now).await?;
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
        let Some(log) = &self.log else {
            return false;
        };
        let stats = log.stats();
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use isotherm_core::day::Day;
    use isotherm_core::ids::PageId;
    use isotherm_core::site::SiteKey;
    use tokio::runtime::Builder;

    use super::*;

    const REQUESTED: u32 = 500_000;

    /// A store with so many rows of the request, and what was done with it.
    struct Store {
        left: u64,
        did: RefCell<Vec<&'static str>>,
    }

    impl Erases for Store {
        async fn left(&self, _: u64) -> Result<u64, StoreFault> {
            Ok(self.left)
        }

        async fn pass(&self, _: u64) -> Result<u64, StoreFault> {
            self.did.borrow_mut().push("deleted");
            Ok(self.left)
        }

        async fn conclude(&self, _: u64, state: ErasureState) -> Result<(), StoreFault> {
            assert_eq!(state, ErasureState::Final);
            self.did.borrow_mut().push("final");
            Ok(())
        }
    }

    fn erasure(what: Erased, state: ErasureState) -> Erasure {
        Erasure {
            id: 1,
            site: SiteKey::parse("acme").expect("a site key"),
            what,
            first: Day(0),
            last: Day(u16::MAX),
            requested: Hour(REQUESTED),
            state,
            deleted: 0,
        }
    }

    /// What a look so many hours after the request does, and says.
    fn look(erasure: &Erasure, hours: u32, left: u64) -> (Vec<&'static str>, ErasureState) {
        let did = RefCell::new(Vec::new());
        let store = Store { left, did };
        let looking = go_on(&store, erasure, Hour(REQUESTED + hours));
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let state = runtime.block_on(looking).expect("a look");
        (store.did.into_inner(), state)
    }

    #[test]
    fn a_request_is_final_73_hours_after_it_was_made_and_not_while_anything_is_left() {
        use ErasureState::{Counted, Final, Pending};
        for state in [Pending, Counted] {
            let of_page = erasure(Erased::Page(PageId(7)), state);
            assert_eq!(look(&of_page, 0, 0), (vec![], state));
            assert_eq!(look(&of_page, 72, 0), (vec![], state));
            assert_eq!(look(&of_page, 72, 3), (vec!["deleted"], state));
            assert_eq!(look(&of_page, 73, 3), (vec!["deleted"], state));
            assert_eq!(look(&of_page, 73, 0), (vec!["final"], Final));
            assert_eq!(look(&of_page, 200, 0), (vec!["final"], Final));
        }
        let huge = Erasure {
            requested: Hour(u32::MAX),
            ..erasure(Erased::Site, Pending)
        };
        assert_eq!(final_from(&huge), Hour(u32::MAX));
    }

    #[test]
    fn what_a_site_has_that_was_added_again_is_not_deleted() {
        let removed = |state| erasure(Erased::Site, state);
        assert_eq!(look(&removed(ErasureState::Pending), 1, 5).0, ["deleted"]);
        assert_eq!(look(&removed(ErasureState::Counted), 1, 5).0, Vec::<&str>::new());
        assert_eq!(look(&removed(ErasureState::Counted), 73, 5).0, ["final"]);
    }
}
