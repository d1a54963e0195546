//! A clock that is driven, a frame that is read back, and short ways to say things.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use isotherm_core::ports::{Clock, Entry, EventLog};
use isotherm_core::record::{Lane, Offset, RecordHeader};
use isotherm_log::{DiskLog, DiskLogReader, LogSettings, OpenError};

/// An hour in 2026.
pub(crate) const HOUR_ONE: u64 = 498_000;

/// Large enough never to matter.
pub(crate) const BYTES_MANY: u64 = 1 << 40;

/// A clock that says the hour it was told.
pub(crate) struct DrivenClock(AtomicU64);

impl DrivenClock {
    pub(crate) fn new() -> Arc<DrivenClock> {
        Arc::new(DrivenClock(AtomicU64::new(HOUR_ONE)))
    }

    pub(crate) fn pass_hours(&self, hours: u64) {
        self.0.fetch_add(hours, Ordering::SeqCst);
    }
}

impl Clock for DrivenClock {
    fn unix_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst) * 3_600_000 + 1
    }
}

/// The header in front, readable again.
pub(crate) fn frame(header: &RecordHeader, body: &[u8]) -> Vec<u8> {
    let words = [header.lane.0, u64::from(header.partition), header.seq, header.floor];
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend_from_slice(body);
    bytes
}

/// Takes a record apart.
pub(crate) fn unframe(bytes: &[u8]) -> (RecordHeader, &[u8]) {
    let word = |n: usize| u64::from_le_bytes(bytes[n * 8..n * 8 + 8].try_into().expect("8 bytes"));
    let header = RecordHeader {
        lane: Lane(word(0)),
        partition: word(1) as u16,
        seq: word(2),
        floor: word(3),
    };
    (header, &bytes[32..])
}

pub(crate) fn try_open(
    dir: &Path,
    partitions: u16,
    bytes_max: u64,
    clock: &Arc<DrivenClock>,
) -> Result<DiskLog, OpenError> {
    let settings = LogSettings {
        dir: dir.to_owned(),
        partitions,
        bytes_max,
        frame,
        is_shipped: false,
    };
    DiskLog::open(settings, Arc::clone(clock) as Arc<dyn Clock>)
}

pub(crate) fn open(dir: &Path, clock: &Arc<DrivenClock>) -> DiskLog {
    try_open(dir, 2, BYTES_MANY, clock).expect("the log opens")
}

/// Everything of a partition from `from` on, read in small steps.
pub(crate) fn read_all(reader: &mut DiskLogReader, partition: u16, from: Offset) -> Vec<Entry> {
    let (mut entries, mut at) = (Vec::new(), from);
    loop {
        let more = reader.read(partition, at, 4096).expect("the log reads");
        let Some(last) = more.last() else { return entries };
        at = last.offset + 1;
        entries.extend(more);
    }
}

pub(crate) fn bodies(entries: &[Entry]) -> Vec<Vec<u8>> {
    entries.iter().map(|entry| unframe(&entry.bytes).1.to_vec()).collect()
}

/// Files of records in the directory, by name.
pub(crate) fn record_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the directory is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| {
        path.to_str()
            .is_some_and(|path| path.ends_with(".redb") && !path.ends_with("meta.redb"))
    });
    paths.sort();
    paths
}

/// What a kill at this moment would leave.
pub(crate) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("the directory is there") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("a copy");
    }
}
