//! One schedule: two aggregators, an ingest, a log and a store, stepped in an order that only the seed decides.

use std::collections::{BTreeMap, BTreeSet};

use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::worker::{BatchLimits, CHECK_VALID_MS, Phase, Step, Worker, World};
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Clock, CountStore, EventLog};
use isotherm_core::record::{Intent, Lane, Offset, RecordHeader};
use isotherm_testkit::memory::{
    CountFaults, CountsBackup, Damage, Dice, DrivenClock, LogFaults, MemoryCounts, MemoryIngest, MemoryLog,
};

use super::check::{Tally, Wrong, check};
use super::faults::Mixture;
use super::mutations::{MutatedCounts, MutatedLog, Spy};
use super::planted::Mutation;
use crate::records::click;

/// Partitions of a schedule.
pub(crate) const PARTITIONS: u16 = 2;
/// Steps of a schedule's eventful part.
const STEPS: u64 = 160;
/// Steps within which everything must be counted once nothing goes wrong any more.
const DRAIN_STEPS: u64 = 4_000;
/// 2026-11-21T00:00:00Z.
const START_MS: u64 = 1_795_219_200_000;
const DAY_MS: u64 = 86_400_000;
/// An insert that is late arrives within this time or never, milliseconds: server and network give up, too.
const INSERT_ARRIVES_MS: u64 = 600_000;
/// Where everybody may sleep for hours, the store remembers a token for this long, milliseconds; no shorter would do.
const TOKEN_KNOWN_MS: u64 = CHECK_VALID_MS + INSERT_ARRIVES_MS + 60_000;

/// A record as it was written, and the clicks in it.
pub(crate) struct Written {
    pub(crate) header: RecordHeader,
    pub(crate) clicks: std::ops::Range<u32>,
}

/// The name of a record.
pub(crate) fn named(header: &RecordHeader) -> (Lane, u16, u64) {
    (header.lane, header.partition, header.seq)
}

/// One aggregator: its handles and its workers with their epochs.
struct Aggregator {
    log: MutatedLog,
    counts: MutatedCounts,
    seats: BTreeMap<u16, Seat>,
    /// Steps for which it does not hear what the group decided.
    deaf: u64,
}

/// A worker with its epoch, and the time of its last check.
struct Seat {
    worker: Worker,
    epoch: u64,
    checked_ms: u64,
}

pub(crate) struct Sim {
    dice: Dice,
    mixture: Mixture,
    pub(crate) log: MemoryLog,
    pub(crate) counts: MemoryCounts,
    pub(crate) ingest: MemoryIngest,
    clock: DrivenClock,
    aggregators: Vec<Aggregator>,
    pub(crate) written: Vec<Written>,
    clicks: u32,
    backup: Option<CountsBackup>,
    down_until: u64,
    limits: BatchLimits,
    mutation: Mutation,
    pub(crate) given_up: BTreeSet<(Lane, u16, u64)>,
    /// Given up because they grew too old: each must stand in the ledger, counted or lost.
    pub(crate) expired: BTreeSet<(Lane, u16, u64)>,
    /// By partition the offset below which retention, or a restored ledger, may have cost records.
    pub(crate) cut: BTreeMap<u16, Offset>,
    pub(crate) tally: Tally,
}

/// Plays a schedule to its end; says what is wrong with what it left.
pub(crate) fn play(seed: u64, mutation: Mutation) -> Result<Tally, Wrong> {
    let mut sim = Sim::new(seed, mutation);
    for step in 0..STEPS {
        sim.happen(step)?;
    }
    sim.drain()?;
    check(&mut sim)?;
    // What was late may come at any time, also after the end.
    while sim.counts.let_one_arrive() {}
    check(&mut sim)?;
    sim.tally.fenced = sim.log.fenced();
    sim.tally.arrived_late = sim.counts.arrived_late();
    sim.tally.overwritten = sim.log.overwritten();
    Ok(sim.tally)
}

