//! Where the topic is, and what every client of it has in common.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use isotherm_core::ports::LogError;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

/// Longest wait for one answer of a broker. Whoever asks gets `Unavailable` then and asks again.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest life of one request on a connection, milliseconds; below it a slow broker is waited for.
const SOCKET_TIMEOUT_MS: &str = "10000";
/// Longest pause between two attempts to reach a broker, milliseconds: how late its return is noticed.
const RECONNECT_PAUSE_MAX_MS: &str = "1000";
/// Largest record with its envelope, bytes, that is sent. A record is some 256 KiB; a larger one than this is refused
/// by the client and stays on disk until it is too old.
pub(crate) const RECORD_BYTES_MAX: usize = 1 << 20;

/// The topic that is the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KafkaSettings {
    /// `host:port`, several with commas.
    pub brokers: String,
    /// The topic's name. A topic that was deleted must not come back under its name: offsets would mean other records.
    pub topic: String,
    /// Number of partitions; fixed when the topic is made, and equal to that of every log that is shipped.
    pub partitions: u16,
    /// How many brokers hold each record; used when the topic is made.
    pub replication: u16,
    /// How brokers are reached and who we are to them.
    pub security: KafkaSecurity,
}

/// How brokers are reached and who we are to them; by default without TLS and without a name. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct KafkaSecurity {
    /// Whether connections are encrypted and brokers' certificates verified: their issuer, and that they are made out to
    /// the host that was asked.
    pub tls: bool,
    /// PEM: the issuers that are trusted. Without it, those that the machine trusts.
    pub ca_path: Option<PathBuf>,
    /// PEM: our own certificate, where brokers ask for one.
    pub cert_path: Option<PathBuf>,
    /// PEM: its key, without a password.
    pub key_path: Option<PathBuf>,
    /// Who we are by name and password, where brokers ask for that.
    pub sasl: Option<KafkaSasl>,
}

/// A name and a password for brokers.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSasl {
    /// How the password is proved.
    pub mechanism: SaslMechanism,
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// How a password is proved to a broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaslMechanism {
    /// The password itself is sent.
    Plain,
    /// SCRAM with SHA-256.
    Scram256,
    /// SCRAM with SHA-512.
    Scram512,
}

impl SaslMechanism {
    /// All there are.
    pub const ALL: [SaslMechanism; 3] = [SaslMechanism::Plain, SaslMechanism::Scram256, SaslMechanism::Scram512];

    /// Its name in Kafka.
    pub const fn name(self) -> &'static str {
        match self {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::Scram256 => "SCRAM-SHA-256",
            SaslMechanism::Scram512 => "SCRAM-SHA-512",
        }
    }
}

impl KafkaSecurity {
    fn apply(&self, config: &mut ClientConfig) {
        let protocol = match (self.tls, self.sasl.is_some()) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SSL",
            (false, true) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        };
        config.set("security.protocol", protocol);
        if self.tls {
            config
                .set("enable.ssl.certificate.verification", "true")
                .set("ssl.endpoint.identification.algorithm", "https");
            let files = [
                ("ssl.ca.location", &self.ca_path),
                ("ssl.certificate.location", &self.cert_path),
                ("ssl.key.location", &self.key_path),
            ];
            for (name, path) in files {
                if let Some(path) = path {
                    config.set(name, path.display().to_string());
                }
            }
        }
        if let Some(sasl) = &self.sasl {
            config
                .set("sasl.mechanism", sasl.mechanism.name())
                .set("sasl.username", &sasl.user)
                .set("sasl.password", &sasl.password);
        }
    }
}

impl fmt::Debug for KafkaSecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sasl = self.sasl.as_ref().map(|sasl| (sasl.mechanism, &sasl.user, "***"));
        f.debug_struct("KafkaSecurity")
            .field("tls", &self.tls)
            .field("ca_path", &self.ca_path)
            .field("cert_path", &self.cert_path)
            .field("key_path", &self.key_path)
            .field("sasl", &sasl)
            .finish()
    }
}

impl KafkaSettings {
    /// What every client needs.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "isotherm")
            .set("socket.timeout.ms", SOCKET_TIMEOUT_MS)
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.max.ms", RECONNECT_PAUSE_MAX_MS)
            .set("log.connection.close", "false")
            // Level 4 is warnings: what is below is said by this crate where it matters.
            .set_log_level(RDKafkaLogLevel::Warning);
        self.security.apply(&mut config);
        config
    }

    /// Refuses a topic that is not there or has another number of partitions. Asks with a consumer, because a
    /// producer's question makes the topic where brokers make topics by themselves.
    pub(crate) fn check_partitions(&self) -> Result<(), LogError> {
        let asker: BaseConsumer = self.client().create().map_err(unavailable)?;
        let found = partitions(&asker, &self.topic).map_err(unavailable)?;
        let topic = &self.topic;
        match found {
            None => Err(LogError::Broken(format!(
                "topic `{topic}` does not exist: run `isotherm migrate`, which makes it"
            ))),
            Some(found) if found != usize::from(self.partitions) => Err(LogError::Broken(format!(
                "topic `{topic}` has {found} partitions and must have {}",
                self.partitions
            ))),
            Some(_) => Ok(()),
        }
    }
}

/// How many partitions the topic has, `None` if there is no such topic. Blocks for at most `ANSWER_TIMEOUT`.
fn partitions(asker: &BaseConsumer, topic: &str) -> Result<Option<usize>, KafkaError> {
    let metadata = asker.fetch_metadata(Some(topic), ANSWER_TIMEOUT)?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Ok(None);
    };
    match found.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(None),
        Some(code) => Err(KafkaError::MetadataFetch(code)),
        None => Ok(Some(found.partitions().len())),
    }
}

/// An error after which the same may work later.
pub(crate) fn unavailable(error: KafkaError) -> LogError {
    LogError::Unavailable(error.to_string())
}

/// Says in the log output what the client library reports. Its texts name brokers and topics only.
pub(crate) fn say(level: RDKafkaLogLevel, what: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::warn!(what, "kafka client: {text}");
        }
        _ => tracing::debug!(what, "kafka client: {text}"),
    }
}
