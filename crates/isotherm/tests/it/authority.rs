//! An issuer of certificates for tests, connections that trust it alone, and one question on such a connection.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// An issuer of certificates that nobody knows but this test.
pub(crate) struct Authority {
    name: String,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Authority {
            name: name.to_owned(),
            pem,
            issuer,
        }
    }

    /// Its own certificate, as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes a certificate for these hosts, and its key.
    pub(crate) fn write(&self, folder: &Path, hosts: &[&str]) {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let params = CertificateParams::new(hosts).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        // The key first: a certificate with the key of before would be refused, and read again when both are there.
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
        std::fs::write(folder.join("cert.pem"), certificate.pem()).expect("written");
    }

    fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
        roots.add(root).expect("an issuer");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    /// A connection to a host by this name; what is wrong with it in words.
    pub(crate) async fn connect(&self, address: SocketAddr, host: &str) -> Result<TlsStream<TcpStream>, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let host = ServerName::try_from(host.to_owned()).expect("a name");
        let connected = self.connector().connect(host, stream).await;
        connected.map_err(|error| format!("{}: {error}", self.name))
    }
}

/// One question on a connection that stays: status line, head and body.
pub(crate) async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), question: &str) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    stream.write_all(question.as_bytes()).await.map_err(text)?;
    let mut answer = Vec::new();
    loop {
        let read = stream.read_buf(&mut answer).await.map_err(text)?;
        if read == 0 {
            return Err("closed".into());
        }
        let said = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = said.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_ascii_lowercase();
        let length = length
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        if body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0) {
            return Ok(said);
        }
    }
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Ends TLS with the certificate in a folder before a server that speaks none, for as long as the task set lives: the
/// engine that tests have opens no HTTPS listener. Where it listens, on loopback.
pub(crate) async fn end_tls(tasks: &mut JoinSet<()>, folder: &Path, server: SocketAddr) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                // A client that refuses the certificate ends the connection.
                let Ok(mut client) = acceptor.accept(client).await else {
                    return;
                };
                if let Ok(mut server) = TcpStream::connect(server).await {
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    address
}
