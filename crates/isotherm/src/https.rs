//! Questions over HTTP that may need TLS: control commands to the operations listener of a running service, and `doctor` to
//! a page.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::header::CONTENT_SECURITY_POLICY;
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use isotherm_service::tls::provider;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::installation::Run;

/// Longest answer that is read, bytes; a longer one is an error.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Status, text and policies of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The values of its headers `Content-Security-Policy`.
    pub(crate) policies: Vec<String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Whom a question trusts.
enum Trust<'a> {
    /// The issuers that this machine trusts.
    System,
    /// The first certificate in a file, and no other, whatever its name and issuer.
    Only(&'a Path),
}

/// Asks the operations listener of a running service. Over TLS it trusts the certificate in the file that the service says
/// it shows: data directory and file are the same user's.
pub(crate) async fn ask_service(run: &Run, method: &str, path: &str, at_most: Duration) -> anyhow::Result<Answer> {
    match &run.ops_cert_path {
        Some(file) => {
            let url = format!("https://{}{path}", run.ops);
            send(method, &url, Trust::Only(file), at_most).await
        }
        None => send(method, &format!("http://{}{path}", run.ops), Trust::System, at_most).await,
    }
}

/// Fetches a page.
pub(crate) async fn get(url: &str, at_most: Duration) -> anyhow::Result<Answer> {
    send("GET", url, Trust::System, at_most).await
}

async fn send(method: &str, url: &str, trust: Trust<'_>, at_most: Duration) -> anyhow::Result<Answer> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(client_config(&trust)?)
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    let request = Request::builder().method(method).uri(url).body(Empty::new())?;
    let asking = async {
        let answer = client.request(request).await?;
        let status = answer.status().as_u16();
        let policies = answer.headers().get_all(CONTENT_SECURITY_POLICY).iter();
        let policies = policies.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let policies = policies.collect();
        let text = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let text = text.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
        anyhow::Ok(Answer {
            status,
            policies,
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    };
    tokio::time::timeout(at_most, asking)
        .await
        .context("no answer in time")?
}

fn client_config(trust: &Trust<'_>) -> anyhow::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(match trust {
        Trust::System => builder.with_native_roots()?.with_no_client_auth(),
        Trust::Only(file) => {
            let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let certificate = CertificateDer::from_pem_slice(&pem)
                .map_err(|_| anyhow::anyhow!("{} holds no certificate in PEM", file.display()))?;
            let verifier = Only {
                certificate,
                provider: provider(),
            };
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth()
        }
    })
}

/// Trusts one certificate. That its owner has the key is checked as always.
#[derive(Debug)]
struct Only {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match *end_entity == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
