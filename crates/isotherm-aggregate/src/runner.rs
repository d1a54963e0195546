//! The thread that steps the workers of all assigned partitions. One thread, so that a partition can only be taken away
//! between two steps, never inside one.

use std::collections::BTreeMap;
use std::time::Duration;

use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, Clock, CountStore, EventLog};
use isotherm_fault::{Point, point};
use tokio_util::sync::CancellationToken;

use crate::metrics::{AggregateMetrics, PartitionLabel};
use crate::worker::{BatchLimits, Halt, Step, Worker, World};

/// Longest wait for news before partitions are looked at again.
const IDLE_WAIT: Duration = Duration::from_millis(50);
/// First pause after a failed step; it doubles up to `RETRY_MAX_MS`.
const RETRY_MIN_MS: u64 = 50;
/// Longest pause after failed steps: how late the aggregator notices that ClickHouse is back.
const RETRY_MAX_MS: u64 = 5_000;
/// How often consumer lag is measured.
const LAG_EVERY_MS: u64 = 1_000;
/// How long a stop lets batches that are underway finish. What does not finish is redone from its intent at the next start.
const STOP_GRACE_MS: u64 = 5_000;

/// What the runner is given.
pub struct Runner<L, S> {
    /// The log, with its assignment.
    pub log: L,
    /// The store of counts.
    pub store: S,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// The key of ids.
    pub key: IdKey,
    /// Bounds of a batch.
    pub limits: BatchLimits,
    /// What it counts of itself.
    pub metrics: AggregateMetrics,
}

/// A worker with its epoch and its pause after failures.
struct Seat {
    worker: Worker,
    epoch: u64,
    pause_ms: u64,
    not_before_ms: u64,
}

impl<L: EventLog + Assignment, S: CountStore> Runner<L, S> {
    /// Steps all workers until the stop signal, then lets batches that are underway finish.
    pub fn run(mut self, stop: &CancellationToken) -> Result<(), Halt> {
        let mut seats: BTreeMap<u16, Seat> = BTreeMap::new();
        let mut lag_due_ms = 0;
        while !stop.is_cancelled() {
            self.reseat(&mut seats);
            let moved = self.round(&mut seats)?;
            let now_ms = self.clock.unix_ms();
            if now_ms >= lag_due_ms {
                lag_due_ms = now_ms + LAG_EVERY_MS;
                self.measure_lag(&seats);
            }
            if !moved {
                self.log.wait(IDLE_WAIT);
            }
        }
        let until_ms = self.clock.unix_ms() + STOP_GRACE_MS;
        while seats.values().any(|seat| seat.worker.is_underway()) && self.clock.unix_ms() < until_ms {
            seats.retain(|_, seat| seat.worker.is_underway());
            if !self.round(&mut seats)? {
                self.log.wait(IDLE_WAIT);
            }
        }
        Ok(())
    }

    /// Takes workers off partitions that went away or came back under a new epoch, and puts new ones on.
    fn reseat(&mut self, seats: &mut BTreeMap<u16, Seat>) {
        let assigned = match self.log.assigned() {
            Ok(assigned) => BTreeMap::from_iter(assigned),
            Err(error) => {
                tracing::warn!(%error, "the assignment of partitions is not known");
                return;
            }
        };
        seats.retain(|partition, seat| {
            let stays = assigned.get(partition) == Some(&seat.epoch);
            if !stays {
                point(Point::Revoked, seat.worker.open());
            }
            stays
        });
        for (partition, epoch) in assigned {
            seats.entry(partition).or_insert_with(|| {
                let worker = Worker::new(partition, self.key.clone(), self.limits, self.metrics.clone());
                Seat {
                    worker,
                    epoch,
                    pause_ms: 0,
                    not_before_ms: 0,
                }
            });
        }
    }

    /// Steps every worker that is not pausing; says whether any moved.
    fn round(&mut self, seats: &mut BTreeMap<u16, Seat>) -> Result<bool, Halt> {
        let mut moved = false;
        for seat in seats.values_mut() {
            let now_ms = self.clock.unix_ms();
            if now_ms < seat.not_before_ms {
                continue;
            }
            let mut world = World {
                log: &mut self.log,
                store: &mut self.store,
                clock: &*self.clock,
            };
            match seat.worker.step(&mut world)? {
                Step::Idle => {}
                Step::Moved => moved = true,
                Step::Landed(_) => {
                    moved = true;
                    seat.pause_ms = 0;
                }
                Step::Retry(why) => {
                    seat.pause_ms = (seat.pause_ms * 2).clamp(RETRY_MIN_MS, RETRY_MAX_MS);
                    seat.not_before_ms = now_ms + seat.pause_ms;
                    let (partition, pause_ms) = (seat.worker.partition(), seat.pause_ms);
                    tracing::warn!(partition, pause_ms, reason = why, "trying again");
                }
            }
        }
        Ok(moved)
    }

    fn measure_lag(&mut self, seats: &BTreeMap<u16, Seat>) {
        for (partition, seat) in seats {
            if let Ok((_, lag)) = seat.worker.report_lag(&mut self.log) {
                self.metrics
                    .lag
                    .get_or_create(&PartitionLabel { partition: *partition })
                    .set(lag);
            }
        }
    }
}
