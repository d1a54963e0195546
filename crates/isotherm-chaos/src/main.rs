//! The programme by hand: so many rounds of all scenarios, or one schedule again.

#![forbid(unsafe_code)]

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use isotherm_chaos::{Outcome, Planned, Programme, SCENARIOS, write};

const USAGE: &str = "usage: isotherm-chaos [--rounds N] [--seed S] [--lanes L] [--long] [--figures] [--release BINARY] [--mutant NAME] \
     [--simulation FILE] [--report FOLDER] \
     | --replay SCENARIO:SEED …";

/// Schedules in which each point must be met in the long form; one more is planned.
const FAULTS_MIN: usize = 10;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(std::io::stderr(), "isotherm-chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args().skip(1);
    let (mut rounds, mut seed, mut report, mut replay) = (1, u64::from(std::process::id()), None, Vec::new());
    let (mut mutant, mut simulation) = (None, None);
    let mut programme = Programme::rounds(0, 0);
    programme.tell = tell;
    while let Some(word) = words.next() {
        let mut value = || words.next().context(USAGE);
        match word.as_str() {
            "--rounds" => rounds = value()?.parse()?,
            "--seed" => seed = value()?.parse()?,
            "--lanes" => programme.lanes = value()?.parse()?,
            "--long" => programme.is_long = true,
            "--mutant" => mutant = Some(&*value()?.leak()),
            "--figures" => programme.with_figures = true,
            "--release" => programme.release = Some(Path::new(&value()?).canonicalize()?),
            "--simulation" => simulation = Some(std::fs::read_to_string(value()?)?),
            "--report" => report = Some(value()?),
            "--replay" => replay.push(parse_replay(&value()?)?),
            _ => bail!(USAGE),
        }
    }
    let is_replay = !replay.is_empty();
    programme.schedules = match replay.is_empty() {
        true if programme.is_long => {
            let all = Programme::rounds(rounds, seed).with_each_point(FAULTS_MIN + 1, seed);
            all.with_mutants(seed).schedules
        }
        true => Programme::rounds(rounds, seed).with_mutants(seed).schedules,
        false => replay,
    };
    if mutant.is_some() {
        programme
            .schedules
            .iter_mut()
            .for_each(|planned| planned.mutant = mutant);
    }
    let results = programme.run().await?;
    if let Some(folder) = report {
        write(Path::new(&folder), &results, simulation.as_deref())?;
    }
    // A point that was hardly met is not tried.
    let wanted = if programme.is_long { FAULTS_MIN as u64 } else { 0 };
    let fewest = results.fewest_faults();
    let is_tried = is_replay || fewest >= wanted;
    if !is_tried {
        writeln!(
            std::io::stdout(),
            "a point was met in {fewest} schedules only, not in {wanted}"
        )?;
    }
    let (all, wrong) = (results.outcomes.len(), results.wrong().len());
    writeln!(
        std::io::stdout(),
        "{all} schedules, {wrong} wrong; {:?}",
        results.figures
    )?;
    Ok(if wrong == 0 && is_tried {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse_replay(text: &str) -> anyhow::Result<Planned> {
    let (scenario, seed) = text.split_once(':').context(USAGE)?;
    let scenario: usize = scenario.parse()?;
    if scenario >= SCENARIOS.len() {
        bail!("there are {} scenarios", SCENARIOS.len());
    }
    let (seed, mutant) = (seed.parse()?, None);
    Ok(Planned { scenario, seed, mutant })
}

fn tell(outcome: &Outcome) {
    let Outcome { scenario, seed, .. } = outcome;
    let what = outcome.problem.as_deref().unwrap_or("right");
    let left_out = outcome
        .mutant
        .map(|mutant| format!(" without {mutant}"))
        .unwrap_or_default();
    let (name, seconds, back_ms) = (SCENARIOS[*scenario].name, outcome.took_ms / 1_000, outcome.back_ms);
    // Whoever does not listen misses a line only.
    let _ = writeln!(
        std::io::stdout(),
        "{scenario}:{seed} {name}{left_out}: {what} ({seconds} s, back after {back_ms} ms, {} admitted, {} unanswered; {})",
        outcome.verdict.admitted,
        outcome.verdict.unknown,
        outcome.stages
    );
}
