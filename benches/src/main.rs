#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod asking;
mod client;
mod collecting;
mod disk;
mod draining;
mod drawing;
mod folding;
mod machine;
mod numbers;
mod process;
mod random;
mod results;
mod serving;
mod visitors;
mod whole;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::results::Results;

/// Measures Isotherm.
#[derive(Parser)]
#[command(name = "isotherm-benches")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything and write the results
    All {
        /// The release binary that is measured
        #[arg(long)]
        isotherm: PathBuf,
        /// A directory on the disk that is measured; a directory is made in it and removed
        #[arg(long)]
        dir: PathBuf,
        /// Where the results are written
        #[arg(long)]
        out: PathBuf,
    },
    /// Measure one thing and print what was found: collect, fold, drain, up, draw or ask
    One {
        /// Which
        what: String,
        /// The release binary that is measured
        #[arg(long)]
        isotherm: PathBuf,
        /// A directory on the disk that is measured; a directory is made in it and removed
        #[arg(long)]
        dir: PathBuf,
        /// A file into which what was found is written as well, with the machine
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Serve the collecting role alone, for the first benchmark
    Serve {
        /// Where the log lies
        #[arg(long)]
        dir: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    isotherm_service::logging::start(None)?;
    runtime.block_on(async {
        match arguments.command {
            Command::All { isotherm, dir, out } => all(&isotherm, &dir, &out).await,
            Command::One {
                what,
                isotherm,
                dir,
                out,
            } => one(&what, &isotherm, &dir, out.as_deref()).await,
            Command::Serve { dir } => serving::serve(&dir).await,
        }
    })
}

async fn all(isotherm: &Path, dir: &Path, out: &Path) -> anyhow::Result<()> {
    let dir = tempfile::tempdir_in(dir)?;
    let dir = dir.path();
    let machine = machine::lines(dir);
    say("disk")?;
    let fdatasync = disk::fdatasync_times(dir)?;
    say("durable collecting (45 s)")?;
    let collecting = collecting::measure(&dir.join("collect")).await?;
    say("folding (10 s)")?;
    let folding = folding::measure()?;
    say("log to queryable (60 s)")?;
    let draining = draining::measure(dir, isotherm).await?;
    say("isotherm up, idle and at 1,000 beacons a second (60 s)")?;
    let whole = whole::measure(&dir.join("up"), isotherm).await?;
    say("pictures (5 s)")?;
    let drawing = drawing::measure()?;
    let results = Results {
        machine,
        fdatasync,
        collecting,
        folding,
        draining,
        whole,
        drawing,
    };
    let text = results.text()?;
    std::fs::write(out, &text)?;
    say(&text)
}

async fn one(what: &str, isotherm: &Path, dir: &Path, out: Option<&Path>) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    let dir = tempfile::tempdir_in(dir)?;
    let dir = dir.path();
    let machine = machine::lines(dir);
    let text = match what {
        "collect" => {
            let found = collecting::measure(dir).await?;
            let (ratio, durable, nothing) = (found.ratio.text(3), found.durable.text(0), found.nothing.text(0));
            format!(
                "ratio {ratio}, durable {durable}, nothing {nothing}, {} per s",
                found.durable_per_s.text(0)
            )
        }
        "fold" => {
            let found = folding::measure()?;
            format!(
                "fold {}, decode {}, {} rows of {} places",
                found.fold_m.text(2),
                found.decode_m.text(2),
                found.rows,
                found.places
            )
        }
        "drain" => {
            let found = draining::measure(dir, isotherm).await?;
            let (all, merged) = (found.places_m.text(2), found.merged_m.text(2));
            let (own, engine) = (found.own_s.text(2), found.engine_s.text(2));
            let (rows, places, batches) = (found.rows, found.places, found.batches);
            format!(
                "{all}, merged {merged}, own {own}, engine {engine}, {rows} rows of {places} places in {batches} batches"
            )
        }
        "up" => {
            let found = whole::measure(dir, isotherm).await?;
            let (idle, loaded) = (found.idle.0.plus(found.idle.1), found.loaded.0.plus(found.loaded.1));
            let (asked, answered) = (&found.queryable, &found.answered);
            format!(
                "queryable {:.0} / {:.0} ms, answered {:.1} / {:.1} ms, memory {} / {} MB, {} of {} places",
                asked.within_ms(0.5),
                asked.within_ms(0.99),
                answered.within_ms(0.5),
                answered.within_ms(0.99),
                numbers::mb(idle.pss),
                numbers::mb(loaded.pss),
                found.counted,
                found.places
            )
        }
        "draw" => {
            let mut text = String::new();
            results::drawing(&mut text, &drawing::measure()?)?;
            text
        }
        "ask" => {
            let found = asking::measure(dir, isotherm).await?;
            let mut text = String::new();
            results::asking(&mut text, &found)?;
            text
        }
        _ => anyhow::bail!("there is no benchmark `{what}`: collect, fold, drain, up, draw or ask"),
    };
    if let Some(out) = out {
        std::fs::write(out, results::alone(what, &machine, &text))?;
    }
    say(&text)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
