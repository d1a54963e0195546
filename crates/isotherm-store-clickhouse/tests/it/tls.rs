//! TLS to the store. The engine that tests have opens no HTTPS listener (it knows TCP and HTTP only), so a proxy that ends TLS
//! stands before it, as one may stand before a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use isotherm_store_clickhouse::{StoreSettings, check, migrate};
use isotherm_testkit::temp_dir;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::support::TestStore;

/// Writes an issuer's certificate; what a server shows that it certified for a host.
fn certified(folder: &Path, name: &str, host: &str) -> (PathBuf, ServerConfig) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let path = folder.join(format!("{name}.pem"));
    std::fs::write(&path, params.self_signed(&key).expect("a certificate").pem()).expect("written");
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec![host.to_owned()])
        .and_then(|params| params.signed_by(&key, &issuer))
        .expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    (path, config.expect("a certificate with its key"))
}

/// Ends TLS before a server, for as long as it is polled.
async fn end_tls(listener: TcpListener, config: ServerConfig, server: SocketAddr) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
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
}

#[test]
fn the_server_is_verified_by_issuer_and_name() {
    let folder = temp_dir();
    let (ca_path, config) = certified(folder.path(), "ca", "localhost");
    let (other_path, _) = certified(folder.path(), "other", "localhost");
    let store = TestStore::unmigrated("over_tls");
    let server = store
        .settings
        .url
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    store.wait(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let at = |host: &str, ca_path: &Path| StoreSettings {
            url: format!("https://{host}:{port}"),
            ca_path: Some(ca_path.to_owned()),
            ..store.settings.clone()
        };
        let asking = async {
            let good = at("localhost", &ca_path);
            assert!(!migrate(&good).await.expect("migrated over TLS").applied.is_empty());
            assert_eq!(check(&good).await.expect("an answer"), []);
            for (settings, expected) in [
                (
                    at("localhost", &other_path),
                    "its issuer is not trusted; check `[clickhouse] ca_path`",
                ),
                (
                    at("127.0.0.1", &ca_path),
                    "it is not made out to the host in `[clickhouse] url`",
                ),
            ] {
                let refused = migrate(&settings).await.expect_err("refused").to_string();
                assert!(refused.contains(expected), "{refused}");
            }
            let plain = StoreSettings {
                url: store.settings.url.replace("http://", "https://"),
                ..good
            };
            let refused = migrate(&plain).await.expect_err("refused").to_string();
            assert!(
                refused.contains("the server does not speak TLS on this port"),
                "{refused}"
            );
        };
        tokio::select! {
            () = asking => {}
            () = end_tls(listener, config, server) => panic!("the proxy ended"),
        }
    });
}
