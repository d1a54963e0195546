//! From the log on disk through a topic to a reader, with a broker that dies on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use isotherm_core::Hour;
use isotherm_core::ports::{Clock, EventLog, LogError};
use isotherm_core::record::{Lanes, Offset, RecordHeader, Turn};
use isotherm_log::{DiskLog, Farewell, LogSettings};
use isotherm_log_kafka::{
    Farewells, KafkaReader, KafkaSettings, ReaderSettings, ShipMetrics, Shipped, Shipper, Source, topic,
};
use isotherm_testkit::Kafka;
use isotherm_wire::record::{Frame, frame, pack};
use tokio_util::sync::CancellationToken;

use crate::support::{DEADLINE, MachineClock, block_on, broker, open_whole, read_until, settings, this_hour, until};

const PARTITIONS: u16 = 3;
const TEXT: &str = "the same words again and again, so that there is something to compress; ";

fn open_log(dir: &Path) -> Arc<DiskLog> {
    open_log_at(dir, Arc::new(MachineClock))
}

fn open_log_at(dir: &Path, clock: Arc<dyn Clock>) -> Arc<DiskLog> {
    let settings = LogSettings {
        dir: dir.to_owned(),
        partitions: PARTITIONS,
        bytes_max: 1 << 30,
        frame,
        is_shipped: true,
    };
    Arc::new(DiskLog::open(settings, clock).expect("a log"))
}

/// Appends so many groups of one record per partition, each with its own number in it, written an hour ago.
fn append(log: &DiskLog, numbers: std::ops::Range<u64>) -> Vec<(u16, Offset)> {
    let hour = Hour(this_hour().0 - 1);
    let mut lasts = Vec::new();
    for number in numbers {
        let body = [
            pack(hour, &[]),
            TEXT.repeat(5).into_bytes(),
            number.to_le_bytes().to_vec(),
        ]
        .concat();
        let group: Vec<(u16, Vec<u8>)> = (0..PARTITIONS).map(|partition| (partition, body.clone())).collect();
        lasts = log.append(&group).expect("appended").lasts;
    }
    lasts
}

fn hour_of(bytes: &[u8]) -> Option<Hour> {
    Some(Frame::parse(bytes).ok()?.unpack().ok()?.hour())
}

/// What the log gave up, as the collecting role passes it on.
struct GivenUp(Arc<DiskLog>);

impl Farewells for GivenUp {
    fn owed(&mut self) -> Result<Vec<RecordHeader>, LogError> {
        let owed = self.0.farewells().expect("the disk answers");
        Ok(owed.iter().map(Farewell::header).collect())
    }

    fn record(&self, header: &RecordHeader, now: Hour) -> Vec<u8> {
        frame(header, &pack(now, &[]))
    }

    fn said(&mut self, header: &RecordHeader) {
        self.0.farewell_said(&Farewell::of(header)).expect("noted");
    }
}

/// A shipper at work.
struct Shipping {
    stop: CancellationToken,
    thread: JoinHandle<()>,
    shipped: Shipped,
    metrics: ShipMetrics,
}

fn ship(log: &Arc<DiskLog>, settings: &KafkaSettings, starts: Vec<Offset>) -> Shipping {
    let (waiting, metrics) = (Arc::clone(log), ShipMetrics::default());
    let source = Source {
        log: Box::new(log.reader()),
        starts,
        wait: Box::new(move |at_most| {
            waiting.appends().wait(waiting.appends().seen(), at_most);
        }),
        hour_of,
        farewells: Box::new(GivenUp(Arc::clone(log))),
    };
    let shipper = Shipper::new(settings.clone(), source, Arc::new(MachineClock), metrics.clone()).expect("a shipper");
    let (stop, shipped) = (CancellationToken::new(), shipper.shipped());
    let signal = stop.clone();
    Shipping {
        thread: std::thread::spawn(move || shipper.run(&signal)),
        stop,
        shipped,
        metrics,
    }
}

impl Shipping {
    fn reached(&self, lasts: &[(u16, Offset)]) {
        let reached = async { tokio::time::timeout(DEADLINE, self.shipped.reached(lasts)).await };
        block_on(reached).expect("shipped in time").expect("shipping goes on");
    }

    fn end(self) {
        self.stop.cancel();
        self.thread.join().expect("an orderly end");
    }
}

fn lag(log: &DiskLog) -> u64 {
    log.stats().records
}

