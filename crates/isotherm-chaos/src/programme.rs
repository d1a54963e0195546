//! Many schedules, several at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use futures_util::future::join_all;
use isotherm_fault::Point;
use tokio::sync::RwLock;

use crate::binary;
use crate::figures::{self, Figures};
use crate::scenario::Role;
use crate::scenarios::SCENARIOS;
use crate::schedule::{Order, Outcome, run};
use crate::world::World;

/// Schedules on one Kafka and one ClickHouse; then both begin anew, so that neither drowns in what is over.
const SCHEDULES_PER_WORLD: usize = 70;
/// In the long form every so many-th outage lasts for minutes.
const LONG_EVERY: usize = 11;

/// A schedule's number in the whole programme, with scenario and seed.
type Numbered = (usize, (usize, u64));

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Scenario and seed of each schedule.
    pub schedules: Vec<(usize, u64)>,
    /// Schedules at a time.
    pub lanes: usize,
    /// Some outages last for minutes.
    pub is_long: bool,
    /// Figures are measured as well, on a quiet cluster behind the schedules.
    pub with_figures: bool,
    /// The rule that every process leaves out, as `ISOTHERM_MUTANT` has it: the schedules must go wrong.
    pub mutant: Option<&'static str>,
    /// Told as soon as a schedule has ended.
    pub tell: fn(&Outcome),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Results {
    /// Of each schedule, in the order of their ends.
    pub outcomes: Vec<Outcome>,
    /// What was measured, if it was.
    pub figures: Option<Figures>,
}

impl Programme {
    /// Each scenario so many times, with seeds that follow from the first.
    pub fn rounds(rounds: usize, seed: u64) -> Programme {
        let all = (0..rounds).flat_map(|round| (0..SCENARIOS.len()).map(move |scenario| (round, scenario)));
        let schedules = all
            .map(|(round, scenario)| (scenario, seed.wrapping_add(round as u64)))
            .collect();
        Programme {
            schedules,
            lanes: 5,
            is_long: false,
            with_figures: false,
            mutant: None,
            tell: |_| {},
        }
    }

    /// Runs all of it.
    ///
    /// # Errors
    /// When the servers or the binary cannot be had. What goes wrong in a schedule stands in its outcome.
    pub async fn run(&self) -> anyhow::Result<Results> {
        let binary = tokio::task::spawn_blocking(binary::build).await??;
        let mut outcomes = Vec::new();
        for (begun, schedules) in self.schedules.chunks(SCHEDULES_PER_WORLD).enumerate() {
            let world = World::start(binary.clone(), self.lanes).await?;
            let first = begun * SCHEDULES_PER_WORLD;
            outcomes.extend(self.run_in(world, schedules, first).await);
        }
        let figures = match self.with_figures {
            true => Some(
                figures::measure(World::start(binary, 0).await?)
                    .await
                    .context("figures")?,
            ),
            false => None,
        };
        Ok(Results { outcomes, figures })
    }

    async fn run_in(&self, world: World, schedules: &[(usize, u64)], first: usize) -> Vec<Outcome> {
        // Those that stop a server are alone: at the end, so that the others do not wait for them one by one.
        let (alone, beside): (Vec<_>, Vec<_>) = (first..)
            .zip(schedules)
            .partition(|(_, (scenario, _))| SCENARIOS[*scenario].is_alone());
        let queue: VecDeque<_> = beside.into_iter().chain(alone).collect();
        let queue: VecDeque<Numbered> = queue.into_iter().map(|(number, order)| (number, *order)).collect();
        let (queue, world) = (Mutex::new(queue), RwLock::new(world));
        let lanes = (0..self.lanes).map(|lane| self.lane(lane, &queue, &world));
        let outcomes = join_all(lanes).await;
        outcomes.into_iter().flatten().collect()
    }

    /// Runs one schedule after the other until none is left.
    async fn lane(&self, lane: usize, queue: &Mutex<VecDeque<Numbered>>, world: &RwLock<World>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((number, (scenario, seed))) = next else {
                return outcomes;
            };
            let is_long = self.is_long && number.is_multiple_of(LONG_EVERY);
            let order = Order {
                scenario,
                seed,
                number,
                lane,
                is_long,
                mutant: self.mutant,
            };
            let outcome = run(world, order).await;
            (self.tell)(&outcome);
            outcomes.push(outcome);
        }
    }
}

impl Results {
    /// The schedules in which something is wrong.
    pub fn wrong(&self) -> Vec<&Outcome> {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.problem.is_some())
            .collect()
    }

    /// Sums over all schedules.
    pub fn sum(&self, of: impl Fn(&Outcome) -> u64) -> u64 {
        self.outcomes.iter().map(of).sum()
    }

    /// In how many schedules the fault was met at a point with something open.
    pub fn faults(&self) -> BTreeMap<Point, u64> {
        let mut faults = BTreeMap::new();
        for outcome in self.outcomes.iter().filter(|outcome| outcome.open > 0) {
            *faults.entry(SCENARIOS[outcome.scenario].point).or_default() += 1;
        }
        faults
    }

    /// Milliseconds from an aggregator's death or halt to the first newer insert on every page, sorted.
    pub fn takeovers_ms(&self) -> Vec<u64> {
        let is_takeover = |outcome: &&Outcome| {
            let scenario = &SCENARIOS[outcome.scenario];
            scenario.role == Role::Aggregate && scenario.loses_an_aggregator() && outcome.problem.is_none()
        };
        let mut all: Vec<u64> = self
            .outcomes
            .iter()
            .filter(is_takeover)
            .map(|outcome| outcome.back_ms)
            .collect();
        all.sort_unstable();
        all
    }
}

/// The value below which so many per mille of sorted values lie; 0 of none.
pub(crate) fn quantile<T: Copy + Default>(sorted: &[T], per_mille: usize) -> T {
    let index = (sorted.len() * per_mille).div_ceil(1_000).max(1) - 1;
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_there_are() {
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(quantile(&hundred, 990), 99);
        assert_eq!(quantile(&hundred, 500), 50);
        assert_eq!(quantile(&[7], 990), 7);
        assert_eq!(quantile::<u64>(&[], 990), 0);
    }

    #[test]
    fn a_round_has_every_scenario_and_every_point_that_can_be_planned() {
        let programme = Programme::rounds(2, 7);
        assert_eq!(programme.schedules.len(), 2 * SCENARIOS.len());
        assert!(SCENARIOS.len() >= 30);
        let planned = |point: &Point| SCENARIOS.iter().any(|scenario| scenario.point == *point);
        let never: Vec<_> = Point::ALL.iter().filter(|point| !planned(point)).collect();
        // These two are where a process finds that it was overtaken: they follow from the halts.
        assert_eq!(never, [&Point::Fenced, &Point::Superseded]);
    }
}
