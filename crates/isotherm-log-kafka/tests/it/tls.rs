//! TLS to a real broker: it is verified, and so are we.

use std::path::{Path, PathBuf};

use isotherm_log_kafka::{KafkaSecurity, KafkaSettings, topic};
use isotherm_testkit::{Kafka, temp_dir};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::support::{block_on, settings};

/// An issuer that nobody knows but this test.
struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// Its certificate is written into the folder under its name.
    fn new(folder: &Path, name: &str) -> (Authority, PathBuf) {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let path = folder.join(format!("{name}.pem"));
        std::fs::write(&path, params.self_signed(&key).expect("a certificate").pem()).expect("written");
        (Authority(Issuer::new(params, key)), path)
    }

    /// A key and a certificate for a host, as PEM.
    fn certify(&self, host: &str) -> (String, String) {
        let params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (key.serialize_pem(), certificate.pem())
    }
}

fn over_tls(brokers: &str, security: KafkaSecurity) -> KafkaSettings {
    KafkaSettings {
        security: KafkaSecurity { tls: true, ..security },
        ..settings(brokers.to_owned(), "tls", 2)
    }
}

#[test]
fn brokers_are_verified_and_so_are_we() {
    let folder = temp_dir();
    let (authority, ca_path) = Authority::new(folder.path(), "ca");
    let (_, other_path) = Authority::new(folder.path(), "other");
    let (key, certificate) = authority.certify("localhost");
    let pem = folder.path().join("broker.pem");
    std::fs::write(&pem, key + &certificate).expect("written");
    let (key, certificate) = authority.certify("isotherm");
    let (key_path, cert_path) = (folder.path().join("own-key.pem"), folder.path().join("own.pem"));
    std::fs::write(&key_path, key).expect("written");
    std::fs::write(&cert_path, certificate).expect("written");
    let kafka = block_on(Kafka::start_with_tls(&pem, Some(&ca_path))).expect("a broker");
    let brokers = kafka.tls_bootstrap().expect("a listener");

    let known = KafkaSecurity {
        ca_path: Some(ca_path),
        cert_path: Some(cert_path),
        key_path: Some(key_path),
        ..KafkaSecurity::default()
    };
    let good = over_tls(&brokers, known.clone());
    assert!(block_on(topic::ensure(&good)).expect("a topic over TLS").created);

    let another_name = over_tls(&brokers.replace("localhost", "127.0.0.1"), known.clone());
    let another_issuer = KafkaSecurity {
        ca_path: Some(other_path),
        ..known.clone()
    };
    let nobody = KafkaSecurity {
        cert_path: None,
        key_path: None,
        ..known
    };
    let refused = [
        over_tls(&brokers, another_issuer),
        over_tls(&brokers, nobody),
        settings(brokers, "tls", 2),
    ];
    // Each is tried until its time is over: all at once.
    let [a, b, c] = &refused;
    let all = block_on(async {
        tokio::join!(
            topic::ensure(&another_name),
            topic::ensure(a),
            topic::ensure(b),
            topic::ensure(c)
        )
    });
    let not_trusted =
        "certificate is not trusted, or not made out to its host in `[kafka] brokers`; check `[kafka] ca_path`";
    let of_ours = "the broker wants a certificate of ours; check `[kafka] cert_path` and `key_path`";
    for (ensured, why) in [
        (all.0, not_trusted),
        (all.1, not_trusted),
        (all.2, of_ours),
        // Nothing is said to who does not speak TLS.
        (all.3, ""),
    ] {
        let error = ensured.expect_err("refused").to_string();
        assert!(error.contains("does not answer") && error.contains(why), "{error}");
    }
}
