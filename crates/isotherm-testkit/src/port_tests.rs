//! What every log promises behind the port `EventLog`. Each adapter runs these tests on its real log.

use std::time::{Duration, Instant};

use isotherm_core::Day;
use isotherm_core::ports::{Entry, EventLog};
use isotherm_core::record::{Intent, Offset};

/// How long a log may take to show what was appended.
const DEADLINE: Duration = Duration::from_secs(60);

/// Read sizes that are never reached here.
const BYTES_MANY: usize = 1 << 20;

/// A log of `PARTITIONS` partitions, empty at first, and ways to fill and read it.
pub trait LogUnderTest {
    /// The reading side.
    type Log: EventLog;
    /// Appends records with these bodies, in order.
    fn append(&mut self, partition: u16, bodies: &[Vec<u8>]);
    /// A reader that may work on every partition; the one before is gone.
    fn open(&mut self) -> Self::Log;
    /// The body in a record's bytes.
    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8];
    /// Gives the log a moment to show more.
    fn wait(&self, log: &mut Self::Log);
}

/// How many partitions the log must have: one per test, and one that stays empty.
pub const PARTITIONS: u16 = 5;

/// Runs all tests.
///
/// # Panics
/// When the log breaks a promise; the message names it.
pub fn run_all(under_test: &mut impl LogUnderTest) {
    records_come_in_order_from_any_offset(under_test, 0);
    reads_are_bounded_but_never_starve(under_test, 1);
    bounds_follow_appends_and_partitions_are_apart(under_test, 2);
    intents_outlive_their_reader(under_test, 3);
    an_empty_partition_is_quiet(under_test, 4);
}

/// All records come back, each once, in order, from wherever one asks, also backwards.
pub fn records_come_in_order_from_any_offset<T: LogUnderTest>(under_test: &mut T, partition: u16) {
    let bodies: Vec<Vec<u8>> = (0..100_u32).map(|n| n.to_le_bytes().to_vec()).collect();
    under_test.append(partition, &bodies);
    let mut log = under_test.open();
    for from in [0, 37, 99, 36, 0] {
        let entries = read_until(under_test, &mut log, partition, (from, 100));
        let offsets: Vec<Offset> = entries.iter().map(|entry| entry.offset).collect();
        assert_eq!(offsets, (from..100).collect::<Vec<_>>(), "offsets from {from}");
        for entry in &entries {
            let body = under_test.body(&entry.bytes);
            assert_eq!(body, bodies[entry.offset as usize], "the record at {}", entry.offset);
        }
    }
    under_test.append(partition, &bodies[..3]);
    let entries = read_until(under_test, &mut log, partition, (100, 103));
    assert_eq!(
        entries.len(),
        3,
        "a reader that reached the end sees what comes behind it"
    );
}

/// A read ends soon after the bytes asked for, and gives at least one record if there is one.
pub fn reads_are_bounded_but_never_starve<T: LogUnderTest>(under_test: &mut T, partition: u16) {
    const BODY_BYTES: usize = 1000;
    let bodies = vec![vec![7; BODY_BYTES]; 50];
    under_test.append(partition, &bodies);
    let mut log = under_test.open();
    let mut at = 0;
    let deadline = Instant::now() + DEADLINE;
    while at < 50 {
        assert!(Instant::now() < deadline, "records to read within {DEADLINE:?}");
        let entries = log.read(partition, at, 3 * BODY_BYTES).expect("the log reads");
        assert!(entries.len() <= 4, "{} records for three records' bytes", entries.len());
        match entries.last() {
            Some(last) => at = last.offset + 1,
            None => under_test.wait(&mut log),
        }
    }
    let one = loop {
        let entries = log.read(partition, 10, 1).expect("the log reads");
        if !entries.is_empty() {
            break entries;
        }
        assert!(Instant::now() < deadline, "a record for one byte within {DEADLINE:?}");
        under_test.wait(&mut log);
    };
    assert_eq!(one.len(), 1, "one record although it is larger than asked");
    assert_eq!(one[0].offset, 10);
}

/// The lowest offset and the next one, of each partition by itself.
pub fn bounds_follow_appends_and_partitions_are_apart<T: LogUnderTest>(under_test: &mut T, partition: u16) {
    let mut log = under_test.open();
    assert_eq!(log.bounds(partition).expect("bounds"), (0, 0), "an empty partition");
    let other = partition - 1;
    let before = log.bounds(other).expect("bounds");
    under_test.append(partition, &[vec![1], vec![2], vec![3]]);
    let deadline = Instant::now() + DEADLINE;
    while log.bounds(partition).expect("bounds") != (0, 3) {
        assert!(Instant::now() < deadline, "the end moves within {DEADLINE:?}");
        under_test.wait(&mut log);
    }
    assert_eq!(log.bounds(other).expect("bounds"), before, "the partition beside it");
    let entries = log.read(partition, 3, BYTES_MANY).expect("the log reads");
    assert_eq!(entries, [], "nothing behind the end");
}

/// The last intent committed is what the next reader finds; each partition has its own.
pub fn intents_outlive_their_reader<T: LogUnderTest>(under_test: &mut T, partition: u16) {
    let mut log = under_test.open();
    assert_eq!(log.intent(partition), Ok(None), "before the first");
    let first = Intent {
        log_id: log.log_id(),
        first: 0,
        last: 41,
        landing: Day(20_778),
        attempt: 0,
    };
    let second = Intent {
        first: 42,
        last: 42,
        landing: Day(u16::MAX),
        attempt: u32::MAX,
        ..first
    };
    for intent in [first, second, first, second] {
        log.commit(partition, &intent).expect("the log commits");
        assert_eq!(log.intent(partition), Ok(Some(intent)));
    }
    let log_id = log.log_id();
    drop(log);
    let mut log = under_test.open();
    assert_eq!(log.log_id(), log_id, "the log is the same");
    assert!(log.knows_opening(log.opening()));
    assert_eq!(log.intent(partition), Ok(Some(second)), "found by the next reader");
    assert_eq!(
        log.intent(partition + 1),
        Ok(None),
        "the partition beside it has its own"
    );
}

/// Nothing is there, and that is no error.
pub fn an_empty_partition_is_quiet<T: LogUnderTest>(under_test: &mut T, partition: u16) {
    let mut log = under_test.open();
    for _ in 0..3 {
        assert_eq!(log.read(partition, 0, BYTES_MANY), Ok(Vec::new()));
        under_test.wait(&mut log);
    }
    assert_eq!(log.bounds(partition), Ok((0, 0)));
    assert_eq!(log.intent(partition), Ok(None));
}

fn read_until<T: LogUnderTest>(
    under_test: &T,
    log: &mut T::Log,
    partition: u16,
    (from, end): (Offset, Offset),
) -> Vec<Entry> {
    let deadline = Instant::now() + DEADLINE;
    let (mut entries, mut at) = (Vec::new(), from);
    while at < end {
        assert!(
            Instant::now() < deadline,
            "offset {end} within {DEADLINE:?}, not only {at}"
        );
        let more = log.read(partition, at, BYTES_MANY).expect("the log reads");
        match more.last() {
            Some(last) => at = last.offset + 1,
            None => under_test.wait(log),
        }
        entries.extend(more);
    }
    entries
}
