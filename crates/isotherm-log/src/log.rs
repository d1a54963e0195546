//! The log as a whole: appending, and the state that appending, reading and upkeep share.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use isotherm_core::Hour;
use isotherm_core::ports::Clock;
use isotherm_core::record::{Lane, LogId, Offset, RecordHeader};
use redb::Durability;

use crate::appends::Appends;
use crate::error::{AppendError, OpenError};
use crate::fault::Fault;
use crate::files::{self, SEGMENT_BYTES_MAX, SegmentName};
use crate::meta::{self, Meta, OFFSETS_RESERVED, Place};
use crate::opening;
use crate::reader::DiskLogReader;
use crate::segment::{self, Packed, Segment};

/// What a log needs to know.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The directory that holds the log and nothing else; made if it is not there.
    pub dir: PathBuf,
    /// Number of partitions; fixed when the log is made.
    pub partitions: u16,
    /// Bytes on the disk, about, at which appends are refused as `Full` until something is released or expires.
    pub bytes_max: u64,
    /// Makes a record of its header and the packed body.
    pub frame: fn(&RecordHeader, &[u8]) -> Vec<u8>,
    /// The log is shipped to where counts are made: what it gives up unshipped is owed a [`crate::Farewell`].
    pub is_shipped: bool,
}

/// What an append stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// Records.
    pub records: u64,
    /// Bytes of the records, headers included.
    pub bytes: u64,
    /// The lane under which they stand.
    pub lane: Lane,
    /// The last offset of each partition that got a record, by partition.
    pub lasts: Vec<(u16, Offset)>,
}

/// A durable log on disk, open. It may be shared among threads; its directory is this process's until it and every
/// reader made of it are dropped.
pub struct DiskLog {
    pub(crate) shared: Arc<Shared>,
}

impl DiskLog {
    /// Opens the log or makes it. Checks every file that holds records; a damaged one is set aside (`*.damaged`, an
    /// error in the log output) and the rest works.
    pub fn open(settings: LogSettings, clock: Arc<dyn Clock>) -> Result<DiskLog, OpenError> {
        let shared = Arc::new(opening::open(settings, clock)?);
        Ok(DiskLog { shared })
    }

    /// Stores a group of (partition, body) durably, with one commit and one fsync: all of it, or nothing of it.
    pub fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Appended, AppendError> {
        self.shared.append(group)
    }

    /// The lowest seq of the current lane that the partition still holds unreleased.
    pub fn floor(&self, partition: u16) -> u64 {
        let writer = self.shared.writer();
        writer
            .current
            .as_ref()
            .map_or(1, |segment| self.shared.floor(segment, partition))
    }

    /// A reader for the aggregator.
    pub fn reader(&self) -> DiskLogReader {
        DiskLogReader::new(Arc::clone(&self.shared))
    }

    /// The counter of appended groups to wait on.
    pub fn appends(&self) -> &Appends {
        &self.shared.appends
    }

    /// The log's identity.
    pub fn log_id(&self) -> LogId {
        self.shared.log_id
    }
}

/// The log's state. Locks are taken in the order writer, meta, segments, one segment's file.
pub(crate) struct Shared {
    pub(crate) settings: LogSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log_id: LogId,
    pub(crate) opening: u64,
    pub(crate) openings: BTreeSet<u64>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) meta: Mutex<Meta>,
    /// All files of records, in order; the last may be the one that is being written.
    pub(crate) segments: RwLock<Vec<Arc<Segment>>>,
    pub(crate) partitions: Box<[Partition]>,
    pub(crate) appends: Appends,
    /// Records that expired uncounted.
    pub(crate) expired_records: AtomicU64,
    /// Files that readers opened, oldest first.
    pub(crate) opened: Mutex<VecDeque<Arc<Segment>>>,
    /// Held for the log's whole life: its lock keeps others out.
    pub(crate) _lock: File,
}

/// Where a partition stands.
pub(crate) struct Partition {
    /// The offset that the next record gets.
    pub(crate) next: AtomicU64,
    /// Everything below it is counted or given up.
    pub(crate) released: AtomicU64,
    /// No record at or above it was ever appended; durable in meta.
    pub(crate) reserved: AtomicU64,
}

/// What only one appender at a time may have.
pub(crate) struct Writer {
    /// The file being written; `None` until something is appended, and after an error.
    pub(crate) current: Option<Arc<Segment>>,
    /// The number of the next file.
    pub(crate) number: u32,
}

impl Shared {
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn meta(&self) -> MutexGuard<'_, Meta> {
        self.meta.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All files at this moment, in order.
    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn hour(&self) -> Hour {
        Hour::of_unix_ms(self.clock.unix_ms())
    }

