//! One member of the consumer group: which partitions are ours, commits, and where the partitions begin and end.
//!
//! This client never fetches (what it is assigned is paused at once), so that its questions do not stand behind a
//! fetch that waits for news on the same connection.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use isotherm_core::ports::LogError;
use isotherm_core::record::{Intent, LogId, Offset};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset as Committed, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use crate::reader::ReaderSettings;
use crate::settings::{ANSWER_TIMEOUT, say, unavailable};

/// After this long without a heartbeat a member is given up and its partitions go to others. Heartbeats come from a
/// thread of the client library, so that only a dead process or network is silent, never a busy one. The least that
/// brokers allow by default; being given up wrongly costs a rebalance and nothing else.
const SESSION_TIMEOUT_MS: &str = "6000";
/// Pause between two heartbeats, milliseconds: a member learns from their answers that the group is dividing anew.
const HEARTBEAT_MS: &str = "1000";
/// After this long between two polls a member is given up. Polls happen between steps of the aggregator, and one step
/// may be an insert that ClickHouse answers slowly: it ends by its own timeout long before this.
const POLL_PAUSE_MAX_MS: &str = "600000";
/// Callbacks served in one go; more wait for the next poll.
const EVENTS_MAX: usize = 8;

/// The partitions held, each with its epoch.
#[derive(Default)]
struct Holding {
    partitions: BTreeMap<u16, u64>,
    epoch: u64,
    fatal: Option<String>,
}

/// What the client library calls when the group changes; on our thread, inside `poll`.
#[derive(Default)]
struct Membership(Mutex<Holding>);

impl Membership {
    fn holding(&self) -> MutexGuard<'_, Holding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Membership {
    fn log(&self, level: RDKafkaLogLevel, what: &str, text: &str) {
        say(level, what, text);
    }

    fn error(&self, error: KafkaError, text: &str) {
        tracing::warn!(%error, "kafka group member: {text}");
    }
}

impl ConsumerContext for Membership {
    /// Everything here runs between two steps of the aggregator, so a partition that goes has nobody at work on it.
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, change: &Rebalance<'_>) {
        match change {
            Rebalance::Assign(_) => {}
            Rebalance::Revoke(gone) => {
                let mut holding = self.holding();
                for partition in partitions(gone) {
                    holding.partitions.remove(&partition);
                }
            }
            Rebalance::Error(error) => {
                tracing::warn!(%error, "the group could not be rebalanced");
                self.holding().partitions.clear();
            }
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, change: &Rebalance<'_>) {
        let Rebalance::Assign(new) = change else { return };
        if let Err(error) = consumer.pause(new) {
            tracing::warn!(%error, "assigned partitions are fetched twice");
        }
        let mut holding = self.holding();
        holding.epoch += 1;
        let epoch = holding.epoch;
        holding
            .partitions
            .extend(partitions(new).map(|partition| (partition, epoch)));
        tracing::info!(partitions = holding.partitions.len(), "partitions assigned");
    }
}

fn partitions(list: &TopicPartitionList) -> impl Iterator<Item = u16> {
    list.elements()
        .into_iter()
        .filter_map(|element| u16::try_from(element.partition()).ok())
}

/// A member of the group.
pub(crate) struct Member {
    consumer: BaseConsumer<Membership>,
    topic: String,
}

impl Member {
    /// Joins the group; the assignment comes with later polls.
    pub(crate) fn join(settings: &ReaderSettings) -> Result<Member, LogError> {
        let mut config = settings.consumer();
        config
            // A new member then takes over what it needs and leaves the others at work: with an eager strategy every
            // batch in the group would be given up whenever somebody comes or goes.
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", SESSION_TIMEOUT_MS)
            .set("heartbeat.interval.ms", HEARTBEAT_MS)
            .set("max.poll.interval.ms", POLL_PAUSE_MAX_MS);
        let consumer: BaseConsumer<Membership> = config
            .create_with_context(Membership::default())
            .map_err(|error| LogError::Broken(error.to_string()))?;
        let topic = settings.kafka.topic.clone();
        consumer.subscribe(&[&topic]).map_err(unavailable)?;
        Ok(Member { consumer, topic })
    }

