//! Whole histories: the real worker, batch and fold against a log and a store in memory, under a seeded scheduler.
//!
//! Every synthetic click has a cell of its own, so every total must be exactly 1, or 0 where its record is accounted for
//! as lost. A failing schedule prints its seed; `ISOTHERM_SIM_SEED` plays it again, `ISOTHERM_SIM_SCHEDULES` sets how
//! many are played, `ISOTHERM_REPORT` names a file for what was found, as JSON.

#![expect(clippy::print_stderr, reason = "what was played is told to whoever runs the tests")]

mod check;
mod faults;
mod mutations;
mod planted;
mod report;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};

use check::Wrong;
use planted::Mutation;
use report::{Played, number, play_many};
use world::play;

/// Schedules of the short form.
const SCHEDULES: u64 = 20_000;
/// Schedules within which every planted fault must be found; nearly all are found within a few hundred.
const SCHEDULES_PER_MUTATION: u64 = 100_000;

#[test]
fn every_click_is_counted_exactly_once_whatever_happens() {
    if let Some(seed) = number("ISOTHERM_SIM_SEED") {
        let tally = play(seed, Mutation::None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        eprintln!("seed {seed}: {tally:?}");
        return;
    }
    let schedules = number("ISOTHERM_SIM_SCHEDULES").unwrap_or(SCHEDULES);
    let mut played = play_many(schedules);
    eprintln!("{}", played.summary());
    played.write_report();
    assert!(
        played.failed.is_empty(),
        "{}\nplay one again with ISOTHERM_SIM_SEED",
        played.summary()
    );
    if schedules >= SCHEDULES {
        assert_that_much_happened(&mut played);
    }
}

/// A simulation in which nothing goes wrong proves nothing.
fn assert_that_much_happened(played: &mut Played) {
    for (what, count) in played.tally.entries() {
        assert!(*count >= 500, "hardly ever happened: {what} ({count})");
    }
    let tally = &played.tally;
    assert!(
        tally.counted > 10 * tally.declared_lost,
        "too much is lost to say anything: {tally:?}"
    );
}

/// The first schedule that each core's share finds the fault in, and that is right without it; the lower seed of them. The cores share the work.
fn find(mutation: Mutation) -> Option<(u64, Wrong)> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let is_found = AtomicBool::new(false);
    let search = |thread: u64| {
        let mut seeds = (thread..SCHEDULES_PER_MUTATION).step_by(threads as usize);
        seeds.find_map(|seed| match is_found.load(Ordering::Relaxed) {
            true => Some(None),
            false => {
                let wrong = play(seed, mutation).err()?;
                // Wrong by the fault itself, not by the wall that is down beside it.
                let is_its_own = play(seed, mutation.control()).is_ok();
                is_its_own.then(|| {
                    is_found.store(true, Ordering::Relaxed);
                    Some((seed, wrong))
                })
            }
        })
    };
    std::thread::scope(|scope| {
        let searches: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn({
                    let search = &search;
                    move || search(thread)
                })
            })
            .collect();
        let ended = searches.into_iter().map(|search| search.join());
        let found = ended.filter_map(|search| search.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        found.flatten().min_by_key(|(seed, _)| *seed)
    })
}

#[test]
fn every_planted_fault_is_found() {
    let mut unseen = Vec::new();
    for mutation in Mutation::PLANTED {
        let found = find(*mutation);
        match found {
            Some((seed, wrong)) => {
                eprintln!("{mutation:?}: found by seed {seed}: {wrong}");
                // Without any fault the same schedule is right.
                if let Err(wrong) = play(seed, Mutation::None) {
                    panic!("seed {seed}: {wrong}");
                }
            }
            None => unseen.push(*mutation),
        }
    }
    assert!(
        unseen.is_empty(),
        "not found in {SCHEDULES_PER_MUTATION} schedules: {unseen:?}"
    );
}
