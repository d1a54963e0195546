//! Playing many schedules, and what is told of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::check::{Tally, Wrong};
use super::planted::Mutation;
use super::world::play;

/// Failing seeds that are named; more are only counted.
const SEEDS_NAMED: usize = 20;

/// Schedules that were played.
#[derive(Default)]
pub(crate) struct Played {
    schedules: u64,
    seconds: f64,
    pub(crate) tally: Tally,
    pub(crate) failed: Vec<(u64, Wrong)>,
}

pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// A long run says how far it is after so many schedules.
const TOLD_EVERY: u64 = 50_000;

/// Plays the seeds from 0 on. The cores share the work; seeds do not depend on how it is shared.
pub(crate) fn play_many(schedules: u64) -> Played {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let (begun, done) = (Instant::now(), AtomicU64::new(0));
    let tell = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(TOLD_EVERY) {
            let seconds = begun.elapsed().as_secs_f64();
            eprintln!("{done} of {schedules} schedules, {:.0} a second", done as f64 / seconds);
        }
    };
    let run = |thread: u64| {
        let mut played = Played::default();
        for seed in (thread..schedules).step_by(threads as usize) {
            played.schedules += 1;
            tell();
            match play(seed, Mutation::None) {
                Ok(tally) => played.tally.add(&tally),
                Err(wrong) => played.failed.push((seed, wrong)),
            }
        }
        played
    };
    let mut sum = Played::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        for worker in workers {
            let played = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            sum.schedules += played.schedules;
            sum.tally.add(&played.tally);
            sum.failed.extend(played.failed);
        }
    });
    sum.seconds = begun.elapsed().as_secs_f64();
    sum.failed.sort_by_key(|(seed, _)| *seed);
    sum
}

impl Played {
    /// Schedules that ended with something counted twice, and with something lost without a word.
    fn doubled_and_lost(&self) -> (usize, usize) {
        let count = |is: fn(&Wrong) -> bool| self.failed.iter().filter(|(_, wrong)| is(wrong)).count();
        let doubled = count(|wrong| matches!(wrong, Wrong::Doubled(_)));
        (doubled, count(|wrong| matches!(wrong, Wrong::Lost(_))))
    }

    /// One line, and one for each failing seed.
    pub(crate) fn summary(&self) -> String {
        let (doubled, lost) = self.doubled_and_lost();
        let mut text = format!(
            "{} schedules (seeds from 0): {} failed, {doubled} doubled, {lost} lost; {:?}",
            self.schedules,
            self.failed.len(),
            self.tally
        );
        for (seed, wrong) in self.failed.iter().take(SEEDS_NAMED) {
            text += &format!("\nseed {seed}: {wrong}");
        }
        text
    }

    /// The same as JSON into the file that `ISOTHERM_REPORT` names.
    pub(crate) fn write_report(&mut self) {
        let Ok(path) = std::env::var("ISOTHERM_REPORT") else {
            return;
        };
        let (doubled, lost) = self.doubled_and_lost();
        let seeds: Vec<String> = self.failed.iter().map(|(seed, _)| seed.to_string()).collect();
        let happened = self.tally.entries().map(|(name, count)| format!("\"{name}\": {count}"));
        let text = format!(
            "{{\"what\": \"simulation\", \"schedules\": {}, \"seconds\": {:.0}, \"failed\": {}, \"doubled\": {doubled}, \"lost\": {lost}, \
             \"first_seed\": 0, \"failed_seeds\": [{}], \"happened\": {{{}}}}}\n",
            self.schedules,
            self.seconds,
            self.failed.len(),
            seeds.join(", "),
            happened.join(", ")
        );
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}
