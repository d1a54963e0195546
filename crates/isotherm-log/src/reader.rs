//! The reading side: the `EventLog` port on files. Reading takes no lock that an append holds.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use isotherm_core::ports::{Assignment, Entry, EventLog, LogError};
use isotherm_core::record::{Intent, LogId, Offset};
use redb::Durability;

use crate::fault::Fault;
use crate::log::Shared;
use crate::segment::Segment;

/// Files that are only read and may be open at once; opening one more closes the one opened first. Each has its own
/// page cache, so this bounds memory while a long queue is worked off.
const READ_FILES_MAX: usize = 4;

/// Reads a log on disk for the aggregator of the same process.
pub struct DiskLogReader {
    shared: Arc<Shared>,
    /// The appends seen when it last waited.
    seen: u64,
}

impl DiskLogReader {
    pub(crate) fn new(shared: Arc<Shared>) -> DiskLogReader {
        DiskLogReader { shared, seen: 0 }
    }
}

/// All partitions are this process's for ever, and news comes with appends.
impl Assignment for DiskLogReader {
    fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        Ok((0..self.shared.settings.partitions)
            .map(|partition| (partition, 0))
            .collect())
    }

    fn wait(&mut self, at_most: Duration) {
        self.seen = self.shared.appends.wait(self.seen, at_most);
    }
}

impl EventLog for DiskLogReader {
    fn log_id(&self) -> LogId {
        self.shared.log_id
    }

    fn opening(&self) -> u64 {
        self.shared.opening
    }

    fn knows_opening(&self, opening: u64) -> bool {
        self.shared.openings.contains(&opening)
    }

    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError> {
        let place = self.shared.partition(partition)?;
        // Read before the files: one that is added in between holds nothing below it.
        let next = place.next();
        let segments = self.shared.segments();
        let mut held = segments
            .iter()
            .filter(|segment| segment.end(partition) > segment.first(partition));
        Ok((
            held.next().map_or(next, |segment| segment.first(partition).min(next)),
            next,
        ))
    }

    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError> {
        self.shared.partition(partition)?;
        self.shared.read(partition, from, bytes_max).map_err(log_error)
    }

    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError> {
        self.shared.partition(partition)?;
        self.shared.meta().intent(partition).map_err(log_error)
    }

    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        self.shared.partition(partition)?;
        self.shared.meta().commit(partition, intent).map_err(log_error)
    }

    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError> {
        let place = self.shared.partition(partition)?;
        let released = last.saturating_add(1).min(place.next());
        if place.released.fetch_max(released, Ordering::AcqRel) >= released {
            return Ok(());
        }
        // After a crash a lost release only means that records are read again, so no fsync is spent on it.
        self.shared.save(Durability::None).map_err(log_error)?;
        self.shared.remove_released().map_err(log_error)?;
        Ok(())
    }
}

impl Shared {
    fn partition(&self, partition: u16) -> Result<&crate::log::Partition, LogError> {
        let place = self.partitions.get(usize::from(partition));
        place.ok_or_else(|| LogError::Broken(format!("it has no partition {partition}")))
    }

    fn read(&self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let (mut at, mut bytes) = (from, 0);
        for segment in self.segments() {
            if segment.end(partition) <= at.max(segment.first(partition)) {
                continue;
            }
            // What lay between is gone. A reader learns that from the first offset of a read, so a read ends here.
            if segment.first(partition) > at && !entries.is_empty() {
                break;
            }
            let start = at.max(segment.first(partition));
            match self.read_segment(&segment, partition, start, bytes_max - bytes) {
                Ok(more) => entries.extend(more),
                Err(Fault::Damaged(reason)) => self.set_aside(&segment, &reason),
                // Removed since the list was taken: what it held is gone.
                Err(_) if segment.gone.load(Ordering::Acquire) => {}
                Err(_) if !entries.is_empty() => break,
                Err(fault) => return Err(fault),
            }
            at = entries.last().map_or(at, |entry| entry.offset + 1);
            bytes = entries.iter().map(|entry| entry.bytes.len()).sum();
            if bytes >= bytes_max || (at < segment.end(partition) && !entries.is_empty()) {
                break;
            }
        }
        Ok(entries)
    }

    /// Reads one file. Offsets within it follow each other, or it is not what was written.
    fn read_segment(
        &self,
        segment: &Arc<Segment>,
        partition: u16,
        start: Offset,
        bytes_max: usize,
    ) -> Result<Vec<Entry>, Fault> {
        self.note_opened(segment);
        let entries = segment.read(partition, start, bytes_max)?;
        let whole = !entries.is_empty() && (start..).zip(&entries).all(|(offset, entry)| entry.offset == offset);
        if !whole {
            return Err(Fault::Damaged("it misses records".to_owned()));
        }
        Ok(entries)
    }

    /// Keeps the number of open files small.
    fn note_opened(&self, segment: &Arc<Segment>) {
        if !segment.sealed.load(Ordering::Acquire) || segment.is_open() {
            return;
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|held| !Arc::ptr_eq(held, segment));
        opened.push_back(Arc::clone(segment));
        if opened.len() > READ_FILES_MAX
            && let Some(oldest) = opened.pop_front()
        {
            oldest.close();
        }
    }
}

fn log_error(fault: Fault) -> LogError {
    match fault {
        Fault::Unavailable(text) => LogError::Unavailable(text),
        Fault::Damaged(text) => LogError::Broken(text),
    }
}
