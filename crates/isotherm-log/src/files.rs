//! Names of files and their limits. A record file's name says its hour, because forgetting goes by it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use isotherm_core::Hour;

/// Hours after the end of its hour at which a file of records is unlinked, counted or not. With the hour of appending
/// itself and an hour between two calls of `expire`, no record is older than 72 hours.
pub const LOG_HOURS_MAX: u32 = 70;

/// Bytes of a file of records at which the next group begins a new one, so that space comes back in steps smaller than
/// an hour and checking a file after a crash takes a second at most.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The file with the log's identity, openings, offsets and intents.
pub(crate) const META_FILE: &str = "meta.redb";

/// The file whose lock says that the directory is in use.
pub(crate) const LOCK_FILE: &str = "lock";

/// Bytes of a page: a file of records is a whole number of them. What follows the last whole one was written by nobody who
/// was answered.
const PAGE_BYTES: u64 = 4096;

const RECORDS_SUFFIX: &str = ".redb";
const UNFINISHED_SUFFIX: &str = ".redb.new";
const DAMAGED_SUFFIX: &str = ".redb.damaged";

/// What a file of records is called: its hour, and a number that orders all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct SegmentName {
    /// Rises with every file, whatever the clock does.
    pub(crate) number: u32,
    /// The hour in which its records were appended.
    pub(crate) hour: Hour,
}

/// A file of records found in the directory.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) name: SegmentName,
    pub(crate) path: PathBuf,
    /// It was set aside.
    pub(crate) damaged: bool,
}

impl SegmentName {
    /// Where it lies, e.g. `00498124-000017.redb`.
    pub(crate) fn path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{:08}-{:06}{RECORDS_SUFFIX}", self.hour.0, self.number))
    }

    /// Whether everything in it is older than the log may hold.
    pub(crate) fn is_expired(self, now: Hour) -> bool {
        now.0 > self.hour.0.saturating_add(LOG_HOURS_MAX)
    }

    fn parse(stem: &str) -> Option<SegmentName> {
        let (hour, number) = stem.split_once('-')?;
        Some(SegmentName {
            number: number.parse().ok()?,
            hour: Hour(hour.parse().ok()?),
        })
    }
}

/// All files of records in the directory, in the order in which they were made.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let damaged = file_name.ends_with(DAMAGED_SUFFIX);
        let stem = file_name
            .strip_suffix(DAMAGED_SUFFIX)
            .or_else(|| file_name.strip_suffix(RECORDS_SUFFIX));
        if let Some(name) = stem.and_then(SegmentName::parse) {
            found.push(Found { name, path, damaged });
        }
    }
    found.sort_by_key(|file| file.name);
    Ok(found)
}

/// Renames a file of records so that it is never opened again, and returns its new path.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = path.with_extension("redb.damaged");
    fs::rename(path, &aside)?;
    sync_parent(path)?;
    Ok(aside)
}

/// The name under which a file is made before it is renamed to `path`.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("redb.new")
}

/// Removes a file; that it is not there is as good.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Removes what a crash left of files that were just being made. They never held a record.
pub(crate) fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.to_str().is_some_and(|path| path.ends_with(UNFINISHED_SUFFIX)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Writes a file of this many bytes durably and removes it: an error says that the disk takes no more.
pub(crate) fn probe(dir: &Path, bytes: usize) -> io::Result<()> {
    // A name of a file that was just being made: what a crash leaves of it goes at the next opening.
    let path = dir.join(format!("probe{UNFINISHED_SUFFIX}"));
    let written = write_durably(&path, &vec![0x5a; bytes]);
    remove_if_there(&path)?;
    written
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Cuts off what follows the last whole page, and returns how many bytes that was. What a torn write left there would make
/// the whole file unreadable.
pub(crate) fn cut_torn_end(path: &Path) -> io::Result<u64> {
    let file = File::options().write(true).open(path)?;
    let bytes = file.metadata()?.len();
    let torn = bytes % PAGE_BYTES;
    if torn > 0 {
        file.set_len(bytes - torn)?;
        file.sync_all()?;
    }
    Ok(torn)
}

/// Makes creations, renames and removals in the file's directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

/// Bytes that the file takes on the disk (its length may be larger: it grows by doubling, with holes).
pub(crate) fn disk_bytes(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    // A file that is gone takes none.
    fs::metadata(path).map_or(0, |metadata| metadata.blocks() * 512)
}