    /// Writes where every partition stands.
    pub(crate) fn save(&self, durability: Durability) -> Result<(), Fault> {
        let mut meta = self.meta();
        let places: Vec<Place> = self.partitions.iter().map(Partition::place).collect();
        meta.save(&places, durability)
    }

    /// Seq of the first record of the file's lane that is not released.
    fn floor(&self, segment: &Segment, partition: u16) -> u64 {
        let first = segment.first(partition);
        self.partitions[usize::from(partition)].released().max(first) - first + 1
    }

    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Appended, AppendError> {
        let unknown = group
            .iter()
            .find(|(partition, _)| *partition >= self.settings.partitions);
        if let Some((partition, _)) = unknown {
            return Err(AppendError::NoSuchPartition(*partition));
        }
        if group.is_empty() {
            return Err(AppendError::Empty);
        }
        let mut writer = self.writer();
        let body_bytes = group.iter().map(|(_, body)| body.len() as u64).sum();
        self.make_room(&mut writer, body_bytes)?;
        let segment = self.current(&mut writer).map_err(unavailable)?;
        let (records, appended) = self.pack(&segment, group);
        let stored = self.reserve(&appended).and_then(|()| segment.append(&records));
        if let Err(fault) = stored {
            self.give_up(&mut writer, &segment, &fault);
            return Err(unavailable(fault));
        }
        for (partition, last) in &appended.lasts {
            segment.extend(*partition, last + 1);
            self.partitions[usize::from(*partition)]
                .next
                .store(last + 1, Ordering::Release);
        }
        self.appends.add();
        Ok(appended)
    }

    /// Refuses when the group would make the log larger than it may be, after removing what may go.
    pub(crate) fn make_room(&self, writer: &mut Writer, body_bytes: u64) -> Result<(), AppendError> {
        let bytes_max = self.settings.bytes_max;
        if self.disk_bytes() + body_bytes <= bytes_max {
            return Ok(());
        }
        // Released records of the file being written come back only with the whole file.
        if writer.current.as_ref().is_some_and(|segment| self.is_released(segment)) {
            self.seal(writer);
        }
        self.remove_released().map_err(unavailable)?;
        if self.disk_bytes() + body_bytes <= bytes_max {
            return Ok(());
        }
        Err(AppendError::Full { bytes_max })
    }

