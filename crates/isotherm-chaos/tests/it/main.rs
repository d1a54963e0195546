//! The short form: every scenario once, on real processes, and each rule of the scheme left out where that must show.

use std::io::Write;
use std::time::Instant;

use isotherm_chaos::{MUTANTS, Outcome, Programme, SCENARIOS};

/// The seed of the short form; `ISOTHERM_SEED` names another.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn every_admitted_beacon_is_counted_once_whatever_fails_and_a_missing_rule_is_found() {
    let seed = std::env::var("ISOTHERM_SEED").map_or(SEED, |seed| seed.parse().expect("ISOTHERM_SEED is a number"));
    // Each rule is left out in the very schedule that is right with it: the same scenario, the same seed.
    let mut programme = Programme::rounds(1, seed).with_mutants(seed);
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
    assert_eq!(results.whole().count(), SCENARIOS.len());
    assert!(
        results.outcomes.iter().all(|outcome| outcome.open > 0),
        "every fault is met with something open"
    );
    let sums = (results.sum(|o| o.verdict.lost), results.sum(|o| o.verdict.doubled));
    assert_eq!(sums, (0, 0));
    assert_eq!(results.mutated().count(), MUTANTS.len());
    for outcome in results.mutated() {
        assert!(outcome.verdict.doubled > 0, "{outcome:?}");
    }
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
    let what = match (outcome.mutant, &outcome.problem) {
        (None, None) => "right".to_owned(),
        (None, Some(_)) => "wrong".to_owned(),
        (Some(mutant), Some(_)) => format!("without {mutant}: found, {} doubled", outcome.verdict.doubled),
        (Some(mutant), None) => format!("without {mutant}: not found"),
    };
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
    let problem = outcome.problem.as_deref().unwrap_or("it is right without a rule");
    let name = SCENARIOS[*scenario].name;
    let without = outcome
        .mutant
        .map(|mutant| format!(" --mutant {mutant}"))
        .unwrap_or_default();
    format!("{name}: {problem}\n  cargo run -p isotherm-chaos -- --replay {scenario}:{seed}{without}")
}
