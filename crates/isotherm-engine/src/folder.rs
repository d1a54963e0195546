//! The engine's folder: which file lies where, who may read it, and who holds it.
//!
//! The lock is the child's, not the parent's: a parent killed with -9 leaves a child that is still
//! closing its tables, and the folder is free only when that child is gone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::EngineError;

/// Exit code of a child that found another engine in its folder.
pub const EXIT_CODE_FOLDER_IN_USE: u8 = 76;

/// A log file above this size, bytes, is renamed to `….old` (replacing the one before) when the
/// engine is started, so that two generations and never more are kept.
const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How much of the log's end is carried in an error, bytes.
const LOG_TAIL_BYTES_MAX: u64 = 4096;

/// How many lines of the log's end are carried in an error.
const LOG_TAIL_LINES_MAX: usize = 20;

/// The files in an engine's folder.
#[derive(Debug, Clone)]
pub struct EngineFolder(PathBuf);

impl EngineFolder {
    /// Names the files in `data_dir`; touches nothing.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self(data_dir.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The server's configuration.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.xml")
    }

    /// Users, their password hashes and their profiles.
    pub fn users(&self) -> PathBuf {
        self.0.join("users.xml")
    }

    /// URL, users and passwords of the engine that runs here.
    pub fn credentials(&self) -> PathBuf {
        self.0.join("engine.json")
    }

    /// The tables.
    pub fn tables(&self) -> PathBuf {
        self.0.join("tables")
    }

    /// The only folder in which `BACKUP … TO File(…)` and `RESTORE` may work.
    pub fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// What the engine runs first: it opens the listener.
    pub(crate) fn listen_sql(&self) -> PathBuf {
        self.0.join("listen.sql")
    }

    /// Whether an engine, ours or a left-over one, holds the folder now.
    ///
    /// # Errors
    /// When the lock file cannot be opened.
    pub fn is_held(&self) -> Result<bool, EngineError> {
        Ok(self.try_hold()?.is_none())
    }

    /// Takes the folder; `None` when another process has it. Held until the file is closed, which
    /// the kernel does when the process ends, however it ends.
    pub(crate) fn try_hold(&self) -> Result<Option<File>, EngineError> {
        let path = self.0.join("engine.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(EngineError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(EngineError::file("lock", &path)(source)),
        }
    }

    /// Makes the folders, readable by this user only.
    pub(crate) fn create(&self) -> Result<(), EngineError> {
        for path in [self.0.clone(), self.tables(), self.backups()] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(EngineError::file("make the folder", &path))?;
        }
        // The folder may have been there before, open to others.
        fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))
            .map_err(EngineError::file("restrict the folder", &self.0))
    }
}

/// Writes a file with mode 0600 in one step: a reader sees the old content or the new one.
pub(crate) fn write_private(path: &Path, content: &str) -> Result<(), EngineError> {
    let new = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        // An older file of this name keeps its mode when it is opened again.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(content.as_bytes())?;
        fs::rename(&new, path)
    };
    write().map_err(EngineError::file("write", path))
}

/// Opens the log file for appending and says how long it was.
pub(crate) fn open_log(path: &Path) -> Result<(File, u64), EngineError> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX) {
        let old = path.with_extension("old");
        fs::rename(path, &old).map_err(EngineError::file("rename", path))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(EngineError::file("open", path))?;
    let length = file.metadata().map_err(EngineError::file("read", path))?.len();
    Ok((file, length))
}

/// The last lines written to the log after `from` bytes; best effort, since it only explains.
pub(crate) fn log_tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(LOG_TAIL_BYTES_MAX))))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return format!("(nothing was written to {})", path.display());
    }
    lines[lines.len().saturating_sub(LOG_TAIL_LINES_MAX)..].join("\n")
}
