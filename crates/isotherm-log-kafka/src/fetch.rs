//! Fetching: per partition a queue that the client library fills ahead, read from explicit offsets.
//!
//! This client is a member of no group. Where it stands in a partition is what the ledger says, never what was
//! committed, and a position that the broker does not have is an answer (`OutOfRange`), never a jump.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use isotherm_core::ports::{Entry, LogError};
use isotherm_core::record::Offset;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use crate::reader::ReaderSettings;
use crate::settings::{say, unavailable};

/// KiB of records fetched ahead per partition: four batches of 2 MiB, the default. At the limit the broker is not asked for
/// more.
const FETCHED_AHEAD_KIB: &str = "8192";
/// How long the broker may hold a fetch back when there is nothing new, milliseconds. News end the wait at once.
const FETCH_WAIT_MS: &str = "500";

/// Wakes the reading thread when a partition's queue gets something.
#[derive(Default)]
pub(crate) struct News {
    there: Mutex<bool>,
    changed: Condvar,
}

impl News {
    fn tell(&self) {
        *self.there.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for news, at most this long.
    pub(crate) fn wait(&self, at_most: Duration) {
        let there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut there, _) = self
            .changed
            .wait_timeout_while(there, at_most, |there| !*there)
            .unwrap_or_else(PoisonError::into_inner);
        *there = false;
    }
}

/// What the client library reports of itself.
struct Reports;

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, what: &str, text: &str) {
        say(level, what, text);
    }

    fn error(&self, error: KafkaError, text: &str) {
        tracing::warn!(%error, "kafka fetch: {text}");
    }
}

impl ConsumerContext for Reports {}

/// The outcome of a read.
pub(crate) enum Fetched {
    /// These are next; none means none yet.
    Entries(Vec<Entry>),
    /// The broker does not have the position that was asked for.
    OutOfRange,
}

/// A partition being read.
struct Line {
    queue: PartitionQueue<Reports>,
    /// The client library fetches it.
    is_fetched: bool,
    at: Option<At>,
    /// The offset behind a hole that was seen once and is fetched again before it is believed.
    doubted: Option<Offset>,
}

/// Where a partition's queue stands.
#[derive(Clone, Copy)]
struct At {
    /// Nothing readable lies from here to `next`.
    covers: Offset,
    /// The offset that the queue gives next.
    next: Offset,
}

/// Reads partitions.
pub(crate) struct Fetcher {
    lines: BTreeMap<u16, Line>,
    consumer: Arc<BaseConsumer<Reports>>,
    topic: String,
    news: Arc<News>,
}

impl Fetcher {
    /// A client that reads nothing yet.
    pub(crate) fn new(settings: &ReaderSettings) -> Result<Fetcher, LogError> {
        let mut config = settings.consumer();
        config
            .set("queued.max.messages.kbytes", FETCHED_AHEAD_KIB)
            .set("fetch.wait.max.ms", FETCH_WAIT_MS)
            .set("fetch.error.backoff.ms", "100");
        let consumer: BaseConsumer<Reports> = config
            .create_with_context(Reports)
            .map_err(|error| LogError::Broken(error.to_string()))?;
        Ok(Fetcher {
            lines: BTreeMap::new(),
            consumer: Arc::new(consumer),
            topic: settings.kafka.topic.clone(),
            news: Arc::new(News::default()),
        })
    }

    /// What wakes up when something was fetched.
    pub(crate) fn news(&self) -> &News {
        &self.news
    }

    /// Stops reading partitions that are not to be read any more.
    pub(crate) fn retain(&mut self, keep: impl Fn(u16) -> bool) {
        let gone: Vec<u16> = self.lines.keys().copied().filter(|p| !keep(*p)).collect();
        for partition in gone {
            let line = self.lines.remove(&partition);
            if line.is_some_and(|line| line.is_fetched)
                && let Err(error) = self.stop(partition)
            {
                tracing::debug!(partition, %error, "a partition is read on");
            }
        }
    }

