//! `[ops]`: the operations listener.

use super::Section;
use super::tls::TlsConfig;
use super::value::{Must, Value};

/// `[ops]`.
#[derive(Clone, Debug)]
pub(crate) struct OpsConfig {
    /// Where `/healthz`, `/readyz` and `/metrics` are served, ADDRESS:PORT. Default: a free port on loopback, named in
    /// `run.json`.
    pub(crate) listen: String,
    /// From where it may be asked: addresses and networks; everybody else is answered 403. Default: from anywhere.
    pub(crate) allow_ip: Vec<String>,
    /// Whether it speaks TLS, with the certificate of `[tls]` or its own. Default false.
    pub(crate) tls: bool,
    /// `tls_cert_path` and `tls_key_path`: its own certificate. Default: that of `[tls]`.
    pub(crate) own_tls: TlsConfig,
}

impl Default for OpsConfig {
    fn default() -> OpsConfig {
        OpsConfig {
            listen: "127.0.0.1:0".into(),
            allow_ip: Vec::new(),
            tls: false,
            own_tls: TlsConfig::default(),
        }
    }
}

impl Section for OpsConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        if let Some(set) = self.own_tls.set_in_section(key, value) {
            return set;
        }
        match key {
            "listen" => self.listen = value.listen()?,
            "allow_ip" => self.allow_ip = value.networks()?,
            "tls" => self.tls = value.truth()?,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["listen", "allow_ip", "tls", "tls_cert_path", "tls_key_path"]
    }
}
