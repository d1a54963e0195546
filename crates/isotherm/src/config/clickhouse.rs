//! `[clickhouse]`: the store of a cluster.

use std::fmt;
use std::path::PathBuf;

use isotherm_store_clickhouse::StoreSettings;

use super::Section;
use super::value::{Must, Value};

/// `[clickhouse]`.
#[derive(Clone, Default)]
pub(crate) struct ClickHouseConfig {
    /// `https://HOST:PORT`, or `http://HOST:PORT`, of the HTTP interface. Without it the embedded engine is used.
    url: Option<String>,
    /// The user that owns the database. Default `default`.
    user: Option<String>,
    /// Its password. Default empty.
    password: Option<String>,
    /// The database. Default `isotherm`.
    database: Option<String>,
    /// A user that may only read, for answers. Default: the owner, which `check-config` and `doctor` advise against.
    read_user: Option<String>,
    /// Its password.
    read_password: Option<String>,
    /// PEM: with https, the issuers of the server's certificate that are trusted. Default: those that the machine trusts.
    ca_path: Option<PathBuf>,
}

impl ClickHouseConfig {
    /// The settings of an external server, if one is configured.
    pub(crate) fn store(&self) -> Option<StoreSettings> {
        let url = self.url.clone()?;
        let user = self.user.clone().unwrap_or_else(|| "default".into());
        let mut settings = StoreSettings::new(url, user, self.password.clone().unwrap_or_default());
        if let Some(database) = &self.database {
            settings.database.clone_from(database);
        }
        settings.read_user.clone_from(&self.read_user);
        settings.read_password.clone_from(&self.read_password);
        settings.ca_path.clone_from(&self.ca_path);
        Some(settings)
    }

    /// Whether answers are read by the owner of an external database, who can write.
    pub(super) fn owner_reads(&self) -> bool {
        self.url.is_some() && (self.read_user.is_none() || self.read_user == self.user)
    }

    /// Whether issuers are named for a server that is reached without TLS.
    pub(super) fn has_needless_ca(&self) -> bool {
        let over_tls = self.url.as_ref().is_some_and(|url| url.starts_with("https://"));
        self.ca_path.is_some() && !over_tls
    }
}

impl fmt::Debug for ClickHouseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClickHouseConfig")
            .field("url", &self.url)
            .field("password", &"***")
            .finish_non_exhaustive()
    }
}

impl Section for ClickHouseConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "url" => {
                let url = value.text()?.trim_end_matches('/').to_owned();
                if !url.starts_with("https://") && !url.starts_with("http://") {
                    let must = "the URL of ClickHouse's HTTP interface, https://HOST:PORT or http://HOST:PORT";
                    return Err(Some(must.into()));
                }
                self.url = Some(url);
            }
            "user" => self.user = Some(value.text()?),
            "password" => self.password = Some(value.text()?),
            "database" => self.database = Some(value.text()?),
            "read_user" => self.read_user = Some(value.text()?),
            "read_password" => self.read_password = Some(value.text()?),
            "ca_path" => self.ca_path = Some(value.text()?.into()),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &[
            "url",
            "user",
            "password",
            "database",
            "read_user",
            "read_password",
            "ca_path",
        ]
    }
}
