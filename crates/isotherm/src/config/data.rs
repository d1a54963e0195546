//! `[data]`: where an installation keeps what it keeps.

use std::path::PathBuf;

use super::Section;
use super::value::{Must, Value};

/// `[data]`.
#[derive(Clone, Default, Debug)]
pub(crate) struct DataConfig {
    /// The data directory: the log, the embedded engine's tables, `run.json`. Default: `$XDG_DATA_HOME/isotherm` or
    /// `~/.local/share/isotherm`. `--data-dir` and `ISOTHERM_DATA_DIR` win over it. Variable: `ISOTHERM_DATA__DIR`.
    pub(crate) dir: Option<PathBuf>,
}

impl Section for DataConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "dir" => self.dir = Some(value.text()?.into()),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["dir"]
    }
}