impl Sim {
    fn new(seed: u64, mutation: Mutation) -> Sim {
        let mut dice = Dice::new(seed);
        let mixture = Mixture::throw(&mut dice);
        let opening = dice.below(2);
        let log = MemoryLog::new(PARTITIONS, opening, dice.bits());
        let counts = MemoryCounts::new(dice.bits());
        log.set_faults(mixture.log);
        counts.set_faults(mixture.counts);
        if mutation.needs_weak_tokens() {
            counts.weaken_tokens();
        }
        let spy = Spy::default();
        let members = 1 + dice.index(2);
        let hours = if mixture.one_landing { DAY_MS / 2 } else { DAY_MS };
        let clock = DrivenClock::at(START_MS + dice.below(hours));
        let aggregators = (0..members).map(|member| Aggregator {
            log: MutatedLog::new(log.member(member), clock.clone(), mutation, spy.clone()),
            counts: MutatedCounts::new(counts.clone(), mutation, spy.clone()),
            seats: BTreeMap::new(),
            deaf: 0,
        });
        let aggregators = aggregators.collect();
        if mixture.naps > 0 {
            counts.forget_tokens(clock.clone(), TOKEN_KNOWN_MS, INSERT_ARRIVES_MS);
        }
        for partition in 0..PARTITIONS {
            log.assign(partition, dice.index(members));
        }
        Sim {
            ingest: MemoryIngest::new(Lane(dice.bits())),
            clock,
            limits: BatchLimits {
                bytes_max: 100 + dice.index(1_000),
                flush_delay_ms: 500,
            },
            dice,
            mixture,
            log,
            counts,
            aggregators,
            written: Vec::new(),
            clicks: 0,
            backup: None,
            down_until: 0,
            mutation,
            given_up: BTreeSet::new(),
            expired: BTreeSet::new(),
            cut: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// One thing happens.
    fn happen(&mut self, step: u64) -> Result<(), Wrong> {
        self.counts.set_down(step < self.down_until);
        self.clock.advance(self.dice.below(200));
        match self.dice.below(10) {
            0 => self.write(),
            1 => self.ship(),
            2 => self.clock.advance(self.dice.below(1_200)),
            3 => self.misfortune(step),
            _ => {
                let member = self.dice.index(self.aggregators.len());
                // Some steps in a row of one: the other is paused meanwhile.
                for _ in 0..1 + self.dice.below(6) {
                    self.step(member)?;
                }
            }
        }
        Ok(())
    }

    fn write(&mut self) {
        let partition = self.dice.below(u64::from(PARTITIONS)) as u16;
        for _ in 0..1 + self.dice.below(4) {
            let first = self.clicks;
            self.clicks += 1 + self.dice.below(3) as u32;
            self.write_record(partition, first..self.clicks);
        }
    }

    fn write_record(&mut self, partition: u16, clicks: std::ops::Range<u32>) {
        let hour = Hour::of_unix_ms(self.clock.unix_ms());
        let interactions: Vec<_> = clicks.clone().map(|number| click("acme", "/p", number)).collect();
        let header = self.ingest.write(partition, hour, &interactions);
        self.written.push(Written { header, clicks });
    }

    fn ship(&mut self) {
        let partition = self.dice.below(u64::from(PARTITIONS)) as u16;
        if self.dice.chance(self.mixture.damage) {
            let damage = [Damage::Body, Damage::Header][self.dice.index(2)];
            self.ingest.ship_damaged(&self.log, partition, damage);
        }
        let (count, failing) = (1 + self.dice.index(6), self.mixture.ship_fails);
        let failed = self.ingest.ship(&self.log, partition, count, failing, &mut self.dice);
        match self.mutation {
            Mutation::RecordLeftOut if failed => self.ingest.leave_one_out(&self.log, partition),
            Mutation::AcknowledgedUnsent if failed => self.ingest.acknowledge_unsent(partition),
            _ => {}
        }
        if self.dice.chance(self.mixture.stray) {
            self.ingest.let_a_stray_arrive(&self.log, partition, &mut self.dice);
        }
        match self.dice.below(8) {
            0 => self.ingest.send_again(partition),
            1..6 => self.ingest.acknowledge(partition),
            _ => {}
        }
        if self.dice.chance(self.mixture.replay) {
            self.ingest.replay(&self.log, partition, &mut self.dice);
        }
    }

    /// Each kind of misfortune has its own chance, ten times that of the mixture because one step in ten comes here.
    fn misfortune(&mut self, step: u64) {
        let partition = self.dice.below(u64::from(PARTITIONS)) as u16;
        let member = self.dice.index(self.aggregators.len());
        let mut hits = |per_mille: u32| self.dice.chance(per_mille * 10);
        let (crash, rebalance) = (hits(self.mixture.crash), hits(self.mixture.rebalance));
        let (days, outage, retention) = (
            hits(self.mixture.days),
            hits(self.mixture.outage),
            hits(self.mixture.retention),
        );
        let (reopen, give_up) = (hits(self.mixture.reopen), hits(self.mixture.give_up));
        let expire = hits(self.mixture.expire);
        let (restore, adopt) = (hits(self.mixture.restore), hits(self.mixture.adopt));
        let nap = hits(self.mixture.naps);
        if crash {
            self.aggregators[member].seats.clear();
        }
        if rebalance {
            self.log.assign(partition, member);
        }
        if days {
            self.clock.advance(DAY_MS / 4 + self.dice.below(3 * DAY_MS));
            // Some days pass because everything was switched off.
            if self.dice.below(2) == 0 {
                self.stop_all();
            }
            self.seal();
        }
        if nap {
            self.nap();
        }
        if outage {
            self.down_until = step + self.dice.below(20);
        }
        if retention {
            let (low, end) = self.log.held(partition);
            let cut = self.dice.below(end - low + 1);
            self.cut_below(partition, low + cut);
        }
        if reopen {
            let fresh = Lane(self.dice.bits());
            self.ingest.reopen(match self.mutation {
                Mutation::LaneUsedAgain => self.ingest.lane(),
                _ => fresh,
            });
            self.log.reopen();
        }
        if give_up {
            let given_up = self.ingest.give_up(partition);
            self.given_up.extend(given_up.iter().map(named));
        }
        if expire {
            let (fresh, hour) = (Lane(self.dice.bits()), Hour::of_unix_ms(self.clock.unix_ms()));
            let expired = self.ingest.expire(partition, fresh, hour);
            self.expired.extend(expired.iter().map(named));
            if self.mutation == Mutation::FarewellLeftOut {
                self.ingest.leave_farewells_out(partition);
            }
        }
        if adopt {
            self.adopt();
        }
        if restore {
            self.back_up_or_restore();
        }
        // What is late outlasts the night and its sender more often than not.
        if !days && !crash && !rebalance {
            self.counts.let_one_arrive();
        }
    }

    /// Nobody moves for longer than any token is remembered. Midnight is left alone: the schedule has one landing.
    fn nap(&mut self) {
        let nap_ms = 2 * TOKEN_KNOWN_MS;
        if (self.clock.unix_ms() + nap_ms) / DAY_MS == START_MS / DAY_MS {
            self.clock.advance(nap_ms);
        }
    }

    fn cut_below(&mut self, partition: u16, low: Offset) {
        self.log.truncate(partition, low);
        let cut = self.cut.entry(partition).or_default();
        *cut = (*cut).max(low);
    }

    fn stop_all(&mut self) {
        for aggregator in &mut self.aggregators {
            aggregator.seats.clear();
        }
    }

    /// An operator has the group go on from the ledger, while all aggregators are stopped.
    fn adopt(&mut self) {
        self.stop_all();
        let log_id = self.log.log_id();
        for partition in 0..PARTITIONS {
            let blocks = self.counts.blocks();
            let of_partition = blocks.iter().filter(|block| block.ledger.partition == partition);
            let Some(last) = of_partition.map(|block| block.ledger.intent.last).max() else {
                continue;
            };
            let intent = Intent {
                log_id,
                first: last,
                last,
                landing: Day::of_unix_ms(self.clock.unix_ms()),
                attempt: 0,
            };
            self.log.commit_unfenced(partition, &intent);
            self.tally.adopted += 1;
        }
    }

    /// A landing is sealed at the earliest a day after its end.
    fn seal(&mut self) {
        if self.dice.chance(700) {
            let today = Day::of_unix_ms(self.clock.unix_ms());
            self.tally.seals += u64::from(self.counts.seal_before(Day(today.0 - 1)));
        }
    }

    /// Restoring is done while no insert is on its way: the operator stops the aggregators' inserts first.
    fn back_up_or_restore(&mut self) {
        let seats = || self.aggregators.iter().flat_map(|aggregator| aggregator.seats.values());
        match &self.backup {
            Some(backup) if !seats().any(|seat| seat.worker.is_underway()) => {
                self.counts.restore(backup, self.dice.below(2) == 0);
                // A log on disk has released what the newer ledger had counted.
                for partition in 0..PARTITIONS {
                    let cut = self.cut.entry(partition).or_default();
                    *cut = (*cut).max(self.log.held(partition).0);
                }
                self.tally.restores += 1;
                self.backup = None;
            }
            Some(_) => {}
            None => self.backup = Some(self.counts.back_up()),
        }
    }

    /// What the runner does in a round, for one of its workers: look at the assignment, then step. A member that is cut
    /// off from the group goes on with what it believes.
    fn step(&mut self, member: usize) -> Result<Step, Wrong> {
        self.aggregators[member].deaf = match self.aggregators[member].deaf {
            0 if self.dice.chance(self.mixture.deaf) => 1 + self.dice.below(30),
            deaf => deaf.saturating_sub(1),
        };
        if self.aggregators[member].deaf == 0 {
            self.reseat(member)?;
        }
        let aggregator = &mut self.aggregators[member];
        let at = self.dice.index(aggregator.seats.len());
        let Some(seat) = aggregator.seats.values_mut().nth(at) else {
            return Ok(Step::Idle);
        };
        let halted = DrivenClock::at(seat.checked_ms);
        let clock = match seat.worker.situation().phase {
            Phase::Insert if self.mutation == Mutation::CheckNeverStale => &halted,
            Phase::Check => {
                seat.checked_ms = self.clock.unix_ms();
                &self.clock
            }
            _ => &self.clock,
        };
        let mut world = World {
            log: &mut aggregator.log,
            store: &mut aggregator.counts,
            clock,
        };
        let step = seat
            .worker
            .step(&mut world)
            .map_err(|halt| Wrong::Stuck(format!("halted: {halt}")))?;
        if let Step::Landed(ledger) = step {
            self.tally.landed += 1;
            self.tally.attempts += u64::from(ledger.intent.attempt > 0);
        }
        Ok(step)
    }

    fn reseat(&mut self, member: usize) -> Result<(), Wrong> {
        let aggregator = &mut self.aggregators[member];
        let assigned = aggregator.log.assigned();
        let assigned = assigned.map_err(|error| Wrong::Stuck(error.to_string()))?;
        let assigned: BTreeMap<u16, u64> = assigned.into_iter().collect();
        let seats = &mut aggregator.seats;
        seats.retain(|partition, seat| assigned.get(partition) == Some(&seat.epoch));
        for (partition, epoch) in assigned {
            seats.entry(partition).or_insert_with(|| {
                let (key, metrics) = (IdKey::new([7; 16]), AggregateMetrics::default());
                Seat {
                    worker: Worker::new(partition, key, self.limits, metrics),
                    epoch,
                    checked_ms: 0,
                }
            });
        }
        Ok(())
    }

    /// Nothing goes wrong any more: everything that is held is shipped, and everything shipped must be counted.
    fn drain(&mut self) -> Result<(), Wrong> {
        self.log.set_faults(LogFaults::default());
        self.counts.set_faults(CountFaults::default());
        self.counts.set_down(false);
        self.mixture.deaf = 0;
        for aggregator in &mut self.aggregators {
            aggregator.deaf = 0;
        }
        for partition in 0..PARTITIONS {
            // An idle worker under whom a ledger was restored learns of it with its next batch.
            if self.tally.restores > 0 {
                let first = self.clicks;
                self.clicks += 1;
                self.write_record(partition, first..self.clicks);
            }
            self.flush(partition);
        }
        for _ in 0..DRAIN_STEPS {
            if self.is_drained() {
                return Ok(());
            }
            self.clock.advance(100);
            let member = self.dice.index(self.aggregators.len());
            self.step(member)?;
            if self.dice.chance(100) {
                self.counts.let_one_arrive();
            }
        }
        Err(Wrong::Stuck(
            "not everything is counted although nothing goes wrong any more".into(),
        ))
    }

    fn flush(&mut self, partition: u16) {
        self.ingest.ship(&self.log, partition, usize::MAX, 0, &mut self.dice);
        self.ingest.acknowledge(partition);
    }

    fn is_drained(&mut self) -> bool {
        let log_id = self.log.log_id();
        let mut counts = self.counts.clone();
        let counted = |partition: u16| {
            let end = counts.ledger_end(log_id, partition).ok().flatten();
            end.map_or(0, |end| end.last + 1) == self.log.held(partition).1
        };
        let all_counted = (0..PARTITIONS).all(counted);
        let seats = || self.aggregators.iter().flat_map(|aggregator| aggregator.seats.values());
        all_counted && !seats().any(|seat| seat.worker.is_underway())
    }
}
