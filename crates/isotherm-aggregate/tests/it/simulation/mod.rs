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

use planted::Mutation;
use report::{Played, number, play_many};
use world::play;

/// Schedules of the short form.
const SCHEDULES: u64 = 20_000;
/// Schedules within which every planted fault must be found; nearly all are found within a few hundred.
const SCHEDULES_PER_MUTATION: u64 = 20_000;

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

#[test]
fn every_planted_fault_is_found() {
    let (mut seeds, mut unseen) = (Vec::new(), Vec::new());
    for mutation in Mutation::PLANTED {
        let found = (0..SCHEDULES_PER_MUTATION).find_map(|seed| Some((seed, play(seed, *mutation).err()?)));
        match found {
            Some((seed, wrong)) => {
                eprintln!("{mutation:?}: found by seed {seed}: {wrong}");
                seeds.push(seed);
            }
            None => unseen.push(*mutation),
        }
    }
    assert!(
        unseen.is_empty(),
        "not found in {SCHEDULES_PER_MUTATION} schedules: {unseen:?}"
    );
    // Without a fault the same schedules are right.
    for seed in seeds {
        if let Err(wrong) = play(seed, Mutation::None) {
            panic!("seed {seed}: {wrong}");
        }
    }
}
