//! What went wrong between us and the server, without any value of any row: the server's own texts may quote them.

use clickhouse::error::Error;
use isotherm_core::ports::StoreError;
use isotherm_core::reading::ReadError;
use thiserror::Error as ThisError;

use crate::transport;

/// Why the server did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, ThisError)]
pub enum StoreFault {
    /// No answer, or one that says "not now": it may work later.
    #[error("store is not available: {0}")]
    Unavailable(String),
    /// The server will answer the same again.
    #[error("store refused: {0}")]
    Refused(String),
    /// The same, until somebody gives our user the right.
    #[error("store refused: {0}")]
    NotAllowed(String),
}

/// Codes of the server's errors that pass by themselves: overload, timeouts, memory, disk, network, shutdown.
const PASSING_CODES: [u32; 23] = [
    74, 75, 76, 88, 159, 160, 198, 202, 203, 209, 210, 236, 241, 242, 243, 252, 319, 394, 425, 473, 499, 999, 1000,
];

/// Codes of wrong user or password; said in words because people meet them.
const LOGIN_CODES: [u32; 4] = [192, 193, 194, 516];

/// Codes of a user that may not do what it was told to: read only, or without the right.
const RIGHTS_CODES: [u32; 2] = [164, 497];

impl From<Error> for StoreFault {
    fn from(error: Error) -> StoreFault {
        match error {
            Error::Network(cause) => {
                let complaint = transport::complaint(cause.as_ref());
                StoreFault::Unavailable(complaint.unwrap_or_else(|| format!("network: {cause}")))
            }
            Error::TimedOut => StoreFault::Unavailable("no answer in time".into()),
            Error::Decompression(_) => StoreFault::Unavailable("the answer was cut off".into()),
            Error::BadResponse(text) => of_response(&text),
            Error::SchemaMismatch(_) | Error::InvalidColumnsHeader(_) | Error::NotEnoughData => {
                StoreFault::Refused("the answer has other columns than the question; run `isotherm migrate`".into())
            }
            Error::RowNotFound => StoreFault::Refused("the answer has no row".into()),
            Error::InvalidParams(_) | Error::Unsupported(_) => {
                StoreFault::Refused("the url or a parameter is not valid; check `[clickhouse] url`".into())
            }
            _ => StoreFault::Refused("the answer could not be read".into()),
        }
    }
}

impl From<StoreFault> for StoreError {
    fn from(fault: StoreFault) -> StoreError {
        match fault {
            StoreFault::Unavailable(text) => StoreError::Unavailable(text),
            StoreFault::Refused(text) | StoreFault::NotAllowed(text) => StoreError::Refused(text),
        }
    }
}

impl From<StoreFault> for ReadError {
    fn from(fault: StoreFault) -> ReadError {
        match fault {
            StoreFault::Unavailable(text) => ReadError::Unavailable(text),
            StoreFault::Refused(text) | StoreFault::NotAllowed(text) => ReadError::Refused(text),
        }
    }
}

impl StoreFault {
    /// Whether our user lacks the right to it.
    pub(crate) const fn is_of_rights(&self) -> bool {
        matches!(self, StoreFault::NotAllowed(_))
    }

    /// Whether the server only had no memory for it at the moment. Nothing of a refused insert is kept.
    pub(crate) fn is_short_of_memory(&self) -> bool {
        matches!(self, StoreFault::Unavailable(said) if said.contains("(MEMORY_LIMIT_EXCEEDED)"))
    }
}

/// The server's text begins with `Code: N.` and names the error in capitals; only these two are kept.
fn of_response(text: &str) -> StoreFault {
    let Some(code) = code_of(text) else {
        return StoreFault::Unavailable("something else than ClickHouse answered".into());
    };
    let said = match name_of(text) {
        Some(name) => format!("code {code} ({name})"),
        None => format!("code {code}"),
    };
    if PASSING_CODES.contains(&code) {
        StoreFault::Unavailable(said)
    } else if LOGIN_CODES.contains(&code) {
        StoreFault::Refused(format!("{said}: check `[clickhouse] user` and `password`"))
    } else if RIGHTS_CODES.contains(&code) {
        StoreFault::NotAllowed(format!(
            "{said}: check the rights of `[clickhouse] user`, which owns the database"
        ))
    } else {
        StoreFault::Refused(said)
    }
}

fn code_of(text: &str) -> Option<u32> {
    let rest = text.split_once("Code: ")?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The last `(CAPITALS_AND_UNDERSCORES)` of the text.
fn name_of(text: &str) -> Option<&str> {
    text.rsplit('(')
        .filter_map(|rest| rest.split_once(')'))
        .map(|(name, _)| name)
        .find(|name| name.len() > 3 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> StoreFault {
        StoreFault::from(Error::BadResponse(text.into()))
    }

    #[test]
    fn the_server_s_text_is_reduced_to_code_and_name() {
        let text =
            "Code: 62. DB::Exception: failed at position 1 ('secret/path'): (UNRELATED). (SYNTAX_ERROR) (version 26.7)";
        assert_eq!(of(text), StoreFault::Refused("code 62 (SYNTAX_ERROR)".into()));
    }

    #[test]
    fn missing_rights_are_said_with_what_to_check() {
        let text = "Code: 497. DB::Exception: reader: Not enough privileges. (ACCESS_DENIED) (version 26.7)";
        let said = "code 497 (ACCESS_DENIED): check the rights of `[clickhouse] user`, which owns the database";
        assert_eq!(of(text), StoreFault::NotAllowed(said.into()));
    }

    #[test]
    fn what_passes_by_itself_is_not_refused() {
        let memory = "Code: 241. DB::Exception: too much. (MEMORY_LIMIT_EXCEEDED) (version 26.7)";
        assert_eq!(
            of(memory),
            StoreFault::Unavailable("code 241 (MEMORY_LIMIT_EXCEEDED)".into())
        );
        assert!(matches!(of("<html>502 Bad Gateway</html>"), StoreFault::Unavailable(_)));
        assert_eq!(
            StoreFault::from(Error::TimedOut),
            StoreFault::Unavailable("no answer in time".into())
        );
    }
}
