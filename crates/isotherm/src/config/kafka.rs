//! `[kafka]`: the topic of a cluster.

use std::fmt;
use std::path::PathBuf;

use anyhow::bail;
use isotherm_log_kafka::{KafkaSasl, KafkaSecurity, SaslMechanism};

use super::Section;
use super::value::{Must, Value};

/// `[kafka]`. `Debug` shows no password.
#[derive(Clone)]
pub(crate) struct KafkaConfig {
    /// `HOST:PORT` of one or more brokers, separated by commas. Without it there is no topic: the log on disk is read.
    pub(crate) brokers: String,
    /// The topic. Default `isotherm`. Aggregators read it as the consumer group of the same name.
    pub(crate) topic: String,
    /// Copies of each partition that `migrate` asks for when it makes the topic. Default 1.
    pub(crate) replication: u16,
    /// Whether brokers are reached over TLS, their certificates verified. Default false.
    tls: bool,
    /// PEM: the issuers of brokers' certificates that are trusted. Default: those that the machine trusts.
    ca_path: Option<PathBuf>,
    /// PEM: our certificate, where brokers ask for one. Default: none.
    cert_path: Option<PathBuf>,
    /// PEM: its key, without a password. Default: none.
    key_path: Option<PathBuf>,
    /// How `sasl_password` is proved: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`. Default: no name and no password.
    sasl_mechanism: Option<SaslMechanism>,
    /// Our name to brokers. Default: none.
    sasl_user: Option<String>,
    /// Its password; better as the variable `ISOTHERM_KAFKA__SASL_PASSWORD`. Default: none.
    sasl_password: Option<String>,
}

impl Default for KafkaConfig {
    fn default() -> KafkaConfig {
        KafkaConfig {
            brokers: String::new(),
            topic: "isotherm".into(),
            replication: 1,
            tls: false,
            ca_path: None,
            cert_path: None,
            key_path: None,
            sasl_mechanism: None,
            sasl_user: None,
            sasl_password: None,
        }
    }
}

impl KafkaConfig {
    /// How brokers are reached. Names a file that cannot be read, which the client library says in its own words only.
    pub(crate) fn security(&self) -> anyhow::Result<KafkaSecurity> {
        for (key, path) in [
            ("ca_path", &self.ca_path),
            ("cert_path", &self.cert_path),
            ("key_path", &self.key_path),
        ] {
            if let Some(Err(error)) = path.as_ref().map(std::fs::File::open) {
                bail!("[kafka] {key}: the file cannot be read: {error}");
            }
        }
        let sasl = self.sasl_mechanism.map(|mechanism| KafkaSasl {
            mechanism,
            user: self.sasl_user.clone().unwrap_or_default(),
            password: self.sasl_password.clone().unwrap_or_default(),
        });
        Ok(KafkaSecurity {
            tls: self.tls,
            ca_path: self.ca_path.clone(),
            cert_path: self.cert_path.clone(),
            key_path: self.key_path.clone(),
            sasl,
        })
    }

    /// What does not go together, as key and sentence.
    pub(super) fn contradictions(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        if !self.tls {
            for (key, path) in [
                ("ca_path", &self.ca_path),
                ("cert_path", &self.cert_path),
                ("key_path", &self.key_path),
            ] {
                if path.is_some() {
                    found.push((key, "needs tls = true"));
                }
            }
        }
        if self.cert_path.is_some() && self.key_path.is_none() {
            found.push(("cert_path", "needs key_path beside it"));
        }
        if self.key_path.is_some() && self.cert_path.is_none() {
            found.push(("key_path", "needs cert_path beside it"));
        }
        if self.sasl_mechanism.is_some() && (self.sasl_user.is_none() || self.sasl_password.is_none()) {
            found.push(("sasl_mechanism", "needs sasl_user and sasl_password"));
        }
        if self.sasl_mechanism.is_none() && (self.sasl_user.is_some() || self.sasl_password.is_some()) {
            let key = if self.sasl_user.is_some() {
                "sasl_user"
            } else {
                "sasl_password"
            };
            found.push((key, "needs sasl_mechanism"));
        }
        if self.sasl_mechanism == Some(SaslMechanism::Plain) && !self.tls {
            found.push((
                "sasl_mechanism",
                "PLAIN needs tls = true: else the password can be read on its way",
            ));
        }
        found
    }
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("tls", &self.tls)
            .field("sasl_password", &"***")
            .finish_non_exhaustive()
    }
}

impl Section for KafkaConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "brokers" => {
                // A list reads better in TOML; one text is what clients take.
                self.brokers = value
                    .list()
                    .map(|brokers| brokers.join(","))
                    .or_else(|_| value.text())?;
            }
            "topic" => self.topic = topic(value)?,
            // Within 16 bits by its bounds.
            "replication" => self.replication = value.whole(1, 16)? as u16,
            "tls" => self.tls = value.truth()?,
            "ca_path" => self.ca_path = Some(value.text()?.into()),
            "cert_path" => self.cert_path = Some(value.text()?.into()),
            "key_path" => self.key_path = Some(value.text()?.into()),
            "sasl_mechanism" => self.sasl_mechanism = Some(mechanism(value)?),
            "sasl_user" => self.sasl_user = Some(value.text()?),
            "sasl_password" => self.sasl_password = Some(value.text()?),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &[
            "brokers",
            "topic",
            "replication",
            "tls",
            "ca_path",
            "cert_path",
            "key_path",
            "sasl_mechanism",
            "sasl_user",
            "sasl_password",
        ]
    }
}

fn topic(value: &Value) -> Result<String, Must> {
    let topic = value.text()?;
    let plain = topic
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if topic.is_empty() || topic.len() > 249 || !plain {
        return Err(Some(
            "a topic's name: letters, digits, dot, underscore and hyphen".into(),
        ));
    }
    Ok(topic)
}

fn mechanism(value: &Value) -> Result<SaslMechanism, Must> {
    let name = value.text()?;
    let known = SaslMechanism::ALL.into_iter().find(|known| known.name() == name);
    known.ok_or_else(|| Some(SaslMechanism::ALL.map(SaslMechanism::name).join(", ")))
}
