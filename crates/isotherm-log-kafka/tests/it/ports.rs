//! The promises of the port, on the topic and on the log on disk alike.

use std::sync::Arc;

use isotherm_core::ports::Assignment;
use isotherm_core::record::RecordHeader;
use isotherm_log::{DiskLog, DiskLogReader, LogSettings};
use isotherm_log_kafka::{KafkaReader, ReaderSettings};
use isotherm_testkit::port_tests::{LogUnderTest, PARTITIONS, run_all};

use crate::support::{MOMENT, MachineClock, open_whole, produce, topic_of};

struct Topic(ReaderSettings);

impl LogUnderTest for Topic {
    type Log = KafkaReader;

    fn append(&mut self, partition: u16, bodies: &[Vec<u8>]) {
        produce(&self.0.kafka, partition, bodies);
    }

    fn open(&mut self) -> KafkaReader {
        open_whole(&self.0)
    }

    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes
    }

    fn wait(&self, log: &mut KafkaReader) {
        log.wait(MOMENT);
    }
}

struct Disk(DiskLog);

/// A frame of eight bytes, enough to be told from the body.
fn frame(header: &RecordHeader, body: &[u8]) -> Vec<u8> {
    [&header.seq.to_le_bytes(), body].concat()
}

impl LogUnderTest for Disk {
    type Log = DiskLogReader;

    fn append(&mut self, partition: u16, bodies: &[Vec<u8>]) {
        let group: Vec<(u16, Vec<u8>)> = bodies.iter().map(|body| (partition, body.clone())).collect();
        self.0.append(&group).expect("appended");
    }

    fn open(&mut self) -> DiskLogReader {
        self.0.reader()
    }

    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[8..]
    }

    fn wait(&self, _: &mut DiskLogReader) {}
}

#[test]
fn the_topic_keeps_the_promises_of_the_port() {
    run_all(&mut Topic(topic_of("port-promises", PARTITIONS)));
}

#[test]
fn the_log_on_disk_keeps_the_same_promises() {
    let dir = isotherm_testkit::temp_dir();
    let settings = LogSettings {
        dir: dir.path().to_owned(),
        partitions: PARTITIONS,
        bytes_max: 1 << 30,
        frame,
        is_shipped: false,
    };
    run_all(&mut Disk(
        DiskLog::open(settings, Arc::new(MachineClock)).expect("a log"),
    ));
}
