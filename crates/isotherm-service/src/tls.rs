//! TLS of the listeners: a certificate with its key from PEM files, checked when it is read, and read again while
//! connections go on.
//!
//! Versions and cipher suites are rustls' own choice: TLS 1.2 and 1.3, nothing older. A connection keeps the certificate
//! that it began with; only new ones see another.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig, SupportedProtocolVersion, version};
use thiserror::Error;
use webpki::{EndEntityCert, KeyUsage};

/// What is spoken.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
/// A moment at which no certificate holds any more, seconds since 1970: in the year 9999.
const LONG_AFTER_S: u64 = 253_402_300_799;

/// Where a listener's certificate lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// PEM: the certificate of this host first, then those that lead to a known issuer.
    pub cert_path: PathBuf,
    /// PEM: its private key (PKCS #8, PKCS #1 or SEC 1), without a password.
    pub key_path: PathBuf,
}

/// Why files make no certificate.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// No certificate in PEM.
    #[error("{0} holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate(String),
    /// No key in PEM.
    #[error("{0} holds no private key in PEM without a password (`-----BEGIN PRIVATE KEY-----`)")]
    NoKey(String),
    /// A certificate that cannot be understood.
    #[error("the first certificate in {path} cannot be used: {reason}")]
    Certificate {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A key that cannot be used.
    #[error("the key in {path} cannot be used: {reason}")]
    Key {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Two that do not belong together.
    #[error("the key in {key} does not belong to the first certificate in {cert}")]
    Mismatch {
        /// The key's file.
        key: String,
        /// The certificate's file.
        cert: String,
    },
}

/// A certificate with its key, ready to be shown.
#[derive(Clone, Debug)]
pub struct Certificate {
    shown: Arc<CertifiedKey>,
    holds_s: (u64, u64),
}

impl Certificate {
    /// Reads and checks the files. Whether the certificate has run out is not checked: see [`Certificate::holds_s`].
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn read(files: &TlsFiles) -> Result<Certificate, TlsError> {
        let cert_path = files.cert_path.display().to_string();
        let pem = contents(&files.cert_path)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| TlsError::NoCertificate(cert_path.clone()))?;
        let refused = |reason: String| TlsError::Certificate {
            path: cert_path.clone(),
            reason,
        };
        let holds_s = holds_s(&chain[0]).map_err(refused)?;
        let key = CertifiedKey::from_der(chain, private_key(&files.key_path)?, &provider());
        let shown = key.map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch {
                key: files.key_path.display().to_string(),
                cert: cert_path.clone(),
            },
            error => TlsError::Key {
                path: files.key_path.display().to_string(),
                reason: error.to_string(),
            },
        })?;
        Ok(Certificate {
            shown: Arc::new(shown),
            holds_s,
        })
    }

    /// The first and the last second since 1970 at which it holds.
    pub fn holds_s(&self) -> (u64, u64) {
        self.holds_s
    }

    /// Whether it is made out to a host, by name or address.
    pub fn is_for(&self, host: &str) -> bool {
        let name = ServerName::try_from(host.trim_matches(['[', ']']));
        let (Ok(name), Some(first)) = (name, self.shown.cert.first()) else {
            return false;
        };
        EndEntityCert::try_from(first).is_ok_and(|cert| cert.verify_is_valid_for_subject_name(&name).is_ok())
    }
}

/// What a listener shows: the certificate that was last read whole.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<(Certificate, Option<Seen>)>,
}

/// Both files as they were when they were last read: time of change and length.
type Seen = [(SystemTime, u64); 2];

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn open(files: TlsFiles) -> Result<Arc<Tls>, TlsError> {
        let seen = seen(&files);
        let certificate = Certificate::read(&files)?;
        Ok(Arc::new(Tls {
            files,
            current: RwLock::new((certificate, seen)),
        }))
    }

    /// Reads the files again; new connections see what they hold now. What is wrong leaves the certificate as it was.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn reload(&self) -> Result<(), TlsError> {
        let seen = seen(&self.files);
        let certificate = Certificate::read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (certificate, seen);
        Ok(())
    }

    /// Whether the files are others than those that are in use. Files that are away for a moment have not changed.
    pub fn has_changed(&self) -> bool {
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).1;
        seen(&self.files).is_some_and(|now| known != Some(now))
    }

    /// What is shown now.
    pub fn certificate(&self) -> Certificate {
        // A pair that is replaced whole has no broken middle state.
        self.current.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The files that it reads.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// What a listener needs; asks for no certificate of clients.
    ///
    /// # Errors
    /// Never with the versions above; the library says so with a `Result`.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&VERSIONS)?;
        Ok(config.with_no_client_auth().with_cert_resolver(self.clone()))
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certificate().shown)
    }
}

/// The one implementation of cryptography, for servers and clients.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

fn contents(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = contents(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsError::NoKey(path.display().to_string()))
}

fn seen(files: &TlsFiles) -> Option<Seen> {
    let look = |path: &Path| {
        let file = fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    Some([look(&files.cert_path)?, look(&files.key_path)?])
}

/// From when and until when a certificate holds. The library that checks certificates says it only of one that does not
/// hold, so it is asked about the year 1970 and the year 9999.
fn holds_s(certificate: &CertificateDer<'_>) -> Result<(u64, u64), String> {
    let cert = EndEntityCert::try_from(certificate).map_err(|error| error.to_string())?;
    let at = |second: u64| {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(second));
        cert.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None)
            .err()
    };
    let from = match at(0) {
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => not_before.as_secs(),
        Some(error @ (webpki::Error::InvalidCertValidity | webpki::Error::BadDer)) => return Err(error.to_string()),
        _ => 0,
    };
    let until = match at(LONG_AFTER_S) {
        Some(webpki::Error::CertExpired { not_after, .. }) => not_after.as_secs(),
        _ => LONG_AFTER_S,
    };
    Ok((from, until))
}
