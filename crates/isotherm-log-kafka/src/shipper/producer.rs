//! The producer of one run of the shipper: idempotent, in order, acknowledged by all replicas in sync.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use isotherm_core::Hour;
use isotherm_core::ports::{Entry, LogError};
use isotherm_core::record::Offset;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;

use crate::settings::{KafkaSettings, RECORD_BYTES_MAX, say};

/// How long a batch waits for more records, milliseconds.
const LINGER_MS: &str = "5";
/// KiB that the client library queues: above what the shipper ever has in flight.
const QUEUE_KIB_MAX: &str = "65536";

/// Whether the producer took a record.
pub(super) enum Sent {
    Yes,
    /// Its queue is full.
    Full,
}

/// What became of a record.
pub(super) struct Report {
    pub(super) partition: u16,
    /// Its offset in the local log.
    pub(super) offset: Offset,
    /// Its offset in the topic, or why it is not there.
    pub(super) landed_at: Result<i64, String>,
}

/// What a record is called while it is on its way.
struct Ticket {
    partition: u16,
    offset: Offset,
}

/// Collects what the client library reports.
#[derive(Default)]
struct Deliveries(Mutex<Vec<Report>>);

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, what: &str, text: &str) {
        say(level, what, text);
    }

    fn error(&self, error: KafkaError, text: &str) {
        tracing::warn!(%error, "kafka producer: {text}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let landed_at = match delivered {
            Ok(message) => Ok(message.offset()),
            Err((error, _)) => Err(error.to_string()),
        };
        let Ticket { partition, offset } = *ticket;
        let report = Report {
            partition,
            offset,
            landed_at,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    }
}

/// A producer; dropping it gives up what is still on its way.
pub(super) struct Producer {
    producer: BaseProducer<Deliveries>,
    topic: String,
}

impl Producer {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Producer, LogError> {
        let mut config = settings.client();
        config
            .set("enable.idempotence", "true")
            // A record that is left out would be called lost by whoever reads the next one of its lane. So an error ends
            // the producer before it sends what lies behind, and no record is ever given up alone because it is old: the
            // shipper gives up the producer as a whole.
            .set("enable.gapless.guarantee", "true")
            .set("message.timeout.ms", "0")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "5")
            .set("compression.type", "zstd")
            .set("linger.ms", LINGER_MS)
            .set("message.max.bytes", RECORD_BYTES_MAX.to_string())
            .set("queue.buffering.max.kbytes", QUEUE_KIB_MAX);
        let producer = config.create_with_context(Deliveries::default());
        Ok(Producer {
            producer: producer.map_err(|error| LogError::Broken(error.to_string()))?,
            topic: settings.topic.clone(),
        })
    }

    /// Hands a record over. Its time in the topic is the whole hour and nothing finer.
    pub(super) fn send(&self, partition: u16, entry: &Entry, hour: Hour) -> Result<Sent, String> {
        let ticket = Box::new(Ticket {
            partition,
            offset: entry.offset,
        });
        let record: BaseRecord<'_, (), [u8], Box<Ticket>> = BaseRecord::with_opaque_to(&self.topic, ticket)
            .partition(i32::from(partition))
            .payload(entry.bytes.as_slice())
            .timestamp(hour.start_unix_ms().cast_signed());
        match self.producer.send(record) {
            Ok(()) => Ok(Sent::Yes),
            Err((error, _)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => Ok(Sent::Full),
            Err((error, _)) => Err(error.to_string()),
        }
    }

    /// What became of records since the last call, in order; waits this long before. The wait is ours: the library's own
    /// goes on until its last moment whatever arrives, and spends the last millisecond asking without a pause.
    pub(super) fn reports(&self, wait: Duration) -> Vec<Report> {
        std::thread::sleep(wait);
        let mut all = Vec::new();
        loop {
            // One event, if there is one.
            self.producer.poll(Duration::ZERO);
            let deliveries = self.producer.client().context();
            let mut new = deliveries.0.lock().unwrap_or_else(PoisonError::into_inner);
            if new.is_empty() {
                return all;
            }
            all.append(&mut new);
        }
    }
}
