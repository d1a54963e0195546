//! Opening a log: lock the directory, read meta, check every file of records, and find where each partition stands.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use isotherm_core::Hour;
use isotherm_core::ports::Clock;
use isotherm_core::record::Offset;
use redb::Durability;

use crate::appends::Appends;
use crate::error::OpenError;
use crate::fault::Fault;
use crate::files::{self, Found, META_FILE, SegmentName};
use crate::log::{LogSettings, Partition, Shared, Writer};
use crate::meta::{self, Meta, Place};
use crate::segment::{self, Segment};

/// What the files say.
struct Checked {
    segments: Vec<Arc<Segment>>,
    /// The newest file is damaged: which offsets it held is unknown.
    end_unknown: bool,
    /// The number for the next file.
    number: u32,
}

/// Opens or makes the log.
pub(crate) fn open(settings: LogSettings, clock: Arc<dyn Clock>) -> Result<Shared, OpenError> {
    if settings.partitions == 0 {
        return Err(OpenError::NoPartitions);
    }
    let dir = settings.dir.clone();
    let io_error = |error: io::Error| io_error(&dir, &error);
    let lock = lock(&dir)?;
    files::remove_unfinished(&dir).map_err(io_error)?;
    let found = files::list(&dir).map_err(io_error)?;
    let meta_path = dir.join(META_FILE);
    if !found.is_empty() && !meta_path.exists() {
        return Err(OpenError::Meta {
            path: meta_path,
            reason: "missing beside files of records".to_owned(),
        });
    }
    let opening = meta::random_id().map_err(io_error)?;
    let (meta, remembered) = Meta::open(&dir, settings.partitions, opening)?;
    let now = Hour::of_unix_ms(clock.unix_ms());
    let checked = check_all(&dir, found, settings.partitions, now)?;
    let partitions = remembered.places.iter().enumerate();
    let partitions = partitions
        .map(|(partition, place)| stand(partition as u16, place, &checked))
        .collect();
    let shared = Shared {
        settings,
        clock,
        log_id: remembered.log_id,
        opening,
        openings: remembered.openings,
        writer: Mutex::new(Writer {
            current: None,
            number: checked.number,
        }),
        meta: Mutex::new(meta),
        segments: RwLock::new(checked.segments),
        partitions,
        appends: Appends::default(),
        expired_records: AtomicU64::new(0),
        opened: Mutex::new(VecDeque::new()),
        _lock: lock,
    };
    // Where a file is gone or damaged, only meta knows from now on what the next offset is.
    let upkept = shared.save(Durability::Immediate).and_then(|()| shared.expire());
    upkept.map_err(|fault| OpenError::Io {
        path: meta_path,
        reason: fault.into_text(),
    })?;
    Ok(shared)
}

/// Makes the directory, for the owner's eyes only, and takes its lock.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| io_error(dir, &error))?;
    let path = dir.join(files::LOCK_FILE);
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| io_error(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(io_error(&path, &error)),
    }
}

/// Checks every file: damaged ones are set aside, empty ones are removed.
fn check_all(dir: &Path, found: Vec<Found>, partitions: u16, now: Hour) -> Result<Checked, OpenError> {
    let mut checked = Checked {
        segments: Vec::new(),
        end_unknown: false,
        number: found.last().map_or(0, |file| file.name.number + 1),
    };
    for file in found.into_iter().filter(|file| !file.damaged) {
        let file = out_of_the_future(dir, file, now).map_err(|error| io_error(dir, &error))?;
        match Segment::check(file.path.clone(), file.name, partitions) {
            Ok(Some(segment)) => {
                if let Some(earlier) = checked.segments.last() {
                    earlier.cut(&segment);
                }
                checked.segments.push(Arc::new(segment));
                checked.end_unknown = false;
            }
            Ok(None) => remove(&file.path)?,
            Err(Fault::Damaged(reason)) => {
                segment::set_aside(&file.path, &reason);
                checked.end_unknown = true;
            }
            Err(Fault::Unavailable(reason)) => {
                return Err(OpenError::Io {
                    path: file.path,
                    reason,
                });
            }
        }
    }
    Ok(checked)
}

/// A file from an hour that has not come yet was written while the clock was wrong. It is called one of this hour, or
/// it would be kept too long.
fn out_of_the_future(dir: &Path, file: Found, now: Hour) -> io::Result<Found> {
    if file.name.hour <= now {
        return Ok(file);
    }
    let name = SegmentName { hour: now, ..file.name };
    let path = name.path(dir);
    std::fs::rename(&file.path, &path)?;
    Ok(Found { name, path, ..file })
}

/// Where a partition goes on.
fn stand(partition: u16, place: &Place, checked: &Checked) -> Partition {
    let ends = checked.segments.iter().map(|segment| segment.end(partition));
    let known: Offset = ends.max().unwrap_or(0).max(place.next);
    let next = if checked.end_unknown {
        known.max(place.reserved)
    } else {
        known
    };
    Partition {
        next: AtomicU64::new(next),
        released: AtomicU64::new(place.released.min(next)),
        reserved: AtomicU64::new(place.reserved),
    }
}

fn remove(path: &Path) -> Result<(), OpenError> {
    std::fs::remove_file(path).map_err(|error| io_error(path, &error))
}

fn io_error(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
