//! The topic as a log: the ports `EventLog` and `Assignment` for one member of a consumer group.
//!
//! One thread calls it. Whatever the group decides arrives inside these calls, so that a partition goes away between
//! two of them and never during one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use isotherm_core::ports::{Assignment, Entry, EventLog, LogError};
use isotherm_core::record::{Intent, LogId, Offset};
use rdkafka::config::ClientConfig;

use crate::fetch::{Fetched, Fetcher};
use crate::member::{Member, log_id};
use crate::settings::KafkaSettings;

/// How long a reader is told `Unavailable` when the broker says that the topic ends before the ledger does. Brokers
/// agree on a topic's end long before this; then it is another topic, or a part of it is gone.
const BEYOND_END_PATIENCE: Duration = Duration::from_secs(30);
/// After a question without an answer the next one is not asked for this long, so that a broker that is away does not
/// hold up whoever asks for every partition in turn.
const SILENCE: Duration = Duration::from_secs(1);

/// Whose topic, and in which group it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReaderSettings {
    /// The topic.
    pub kafka: KafkaSettings,
    /// The consumer group of all aggregators; the topic's name is a good one.
    pub group: String,
}

impl ReaderSettings {
    /// What every consumer needs: offsets are committed by hand, and an unknown position is an error.
    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.kafka.client();
        config
            .set("group.id", &self.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("allow.auto.create.topics", "false");
        config
    }
}

/// Reads the partitions that the group gives this member.
pub struct KafkaReader {
    fetcher: Fetcher,
    member: Member,
    log_id: LogId,
    /// The assignment as the caller last saw it.
    seen: BTreeMap<u16, u64>,
    /// Since when a partition's reader asks for what lies behind the topic's end.
    beyond: BTreeMap<u16, Instant>,
    silent_until: Option<Instant>,
}

impl KafkaReader {
    /// Checks the topic and joins the group.
    ///
    /// # Errors
    /// `Unavailable` when no broker answers within some seconds, `Broken` when there is no such topic or it has
    /// another number of partitions.
    pub fn open(settings: &ReaderSettings) -> Result<KafkaReader, LogError> {
        settings.kafka.check_partitions()?;
        let member = Member::join(settings)?;
        let cluster_id = member
            .cluster_id()
            .ok_or_else(|| LogError::Unavailable("the cluster did not say its id".into()))?;
        Ok(KafkaReader {
            fetcher: Fetcher::new(settings)?,
            member,
            log_id: log_id(&cluster_id, &settings.kafka.topic),
            seen: BTreeMap::new(),
            beyond: BTreeMap::new(),
            silent_until: None,
        })
    }

    /// Lets the group speak and stops reading what went away.
    fn serve(&mut self) -> Result<BTreeMap<u16, u64>, LogError> {
        self.member.serve();
        let held = self.member.held()?;
        self.fetcher.retain(|partition| held.contains_key(&partition));
        self.beyond.retain(|partition, _| held.contains_key(partition));
        Ok(held)
    }

    /// Refuses whoever still works under an assignment that is not in force any more.
    fn fence(&mut self, partition: u16) -> Result<(), LogError> {
        let held = self.serve()?;
        let epoch = held.get(&partition);
        if epoch.is_none() || epoch != self.seen.get(&partition) {
            return Err(LogError::Fenced);
        }
        Ok(())
    }

    /// The broker does not have what was asked for: either it was deleted, or it was never there.
    fn out_of_range(&mut self, partition: u16, from: Offset) -> Result<Vec<Entry>, LogError> {
        let (low, high) = self.bounds(partition)?;
        if from <= high {
            self.beyond.remove(&partition);
        }
        if from < low {
            self.fetcher.place(partition, from, low)?;
        } else if from > high {
            let since = *self.beyond.entry(partition).or_insert_with(Instant::now);
            let text = format!(
                "partition {partition} of the topic ends at offset {high}, before offset {from} where the ledger goes \
                 on: was the topic deleted and made again? give it another name and run `isotherm migrate`"
            );
            return Err(if since.elapsed() < BEYOND_END_PATIENCE {
                LogError::Unavailable(text)
            } else {
                LogError::Broken(text)
            });
        }
        Ok(Vec::new())
    }
}

impl EventLog for KafkaReader {
    fn log_id(&self) -> LogId {
        self.log_id
    }

    fn opening(&self) -> u64 {
        0
    }

    fn knows_opening(&self, _: u64) -> bool {
        true
    }

    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError> {
        if self.silent_until.is_some_and(|until| Instant::now() < until) {
            return Err(LogError::Unavailable("the broker did not answer a moment ago".into()));
        }
        let bounds = self.member.bounds(partition);
        self.silent_until = bounds.is_err().then(|| Instant::now() + SILENCE);
        bounds
    }

    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError> {
        self.fence(partition)?;
        match self.fetcher.read(partition, from, bytes_max)? {
            Fetched::Entries(entries) => {
                if !entries.is_empty() {
                    self.beyond.remove(&partition);
                }
                Ok(entries)
            }
            Fetched::OutOfRange => self.out_of_range(partition, from),
        }
    }

    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError> {
        self.fence(partition)?;
        self.member.intent(partition)
    }

    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        self.fence(partition)?;
        if self.member.is_lost() {
            return Err(LogError::Fenced);
        }
        self.member.commit(partition, intent)
    }

    /// Nothing: the topic forgets by age.
    fn release(&mut self, _: u16, _: Offset) -> Result<(), LogError> {
        Ok(())
    }
}

impl Assignment for KafkaReader {
    fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        self.seen = self.serve()?;
        Ok(self
            .seen
            .iter()
            .map(|(partition, epoch)| (*partition, *epoch))
            .collect())
    }

    fn wait(&mut self, at_most: Duration) {
        self.member.serve();
        self.fetcher.news().wait(at_most);
        self.member.serve();
    }
}
