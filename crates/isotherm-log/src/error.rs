//! What can go wrong at opening and appending, in words that say what to do.

use std::path::PathBuf;

use thiserror::Error;

/// Why a log could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process, or another `DiskLog` of this one, has it open.
    #[error("log directory {} is in use by another process; stop that one or name another directory", .dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// The number of partitions is fixed when a log is made.
    #[error(
        "log directory {} was made with {stored} partitions, not {asked}; set the number back or begin a new directory",
        .dir.display()
    )]
    Partitions {
        /// The directory.
        dir: PathBuf,
        /// The number it was made with.
        stored: u64,
        /// The number that the settings ask for.
        asked: u16,
    },
    /// A log needs a partition.
    #[error("a log needs at least one partition")]
    NoPartitions,
    /// The log's own notes are unreadable or missing beside its records: its identity and offsets are unknown.
    #[error("{} is {reason}; put it back from a backup, or move the directory away to begin a new log", .path.display())]
    Meta {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused.
    #[error("log file {}: {reason}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// Why a group was not appended. Nothing of it may be called accepted.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AppendError {
    /// The log holds as much as it may until something is released or expires.
    #[error("log is full: it holds the most it may, {bytes_max} bytes")]
    Full {
        /// The limit in bytes.
        bytes_max: u64,
    },
    /// The disk refused. The next append tries again in a new file, by itself.
    #[error("log is not available: {0}")]
    Unavailable(String),
    /// The group has no records.
    #[error("there is nothing to append")]
    Empty,
    /// The group names a partition that this log does not have.
    #[error("log has no partition {0}")]
    NoSuchPartition(u16),
}