    /// Entries from `from` on that are here already.
    pub(crate) fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Fetched, LogError> {
        // Serves what the client library has to say; records come by their own queues.
        if let Some(Err(error)) = self.consumer.poll(Duration::ZERO) {
            tracing::debug!(%error, "kafka fetch");
        }
        let at = self.lines.get(&partition).and_then(|line| line.at);
        if !at.is_some_and(|at| (at.covers..=at.next).contains(&from)) {
            self.place(partition, from, from)?;
        }
        match self.lines.get_mut(&partition) {
            Some(line) => line.take(bytes_max),
            None => Ok(Fetched::Entries(Vec::new())),
        }
    }

    /// Reads from `next` on; a reader that asks for `covers` gets it.
    pub(crate) fn place(&mut self, partition: u16, covers: Offset, next: Offset) -> Result<(), LogError> {
        let mut line = match self.lines.remove(&partition) {
            Some(line) => line,
            None => self.line(partition)?,
        };
        line.at = None;
        let placed = self.move_to(&mut line, partition, next);
        if placed.is_ok() {
            line.at = Some(At { covers, next });
        }
        self.lines.insert(partition, line);
        placed.map_err(unavailable)
    }

    /// Has the client library fetch from `next` on, and nothing that it fetched before.
    fn move_to(&self, line: &mut Line, partition: u16, next: Offset) -> KafkaResult<()> {
        if line.is_fetched {
            self.stop(partition)?;
            line.is_fetched = false;
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, i32::from(partition), Position::Offset(next.cast_signed()))?;
        self.consumer.incremental_assign(&list)?;
        line.is_fetched = true;
        Ok(())
    }

    /// Splits the partition's queue off before anything is fetched into the common one.
    fn line(&self, partition: u16) -> Result<Line, LogError> {
        let queue = self
            .consumer
            .split_partition_queue(&self.topic, i32::from(partition))
            .ok_or_else(|| LogError::Broken(format!("topic `{}` has no partition {partition}", self.topic)))?;
        let mut line = Line {
            queue,
            is_fetched: false,
            at: None,
            doubted: None,
        };
        let news = Arc::clone(&self.news);
        line.queue.set_nonempty_callback(move || news.tell());
        Ok(line)
    }

    fn stop(&self, partition: u16) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, i32::from(partition));
        self.consumer.incremental_unassign(&list)
    }
}

impl Line {
    /// Takes what is in the queue, in order and without a hole.
    fn take(&mut self, bytes_max: usize) -> Result<Fetched, LogError> {
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max.max(1)
            && let Some(at) = self.at
            && let Some(polled) = self.queue.poll(Duration::ZERO)
        {
            let message = match polled {
                Ok(message) => message,
                Err(error) => {
                    self.at = None;
                    return ended(entries, error);
                }
            };
            let offset = message.offset().cast_unsigned();
            if offset < at.next {
                // A leftover of the position before this one.
                continue;
            }
            if offset > at.next && self.doubted != Some(offset) {
                // Offsets of a topic follow each other until its beginning is deleted. Fetch it again to be sure.
                drop(message);
                (self.at, self.doubted) = (None, Some(offset));
                break;
            }
            let entry = Entry {
                offset,
                bytes: message.payload().unwrap_or_default().to_vec(),
            };
            drop(message);
            bytes += entry.bytes.len();
            entries.push(entry);
            self.at = Some(At {
                covers: offset + 1,
                next: offset + 1,
            });
        }
        Ok(Fetched::Entries(entries))
    }
}

/// What was read before an error is good; the error comes again if it stays.
fn ended(entries: Vec<Entry>, error: KafkaError) -> Result<Fetched, LogError> {
    use RDKafkaErrorCode::{AutoOffsetReset, OffsetOutOfRange};
    match error.rdkafka_error_code() {
        _ if !entries.is_empty() => Ok(Fetched::Entries(entries)),
        Some(AutoOffsetReset | OffsetOutOfRange) => Ok(Fetched::OutOfRange),
        _ => Err(unavailable(error)),
    }
}
