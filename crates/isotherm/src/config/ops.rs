//! `[ops]`: the operations listener.

use super::Section;
use super::value::{Must, Value};

/// `[ops]`.
#[derive(Clone, Debug)]
pub(crate) struct OpsConfig {
    /// Where `/healthz`, `/readyz` and `/metrics` are served, ADDRESS:PORT. Default: a free port on loopback, named in
    /// `run.json`.
    pub(crate) listen: String,
}

impl Default for OpsConfig {
    fn default() -> OpsConfig {
        OpsConfig {
            listen: "127.0.0.1:0".into(),
        }
    }
}

impl Section for OpsConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "listen" => self.listen = value.listen()?,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["listen"]
    }
}
