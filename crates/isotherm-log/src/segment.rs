//! One file of records: a B-tree per partition keyed by offset, written by one lane within one hour, then only read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use isotherm_core::ports::Entry;
use isotherm_core::record::{Lane, Offset};
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use crate::fault::{Fault, guarded};
use crate::files::{self, SegmentName};

/// Offset to record: a table per partition. The store packs a table densely when it grows at its end only; in one table
/// of (partition, offset), which grows in the middle, pages stay half empty (measured: twice the bytes).
type Records<'a> = TableDefinition<'a, u64, &'static [u8]>;
/// Partition to the first offset that this file may hold: it ends what an earlier file may hold.
const FIRSTS: TableDefinition<u16, u64> = TableDefinition::new("firsts");

/// The lane under `LANE_KEY`: whose farewell is to be said if the file goes unshipped.
const LANE: TableDefinition<&str, u64> = TableDefinition::new("lane");
const LANE_KEY: &str = "lane";

/// Bytes of pages kept in memory for the file that is being written. Beyond it, pages are read from the system's cache.
const WRITE_CACHE_BYTES: usize = 16 * 1024 * 1024;
/// The same for a file that is only read.
const READ_CACHE_BYTES: usize = 2 * 1024 * 1024;

/// A record on its way into a file.
pub(crate) struct Packed {
    pub(crate) partition: u16,
    pub(crate) offset: Offset,
    pub(crate) bytes: Vec<u8>,
}

/// A file of records.
pub(crate) struct Segment {
    pub(crate) name: SegmentName,
    pub(crate) path: PathBuf,
    /// The lane that writes it, or wrote it; 0 where a file of an older version does not say.
    pub(crate) lane: Lane,
    /// Per partition the first offset.
    firsts: Box<[Offset]>,
    /// Per partition the offset behind the last one that counts as accepted.
    ends: Box<[AtomicU64]>,
    /// Nothing is appended to it any more.
    pub(crate) sealed: AtomicBool,
    /// It turned out damaged and was set aside.
    pub(crate) damaged: AtomicBool,
    /// It is no longer part of the log.
    pub(crate) gone: AtomicBool,
    disk_bytes: AtomicU64,
    /// Closed files are opened again by the first reader.
    database: RwLock<Option<Database>>,
}

impl Segment {
    /// Makes an empty file. Its name is durable when this returns.
    pub(crate) fn create(
        path: PathBuf,
        name: SegmentName,
        lane: Lane,
        firsts: Box<[Offset]>,
    ) -> Result<Segment, Fault> {
        let unfinished = files::unfinished(&path);
        let mut builder = Builder::new();
        let builder = builder.set_cache_size(WRITE_CACHE_BYTES);
        let database = guarded(|| Ok(builder.create(&unfinished)?))?;
        // Under its own name a file is always whole: a crash while it is made must not look like damage.
        std::fs::rename(&unfinished, &path)?;
        files::sync_parent(&path)?;
        Ok(Segment {
            ends: firsts.iter().map(|first| AtomicU64::new(*first)).collect(),
            disk_bytes: AtomicU64::new(files::disk_bytes(&path)),
            name,
            path,
            lane,
            firsts,
            sealed: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            database: RwLock::new(Some(database)),
        })
    }

    /// Opens a file of an earlier opening, checks every page of it, and closes it. `None` when no group was ever
    /// committed to it.
    pub(crate) fn check(path: PathBuf, name: SegmentName, partitions: u16) -> Result<Option<Segment>, Fault> {
        let torn_bytes = files::cut_torn_end(&path)?;
        if torn_bytes > 0 {
            tracing::warn!(file = %path.display(), torn_bytes, "a log file ended in the middle of a page; that end is cut off");
        }
        let Some((lane, firsts, ends)) = guarded(|| {
            let database = Builder::new()
                .set_cache_size(WRITE_CACHE_BYTES)
                .set_check_integrity_on_open(true)
                .open(&path)?;
            spans(&database, partitions)
        })?
        else {
            return Ok(None);
        };
        Ok(Some(Segment {
            disk_bytes: AtomicU64::new(files::disk_bytes(&path)),
            name,
            path,
            lane,
            firsts: firsts.into(),
            ends: ends.into_iter().map(AtomicU64::new).collect(),
            sealed: AtomicBool::new(true),
            damaged: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            database: RwLock::new(None),
        }))
    }

    /// Commits the records, sorted by partition, with one fsync. They do not count as accepted before `extend`.
    pub(crate) fn append(&self, records: &[Packed]) -> Result<(), Fault> {
        let fresh = (0..self.firsts.len()).all(|partition| self.end(partition as u16) == self.firsts[partition]);
        self.with_database(|database| {
            let transaction = database.begin_write()?;
            if fresh {
                let mut firsts = transaction.open_table(FIRSTS)?;
                for (partition, first) in self.firsts.iter().enumerate() {
                    firsts.insert(partition as u16, first)?;
                }
                transaction.open_table(LANE)?.insert(LANE_KEY, self.lane.0)?;
            }
            for run in records.chunk_by(|one, next| one.partition == next.partition) {
                let mut table = transaction.open_table(Records::new(&table_name(run[0].partition)))?;
                for record in run {
                    table.insert(record.offset, record.bytes.as_slice())?;
                }
            }
            Ok(transaction.commit()?)
        })?;
        self.disk_bytes.store(files::disk_bytes(&self.path), Ordering::Relaxed);
        Ok(())
    }

