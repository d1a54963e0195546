//! Making the topic, and checking one that is there already.

use std::fmt;

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::time::{Duration, Instant};
use thiserror::Error;

use crate::settings::{ANSWER_TIMEOUT, KafkaSettings, RECORD_BYTES_MAX};
use crate::why;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Kept after its hour began, milliseconds. A closed segment may also hold the next hour's records, and brokers look
/// every five minutes: together within 72 h.
const RETENTION_MS: i64 = 70 * HOUR_MS;
/// A segment is closed after this, milliseconds: records are forgotten by whole segments.
const SEGMENT_MS: i64 = HOUR_MS;
/// Retention and one segment together, milliseconds: how long a record may be kept from its append on.
const KEPT_MS_MAX: i64 = 72 * HOUR_MS;
/// Largest batch of records that the topic takes, bytes: twice a producer's batch.
const BATCH_BYTES_MAX: i64 = 2 * RECORD_BYTES_MAX as i64;
/// How long the cluster may take to make the topic.
const MAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between two looks for a topic that was just made.
const KNOWN_PAUSE: Duration = Duration::from_millis(50);

/// What `ensure` did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ensured {
    /// The topic was made; else it was there and is as it must be.
    pub created: bool,
}

/// A setting of an existing topic that cannot stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The setting's name in Kafka.
    pub setting: &'static str,
    /// Its value.
    pub found: String,
    /// What it must be.
    pub needed: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { setting, found, needed } = self;
        write!(f, "{setting} is {found} and must be {needed}")
    }
}

/// Why there is no topic to work with.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TopicError {
    /// No broker answered.
    #[error("kafka at `{brokers}` does not answer: {reason}")]
    Unavailable {
        /// The brokers asked.
        brokers: String,
        /// What the client said.
        reason: String,
    },
    /// The cluster refused to make or describe it.
    #[error("kafka refused topic `{topic}`: {reason}")]
    Refused {
        /// The topic.
        topic: String,
        /// What the cluster said.
        reason: String,
    },
    /// It is there and not as it must be. Nothing was changed.
    #[error("topic `{topic}` cannot be used: {}; change it with kafka-configs.sh, or set another `[kafka] topic`", join(.violations))]
    Unfit {
        /// The topic.
        topic: String,
        /// Everything that is wrong with it.
        violations: Vec<Violation>,
    },
}

