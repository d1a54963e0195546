//! Forgetting: files go when everything in them is counted, or when they are too old, counted or not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use isotherm_core::Hour;
use redb::Durability;

use crate::error::AppendError;
use crate::fault::Fault;
use crate::files;
use crate::log::{DiskLog, Shared};
use crate::segment::Segment;

/// Bytes that must fit for the disk to have room: more than a new file of records takes.
const PROBE_BYTES: usize = 1 << 20;

/// What `expire` removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Expired {
    /// Records that nobody had counted: they are lost.
    pub records: u64,
    /// Files, damaged ones included.
    pub files: u64,
}

/// How much the log holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogStats {
    /// Bytes on the disk.
    pub bytes: u64,
    /// The limit of `bytes`.
    pub bytes_max: u64,
    /// The hour of the oldest file that holds a record nobody has counted.
    pub oldest_unreleased_hour: Option<Hour>,
    /// Records that nobody has counted, all partitions together.
    pub records: u64,
    /// Files of records.
    pub files: u64,
    /// Damaged files that were set aside and are not expired yet.
    pub damaged_files: u64,
    /// Records that grew too old before anybody had counted them, since the log was opened (the opening included).
    pub expired_records: u64,
    /// Each partition, in order.
    pub partitions: Vec<PartitionStats>,
}

/// Where a partition stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionStats {
    /// The offset that the next record gets.
    pub next: u64,
    /// Everything below this offset is released.
    pub released: u64,
    /// Records that are not released.
    pub lag: u64,
}

impl DiskLog {
    /// Unlinks every file whose hour ended more than `LOG_HOURS_MAX` hours ago, counted or not, and every counted one
    /// that is not being written. Call it at least once an hour: then no record is older than 72 hours.
    pub fn expire(&self) -> Result<Expired, AppendError> {
        let expired = self.shared.expire();
        expired.map_err(|fault| AppendError::Unavailable(fault.into_text()))
    }

    /// How much the log holds.
    pub fn stats(&self) -> LogStats {
        self.shared.stats()
    }

    /// Whether an append would be taken now: asks the disk with a small file, so that a log that nobody appends to finds
    /// out that there is room again.
    pub fn check_room(&self) -> Result<(), AppendError> {
        self.shared.make_room(&mut self.shared.writer(), PROBE_BYTES as u64)?;
        let probed = files::probe(&self.shared.settings.dir, PROBE_BYTES);
        probed.map_err(|error| AppendError::Unavailable(error.to_string()))
    }
}

impl DiskLog {
    /// Takes back that records from an offset on are counted, durably: those that are still held stay until they are released
    /// again. For a ledger that was restored from a backup and ends right before that offset.
    pub fn take_back(&self, partition: u16, from: u64) -> Result<(), AppendError> {
        let unavailable = |fault: Fault| AppendError::Unavailable(fault.into_text());
        let Some(place) = self.shared.partitions.get(usize::from(partition)) else {
            return Ok(());
        };
        place.released.fetch_min(from, Ordering::AcqRel);
        self.shared.save(Durability::Immediate).map_err(unavailable)
    }
}

impl Shared {
    /// Bytes of all files of records on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.segments().iter().map(|segment| segment.disk_bytes()).sum()
    }

    /// Whether everything in the file is counted.
    pub(crate) fn is_released(&self, segment: &Segment) -> bool {
        self.unreleased(segment) == 0
    }

    /// Removes counted files that are not being written. Returns how many.
    pub(crate) fn remove_released(&self) -> Result<u64, Fault> {
        self.remove(|segment| segment.sealed.load(Ordering::Acquire) && self.is_released(segment))
    }

    pub(crate) fn expire(&self) -> Result<Expired, Fault> {
        let now = self.hour();
        let mut writer = self.writer();
        if writer.current.as_ref().is_some_and(|segment| segment.name.hour != now) {
            self.seal(&mut writer);
        }
        let mut expired = Expired::default();
        let mut old = self.segments();
        old.retain(|segment| segment.name.is_expired(now));
        self.owe_farewells(&old)?;
        for segment in &old {
            expired.records += self.unreleased(segment);
            for (partition, place) in self.partitions.iter().enumerate() {
                // Given up: the floor may rise above it.
                place
                    .released
                    .fetch_max(segment.end(partition as u16), Ordering::AcqRel);
            }
        }
        if expired.records > 0 {
            self.expired_records.fetch_add(expired.records, Ordering::Relaxed);
            tracing::error!(
                records = expired.records,
                "records were too old to keep and were not counted"
            );
        }
        expired.files = self.remove_released()?;
        drop(writer);
        // Damaged files, and files that could not be removed when it was their time.
        for file in files::list(&self.settings.dir)? {
            if file.name.is_expired(now) {
                std::fs::remove_file(&file.path)?;
                expired.files += 1;
            }
        }
        Ok(expired)
    }

    fn stats(&self) -> LogStats {
        let segments = self.segments();
        let oldest = segments.iter().find(|segment| !self.is_released(segment));
        let damaged =
            files::list(&self.settings.dir).map_or(0, |found| found.iter().filter(|file| file.damaged).count());
        let partitions: Vec<PartitionStats> = (0..self.settings.partitions)
            .map(|partition| PartitionStats {
                next: self.partitions[usize::from(partition)].next(),
                released: self.partitions[usize::from(partition)].released(),
                lag: segments
                    .iter()
                    .map(|segment| self.unreleased_of(segment, partition))
                    .sum(),
            })
            .collect();
        LogStats {
            bytes: segments.iter().map(|segment| segment.disk_bytes()).sum(),
            bytes_max: self.settings.bytes_max,
            oldest_unreleased_hour: oldest.map(|segment| segment.name.hour),
            records: partitions.iter().map(|partition| partition.lag).sum(),
            files: segments.len() as u64,
            damaged_files: damaged as u64,
            expired_records: self.expired_records.load(Ordering::Relaxed),
            partitions,
        }
    }

    fn unreleased(&self, segment: &Segment) -> u64 {
        (0..self.settings.partitions)
            .map(|partition| self.unreleased_of(segment, partition))
            .sum()
    }

    pub(crate) fn unreleased_of(&self, segment: &Segment, partition: u16) -> u64 {
        let released = self.partitions[usize::from(partition)].released();
        segment
            .end(partition)
            .saturating_sub(released.max(segment.first(partition)))
    }

    fn remove(&self, goes: impl Fn(&Segment) -> bool) -> Result<u64, Fault> {
        let gone: Vec<Arc<Segment>> = self.segments().into_iter().filter(|segment| goes(segment)).collect();
        if gone.is_empty() {
            return Ok(0);
        }
        // Once the files are gone only meta knows their offsets; they must never be given out again.
        self.save(Durability::Immediate)?;
        for segment in &gone {
            self.forget(segment);
        }
        files::sync_parent(&gone[0].path)?;
        Ok(gone.len() as u64)
    }
}
