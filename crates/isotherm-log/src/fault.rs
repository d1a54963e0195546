//! Two kinds of trouble with a file: it may work later, or it is damaged.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of an operation on a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The disk is full, a handle is poisoned by an earlier error…: another try may succeed.
    Unavailable(String),
    /// The bytes are not what was written: no try will succeed.
    Damaged(String),
}

impl Fault {
    /// The text for people.
    pub(crate) fn into_text(self) -> String {
        match self {
            Fault::Unavailable(text) | Fault::Damaged(text) => text,
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Fault::Damaged(error.to_string()),
            _ => Fault::Unavailable(error.to_string()),
        }
    }
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Fault {
        use redb::Error as E;
        match error {
            E::Io(io) => io.into(),
            E::PreviousIo | E::DatabaseClosed | E::DatabaseAlreadyOpen | E::LockPoisoned(_) | E::Unsupported => {
                Fault::Unavailable(error.to_string())
            }
            other => Fault::Damaged(other.to_string()),
        }
    }
}

/// Runs an operation of the store. The store checks what it reads and may panic on damaged bytes: that, too, is damage,
/// of one file, and must not end the process.
pub(crate) fn guarded<T>(operation: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(result) => result.map_err(Fault::from),
        Err(_) => Err(Fault::Damaged("its pages contradict each other".to_owned())),
    }
}
