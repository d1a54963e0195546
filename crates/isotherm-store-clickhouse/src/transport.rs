//! How the server is reached: over TLS with its certificate verified, where the URL says https.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

/// An idle connection is closed after this time; the server closes it after 3 s.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// A silent connection is probed after this time.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// Most causes of an error that are looked at.
const CAUSES_MAX: usize = 8;

/// A client that speaks TLS. `ca_path` names the issuers that are trusted; without it, those that the machine trusts.
/// Where there are none, it trusts nobody: [`check`] says why before anybody connects.
pub(crate) fn client(ca_path: Option<&Path>) -> Client {
    let config = trusting(ca_path).unwrap_or_else(|_| Arc::new(of_roots(RootCertStore::empty())));
    let mut connector = HttpConnector::new();
    connector.set_keepalive(Some(KEEPALIVE));
    connector.enforce_http(false);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config.as_ref().clone())
        .https_only()
        .enable_http1()
        .wrap_connector(connector);
    let http = HttpClient::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_MAX)
        .build(connector);
    Client::with_http_client(http)
}

/// Whether there are issuers to trust.
///
/// # Errors
/// In words, naming the file.
pub(crate) fn check(ca_path: Option<&Path>) -> Result<(), String> {
    trusting(ca_path).map(drop)
}

fn trusting(ca_path: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    // The machine's issuers are many files: read once.
    static OF_MACHINE: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let Some(path) = ca_path else {
        return OF_MACHINE.get_or_init(of_machine).clone();
    };
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot read issuers from {}: {error}", path.display());
    let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    match roots.is_empty() {
        true => Err(unreadable(&"it holds no certificate in PEM")),
        false => Ok(Arc::new(of_roots(roots))),
    }
}

fn of_machine() -> Result<Arc<ClientConfig>, String> {
    let config = builder().with_native_roots();
    let config =
        config.map_err(|error| format!("this machine trusts no issuers ({error}): install ca-certificates"))?;
    Ok(Arc::new(config.with_no_client_auth()))
}

fn of_roots(roots: RootCertStore) -> ClientConfig {
    builder().with_root_certificates(roots).with_no_client_auth()
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    // The provider has the suites of both versions: the library's own tests hold that.
    builder
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
}

/// What TLS has against the server, if that is why there is no connection.
pub(crate) fn complaint(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    for _ in 0..CAUSES_MAX {
        let now = cause?;
        if let Some(tls) = now.downcast_ref::<rustls::Error>() {
            return Some(in_words(tls));
        }
        // An error of input and output hides what it was made of.
        let inside = now.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match inside {
            Some(inside) => Some(inside),
            None => now.source(),
        };
    }
    None
}

fn in_words(error: &rustls::Error) -> String {
    let why = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its issuer is not trusted; check `[clickhouse] ca_path`".to_owned()
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "it is not made out to the host in `[clickhouse] url`".to_owned(),
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "it has run out".to_owned()
        }
        rustls::Error::InvalidMessage(_) => return "tls: the server does not speak TLS on this port".to_owned(),
        error => error.to_string(),
    };
    format!("tls: the server's certificate is refused: {why}")
}
