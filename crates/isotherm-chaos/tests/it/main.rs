//! The short form: scenarios on real processes, once.

use std::io::Write;
use std::time::Instant;

use isotherm_chaos::{Outcome, Programme, SCENARIOS};

/// The seed of the short form; `ISOTHERM_SEED` names another.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn every_admitted_beacon_is_counted_once_whatever_fails() {
    let seed = std::env::var("ISOTHERM_SEED").map_or(SEED, |seed| seed.parse().expect("ISOTHERM_SEED is a number"));
    let mut programme = Programme::short(seed);
    let planned = programme.schedules.len();
    programme.tell = tell;
    let began = Instant::now();
    let results = programme.run().await.expect("servers and binary");
    let (schedules, seconds) = (results.outcomes.len(), began.elapsed().as_secs());
    say(&format!("{schedules} schedules in {seconds} s"));
    let wrong: Vec<String> = results.wrong().into_iter().map(explain).collect();
    assert!(
        wrong.is_empty(),
        "{} of {schedules}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(results.whole().count(), planned);
    assert!(
        results.outcomes.iter().all(|outcome| outcome.open > 0),
        "every fault is met with something open"
    );
    let sums = (results.sum(|o| o.verdict.lost), results.sum(|o| o.verdict.doubled));
    assert_eq!(sums, (0, 0));
}

/// A line for whoever waits, with the seed.
fn tell(outcome: &Outcome) {
    let Outcome {
        scenario,
        seed,
        took_ms,
        ..
    } = outcome;
    let (name, admitted) = (SCENARIOS[*scenario].name, outcome.verdict.admitted);
    let what = if outcome.problem.is_none() { "right" } else { "wrong" };
    say(&format!(
        "{scenario}:{seed} {name}: {what}, {admitted} admitted, {took_ms} ms ({})",
        outcome.stages
    ));
}

fn say(line: &str) {
    // Whoever does not listen misses a line only.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn explain(outcome: &Outcome) -> String {
    let Outcome { scenario, seed, .. } = outcome;
    let problem = outcome.problem.as_deref().unwrap_or_default();
    let name = SCENARIOS[*scenario].name;
    format!("{name}: {problem}\n  cargo run -p isotherm-chaos -- --replay {scenario}:{seed}")
}
