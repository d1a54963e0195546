//! The long proof by hand: so many rounds in both shapes, and a report.

#![forbid(unsafe_code)]

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use isotherm_prove::{Clean, Figures, Leaking, Shape, clean, leaking, search_clean, search_leaking, write};

const USAGE: &str = "usage: isotherm-prove [--rounds N] [--seed S] [--streams N] [--note TEXT] [--report FOLDER]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(std::io::stderr(), "isotherm-prove: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<bool> {
    let mut words = std::env::args().skip(1);
    let (mut rounds, mut seed, mut report) = (1, u64::from(std::process::id()), None);
    let mut figures = Figures::default();
    while let Some(word) = words.next() {
        let value = words.next().context(USAGE)?;
        match word.as_str() {
            "--rounds" => rounds = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--streams" => figures.streams = Some(value.parse()?),
            "--note" => figures.note = value,
            "--report" => report = Some(value),
            _ => bail!(USAGE),
        }
    }
    let (clean, leaking) = (clean()?, leaking()?);
    for round in 0..rounds {
        for shape in [Shape::Embedded, Shape::Cluster] {
            let seed = seed + 2 * round;
            let searched = search_clean(shape, &clean, seed).await;
            let searched = searched.with_context(|| format!("{}, seed {seed}", shape.name()))?;
            tell_clean(&searched);
            figures.clean.push(searched);
            let searched = search_leaking(shape, &leaking, seed + 1).await;
            let searched = searched.with_context(|| format!("leaks, {}, seed {}", shape.name(), seed + 1))?;
            tell_leaking(&searched);
            figures.leaking.push(searched);
        }
    }
    if let Some(folder) = report {
        write(Path::new(&folder), &figures)?;
    }
    let wrong = figures.wrong();
    for line in &wrong {
        tell(line);
    }
    Ok(wrong.is_empty())
}

fn tell_clean(one: &Clean) {
    let bytes: u64 = one.swept.sinks.iter().map(|sink| sink.bytes).sum();
    let (name, sinks, hits) = (one.shape.name(), one.swept.sinks.len(), one.swept.hits.len());
    tell(&format!(
        "{name}, seed {}: {} values in {} forms, {sinks} sinks, {} MiB: {hits} hits ({} s)",
        one.seed,
        one.values,
        one.patterns,
        bytes >> 20,
        one.seconds
    ));
    for hit in &one.swept.hits {
        tell(&format!("    {hit:?}"));
    }
}

fn tell_leaking(one: &Leaking) {
    let (name, found) = (one.shape.name(), one.planted - one.missed.len());
    tell(&format!(
        "{name}, leaks: {found} of {} found ({} s)",
        one.planted, one.seconds
    ));
}

fn tell(line: &str) {
    // Whoever does not listen misses a line only.
    let _ = writeln!(std::io::stdout(), "{line}");
}
