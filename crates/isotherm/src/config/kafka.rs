//! `[kafka]`: the topic of a cluster.

use super::Section;
use super::value::{Must, Value};

/// `[kafka]`.
#[derive(Clone, Debug)]
pub(crate) struct KafkaConfig {
    /// `HOST:PORT` of one or more brokers, separated by commas. Without it there is no topic: the log on disk is read.
    pub(crate) brokers: String,
    /// The topic. Default `isotherm`. Aggregators read it as the consumer group of the same name.
    pub(crate) topic: String,
    /// Copies of each partition that `migrate` asks for when it makes the topic. Default 1.
    pub(crate) replication: u16,
}

impl Default for KafkaConfig {
    fn default() -> KafkaConfig {
        KafkaConfig {
            brokers: String::new(),
            topic: "isotherm".into(),
            replication: 1,
        }
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
            "topic" => {
                let topic = value.text()?;
                let plain = topic
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
                if topic.is_empty() || topic.len() > 249 || !plain {
                    return Err(Some(
                        "a topic's name: letters, digits, dot, underscore and hyphen".into(),
                    ));
                }
                self.topic = topic;
            }
            // Within 16 bits by its bounds.
            "replication" => self.replication = value.whole(1, 16)? as u16,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["brokers", "topic", "replication"]
    }
}
