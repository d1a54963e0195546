//! `[clickhouse]`: the store of a cluster.

use std::fmt;

use isotherm_store_clickhouse::StoreSettings;

use super::Section;
use super::value::{Must, Value};

/// `[clickhouse]`.
#[derive(Clone, Default)]
pub(crate) struct ClickHouseConfig {
    /// `http://HOST:PORT` of the HTTP interface. Without it the embedded engine is used.
    url: Option<String>,
    /// The user that owns the database. Default `default`.
    user: Option<String>,
    /// Its password. Default empty.
    password: Option<String>,
    /// The database. Default `isotherm`.
    database: Option<String>,
    /// A user that may only read, for answers. Default: the owner.
    read_user: Option<String>,
    /// Its password.
    read_password: Option<String>,
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
        Some(settings)
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
                if !url.starts_with("http://") {
                    return Err(Some("the URL of ClickHouse's HTTP interface, http://HOST:PORT".into()));
                }
                self.url = Some(url);
            }
            "user" => self.user = Some(value.text()?),
            "password" => self.password = Some(value.text()?),
            "database" => self.database = Some(value.text()?),
            "read_user" => self.read_user = Some(value.text()?),
            "read_password" => self.read_password = Some(value.text()?),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["url", "user", "password", "database", "read_user", "read_password"]
    }
}
