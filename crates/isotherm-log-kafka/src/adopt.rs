//! Going on from the ledger where the group's committed offsets are gone or foreign.

use isotherm_core::Day;
use isotherm_core::ports::LogError;
use isotherm_core::record::{Intent, LogId, Offset};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use thiserror::Error;

use crate::intent::commit_list;
use crate::member::{commit_error, log_id};
use crate::reader::ReaderSettings;
use crate::settings::{ANSWER_TIMEOUT, unavailable};

/// Why a topic was not adopted.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AdoptError {
    /// A running aggregator's intents must not be overwritten.
    #[error("group `{0}` has running aggregators: stop them all, wait ten seconds, and try again")]
    InUse(String),
    /// The topic or its brokers.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Commits, for each (partition, last counted offset) of the ledger, an intent that says just that: it has landed, and
/// workers go on behind it. Works only while no member of the group is active. Returns the topic's id, under which
/// the ledger must know these ends.
///
/// # Errors
/// `InUse` while aggregators run; else what is wrong with the topic or its brokers.
pub fn adopt(settings: &ReaderSettings, ends: &[(u16, Offset)], landing: Day) -> Result<LogId, AdoptError> {
    settings.kafka.check_partitions()?;
    // A consumer that never joins: the broker takes its commits only while the group is empty.
    let committer: BaseConsumer = settings.consumer().create().map_err(unavailable)?;
    let cluster_id = committer.client().fetch_cluster_id(ANSWER_TIMEOUT);
    let cluster_id = cluster_id.ok_or_else(|| LogError::Unavailable("the cluster did not say its id".into()))?;
    let log_id = log_id(&cluster_id, &settings.kafka.topic);
    for (partition, last) in ends {
        let intent = Intent {
            log_id,
            first: *last,
            last: *last,
            landing,
            attempt: 0,
        };
        let list = commit_list(&settings.kafka.topic, *partition, &intent).map_err(unavailable)?;
        let committed = committer.commit(&list, CommitMode::Sync).map_err(commit_error);
        match committed {
            Ok(()) => {}
            Err(LogError::Fenced) => return Err(AdoptError::InUse(settings.group.clone())),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(log_id)
}
