//! How clients reach a running engine, in memory and in `engine.json`.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::folder::{EngineFolder, write_private};
use crate::{EngineError, probe};

/// Length of a password before it is written as hexadecimal, bytes.
const PASSWORD_BYTES: usize = 24;

/// How clients reach a running engine. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineHandle {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The user that may do everything, its settings pinned for exactly-once inserts.
    pub user: String,
    /// Password of `user`.
    pub password: String,
    /// The user that may only read, within limits of time, memory and rows.
    pub read_user: String,
    /// Password of `read_user`.
    pub read_password: String,
    /// Process id of the engine.
    pub pid: u32,
}

impl EngineHandle {
    /// New random passwords; the process is filled in when there is one.
    pub(crate) fn random(user: &str) -> Result<Self, EngineError> {
        Ok(Self {
            url: String::new(),
            user: user.to_owned(),
            password: random_password()?,
            read_user: format!("{user}_read"),
            read_password: random_password()?,
            pid: 0,
        })
    }

    /// The handle that the engine of this folder left; `None` when none runs or ran (a stopped
    /// engine takes its file away, a killed one does not: ask [`EngineHandle::answers`]).
    ///
    /// # Errors
    /// When the file is there but cannot be read or understood.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, EngineError> {
        let path = EngineFolder::new(data_dir).credentials();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EngineError::file("read", &path)(error)),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| EngineError::Credentials(path))
    }

    /// Whether the engine answers this user and password now.
    pub async fn answers(&self) -> bool {
        match probe::client() {
            Ok(client) => probe::answers(&client, self).await,
            Err(_) => false,
        }
    }

    /// The port in the URL.
    pub(crate) fn port(&self) -> Result<u16, EngineError> {
        let port = self.url.rsplit(':').next().and_then(|port| port.parse().ok());
        port.ok_or_else(|| EngineError::Settings("the engine's URL has no port".to_owned()))
    }

    pub(crate) fn save(&self, folder: &EngineFolder) -> Result<(), EngineError> {
        // A struct of strings and a number has no way to fail at being JSON.
        let text = serde_json::to_string_pretty(self).expect("strings and a number are JSON");
        write_private(&folder.credentials(), &(text + "\n"))
    }
}

impl fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineHandle")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("password", &"***")
            .field("read_user", &self.read_user)
            .field("read_password", &"***")
            .field("pid", &self.pid)
            .finish()
    }
}

/// What the engine compares a password with; its configuration holds no password itself.
pub(crate) fn sha256_hex(password: &str) -> String {
    hex(&Sha256::digest(password.as_bytes()))
}

fn random_password() -> Result<String, EngineError> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| EngineError::System {
        what: "random bytes",
        reason: error.to_string(),
    })?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let handle = EngineHandle::random("isotherm").unwrap();
        let text = format!("{handle:?}");
        assert!(!text.contains(&handle.password) && !text.contains(&handle.read_password));
        assert_eq!(text.matches("***").count(), 2);
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let handle = EngineHandle::random("isotherm").unwrap();
        assert_eq!(handle.password.len(), 48);
        assert_ne!(handle.password, handle.read_password);
    }
}
