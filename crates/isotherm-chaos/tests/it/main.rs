//! The short form: every scenario once, on real processes.

use std::io::Write;

use isotherm_chaos::{Outcome, Programme, SCENARIOS};

/// The seed of the short form; `ISOTHERM_SEED` names another.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn every_admitted_beacon_is_counted_once_whatever_fails() {
    let seed = std::env::var("ISOTHERM_SEED").map_or(SEED, |seed| seed.parse().expect("ISOTHERM_SEED is a number"));
    let mut programme = Programme::rounds(1, seed);
    programme.tell = tell;
    let results = programme.run().await.expect("servers and binary");
    let wrong: Vec<String> = results.wrong().into_iter().map(explain).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        SCENARIOS.len(),
        wrong.join("\n")
    );
    assert_eq!(results.outcomes.len(), SCENARIOS.len());
    assert!(
        results.outcomes.iter().all(|outcome| outcome.open > 0),
        "every fault is met with something open"
    );
    assert_eq!(
        (results.sum(|o| o.verdict.lost), results.sum(|o| o.verdict.doubled)),
        (0, 0)
    );
}

/// A line for whoever waits, with the seed.
fn tell(outcome: &Outcome) {
    let Outcome {
        scenario,
        seed,
        took_ms,
        ..
    } = outcome;
    let (name, admitted, well) = (
        SCENARIOS[*scenario].name,
        outcome.verdict.admitted,
        outcome.problem.is_none(),
    );
    // Whoever does not listen misses a line only.
    let _ = writeln!(
        std::io::stdout(),
        "{scenario}:{seed} {name}: right {well}, {admitted} admitted, {took_ms} ms"
    );
}

fn explain(outcome: &Outcome) -> String {
    let Outcome { scenario, seed, .. } = outcome;
    let problem = outcome.problem.as_deref().unwrap_or_default();
    let name = SCENARIOS[*scenario].name;
    format!("{name}: {problem}\n  cargo run -p isotherm-chaos -- --replay {scenario}:{seed}")
}
