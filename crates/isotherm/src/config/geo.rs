//! `[geo]`: the country file.

use std::path::PathBuf;

use super::Section;
use super::value::{Must, Value};

/// `[geo]`.
#[derive(Clone, Default, Debug)]
pub(crate) struct GeoConfig {
    /// An MMDB file with countries. Default: the one that `make build` puts beside the binary.
    pub(crate) mmdb_path: Option<PathBuf>,
}

impl Section for GeoConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "mmdb_path" => self.mmdb_path = Some(value.text()?.into()),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["mmdb_path"]
    }
}
