//! Where the store is and who asks, and the clients made of it.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use clickhouse::{Client, Compression};
use thiserror::Error;

use crate::fault::StoreFault;
use crate::transport;

/// Longest name of a database in bytes; a longer one is refused.
const DATABASE_BYTES_MAX: usize = 64;
/// Pages, anchors or attempts that one statement names; more take several. Their numbers have 20 digits, and a server takes
/// 128 KiB of a parameter.
pub(crate) const IDS_AT_ONCE: usize = 4_000;
/// A question without an answer after this time counts as unavailable. Longer than any statement of ours runs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The server stops a reader's question after this many seconds. Sealing waits longer before it drops what is read.
const READ_SECONDS_MAX: &str = "45";

/// Where the store is and who asks. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// `https://HOST:PORT`, or `http://HOST:PORT`, of the server's HTTP interface.
    pub url: String,
    /// The user that owns the database.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The database, `[a-z_][a-z0-9_]*`.
    pub database: String,
    /// A user that may only read, for answers; without one the owner reads.
    pub read_user: Option<String>,
    /// Its password.
    pub read_password: Option<String>,
    /// PEM: with https, the issuers of the server's certificate that are trusted; without it, those that the machine trusts.
    pub ca_path: Option<PathBuf>,
}

/// Settings that cannot be right.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SettingsError {
    /// The database's name would need quoting.
    #[error(
        "the name of the database must be a-z, 0-9 and _, at most {DATABASE_BYTES_MAX} bytes, not beginning with a digit"
    )]
    Database,
    /// Not a URL that the client can speak to.
    #[error("the url of the store must begin with https:// or http:// and name a host")]
    Url,
    /// Nobody's certificate could be trusted.
    #[error("[clickhouse] ca_path: {0}")]
    Issuers(String),
}

impl StoreSettings {
    /// Settings for one user and the database `isotherm`.
    pub fn new(url: impl Into<String>, user: impl Into<String>, password: impl Into<String>) -> StoreSettings {
        StoreSettings {
            url: url.into(),
            user: user.into(),
            password: password.into(),
            database: "isotherm".into(),
            read_user: None,
            read_password: None,
            ca_path: None,
        }
    }

    /// Refuses what cannot be right, before anybody connects.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let digit_first = self.database.starts_with(|c: char| c.is_ascii_digit());
        let fits = (1..=DATABASE_BYTES_MAX).contains(&self.database.len());
        if !fits || digit_first || !self.database.bytes().all(plain) {
            return Err(SettingsError::Database);
        }
        let host = self.host().filter(|host| !host.is_empty() && !host.starts_with('/'));
        if host.is_none() {
            return Err(SettingsError::Url);
        }
        if self.is_over_tls() {
            transport::check(self.ca_path.as_deref()).map_err(SettingsError::Issuers)?;
        }
        Ok(())
    }

    fn is_over_tls(&self) -> bool {
        self.url.starts_with("https://")
    }

    fn host(&self) -> Option<&str> {
        self.url
            .strip_prefix("https://")
            .or_else(|| self.url.strip_prefix("http://"))
    }

    /// A client of the owner that names no database; for making it.
    pub(crate) fn server_client(&self) -> Client {
        let client = match self.is_over_tls() {
            true => transport::client(self.ca_path.as_deref()),
            false => Client::default(),
        };
        client
            .with_url(&self.url)
            .with_user(&self.user)
            .with_password(&self.password)
            .with_compression(self.compression())
            .with_setting("log_queries", "0")
    }

    /// A client of the owner.
    pub(crate) fn client(&self) -> Client {
        self.server_client().with_database(&self.database)
    }

    /// A client for answers: the reading user where there is one.
    pub(crate) fn read_client(&self) -> Client {
        let client = match (&self.read_user, &self.read_password) {
            (Some(user), password) => self
                .client()
                .with_user(user)
                .with_password(password.as_deref().unwrap_or_default()),
            (None, _) => self.client(),
        };
        client.with_setting("max_execution_time", READ_SECONDS_MAX)
    }

    /// On one machine compressing costs more than it saves.
    fn compression(&self) -> Compression {
        let host = self.host().unwrap_or_default();
        if host.starts_with("127.0.0.1") || host.starts_with("localhost") || host.starts_with("[::1]") {
            Compression::None
        } else {
            Compression::Lz4
        }
    }
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("password", &"***")
            .field("database", &self.database)
            .field("ca_path", &self.ca_path)
            .field("read_user", &self.read_user)
            .field("read_password", &self.read_password.as_ref().map(|_| "***"))
            .finish()
    }
}

/// Waits for an answer, but not for ever.
pub(crate) async fn answer<T>(future: impl Future<Output = clickhouse::error::Result<T>>) -> Result<T, StoreFault> {
    match tokio::time::timeout(ANSWER_TIMEOUT, future).await {
        Ok(result) => result.map_err(StoreFault::from),
        Err(_) => Err(StoreFault::Unavailable("no answer in time".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let settings = StoreSettings {
            read_user: Some("reader".into()),
            read_password: Some("hidden-2".into()),
            ..StoreSettings::new("http://127.0.0.1:8123", "isotherm", "hidden-1")
        };
        let text = format!("{settings:?}");
        assert!(!text.contains("hidden"), "a password is shown");
        assert_eq!(text.matches("***").count(), 2);
    }

    #[test]
    fn names_that_would_need_quoting_are_refused() {
        let mut settings = StoreSettings::new("http://127.0.0.1:8123", "isotherm", "");
        assert_eq!(settings.validate(), Ok(()));
        for bad in ["", "a-b", "A", "1a", "a;b"] {
            settings.database = bad.into();
            assert_eq!(settings.validate(), Err(SettingsError::Database), "{bad:?}");
        }
        settings.database = "isotherm".into();
        for bad in ["", "127.0.0.1:8123", "ftp://store.example", "http://", "https:///"] {
            settings.url = bad.into();
            assert_eq!(settings.validate(), Err(SettingsError::Url), "{bad:?}");
        }
        settings.url = "https://store.example".into();
        settings.ca_path = Some("/nowhere/ca.pem".into());
        let refused = settings.validate().expect_err("no issuers").to_string();
        assert!(
            refused.contains("ca_path") && refused.contains("/nowhere/ca.pem"),
            "{refused}"
        );
    }
}