    /// Reads records of `partition` from `from` (included) to the accepted end, stopping before `bytes_max` is passed
    /// unless nothing was read yet.
    pub(crate) fn read(&self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, Fault> {
        let end = self.end(partition);
        self.with_database(|database| {
            let table = database
                .begin_read()?
                .open_table(Records::new(&table_name(partition)))?;
            let (mut entries, mut bytes) = (Vec::new(), 0);
            for item in table.range(from..end)? {
                let (key, value) = item?;
                let record = value.value();
                bytes += record.len();
                if bytes > bytes_max && !entries.is_empty() {
                    break;
                }
                entries.push(Entry {
                    offset: key.value(),
                    bytes: record.to_vec(),
                });
            }
            Ok(entries)
        })
    }

    /// The first offset that the file may hold.
    pub(crate) fn first(&self, partition: u16) -> Offset {
        self.firsts[usize::from(partition)]
    }

    /// The offset behind the last accepted record.
    pub(crate) fn end(&self, partition: u16) -> Offset {
        self.ends[usize::from(partition)].load(Ordering::Acquire)
    }

    /// Calls everything before `end` accepted.
    pub(crate) fn extend(&self, partition: u16, end: Offset) {
        self.ends[usize::from(partition)].store(end, Ordering::Release);
    }

    /// Takes back what a later file says was never accepted.
    pub(crate) fn cut(&self, later: &Segment) {
        for (end, first) in self.ends.iter().zip(&later.firsts) {
            end.fetch_min(*first, Ordering::AcqRel);
        }
    }

    /// Whether it holds nothing that counts.
    pub(crate) fn is_empty(&self) -> bool {
        (0..self.firsts.len() as u16).all(|partition| self.end(partition) <= self.first(partition))
    }

    /// Bytes on the disk after the last append.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.disk_bytes.load(Ordering::Relaxed)
    }

    /// Closes the file cleanly, once no reader is in it. A failure leaves it to be repaired by whoever opens it next.
    pub(crate) fn close(&self) {
        // Held until it is closed: a reader that opened it in between would find it locked.
        let mut slot = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = slot.take()
            && let Err(fault) = guarded(|| Ok(database.close()?))
        {
            tracing::warn!(file = %self.path.display(), error = fault.into_text(), "log file was not closed cleanly");
        }
    }

    /// Whether a handle is open.
    pub(crate) fn is_open(&self) -> bool {
        self.database.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Runs an operation on the open file. Many may run at once; only opening excludes the others.
    fn with_database<T>(&self, operation: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Fault> {
        let open = self.database.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = open.as_ref() {
            return guarded(|| operation(database));
        }
        drop(open);
        let mut slot = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let database = match slot.take() {
            Some(database) => database,
            None => guarded(|| Ok(Builder::new().set_cache_size(READ_CACHE_BYTES).open(&self.path)?))?,
        };
        guarded(|| operation(slot.insert(database)))
    }
}

/// The lane; per partition the first offset, and the one behind the last.
type Spans = (Lane, Vec<Offset>, Vec<Offset>);

/// What a file of an earlier opening holds; `None` when nothing was ever committed.
fn spans(database: &Database, partitions: u16) -> Result<Option<Spans>, redb::Error> {
    let transaction = database.begin_read()?;
    let firsts_table = match transaction.open_table(FIRSTS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table?,
    };
    let lane = match transaction.open_table(LANE) {
        Err(TableError::TableDoesNotExist(_)) => 0,
        table => table?.get(LANE_KEY)?.map_or(0, |lane| lane.value()),
    };
    let (mut firsts, mut ends) = (Vec::new(), Vec::new());
    for partition in 0..partitions {
        let first = firsts_table.get(partition)?.map_or(0, |first| first.value());
        let end = match transaction.open_table(Records::new(&table_name(partition))) {
            Err(TableError::TableDoesNotExist(_)) => first,
            table => table?.last()?.map_or(first, |(last, _)| last.value() + 1),
        };
        firsts.push(first);
        ends.push(end);
    }
    Ok(Some((Lane(lane), firsts, ends)))
}

/// The name of a partition's table.
fn table_name(partition: u16) -> String {
    format!("records {partition}")
}

/// Sets a file aside under a name that is never opened again, and says so where operators look.
pub(crate) fn set_aside(path: &Path, reason: &str) {
    match files::set_aside(path) {
        Ok(aside) => tracing::error!(
            file = %aside.display(),
            reason,
            "log file is damaged and was set aside; its uncounted records are lost"
        ),
        Err(error) => {
            tracing::error!(file = %path.display(), reason, %error, "log file is damaged and cannot be renamed")
        }
    }
}