/// Reads a partition to its end and takes each record as the aggregator does: how often each number counts, and how
/// many repeats there were.
fn count(reader: &mut KafkaReader, partition: u16) -> (BTreeMap<u64, u32>, u64) {
    let mut end = 0;
    until("the broker says where the partition ends", || {
        end = reader.bounds(partition).unwrap_or_default().1;
        end > 0
    });
    let (mut lanes, mut counted, mut repeats) = (Lanes::default(), BTreeMap::new(), 0);
    for entry in read_until(reader, partition, 0, end) {
        let header = Frame::parse(&entry.bytes).expect("a record as it was").header;
        assert_eq!(header.partition, partition);
        match lanes.turn(&header) {
            Turn::Take => {
                // The body's number stands before its checksum.
                let number = &entry.bytes[entry.bytes.len() - 12..entry.bytes.len() - 4];
                let number = u64::from_le_bytes(number.try_into().expect("8 bytes"));
                *counted.entry(number).or_default() += 1;
            }
            Turn::Repeat => repeats += 1,
            gap => panic!("{gap:?} at {}", entry.offset),
        }
    }
    (counted, repeats)
}

fn assert_each_once(reader: &mut KafkaReader, numbers: u64) -> u64 {
    let mut repeats = 0;
    for partition in 0..PARTITIONS {
        let (counted, repeated) = count(reader, partition);
        assert_eq!(counted.len() as u64, numbers, "partition {partition}");
        assert!(counted.values().all(|times| *times == 1), "partition {partition}");
        repeats += repeated;
    }
    repeats
}

/// (compression, first time, last time) of every batch in a partition's files, as KIP-98 lays them out.
fn batches(kafka: &Kafka, topic: &str, partition: u16) -> Vec<(u8, i64, i64)> {
    let dir = kafka.data_dir().join(format!("{topic}-{partition}"));
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir).expect("the partition's folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        let bytes = std::fs::read(path).expect("a segment");
        let mut rest = bytes.as_slice();
        while rest.len() > 43 {
            let number = |at: usize| i64::from_be_bytes(rest[at..at + 8].try_into().expect("8 bytes"));
            found.push((rest[22] & 7, number(27), number(35)));
            let length = i32::from_be_bytes(rest[8..12].try_into().expect("4 bytes"));
            rest = rest.get(12 + length as usize..).unwrap_or_default();
        }
    }
    found
}

#[test]
fn a_broker_that_dies_on_the_way_costs_repeats_and_nothing_else() {
    let mut kafka = block_on(Kafka::start()).expect("a broker of its own");
    let kafka_settings = settings(kafka.bootstrap(), "shipped", PARTITIONS);
    block_on(topic::ensure(&kafka_settings)).expect("a topic");
    let dir = isotherm_testkit::temp_dir();
    let log = open_log(dir.path());
    let shipping = ship(&log, &kafka_settings, vec![0; PARTITIONS.into()]);

    let lasts = append(&log, 0..200);
    shipping.reached(&lasts);
    until("what is acknowledged is released", || lag(&log) == 0);
    let group = "counting".to_owned();
    let reader = &mut open_whole(&ReaderSettings {
        kafka: kafka_settings,
        group,
    });
    assert_each_once(reader, 200);

    // More comes all the time, and the broker dies under it.
    let appender = {
        let log = Arc::clone(&log);
        std::thread::spawn(move || append(&log, 200..1200))
    };
    until("shipping is on its way", || shipping.metrics.records.get() > 1200);
    block_on(kafka.kill());
    let lasts = appender.join().expect("appends go on without a broker");
    let held = shipping.shipped.next(0).expect("a partition");
    assert!(held < 1200, "the broker died in the middle");
    until("everything acknowledged is released", || {
        lag(&log) == unshipped(&shipping)
    });
    assert!(lag(&log) > 0, "what no broker has stays on disk");
    until("the producer gives up, and all is sent again", || {
        shipping.metrics.errors.get() > 0
    });
    block_on(kafka.restart()).expect("the broker comes back");
    shipping.reached(&lasts);
    until("all is released", || lag(&log) == 0);
    shipping.end();

    assert_each_once(reader, 1200);
    let hour_ms = Hour(this_hour().0 - 1).start_unix_ms().cast_signed();
    for partition in 0..PARTITIONS {
        let batches = batches(&kafka, "shipped", partition);
        assert!(!batches.is_empty());
        for (compression, first, last) in batches {
            assert_eq!(compression, 4, "zstd");
            assert!(first % 3_600_000 == 0 && last == first, "whole hours");
            assert!(first == hour_ms || first == hour_ms - 3_600_000, "the record's hour");
        }
    }
}

fn unshipped(shipping: &Shipping) -> u64 {
    let next = |partition| shipping.shipped.next(partition).expect("a partition");
    (0..PARTITIONS).map(|partition| 1200 - next(partition)).sum()
}

