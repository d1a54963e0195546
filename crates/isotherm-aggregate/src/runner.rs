//! The thread that steps the workers of all assigned partitions. One thread, so that a partition can only be taken away
//! between two steps, never inside one.

use std::collections::BTreeMap;
use std::time::Duration;

use isotherm_core::backlog::Backlog;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, Clock, CountStore, EventLog};
use isotherm_fault::{Point, point};
use tokio_util::sync::CancellationToken;

use crate::metrics::AggregateMetrics;
use crate::pace::Pace;
use crate::worker::{BatchLimits, Halt, Step, Worker, World};

/// Longest wait for news before partitions are looked at again.
const IDLE_WAIT: Duration = Duration::from_millis(50);
/// How often consumer lag is measured.
const LAG_EVERY_MS: u64 = 1_000;
/// After this long without success a partition counts as not working, and readiness says so.
const UNWELL_AFTER_MS: u64 = 5_000;
/// How long a stop lets batches that are underway finish. What does not finish is redone from its intent at the next start.
const STOP_GRACE_MS: u64 = 2_000;

/// Is told why counting does not work, or that it does.
pub type Health = Box<dyn FnMut(Result<(), String>) + Send>;

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
    /// Told when counting stops working for a while, and when it works again.
    pub health: Health,
    /// Where the random part of pauses begins.
    pub seed: u64,
}

/// A worker with its epoch, its pace, and what waits for it.
struct Seat {
    worker: Worker,
    epoch: u64,
    pace: Pace,
    backlog: Backlog,
}

impl<L: EventLog + Assignment, S: CountStore> Runner<L, S> {
    /// Steps all workers until the stop signal, then lets batches that are underway finish.
    pub fn run(mut self, stop: &CancellationToken) -> Result<(), Halt> {
        let mut seats: BTreeMap<u16, Seat> = BTreeMap::new();
        let mut lag_due_ms = 0;
        let mut was_well = true;
        while !stop.is_cancelled() {
            self.reseat(&mut seats);
            let moved = self.round(&mut seats)?;
            let now_ms = self.clock.unix_ms();
            if now_ms >= lag_due_ms {
                lag_due_ms = now_ms + LAG_EVERY_MS;
                self.measure_lag(&mut seats);
                was_well = self.tell_health(&seats, was_well, now_ms);
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

    /// Takes workers off partitions that went away or came back under a new epoch; says what is assigned now. Where that is
    /// not known they stay: their next step says what is wrong.
    fn unseat(&mut self, seats: &mut BTreeMap<u16, Seat>) -> BTreeMap<u16, u64> {
        let assigned = match self.log.assigned() {
            Ok(assigned) => BTreeMap::from_iter(assigned),
            Err(error) => {
                tracing::warn!(%error, "the assignment of partitions is not known");
                return BTreeMap::new();
            }
        };
        seats.retain(|partition, seat| {
            let stays = assigned.get(partition) == Some(&seat.epoch);
            if !stays {
                point(Point::Revoked, seat.worker.open());
                self.metrics.gone(*partition);
            }
            stays
        });
        assigned
    }

    /// The same, and puts workers on partitions that have none.
    fn reseat(&mut self, seats: &mut BTreeMap<u16, Seat>) {
        for (partition, epoch) in self.unseat(seats) {
            seats.entry(partition).or_insert_with(|| {
                let worker = Worker::new(partition, self.key.clone(), self.limits, self.metrics.clone());
                Seat {
                    worker,
                    epoch,
                    pace: Pace::new(self.limits, self.seed ^ u64::from(partition)),
                    backlog: Backlog::default(),
                }
            });
        }
    }

    /// Steps every worker that is not pausing; says whether any moved. The log may learn in one worker's step that another's
    /// partition went away, so it is asked before each.
    fn round(&mut self, seats: &mut BTreeMap<u16, Seat>) -> Result<bool, Halt> {
        let mut moved = false;
        let partitions: Vec<u16> = seats.keys().copied().collect();
        for partition in partitions {
            self.unseat(seats);
            let Some(seat) = seats.get_mut(&partition) else {
                continue;
            };
            let now_ms = self.clock.unix_ms();
            if seat.pace.is_pausing(now_ms) {
                continue;
            }
            let mut world = World {
                log: &mut self.log,
                store: &mut self.store,
                clock: &*self.clock,
            };
            let step = seat.worker.step(&mut world)?;
            let now_ms = self.clock.unix_ms();
            seat.pace.underway(seat.worker.is_underway(), now_ms);
            match step {
                Step::Idle => seat.pace.idle(),
                Step::Moved => moved = true,
                Step::Landed(ledger) => {
                    moved = true;
                    seat.worker.set_limits(seat.pace.landed(ledger.interactions, now_ms));
                }
                Step::Retry(why) => {
                    let pause_ms = seat.pace.failed(&why, now_ms);
                    tracing::warn!(partition, pause_ms, reason = why, "trying again");
                }
            }
        }
        Ok(moved)
    }

    /// How much waits, and for how long.
    fn measure_lag(&mut self, seats: &mut BTreeMap<u16, Seat>) {
        for (partition, seat) in seats {
            let Ok((low, end)) = self.log.bounds(*partition) else {
                continue;
            };
            let now_ms = self.clock.unix_ms();
            // Before the ledger was asked all that the log holds may be uncounted.
            let next = seat.worker.next().unwrap_or(low);
            seat.backlog.note(end, now_ms);
            let age_ms = seat.backlog.age_ms(next, now_ms);
            self.metrics.waiting(*partition, end.saturating_sub(next), age_ms);
        }
    }

    /// Says when counting stops working, and when it works again.
    fn tell_health(&mut self, seats: &BTreeMap<u16, Seat>, was_well: bool, now_ms: u64) -> bool {
        let unwell = seats.iter().find_map(|(partition, seat)| {
            let (why, for_ms) = seat.pace.failing(now_ms)?;
            (for_ms >= UNWELL_AFTER_MS).then(|| format!("partition {partition} cannot be counted: {why}"))
        });
        match unwell {
            Some(why) => {
                (self.health)(Err(why));
                false
            }
            None => {
                if !was_well {
                    (self.health)(Ok(()));
                }
                true
            }
        }
    }
}
