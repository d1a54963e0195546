//! What the long proof did, for people: docs/privacy-report.md.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::house::Shape;
use crate::leaks::LEAKS;
use crate::proof::{Clean, Leaking};
use crate::sinks::Sink;

/// Everything that was done.
#[derive(Default, Debug)]
pub struct Figures {
    /// Installations that must not leak.
    pub clean: Vec<Clean>,
    /// Installations that leak.
    pub leaking: Vec<Leaking>,
    /// Pairs of streams whose logs and counts were the same to the byte; `None` where that was not tried.
    pub streams: Option<u64>,
    /// Whether the binary is the one for users or one with checks, and other things to know.
    pub note: String,
}

impl Figures {
    /// Everything that is not as it must be, one line each.
    pub fn wrong(&self) -> Vec<String> {
        let hits = self.clean.iter().filter(|clean| !clean.swept.hits.is_empty());
        let hits = hits.map(|clean| format!("{}, seed {}: {:?}", clean.shape.name(), clean.seed, clean.swept.hits));
        let missed = self.leaking.iter().filter(|leaking| !leaking.missed.is_empty());
        let missed = missed.map(|leaking| format!("{}: missed {:?}", leaking.shape.name(), leaking.missed));
        hits.chain(missed).collect()
    }
}

/// Writes the report into a folder.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, figures: &Figures) -> anyhow::Result<()> {
    fs::write(folder.join("privacy-report.md"), text(figures)?)?;
    Ok(())
}

fn text(figures: &Figures) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Nobody is known: the long proof\n\nWritten by `make prove`. What is searched for, where and how: \
         [isotherm-prove](../crates/isotherm-prove/README.md).\n",
    );
    writeln!(text, "\n{}\n", figures.note)?;
    let wrong = figures.wrong();
    match wrong.is_empty() {
        true => writeln!(
            text,
            "**Nothing was found that must not be there, and every planted leak was found.**"
        )?,
        false => writeln!(text, "**Not as it must be:**\n\n- {}", wrong.join("\n- "))?,
    }
    match figures.streams {
        Some(streams) => writeln!(
            text,
            "\nNon-interference: {streams} random streams of page views, each sent twice by different visitors (addresses \
             within a country, user agents, widths within a class, cookies, referrers, languages): log and counts were the \
             same to the byte each time."
        )?,
        None => writeln!(text, "\nNon-interference was not tried in this run.")?,
    }
    for shape in [Shape::Embedded, Shape::Cluster] {
        about_shape(&mut text, figures, shape)?;
    }
    Ok(text)
}

fn about_shape(text: &mut String, figures: &Figures, shape: Shape) -> anyhow::Result<()> {
    let clean: Vec<&Clean> = figures.clean.iter().filter(|clean| clean.shape == shape).collect();
    if clean.is_empty() {
        return Ok(());
    }
    let name = shape.name();
    writeln!(text, "\n## On {name}\n")?;
    writeln!(
        text,
        "| seed | values | in all forms | page views | tables read | MiB searched | hits | seconds |\n|---|---|---|---|---|---|---|---|"
    )?;
    for one in &clean {
        let bytes: u64 = one.swept.sinks.iter().map(|sink| sink.bytes).sum();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            one.seed,
            one.values,
            one.patterns,
            one.page_views,
            one.swept.tables,
            mib(bytes),
            one.swept.hits.len(),
            one.seconds
        )?;
    }
    let leaking: Vec<_> = figures
        .leaking
        .iter()
        .filter(|leaking| leaking.shape == shape)
        .collect();
    let planted: usize = leaking.iter().map(|one| one.planted).sum();
    let missed: usize = leaking.iter().map(|one| one.missed.len()).sum();
    let (rounds, kinds) = (leaking.len(), LEAKS.len());
    writeln!(
        text,
        "\nLeaks planted in a test build, in {rounds} rounds: {} of {kinds} kinds each; found: {} of {planted}.",
        planted / rounds.max(1),
        planted - missed
    )?;
    writeln!(
        text,
        "\n| sink | KiB searched, all rounds | what must be there | hits |\n|---|---|---|---|"
    )?;
    for (index, sink) in clean[0].swept.sinks.iter().enumerate() {
        let bytes: u64 = clean
            .iter()
            .filter_map(|one| one.swept.sinks.get(index))
            .map(|sink| sink.bytes)
            .sum();
        let hits = clean
            .iter()
            .flat_map(|one| &one.swept.hits)
            .filter(|hit| hit.sink == sink.name);
        let control = if is_controlled(&clean, index) {
            "found"
        } else {
            "NOT FOUND"
        };
        writeln!(
            text,
            "| {} | {} | {control} | {} |",
            sink.name,
            bytes >> 10,
            hits.count()
        )?;
    }
    Ok(())
}

fn is_controlled(clean: &[&Clean], index: usize) -> bool {
    let controlled = |sink: Option<&Sink>| sink.is_some_and(|sink| sink.control);
    clean.iter().all(|one| controlled(one.swept.sinks.get(index)))
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}
