//! How fast the log appends on this disk: `cargo run --release -p isotherm-log --example append_speed [DIR]`.
//!
//! For groups of 1 to 4096 records of 200 bytes it prints commits and records per second, the latency of a commit, and
//! the bytes on the disk per byte of record; then how fast everything is read, and how long an unclean log of that size
//! takes to open.
#![expect(clippy::print_stdout, reason = "a benchmark prints its findings")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use isotherm_core::ports::{Clock, EventLog};
use isotherm_core::record::RecordHeader;
use isotherm_log::{DiskLog, LogSettings};

const PARTITIONS: u16 = 8;
const RECORD_BYTES: usize = 200;
const HEADER_BYTES: usize = 34;
const RUN: Duration = Duration::from_secs(4);

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn unix_ms(&self) -> u64 {
        // The epoch lies behind every clock this runs under.
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .expect("after 1970")
            .as_millis() as u64
    }
}

fn frame(header: &RecordHeader, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    for value in [header.lane.0, u64::from(header.partition), header.seq, header.floor] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(&[0; HEADER_BYTES - 32]);
    bytes.extend_from_slice(body);
    bytes
}

fn open(dir: &Path) -> DiskLog {
    let settings = LogSettings {
        dir: dir.to_owned(),
        partitions: PARTITIONS,
        bytes_max: 8 << 30,
        frame,
        is_shipped: false,
    };
    DiskLog::open(settings, Arc::new(SystemClock)).expect("a log in an empty directory opens")
}

fn main() {
    let dir = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = dir.join(format!("isotherm-append-speed-{}", std::process::id()));
    println!(
        "{:>6} {:>10} {:>11} {:>8} {:>8} {:>8} {:>7}",
        "group", "commits/s", "records/s", "p50 us", "p99 us", "max us", "amplif"
    );
    for group in [1, 16, 256, 4096] {
        append(&dir, group);
    }
    reopen(&dir);
}

fn append(dir: &Path, size: usize) {
    let log = open(dir);
    let group: Vec<(u16, Vec<u8>)> = (0..size)
        .map(|n| {
            (
                (n % usize::from(PARTITIONS)) as u16,
                vec![n as u8; RECORD_BYTES - HEADER_BYTES],
            )
        })
        .collect();
    let (mut times, mut bytes, start) = (Vec::new(), 0, Instant::now());
    while start.elapsed() < RUN {
        let before = Instant::now();
        bytes += log.append(&group).expect("the disk has room").bytes;
        times.push(before.elapsed().as_micros());
    }
    let (commits, seconds) = (times.len(), start.elapsed().as_secs_f64());
    times.sort_unstable();
    let at = |share: f64| times[((commits - 1) as f64 * share) as usize];
    println!(
        "{size:>6} {:>10.0} {:>11.0} {:>8} {:>8} {:>8} {:>7.2}",
        commits as f64 / seconds,
        (commits * size) as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0),
        log.stats().bytes as f64 / bytes as f64
    );
    read(&log);
    let mut reader = log.reader();
    for partition in 0..PARTITIONS {
        reader.release(partition, u64::MAX).expect("release");
    }
    drop(reader);
    drop(log);
    std::fs::remove_dir_all(dir).expect("the benchmark's own directory");
}

fn read(log: &DiskLog) {
    let mut reader = log.reader();
    let (mut records, mut bytes, start) = (0_u64, 0, Instant::now());
    for partition in 0..PARTITIONS {
        let mut at = reader.bounds(partition).expect("bounds").0;
        loop {
            let entries = reader.read(partition, at, 1 << 20).expect("read");
            let Some(last) = entries.last() else { break };
            at = last.offset + 1;
            records += entries.len() as u64;
            bytes += entries.iter().map(|entry| entry.bytes.len()).sum::<usize>();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "       read {records} records, {:.0} per second, {:.0} MB/s",
        records as f64 / seconds,
        bytes as f64 / seconds / 1e6
    );
}

/// Copies a log of about 500 MB while it is open, which is what a kill leaves, and opens the copy.
fn reopen(dir: &Path) {
    let log = open(dir);
    let body = vec![1; RECORD_BYTES - HEADER_BYTES];
    let group: Vec<(u16, Vec<u8>)> = (0..4096).map(|n| ((n % PARTITIONS), body.clone())).collect();
    while log.stats().bytes < 500 << 20 {
        log.append(&group).expect("the disk has room");
    }
    let copy = dir.with_extension("killed");
    std::fs::create_dir_all(&copy).expect("a directory");
    for entry in std::fs::read_dir(dir).expect("the log's directory") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, copy.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let stats = log.stats();
    drop(log);
    for (dir, what) in [(copy.as_path(), "after a kill"), (dir, "after a clean stop")] {
        let start = Instant::now();
        let log = open(dir);
        println!(
            "opening {} records in {} MB and {} files {what}: {:.2} s",
            log.stats().records,
            stats.bytes >> 20,
            stats.files,
            start.elapsed().as_secs_f64()
        );
        drop(log);
        std::fs::remove_dir_all(dir).expect("the benchmark's own directory");
    }
}
