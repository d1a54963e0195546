//! Many schedules, several at a time.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use futures_util::future::{join_all, try_join};
use isotherm_fault::Point;
use tokio::sync::RwLock;

use crate::binary;
use crate::figures::{self, Figures};
use crate::outcome::Outcome;
use crate::scenario::Role;
use crate::scenarios::{LONG_ONLY, MUTANTS, SCENARIOS};
use crate::schedule::{Order, run};
use crate::world::World;

/// Seeds that are tried until a rule that is left out shows: it does where both workers' inserts arrive, which the halt
/// makes likely and not certain. Where none shows it, that is wrong.
const MUTANT_TRIES: usize = 4;
/// Names of a schedule's folders and tables carry its number; more schedules than this are in no programme.
const NUMBERS_PER_TRY: usize = 100_000;
/// Schedules on one Kafka and one ClickHouse; then both begin anew, so that neither drowns in what is over.
const SCHEDULES_PER_WORLD: usize = 70;
/// In the long form every so many-th outage lasts for minutes.
const LONG_EVERY: usize = 11;

/// A schedule with its number in the whole programme.
type Numbered = (usize, Planned);

/// A schedule that is to be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Index of the scenario.
    pub scenario: usize,
    /// With it, the schedule again.
    pub seed: u64,
    /// The rule that every process leaves out, as `ISOTHERM_MUTANT` has it: the schedule must go wrong.
    pub mutant: Option<&'static str>,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The schedules.
    pub schedules: Vec<Planned>,
    /// Schedules at a time; one more runs beside them while some stop servers, on servers of its own.
    pub lanes: usize,
    /// Some outages last for minutes.
    pub is_long: bool,
    /// Figures are measured as well, on a quiet cluster behind the schedules.
    pub with_figures: bool,
    /// The binary of which figures are taken, as it is delivered; else they are those of the test build.
    pub release: Option<PathBuf>,
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
    /// The figures are those of the binary as it is delivered, not of the test build.
    pub of_release: bool,
}

impl Programme {
    /// Each scenario so many times, with seeds that follow from the first.
    pub fn rounds(rounds: usize, seed: u64) -> Programme {
        let all = (0..rounds).flat_map(|round| (0..SCENARIOS.len()).map(move |scenario| (round, scenario)));
        let schedules = all
            .map(|(round, scenario)| Planned {
                scenario,
                seed: seed.wrapping_add(round as u64),
                mutant: None,
            })
            .collect();
        Programme {
            schedules,
            lanes: 6,
            is_long: false,
            with_figures: false,
            release: None,
            tell: |_| {},
        }
    }

    /// The short form: what has no near relation, once.
    pub fn short(seed: u64) -> Programme {
        let mut programme = Programme::rounds(1, seed);
        programme
            .schedules
            .retain(|planned| !LONG_ONLY.contains(&planned.scenario));
        programme
    }

    /// Scenarios again until each point is met so often, with the seeds of the rounds that would follow. Many points have
    /// several scenarios, some have one.
    pub fn with_each_point(mut self, times: usize, seed: u64) -> Programme {
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rounds = vec![0_u64; SCENARIOS.len()];
        for planned in &self.schedules {
            *met.entry(SCENARIOS[planned.scenario].point.name()).or_default() += 1;
            rounds[planned.scenario] += 1;
        }
        while let Some(scenario) = (0..SCENARIOS.len())
            .filter(|scenario| met.get(SCENARIOS[*scenario].point.name()).copied().unwrap_or(0) < times)
            .min_by_key(|scenario| rounds[*scenario])
        {
            self.schedules.push(Planned {
                scenario,
                seed: seed.wrapping_add(rounds[scenario]),
                mutant: None,
            });
            *met.entry(SCENARIOS[scenario].point.name()).or_default() += 1;
            rounds[scenario] += 1;
        }
        self
    }

    /// Each rule left out once more, in the scenario made for it, with this seed. To the front: they take long.
    pub fn with_mutants(mut self, seed: u64) -> Programme {
        let mutants = MUTANTS.iter().map(|(name, scenario)| Planned {
            scenario: *scenario,
            seed,
            mutant: Some(name),
        });
        self.schedules.splice(..0, mutants);
        self
    }

    /// Runs all of it.
    ///
    /// # Errors
    /// When the servers or the binary cannot be had. What goes wrong in a schedule stands in its outcome.
    pub async fn run(&self) -> anyhow::Result<Results> {
        let binary = tokio::task::spawn_blocking(binary::build).await??;
        let mut outcomes = Vec::new();
        for (begun, schedules) in self.schedules.chunks(SCHEDULES_PER_WORLD).enumerate() {
            let first = begun * SCHEDULES_PER_WORLD;
            let numbered = (first..).zip(schedules.iter().copied());
            // Those that stop a server have servers of their own, so that nobody waits for them.
            let (alone, beside): (Vec<Numbered>, Vec<Numbered>) =
                numbered.partition(|(_, planned)| SCENARIOS[planned.scenario].is_alone());
            let (beside, alone) =
                try_join(self.run_in(&binary, beside, self.lanes), self.run_in(&binary, alone, 1)).await?;
            outcomes.extend(beside.into_iter().chain(alone));
        }
        let figures = match self.with_figures {
            true => Some(
                figures::measure(World::start(self.release.clone().unwrap_or(binary), 0).await?)
                    .await
                    .context("figures")?,
            ),
            false => None,
        };
        let of_release = self.release.is_some();
        Ok(Results {
            outcomes,
            figures,
            of_release,
        })
    }