    /// The file to append to: a new one in each hour, after an error, and when the last is large.
    fn current(&self, writer: &mut Writer) -> Result<Arc<Segment>, Fault> {
        let hour = self.hour();
        if let Some(segment) = &writer.current {
            let fits = segment.disk_bytes() < SEGMENT_BYTES_MAX && !segment.damaged.load(Ordering::Relaxed);
            if segment.name.hour == hour && fits {
                return Ok(Arc::clone(segment));
            }
            self.seal(writer);
        }
        let name = SegmentName {
            number: writer.number,
            hour,
        };
        let path = name.path(&self.settings.dir);
        // A number is never used twice, so that a half-made file cannot be taken for this one.
        writer.number += 1;
        // A lane lives in one file only: a file that is removed then takes whole tails of lanes with it, and never
        // leaves a gap inside a lane that would make the records behind it look as if others were still to come.
        let lane = Lane(meta::random_id()?);
        let firsts = self.partitions.iter().map(Partition::next).collect();
        let made = Segment::create(path.clone(), name, lane, firsts);
        if made.is_err() {
            // What is left of it holds no record; should it stay, the next opening removes it.
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_file(files::unfinished(&path));
        }
        let segment = Arc::new(made?);
        self.segments
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&segment));
        writer.current = Some(Arc::clone(&segment));
        Ok(segment)
    }

    /// Gives every body its name and offset.
    fn pack(&self, segment: &Segment, group: &[(u16, Vec<u8>)]) -> (Vec<Packed>, Appended) {
        let mut nexts: Vec<Offset> = self.partitions.iter().map(Partition::next).collect();
        let floors: Vec<u64> = (0..self.settings.partitions)
            .map(|partition| self.floor(segment, partition))
            .collect();
        let mut records = Vec::with_capacity(group.len());
        for (partition, body) in group {
            let offset = nexts[usize::from(*partition)];
            nexts[usize::from(*partition)] += 1;
            let header = RecordHeader {
                lane: segment.lane,
                partition: *partition,
                seq: offset - segment.first(*partition) + 1,
                floor: floors[usize::from(*partition)],
            };
            records.push(Packed {
                partition: *partition,
                offset,
                bytes: (self.settings.frame)(&header, body),
            });
        }
        // Stable: offsets of a partition stay in order.
        records.sort_by_key(|record| record.partition);
        let moved = nexts.iter().zip(&self.partitions).enumerate();
        let appended = Appended {
            records: records.len() as u64,
            bytes: records.iter().map(|record| record.bytes.len() as u64).sum(),
            lane: segment.lane,
            lasts: moved
                .filter(|(_, (next, before))| **next > before.next())
                .map(|(partition, (next, _))| (partition as u16, next - 1))
                .collect(),
        };
        (records, appended)
    }

    /// Makes sure that no offset is given out which a later opening could give out again.
    fn reserve(&self, appended: &Appended) -> Result<(), Fault> {
        let reserved = |partition: u16| &self.partitions[usize::from(partition)].reserved;
        let enough = |(partition, last): &(u16, Offset)| *last < reserved(*partition).load(Ordering::Relaxed);
        if appended.lasts.iter().all(enough) {
            return Ok(());
        }
        let places = self.partitions.iter();
        let before: Vec<Offset> = places.map(|place| place.reserved.load(Ordering::Relaxed)).collect();
        for partition in &self.partitions {
            partition
                .reserved
                .fetch_max(partition.next() + OFFSETS_RESERVED, Ordering::Relaxed);
        }
        for (partition, last) in &appended.lasts {
            reserved(*partition).fetch_max(last + 1 + OFFSETS_RESERVED, Ordering::Relaxed);
        }
        self.save(Durability::Immediate).inspect_err(|_| {
            for (place, before) in self.partitions.iter().zip(before) {
                place.reserved.store(before, Ordering::Relaxed);
            }
        })
    }

    /// After an error: what reached the disk is unknown, so the file is never written again. The next file begins at
    /// the same offsets and thereby takes back whatever of the group may have landed.
    fn give_up(&self, writer: &mut Writer, segment: &Arc<Segment>, fault: &Fault) {
        self.seal(writer);
        if let Fault::Damaged(reason) = fault {
            self.set_aside(segment, reason);
        } else if segment.is_empty() {
            self.forget(segment);
        }
    }

    /// Ends writing to the current file; readers open it again when they need it.
    pub(crate) fn seal(&self, writer: &mut Writer) {
        if let Some(segment) = writer.current.take() {
            segment.sealed.store(true, Ordering::Release);
            segment.close();
        }
    }

    /// Takes a damaged file out of use.
    pub(crate) fn set_aside(&self, segment: &Arc<Segment>, reason: &str) {
        // Two readers may find the same damage.
        if segment.damaged.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Err(fault) = self.owe_farewells(std::slice::from_ref(segment)) {
            tracing::warn!(
                error = fault.into_text(),
                "the loss of a damaged log file could not be noted; it is counted here alone"
            );
        }
        self.unlist(segment);
        segment.close();
        segment::set_aside(&segment.path, reason);
        // The file's end is known now and will not be after a restart.
        if let Err(fault) = self.save(Durability::Immediate) {
            tracing::warn!(
                error = fault.into_text(),
                "offsets of a damaged log file could not be noted"
            );
        }
    }

    /// Removes a file from the list and from the disk.
    pub(crate) fn forget(&self, segment: &Arc<Segment>) {
        self.unlist(segment);
        segment.close();
        if let Err(error) = std::fs::remove_file(&segment.path) {
            tracing::warn!(file = %segment.path.display(), %error, "log file could not be removed; it is tried again");
        }
    }

    fn unlist(&self, segment: &Arc<Segment>) {
        segment.gone.store(true, Ordering::Release);
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        segments.retain(|held| !Arc::ptr_eq(held, segment));
        drop(segments);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|held| !Arc::ptr_eq(held, segment));
    }
}

impl Drop for Shared {
    /// Writes lazily kept releases; the files close themselves cleanly.
    fn drop(&mut self) {
        if let Err(fault) = self.save(Durability::Immediate) {
            tracing::warn!(
                error = fault.into_text(),
                "log could not note where it stands; some records will be read again"
            );
        }
    }
}

impl Partition {
    pub(crate) fn next(&self) -> Offset {
        self.next.load(Ordering::Acquire)
    }

    pub(crate) fn released(&self) -> Offset {
        self.released.load(Ordering::Acquire)
    }

    fn place(&self) -> Place {
        Place {
            next: self.next(),
            released: self.released(),
            reserved: self.reserved.load(Ordering::Relaxed),
        }
    }
}

fn unavailable(fault: Fault) -> AppendError {
    AppendError::Unavailable(fault.into_text())
}
