//! Group commit: many beacons, one fsync, then the answers. While one commit is on its way to the disk the next group
//! gathers; there is no waiting for company.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use isotherm_core::admit::Interaction;
use isotherm_core::day::Hour;
use isotherm_core::ports::Clock;
use isotherm_core::record::Offset;
use isotherm_fault::{Point, point};
use isotherm_wire::record::{BODY_BYTES_TARGET, pack, packed_bytes_about};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::metrics::IngestMetrics;

/// Interactions that may wait for a commit. At some KiB each this is a few MiB; beyond it beacons are `unavailable`.
pub const WAITING_MAX: usize = 4_096;
/// Most interactions of one commit, so that the first of them does not wait for a very long one.
const GROUP_MAX: usize = 4_096;

/// Where groups are made durable.
pub trait Append: Send + 'static {
    /// Stores a group of (partition, packed body) durably, all or nothing, and says the last offset of each partition.
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused>;
}

/// Says when the brokers hold what the log on disk holds, for `ack = "kafka"`.
pub trait BrokerAck: Send + Sync {
    /// Whether the brokers are known to be away, so that nothing should be taken: what is refused before it is in the log
    /// on disk is never counted, what is there is shipped sooner or later.
    fn are_away(&self) -> bool;
    /// Resolves to true once they do, to false when they do not in time.
    fn reached(&self, stored: Stored) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// Nothing of the group was stored.
#[derive(Debug, Error)]
#[error("{reason}")]
pub struct AppendRefused {
    /// Why, for the log.
    pub reason: String,
}

/// Where a record of an interaction lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The partition.
    pub partition: u16,
    /// At or behind the record's offset: the last one of the group.
    pub offset: Offset,
}

/// It cannot be stored now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unavailable;

struct Waiting {
    partition: u16,
    interaction: Interaction,
    answer: oneshot::Sender<Result<Stored, Unavailable>>,
}

/// The way into the log. Clones lead to the same one.
#[derive(Clone)]
pub struct Committer {
    waiting: mpsc::Sender<Waiting>,
}

/// The other end: runs on a thread of its own until every `Committer` is gone.
pub struct CommitLoop<A> {
    waiting: mpsc::Receiver<Waiting>,
    log: A,
    clock: Arc<dyn Clock>,
    metrics: IngestMetrics,
}

/// A committer and its loop.
pub fn committer<A: Append>(log: A, clock: Arc<dyn Clock>, metrics: IngestMetrics) -> (Committer, CommitLoop<A>) {
    let (sender, waiting) = mpsc::channel(WAITING_MAX);
    (
        Committer { waiting: sender },
        CommitLoop {
            waiting,
            log,
            clock,
            metrics,
        },
    )
}

impl Committer {
    /// Resolves once the log holds the interaction durably.
    pub async fn commit(&self, partition: u16, interaction: Interaction) -> Result<Stored, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.waiting
            .try_send(Waiting {
                partition,
                interaction,
                answer,
            })
            .map_err(|_| Unavailable)?;
        answered.await.map_err(|_| Unavailable)?
    }
}

impl<A: Append> CommitLoop<A> {
    /// Commits groups until every `Committer` is gone; what waits then is still committed.
    pub fn run(mut self) {
        while let Some(first) = self.waiting.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX
                && let Ok(next) = self.waiting.try_recv()
            {
                group.push(next);
            }
            self.commit(group);
        }
    }

    fn commit(&self, group: Vec<Waiting>) {
        let hour = Hour::of_unix_ms(self.clock.unix_ms());
        let mut partitions: BTreeMap<u16, (Vec<Interaction>, Vec<oneshot::Sender<_>>)> = BTreeMap::new();
        for Waiting {
            partition,
            interaction,
            answer,
        } in group
        {
            let (interactions, answers) = partitions.entry(partition).or_default();
            interactions.push(interaction);
            answers.push(answer);
        }
        let bodies: Vec<(u16, Vec<u8>)> = partitions
            .iter()
            .flat_map(|(partition, (interactions, _))| packed(hour, interactions).map(|body| (*partition, body)))
            .collect();
        #[cfg(feature = "leaks")]
        let bodies = with_leaks(bodies);
        let started = Instant::now();
        point(Point::AppendBefore, bodies.len() as u64);
        let stored = self.log.append(&bodies);
        self.metrics.commits.inc();
        self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        point(Point::AppendAfter, stored.iter().len() as u64);
        if let Err(refused) = &stored {
            point(Point::AppendRefused, bodies.len() as u64);
            tracing::error!(reason = %refused, "beacons could not be stored");
        }
        let lasts: BTreeMap<u16, Offset> = stored.iter().flatten().copied().collect();
        for (partition, (_, answers)) in partitions {
            let result = lasts
                .get(&partition)
                .map(|offset| Stored {
                    partition,
                    offset: *offset,
                })
                .ok_or(Unavailable);
            for answer in answers {
                // A sender whose client went away needs no answer; what it sent is stored all the same.
                let _ = answer.send(result);
            }
        }
    }
}

#[cfg(feature = "leaks")]
fn with_leaks(mut bodies: Vec<(u16, Vec<u8>)>) -> Vec<(u16, Vec<u8>)> {
    bodies.iter_mut().for_each(|(_, body)| crate::leaks::into_record(body));
    bodies
}

/// Packs interactions into records of about `BODY_BYTES_TARGET`.
fn packed(hour: Hour, interactions: &[Interaction]) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = interactions;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let mut fits = |interaction: &&Interaction| {
            let first = bytes == 0;
            bytes += packed_bytes_about(interaction);
            first || bytes <= BODY_BYTES_TARGET
        };
        let (record, behind) = rest.split_at(rest.iter().take_while(&mut fits).count());
        rest = behind;
        (!record.is_empty()).then(|| pack(hour, record))
    })
}
