//! What can go wrong when an engine is started or asked.

use std::path::{Path, PathBuf};

/// Why an engine could not be started, stopped or reached.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A setting was refused; the text says which and why.
    #[error("{0}")]
    Settings(String),
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `engine.json` is not what this version writes.
    #[error("{} is not an engine's credentials file; stop the engine and delete it", .0.display())]
    Credentials(PathBuf),
    /// The child process could not be made at all.
    #[error("cannot start the engine's process: {0}")]
    Spawn(std::io::Error),
    /// No free port or no random bytes.
    #[error("the system gave no {what}: {reason}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        reason: String,
    },
    /// Another engine holds the folder and did not stop in time.
    #[error("another engine is running in {}; stop it (its process id is in engine.json) and try again", .0.display())]
    FolderInUse(PathBuf),
    /// The child ended before it answered, each time it was tried.
    #[error("the engine ended while starting ({status}); the end of its log:\n{log_tail}")]
    Ended {
        /// How it ended.
        status: String,
        /// The last lines it wrote.
        log_tail: String,
    },
    /// The child did not answer within the deadline.
    #[error("the engine did not answer within {seconds} s; the end of its log:\n{log_tail}")]
    Deadline {
        /// The deadline, seconds.
        seconds: u64,
        /// The last lines it wrote.
        log_tail: String,
    },
}

impl EngineError {
    /// Makes the error of a failed file action, for `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