    /// Runs schedules on servers of their own, so many at a time.
    async fn run_in(&self, binary: &Path, schedules: Vec<Numbered>, lanes: usize) -> anyhow::Result<Vec<Outcome>> {
        if schedules.is_empty() {
            return Ok(Vec::new());
        }
        let lanes = lanes.min(schedules.len());
        let world = RwLock::new(World::start(binary.to_owned(), lanes).await?);
        let queue = Mutex::new(VecDeque::from(schedules));
        let lanes = (0..lanes).map(|lane| self.lane(lane, &queue, &world));
        Ok(join_all(lanes).await.into_iter().flatten().collect())
    }

    /// Runs one schedule after the other until none is left.
    async fn lane(&self, lane: usize, queue: &Mutex<VecDeque<Numbered>>, world: &RwLock<World>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((number, planned)) = next else {
                return outcomes;
            };
            let outlasts = SCENARIOS[planned.scenario].outlasts_timeouts();
            let is_long = self.is_long && (outlasts || number.is_multiple_of(LONG_EVERY));
            for again in 0.. {
                let order = Order {
                    scenario: planned.scenario,
                    seed: planned.seed + again as u64,
                    number: number + again * NUMBERS_PER_TRY,
                    lane,
                    is_long,
                    mutant: planned.mutant,
                };
                let outcome = run(world, order).await;
                (self.tell)(&outcome);
                let is_enough = outcome.mutant.is_none() || outcome.is_found_out() || again + 1 == MUTANT_TRIES;
                if is_enough {
                    // Where another seed showed it, the rule makes that seed right, too.
                    let control = (again > 0 && outcome.is_found_out()).then_some(order);
                    outcomes.push(outcome);
                    if let Some(order) = control {
                        let (number, mutant) = (order.number + NUMBERS_PER_TRY, None);
                        let outcome = run(
                            world,
                            Order {
                                number,
                                mutant,
                                ..order
                            },
                        )
                        .await;
                        (self.tell)(&outcome);
                        outcomes.push(outcome);
                    }
                    break;
                }
            }
        }
    }
}

impl Results {
    /// The schedules of the scheme as it is.
    pub fn whole(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.mutant.is_none())
    }

    /// The schedules in which a rule was left out.
    pub fn mutated(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.mutant.is_some())
    }

    /// The schedules in which something is wrong: a rule that was left out and not found is wrong, too.
    pub fn wrong(&self) -> Vec<&Outcome> {
        let of_whole = self.whole().filter(|outcome| outcome.problem.is_some());
        of_whole
            .chain(self.mutated().filter(|outcome| !outcome.is_found_out()))
            .collect()
    }

    /// Sums over all schedules of the scheme as it is.
    pub fn sum(&self, of: impl Fn(&Outcome) -> u64) -> u64 {
        self.whole().map(of).sum()
    }

    /// In how many schedules the fault was met at a point with something open.
    pub fn faults(&self) -> BTreeMap<Point, u64> {
        let mut faults = BTreeMap::new();
        for outcome in self.whole().filter(|outcome| outcome.open > 0) {
            *faults.entry(SCENARIOS[outcome.scenario].point).or_default() += 1;
        }
        faults
    }

    /// The fewest schedules that any planned point was met in.
    pub fn fewest_faults(&self) -> u64 {
        let (faults, planned) = (self.faults(), SCENARIOS.iter().map(|scenario| scenario.point));
        planned
            .map(|point| faults.get(&point).copied().unwrap_or(0))
            .min()
            .unwrap_or(0)
    }

    /// Milliseconds from an aggregator's death or halt to the first newer insert on every page, sorted.
    pub fn takeovers_ms(&self) -> Vec<u64> {
        let is_takeover = |outcome: &&Outcome| {
            let scenario = &SCENARIOS[outcome.scenario];
            scenario.role == Role::Aggregate && scenario.loses_an_aggregator() && outcome.problem.is_none()
        };
        let mut all: Vec<u64> = self
            .whole()
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
    use std::collections::BTreeSet;

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
        let short = Programme::short(7).schedules;
        let points: BTreeSet<Point> = short.iter().map(|planned| SCENARIOS[planned.scenario].point).collect();
        assert!(
            short.len() >= 30 && points.len() >= 15,
            "{} schedules, {points:?}",
            short.len()
        );
        let planned = |point: &Point| SCENARIOS.iter().any(|scenario| scenario.point == *point);
        let never: Vec<_> = Point::ALL.iter().filter(|point| !planned(point)).collect();
        // Only what halts or kills an aggregator can tell whether a rule is missing.
        assert!(
            MUTANTS
                .iter()
                .all(|(_, scenario)| SCENARIOS[*scenario].role == Role::Aggregate)
        );
        // These two are where a process finds that it was overtaken: they follow from the halts, and the first is asked for there.
        assert_eq!(never, [&Point::Fenced, &Point::Superseded]);
    }

    #[test]
    fn five_rounds_are_topped_up_until_each_point_is_met_eleven_times() {
        let programme = Programme::rounds(5, 7).with_each_point(11, 7);
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for planned in &programme.schedules {
            *met.entry(SCENARIOS[planned.scenario].point.name()).or_default() += 1;
            assert!(seen.insert((planned.scenario, planned.seed)), "{planned:?} twice");
        }
        assert!(met.values().all(|times| *times >= 11), "{met:?}");
        assert!(
            (300..400).contains(&programme.schedules.len()),
            "{}",
            programme.schedules.len()
        );
        assert_eq!(
            programme.schedules[..5 * SCENARIOS.len()],
            Programme::rounds(5, 7).schedules
        );
    }
}