    /// Serves what happened in the group.
    pub(crate) fn serve(&self) {
        for _ in 0..EVENTS_MAX {
            match self.consumer.poll(Duration::ZERO) {
                None => break,
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    self.consumer.context().holding().fatal = Some(code.to_string());
                }
                // Nothing is read here, so that a position that cannot be found does not matter.
                Some(Err(error)) => tracing::debug!(%error, "kafka group member"),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The partitions that are ours, with their epochs.
    pub(crate) fn held(&self) -> Result<BTreeMap<u16, u64>, LogError> {
        let holding = self.consumer.context().holding();
        match &holding.fatal {
            Some(why) => Err(LogError::Broken(why.clone())),
            None => Ok(holding.partitions.clone()),
        }
    }

    /// Whether the group gave this member up although no callback has said so yet.
    pub(crate) fn is_lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    /// The cluster's id.
    pub(crate) fn cluster_id(&self) -> Option<String> {
        self.consumer.client().fetch_cluster_id(ANSWER_TIMEOUT)
    }

    /// The lowest offset held and the next to be given, as the broker says now.
    pub(crate) fn bounds(&self, partition: u16) -> Result<(Offset, Offset), LogError> {
        let asked = self
            .consumer
            .fetch_watermarks(&self.topic, i32::from(partition), ANSWER_TIMEOUT);
        let (low, high) = asked.map_err(unavailable)?;
        match (u64::try_from(low), u64::try_from(high)) {
            (Ok(low), Ok(high)) => Ok((low, high)),
            _ => Err(LogError::Unavailable(
                "the broker does not know the partition's end".into(),
            )),
        }
    }

    /// The intent last committed for a partition, by whomever.
    pub(crate) fn intent(&self, partition: u16) -> Result<Option<Intent>, LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, i32::from(partition));
        let list = self
            .consumer
            .committed_offsets(list, ANSWER_TIMEOUT)
            .map_err(unavailable)?;
        let Some(element) = list.find_partition(&self.topic, i32::from(partition)) else {
            return Err(LogError::Unavailable("the broker did not name the partition".into()));
        };
        element.error().map_err(unavailable)?;
        match element.offset() {
            // Where nothing was committed there is no text either.
            Committed::Invalid => Ok(None),
            // A text is UTF-8 by Kafka's protocol, so that asking for it cannot fail.
            offset => crate::intent::committed(offset, element.metadata()),
        }
    }

    /// Commits an intent and waits for the broker's answer.
    pub(crate) fn commit(&self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        let list = crate::intent::commit_list(&self.topic, partition, intent).map_err(unavailable)?;
        self.consumer.commit(&list, CommitMode::Sync).map_err(commit_error)
    }
}

/// What a refused commit means.
pub(crate) fn commit_error(error: KafkaError) -> LogError {
    use RDKafkaErrorCode::{
        FencedInstanceId, FencedMemberEpoch, IllegalGeneration, RebalanceInProgress, StaleMemberEpoch, UnknownMemberId,
    };
    match error.rdkafka_error_code() {
        Some(
            IllegalGeneration | UnknownMemberId | RebalanceInProgress | FencedInstanceId | FencedMemberEpoch
            | StaleMemberEpoch,
        ) => LogError::Fenced,
        _ => unavailable(error),
    }
}

/// The topic's identity as a log: the same for every member, also after a restart of the cluster.
pub(crate) fn log_id(cluster_id: &str, topic: &str) -> LogId {
    let name = [cluster_id.as_bytes(), &[0], topic.as_bytes()].concat();
    LogId(siphasher::sip::SipHasher13::new().hash(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_topic_never_changes() {
        let id = log_id("4L6g3nShT-eMCtK--X86sw", "isotherm");
        assert_eq!(id, log_id("4L6g3nShT-eMCtK--X86sw", "isotherm"));
        assert_ne!(id, log_id("4L6g3nShT-eMCtK--X86sw", "isotherm2"));
        assert_ne!(id, log_id("4L6g3nShT-eMCtK--X86sx", "isotherm"));
        assert_eq!(format!("{:016x}", id.0), "ae9c81e5f45845e4");
    }
}
