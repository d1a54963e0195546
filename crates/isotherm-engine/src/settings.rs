//! What the caller decides about an engine.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::{EngineError, EngineHandle};

/// Default of [`EngineSettings::memory_bytes_max`], bytes. The library's code adds about 180 MB of
/// resident, file-backed pages to what the engine counts here, so its peak is about 420 MB; together
/// with the service the whole stays below 500 MB.
pub const MEMORY_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;

/// Below this the engine cannot merge parts of a usual size; smaller settings are refused.
pub(crate) const MEMORY_BYTES_MIN: u64 = 96 * 1024 * 1024;

/// What the caller decides about an engine.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The engine's own folder: configuration, tables, credentials. Made with mode 0700.
    pub data_dir: PathBuf,
    /// The library, see [`crate::assets::find`].
    pub lib: PathBuf,
    /// Port on 127.0.0.1; `None` takes a free one and another one if somebody was faster.
    pub http_port: Option<u16>,
    /// What all queries and merges together may use, bytes; a query that would exceed it fails.
    pub memory_bytes_max: u64,
    /// Program and first arguments that lead to [`crate::run_engine_child`]; `--lib FILE --config
    /// FILE` is added. For the service: its own executable and `engine-child`.
    pub child_command: Vec<OsString>,
    /// Where the engine's output is appended, mode 0600.
    pub log_file: PathBuf,
    /// Name of the full user (`[a-z][a-z0-9_]*`); the reading user has `_read` behind it.
    pub user: String,
    /// Start the engine again when it dies (the default). Without, a dead engine stays dead.
    pub restart_when_dead: bool,
    /// Take port and passwords of an earlier engine instead of new ones, for tests of clients that
    /// know a server only by what they were once told.
    pub same_as: Option<EngineHandle>,
}

impl EngineSettings {
    /// Settings with a free port, [`MEMORY_BYTES_DEFAULT`], the user `isotherm` and the log file
    /// `engine.log` in the folder.
    pub fn new(data_dir: impl Into<PathBuf>, lib: impl Into<PathBuf>, child_command: Vec<OsString>) -> Self {
        let data_dir = data_dir.into();
        Self {
            log_file: data_dir.join("engine.log"),
            data_dir,
            lib: lib.into(),
            http_port: None,
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            child_command,
            user: "isotherm".to_owned(),
            restart_when_dead: true,
            same_as: None,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), EngineError> {
        let refuse = |reason: &str| Err(EngineError::Settings(reason.to_owned()));
        if self.child_command.is_empty() {
            return refuse("the command that starts the engine's process is empty");
        }
        if self.memory_bytes_max < MEMORY_BYTES_MIN {
            return refuse("the engine needs at least 96 MiB of memory; raise the limit");
        }
        let first_is_letter = self.user.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !first_is_letter || !self.user.chars().all(plain) || self.user == "default" {
            return refuse("the user name must be a-z, 0-9 and _, and not `default`");
        }
        Ok(())
    }
}