#[test]
fn a_shipper_that_begins_again_repeats_and_each_record_counts_once() {
    let kafka_settings = settings(broker().bootstrap(), "repeated", PARTITIONS);
    block_on(topic::ensure(&kafka_settings)).expect("a topic");
    let dir = isotherm_testkit::temp_dir();
    let log = open_log(dir.path());
    for _ in 0..2 {
        // As after a crash that lost the releases.
        let shipping = ship(&log, &kafka_settings, vec![0; PARTITIONS.into()]);
        let lasts = if lag(&log) == 0 && log.stats().partitions[0].next == 0 {
            append(&log, 0..100)
        } else {
            (0..PARTITIONS).map(|partition| (partition, 99)).collect()
        };
        shipping.reached(&lasts);
        shipping.end();
        assert_eq!(lag(&log), 0, "an orderly end releases what was acknowledged");
    }
    let group = "repeated".to_owned();
    let reader = &mut open_whole(&ReaderSettings {
        kafka: kafka_settings,
        group,
    });
    assert_eq!(assert_each_once(reader, 100), 100 * u64::from(PARTITIONS), "repeats");
}

#[test]
fn without_a_topic_nothing_is_shipped_and_none_is_made() {
    let kafka_settings = settings(broker().bootstrap(), "never-made", PARTITIONS);
    let dir = isotherm_testkit::temp_dir();
    let log = open_log(dir.path());
    let shipping = ship(&log, &kafka_settings, vec![0; PARTITIONS.into()]);
    append(&log, 0..3);
    until("it is counted", || shipping.metrics.errors.get() >= 2);
    assert_eq!(lag(&log), 9);
    assert_eq!(shipping.shipped.next(0), Some(0));
    let shipped = shipping.shipped.clone();
    shipping.end();
    assert!(block_on(shipped.reached(&[(0, 0)])).is_err(), "nobody waits for ever");
    assert!(block_on(topic::ensure(&kafka_settings)).expect("a topic").created);
}

/// The machine's time and so many hours more, for a log whose records grow old.
#[derive(Default)]
struct AheadClock(AtomicU64);

impl AheadClock {
    fn advance(&self, hours: u64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }
}

impl Clock for AheadClock {
    fn unix_ms(&self) -> u64 {
        MachineClock.unix_ms() + self.0.load(Ordering::SeqCst)
    }
}

/// Each partition's records as whoever counts takes them: how many are counted, and how many are lost.
fn take_all(reader: &mut KafkaReader, ends: Offset) -> Vec<(u64, u64)> {
    let of_partition = |partition| {
        let (mut lanes, mut taken, mut lost) = (Lanes::default(), 0, 0);
        for entry in read_until(reader, partition, 0, ends) {
            let frame = Frame::parse(&entry.bytes).expect("a record as it was");
            match lanes.turn(&frame.header) {
                Turn::Take => taken += 1,
                Turn::TakeAfterLoss { count, held } => {
                    let said = frame.unpack().expect("a farewell is a record like others");
                    assert_eq!(
                        (held, said.interactions().count()),
                        (0, 0),
                        "given up, and nothing in it"
                    );
                    lost += count;
                }
                Turn::Repeat => {}
            }
        }
        (taken, lost)
    };
    (0..PARTITIONS).map(of_partition).collect()
}

#[test]
fn what_expires_unshipped_stands_in_the_topic_as_lost_although_its_lane_never_ships_again() {
    let kafka_settings = settings(broker().bootstrap(), "farewells", PARTITIONS);
    block_on(topic::ensure(&kafka_settings)).expect("a topic");
    let dir = isotherm_testkit::temp_dir();
    let clock = Arc::new(AheadClock::default());
    let log = open_log_at(dir.path(), clock.clone());
    let shipping = ship(&log, &kafka_settings, vec![0; PARTITIONS.into()]);
    let lasts = append(&log, 0..4);
    shipping.reached(&lasts);
    shipping.end();
    assert_eq!(lag(&log), 0);
    // The rest of this lane, and the whole of another, never leave the disk.
    append(&log, 4..10);
    clock.advance(1);
    append(&log, 10..15);
    clock.advance(73);
    let expired = log.expire().expect("expired");
    assert_eq!(expired.records, 11 * u64::from(PARTITIONS));
    assert_eq!(log.farewells().expect("noted").len(), 2 * usize::from(PARTITIONS));
    // What is owed survives a crash before it was said.
    drop(log);
    let log = open_log_at(dir.path(), clock);
    let shipping = ship(&log, &kafka_settings, vec![15; PARTITIONS.into()]);
    until("the losses are said", || log.farewells().expect("noted").is_empty());
    assert_eq!(shipping.metrics.farewells.get(), 2 * u64::from(PARTITIONS));
    shipping.end();
    let group = "farewells".to_owned();
    let reader = &mut open_whole(&ReaderSettings {
        kafka: kafka_settings,
        group,
    });
    // Four counted, and a farewell each of the two lanes.
    assert_eq!(take_all(reader, 6), vec![(4, 11); PARTITIONS.into()]);
}
