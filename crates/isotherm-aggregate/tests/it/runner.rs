//! The runner: whose step is next, and who may not step any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::runner::Runner;
use isotherm_aggregate::worker::BatchLimits;
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{
    Assignment, Block, CountStore, Entry, EventLog, Inserted, LedgerEnd, LogError, StoreError, Text,
};
use isotherm_core::record::{Intent, Lane, Lanes, LogId, Offset};
use isotherm_testkit::memory::{Dice, DrivenClock, MemoryCounts, MemoryIngest, MemoryLog};
use tokio_util::sync::CancellationToken;

use crate::records::click;

/// 2026-11-21T12:00:00Z.
const NOON_MS: u64 = 1_795_262_400_000;
/// The partition whose worker reads.
const READING: u16 = 0;
/// The partition that goes away meanwhile.
const GOING: u16 = 1;
/// Reads behind the one in which the partition went away; then it is over.
const READS_AFTER: u32 = 20;

/// What log and store know of each other.
#[derive(Clone, Default)]
struct Scene {
    /// The worker of `GOING` asked the ledger behind its fence: its next step inserts.
    is_checked: Arc<AtomicBool>,
    inserts: Arc<AtomicU32>,
    reads_after: Arc<AtomicU32>,
    over: CancellationToken,
}

/// Gives `GOING` to another member inside a read of `READING`, as a group does whose news arrive in any call.
struct RevokingLog(MemoryLog, Scene);

struct SpiedCounts(MemoryCounts, Scene);

impl EventLog for RevokingLog {
    fn log_id(&self) -> LogId {
        self.0.log_id()
    }

    fn opening(&self) -> u64 {
        self.0.opening()
    }

    fn knows_opening(&self, opening: u64) -> bool {
        self.0.knows_opening(opening)
    }

    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError> {
        self.0.bounds(partition)
    }

    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError> {
        if partition == READING && self.1.is_checked.load(Ordering::SeqCst) {
            match self.1.reads_after.fetch_add(1, Ordering::SeqCst) {
                0 => self.0.assign(GOING, 1),
                READS_AFTER => self.1.over.cancel(),
                _ => {}
            }
        }
        self.0.read(partition, from, bytes_max)
    }

    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError> {
        self.0.intent(partition)
    }

    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        self.0.commit(partition, intent)
    }

    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError> {
        self.0.release(partition, last)
    }
}

impl Assignment for RevokingLog {
    fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        self.0.assigned()
    }

    fn wait(&mut self, at_most: Duration) {
        self.0.wait(at_most);
    }
}

impl CountStore for SpiedCounts {
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError> {
        self.0.ledger_end(log_id, partition)
    }

    fn lanes(&mut self, log_id: LogId, partition: u16) -> Result<Lanes, StoreError> {
        self.0.lanes(log_id, partition)
    }

    fn landing_is_open(&mut self, landing: Day) -> Result<bool, StoreError> {
        // Only `GOING` has records, so only its worker asks this.
        self.1.is_checked.store(true, Ordering::SeqCst);
        self.0.landing_is_open(landing)
    }

    fn insert(&mut self, block: &Block) -> Result<Inserted, StoreError> {
        self.1.inserts.fetch_add(1, Ordering::SeqCst);
        self.0.insert(block)
    }

    fn publish(&mut self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreError> {
        self.0.publish(site, texts)
    }
}

#[test]
fn a_worker_whose_partition_goes_away_in_anothers_step_inserts_nothing_more() {
    let scene = Scene::default();
    let log = MemoryLog::new(2, 0, 1);
    let mut ingest = MemoryIngest::new(Lane(5));
    ingest.write(GOING, Hour::of_unix_ms(NOON_MS), &[click("acme", "/p", 0)]);
    ingest.ship(&log, GOING, usize::MAX, 0, &mut Dice::new(0));
    log.assign(READING, 0);
    log.assign(GOING, 0);
    let counts = MemoryCounts::new(2);
    let runner = Runner {
        log: RevokingLog(log, scene.clone()),
        store: SpiedCounts(counts.clone(), scene.clone()),
        clock: Box::new(DrivenClock::at(NOON_MS)),
        key: IdKey::new([7; 16]),
        limits: BatchLimits {
            flush_delay_ms: 0,
            ..BatchLimits::default()
        },
        metrics: AggregateMetrics::default(),
        health: Box::new(|_| {}),
        seed: 0,
    };
    runner.run(&scene.over).expect("no halt");
    assert!(scene.reads_after.load(Ordering::SeqCst) > READS_AFTER, "it went on");
    assert_eq!((scene.inserts.load(Ordering::SeqCst), counts.blocks().len()), (0, 0));
}
