//! Whole histories: the real worker, batch and fold against a log and a store in memory, under a seeded scheduler.
//!
//! Every synthetic click has a cell of its own, so every total must be exactly 1, or 0 where its record is accounted for
//! as lost. A failing schedule prints its seed; `ISOTHERM_SIM_SEED` plays it again, `ISOTHERM_SIM_SCHEDULES` sets how
//! many are played.

#![expect(clippy::print_stderr, reason = "what was played is told to whoever runs the tests")]

mod check;
mod faults;
mod mutations;
mod world;

use check::Tally;
use mutations::Mutation;
use world::play;

/// Schedules of the short form.
const SCHEDULES: u64 = 20_000;
/// Schedules within which every planted fault must be found; most are found within a few dozen.
const SCHEDULES_PER_MUTATION: u64 = 3_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn every_click_is_counted_exactly_once_whatever_happens() {
    if let Some(seed) = number("ISOTHERM_SIM_SEED") {
        let tally = play(seed, Mutation::None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        eprintln!("seed {seed}: {tally:?}");
        return;
    }
    let schedules = number("ISOTHERM_SIM_SCHEDULES").unwrap_or(SCHEDULES);
    // Both cores share the work; seeds do not depend on how it is shared.
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let tally = std::thread::scope(|scope| {
        let run = |thread: u64| {
            let mut sum = Tally::default();
            for seed in (thread..schedules).step_by(threads as usize) {
                match play(seed, Mutation::None) {
                    Ok(tally) => sum.add(&tally),
                    Err(wrong) => panic!("seed {seed}: {wrong}\nplay it again with ISOTHERM_SIM_SEED={seed}"),
                }
            }
            sum
        };
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        let mut sum = Tally::default();
        for worker in workers {
            sum.add(&worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        sum
    });
    eprintln!("{schedules} schedules: {tally:?}");
    if schedules >= SCHEDULES {
        assert_that_much_happened(&tally);
    }
}

/// A simulation in which nothing goes wrong proves nothing.
fn assert_that_much_happened(tally: &Tally) {
    let happened = [
        ("clicks counted", tally.counted),
        ("clicks lost and accounted for", tally.lost),
        ("repeats skipped", tally.skipped),
        ("late inserts", tally.arrived_late),
        ("refused commits", tally.fenced),
        ("attempts above 0", tally.attempts),
        ("landings sealed", tally.seals),
        ("lost rows of lanes", tally.lost_rows_of_lanes),
        ("lost rows of offsets", tally.lost_rows_of_offsets),
        ("records that could not be decoded", tally.poison),
        ("backups restored", tally.restores),
    ];
    for (what, count) in happened {
        assert!(count >= 500, "hardly ever happened: {what} ({count})");
    }
    assert!(
        tally.counted > 10 * tally.lost,
        "too much is lost to say anything: {tally:?}"
    );
}

#[test]
fn every_planted_fault_is_found() {
    for mutation in Mutation::PLANTED {
        let found = (0..SCHEDULES_PER_MUTATION).find_map(|seed| Some((seed, play(seed, mutation).err()?)));
        match found {
            Some((seed, wrong)) => eprintln!("{mutation:?}: found by seed {seed}: {wrong}"),
            None => panic!("{mutation:?} was not found in {SCHEDULES_PER_MUTATION} schedules"),
        }
    }
}
