//! Why brokers cannot be reached. An answer of the client library that does not come is only late; the cause it reports aside.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;

use crate::settings::{ANSWER_TIMEOUT, KafkaSettings};

/// What a report about a connection that failed is headed.
const FAILED: &str = "FAIL";

/// The last report about a connection that failed.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Option<String>>>);

impl ClientContext for Heard {
    fn log(&self, _: RDKafkaLogLevel, what: &str, text: &str) {
        if what == FAILED {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentence(text));
        }
    }

    /// Says how many brokers are away and not why.
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Heard {}

/// Asks once more, and listens to what is reported meanwhile; `None` where nothing is. Blocks for at most `ANSWER_TIMEOUT`.
pub(crate) fn unreachable(settings: &KafkaSettings) -> Option<String> {
    let heard = Heard::default();
    let asker = BaseConsumer::from_config_and_context(&settings.client(), heard.clone()).ok()?;
    // What it answers is known.
    let _late = asker.fetch_metadata(None, ANSWER_TIMEOUT);
    while asker.poll(Duration::ZERO).is_some() {}
    heard.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A report in the words of the configuration, where it has any for it.
fn sentence(report: &str) -> String {
    let of_certificates = [
        (
            "certificate verify failed",
            "the broker's certificate is not trusted, or not made out to its host in `[kafka] brokers`; check `[kafka] ca_path`",
        ),
        (
            "alert bad certificate",
            "the broker wants a certificate of ours; check `[kafka] cert_path` and `key_path`",
        ),
        (
            "alert certificate required",
            "the broker wants a certificate of ours; check `[kafka] cert_path` and `key_path`",
        ),
        (
            "alert unknown ca",
            "the broker does not trust our certificate; check `[kafka] cert_path`",
        ),
    ];
    let known = of_certificates.iter().find(|(part, _)| report.contains(part));
    // A report begins with its thread, in brackets.
    let itself = || report.split_once("]: ").map_or(report, |(_, text)| text);
    known.map_or_else(itself, |(_, sentence)| sentence).to_owned()
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_report_without_words_of_ours_is_said_as_it_is() {
        let report = "[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused";
        assert_eq!(
            sentence(report),
            "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused"
        );
        assert_eq!(sentence("nothing in brackets"), "nothing in brackets");
    }
}