fn join(violations: &[Violation]) -> String {
    violations
        .iter()
        .map(Violation::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Makes the topic if it is not there, else checks it. Never changes a topic.
///
/// # Errors
/// See [`TopicError`].
pub async fn ensure(settings: &KafkaSettings) -> Result<Ensured, TopicError> {
    match ensure_with_answers(settings).await {
        Err(TopicError::Unavailable { brokers, reason }) => {
            let asked = settings.clone();
            // An error is a panic, which the thread has reported.
            let heard = tokio::task::spawn_blocking(move || why::unreachable(&asked)).await;
            let reason = heard.ok().flatten().unwrap_or(reason);
            Err(TopicError::Unavailable { brokers, reason })
        }
        ensured => ensured,
    }
}

async fn ensure_with_answers(settings: &KafkaSettings) -> Result<Ensured, TopicError> {
    let admin: AdminClient<DefaultClientContext> = settings
        .client()
        .create()
        .map_err(|error| unanswered(settings, &error))?;
    if let Some(config) = describe(&admin, settings).await? {
        return check(&admin, settings, &config);
    }
    match make(&admin, settings).await? {
        Made::Now => {
            wait_until_known(settings).await;
            Ok(Ensured { created: true })
        }
        Made::Before => match describe(&admin, settings).await? {
            Some(config) => check(&admin, settings, &config),
            None => Err(refused(settings, &"it is there but may not be described")),
        },
    }
}

/// Brokers learn of a new topic one after the other: a role that began before its broker knew would be told that there
/// is no such topic. Whoever waited in vain is told the same and no more.
async fn wait_until_known(settings: &KafkaSettings) {
    let asked = settings.clone();
    let end = Instant::now() + MAKE_TIMEOUT;
    let known = tokio::task::spawn_blocking(move || {
        while asked.check_partitions().is_err() && Instant::now() < end {
            std::thread::sleep(KNOWN_PAUSE);
        }
    });
    if known.await.is_err() {
        tracing::warn!(
            topic = settings.topic,
            "whether the brokers know the topic is not known"
        );
    }
}

/// Who made the topic.
enum Made {
    Now,
    /// Somebody was faster.
    Before,
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(MAKE_TIMEOUT))
        .operation_timeout(Some(MAKE_TIMEOUT))
}

async fn describe(
    admin: &AdminClient<DefaultClientContext>,
    settings: &KafkaSettings,
) -> Result<Option<ConfigResource>, TopicError> {
    let topic = ResourceSpecifier::Topic(&settings.topic);
    let answers = admin.describe_configs([&topic], &options()).await;
    let answers = answers.map_err(|error| unanswered(settings, &error))?;
    match answers.into_iter().next() {
        // The client library answers with nothing where the cluster says that there is no such topic.
        Some(Ok(config)) if config.entries.is_empty() => Ok(None),
        Some(Ok(config)) => Ok(Some(config)),
        Some(Err(RDKafkaErrorCode::UnknownTopicOrPartition)) => Ok(None),
        Some(Err(code)) => Err(refused(settings, &code)),
        None => Err(refused(settings, &"it says nothing about it")),
    }
}

async fn make(admin: &AdminClient<DefaultClientContext>, settings: &KafkaSettings) -> Result<Made, TopicError> {
    let (partitions, replication) = (i32::from(settings.partitions), i32::from(settings.replication));
    let (retention, segment) = (RETENTION_MS.to_string(), SEGMENT_MS.to_string());
    let batch = BATCH_BYTES_MAX.to_string();
    // An acknowledged record then outlives any one broker, and with three replicas one broker may be away.
    let in_sync = if settings.replication >= 3 { "2" } else { "1" };
    let topic = NewTopic::new(&settings.topic, partitions, TopicReplication::Fixed(replication))
        .set("retention.ms", &retention)
        .set("retention.bytes", "-1")
        .set("segment.ms", &segment)
        .set("cleanup.policy", "delete")
        .set("message.timestamp.type", "CreateTime")
        .set("compression.type", "producer")
        .set("max.message.bytes", &batch)
        .set("min.insync.replicas", in_sync);
    let answers = admin.create_topics([&topic], &options()).await;
    let answers = answers.map_err(|error| unanswered(settings, &error))?;
    match answers.into_iter().next() {
        Some(Ok(_)) => Ok(Made::Now),
        Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(Made::Before),
        Some(Err((_, code))) => Err(refused(settings, &code)),
        None => Err(refused(settings, &"it does not say whether it made it")),
    }
}

fn check(
    admin: &AdminClient<DefaultClientContext>,
    settings: &KafkaSettings,
    config: &ConfigResource,
) -> Result<Ensured, TopicError> {
    let metadata = admin.inner().fetch_metadata(Some(&settings.topic), ANSWER_TIMEOUT);
    let metadata = metadata.map_err(|error| unanswered(settings, &error))?;
    let topics = metadata.topics().iter();
    let partitions = topics.map(|topic| topic.partitions().len()).sum();
    let value = |name: &str| config.get(name).and_then(|entry| entry.value.clone());
    let violations = violations(usize::from(settings.partitions), partitions, value);
    match violations.is_empty() {
        true => Ok(Ensured { created: false }),
        false => Err(TopicError::Unfit {
            topic: settings.topic.clone(),
            violations,
        }),
    }
}

/// Everything that is wrong with a topic of so many partitions and these settings.
fn violations(needed: usize, found: usize, value: impl Fn(&str) -> Option<String>) -> Vec<Violation> {
    let mut list = Vec::new();
    let mut violated = |setting, found: String, needed: String| list.push(Violation { setting, found, needed });
    if found != needed {
        violated("the number of partitions", found.to_string(), needed.to_string());
    }
    for (setting, needed) in [("cleanup.policy", "delete"), ("message.timestamp.type", "CreateTime")] {
        let found = value(setting).unwrap_or_default();
        if found != needed {
            violated(setting, found, needed.to_owned());
        }
    }
    let number = |setting| value(setting).and_then(|value| value.parse::<i64>().ok());
    // Kafka keeps for ever where it says -1 or nothing.
    let bounded = |setting| number(setting).filter(|ms| *ms >= 0).unwrap_or(i64::MAX);
    let (retention, segment) = (bounded("retention.ms"), bounded("segment.ms"));
    if segment > SEGMENT_MS {
        violated(
            "segment.ms",
            duration(segment),
            format!("at most {}", duration(SEGMENT_MS)),
        );
    }
    let retention_max = KEPT_MS_MAX - segment.min(SEGMENT_MS);
    if retention > retention_max {
        let needed = format!("at most {}, with its segments within 72 h", duration(retention_max));
        violated("retention.ms", duration(retention), needed);
    }
    let batch = number("max.message.bytes").unwrap_or(0);
    if batch < RECORD_BYTES_MAX as i64 {
        violated(
            "max.message.bytes",
            batch.to_string(),
            format!("at least {RECORD_BYTES_MAX}"),
        );
    }
    list
}

fn duration(ms: i64) -> String {
    match ms {
        i64::MAX => "without an end".to_owned(),
        ms => format!("{ms} ({:.4} h)", ms as f64 / HOUR_MS as f64).replace(".0000", ""),
    }
}

fn unanswered(settings: &KafkaSettings, error: &KafkaError) -> TopicError {
    TopicError::Unavailable {
        brokers: settings.brokers.clone(),
        reason: error.to_string(),
    }
}

fn refused(settings: &KafkaSettings, reason: &dyn fmt::Display) -> TopicError {
    TopicError::Refused {
        topic: settings.topic.clone(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(changes: &[(&str, &str)]) -> Vec<String> {
        let value = |name: &str| {
            let good = [
                ("cleanup.policy", "delete"),
                ("message.timestamp.type", "CreateTime"),
                ("retention.ms", "252000000"),
                ("segment.ms", "3600000"),
                ("max.message.bytes", "2097152"),
            ];
            let found = changes.iter().chain(&good).find(|(setting, _)| *setting == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        violations(4, 4, value).iter().map(Violation::to_string).collect()
    }

    #[test]
    fn every_violation_is_a_sentence() {
        assert_eq!(check(&[]), [""; 0]);
        assert_eq!(check(&[("retention.ms", "255600000")]), [""; 0], "71 h and a segment");
        for (setting, value, sentence) in [
            (
                "retention.ms",
                "259200000",
                "retention.ms is 259200000 (72 h) and must be at most 255600000 (71 h), with its segments within 72 h",
            ),
            (
                "retention.ms",
                "-1",
                "retention.ms is without an end and must be at most 255600000 (71 h), with its segments within 72 h",
            ),
            (
                "segment.ms",
                "7200000",
                "segment.ms is 7200000 (2 h) and must be at most 3600000 (1 h)",
            ),
            (
                "cleanup.policy",
                "compact,delete",
                "cleanup.policy is compact,delete and must be delete",
            ),
            (
                "message.timestamp.type",
                "LogAppendTime",
                "message.timestamp.type is LogAppendTime and must be CreateTime",
            ),
            (
                "max.message.bytes",
                "1000",
                "max.message.bytes is 1000 and must be at least 1048576",
            ),
        ] {
            assert_eq!(check(&[(setting, value)]), [sentence]);
        }
    }
}
