//! `[tls]`: the certificate of the listeners, and the same as keys of the sections whose listener has another one.

use std::path::PathBuf;

use isotherm_service::tls::TlsFiles;

use super::Section;
use super::value::{Must, Value};

/// `[tls]`. Without it the listeners speak plain HTTP, and a TLS proxy belongs in front.
#[derive(Clone, Default, Debug)]
pub(crate) struct TlsConfig {
    /// PEM: the certificate of this host, then those that lead to a known issuer. Default: none. Variable:
    /// `ISOTHERM_TLS__CERT_PATH`.
    pub(crate) cert_path: Option<PathBuf>,
    /// PEM: its private key, without a password. Default: none. Variable: `ISOTHERM_TLS__KEY_PATH`.
    pub(crate) key_path: Option<PathBuf>,
}

impl TlsConfig {
    /// Both files, where both are named.
    pub(crate) fn files(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            cert_path: self.cert_path.clone()?,
            key_path: self.key_path.clone()?,
        })
    }

    /// Whether one is named without the other.
    pub(crate) fn is_half(&self) -> bool {
        self.cert_path.is_some() != self.key_path.is_some()
    }

    /// The files of a listener that may have its own.
    pub(crate) fn or(&self, common: &TlsConfig) -> Option<TlsFiles> {
        self.files().or_else(|| common.files())
    }

    /// Sets `tls_cert_path` or `tls_key_path` in another section. `None`: it is neither.
    pub(super) fn set_in_section(&mut self, key: &str, value: &Value) -> Option<Result<(), Must>> {
        Some(self.set(key.strip_prefix("tls_")?, value))
    }
}

impl Section for TlsConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "cert_path" => self.cert_path = Some(value.text()?.into()),
            "key_path" => self.key_path = Some(value.text()?.into()),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["cert_path", "key_path"]
    }
}
