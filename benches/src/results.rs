//! RESULTS.md: every number with its aim, and every setting behind it.

use std::fmt::{self, Write};

use crate::asking::{self, Asking, Side};
use crate::collecting::{self, Collecting};
use crate::draining::{self, Draining};
use crate::drawing::{self, Drawing};
use crate::folding::{self, Folding};
use crate::numbers::{Times, mb};
use crate::visitors;
use crate::whole::{self, Whole};

/// Everything that was measured.
pub(crate) struct Results {
    pub(crate) machine: Vec<String>,
    pub(crate) fdatasync: Times,
    pub(crate) collecting: Collecting,
    pub(crate) folding: Folding,
    pub(crate) draining: Draining,
    pub(crate) whole: Whole,
    pub(crate) drawing: Drawing,
}

impl Results {
    /// The file's text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        let out = &mut text;
        writeln!(
            out,
            "# Results\n\nWritten by `make bench`; README.md beside it says how it measures."
        )?;
        writeln!(
            out,
            "Numbers are medians, in brackets the lowest and the highest run.\n"
        )?;
        for line in &self.machine {
            writeln!(out, "- {line}")?;
        }
        writeln!(
            out,
            "- servers and engine on core 0, generator and aggregator of benchmark 3 on core 1"
        )?;
        self.summary(out)?;
        self.collecting(out)?;
        self.folding(out)?;
        self.draining(out)?;
        self.whole(out)?;
        drawing(out, &self.drawing)?;
        Ok(text)
    }

    fn summary(&self, out: &mut String) -> fmt::Result {
        let whole = &self.whole;
        let memory =
            |(service, engine): (crate::process::Memory, crate::process::Memory)| service.plus(engine).pss as f64 / 1e6;
        writeln!(out, "\n| | measured | aim | |\n|---|---|---|---|")?;
        let met = |met| if met { "met" } else { "**missed**" };
        let mut row = |name: &str, number: f64, aim: &str, holds: bool| {
            writeln!(out, "| {name} | {number:.2} | {aim} | {} |", met(holds))
        };
        let ratio = self.collecting.ratio.median();
        let (fold, drain) = (self.folding.fold_m.median(), self.draining.places_m.median());
        let p99_s = whole.queryable.within_ms(0.99) / 1e3;
        let (idle, loaded) = (memory(whole.idle), memory(whole.loaded));
        row(
            "durable collecting / doing nothing, per CPU-second",
            ratio,
            "0.6 or more",
            ratio >= 0.6,
        )?;
        row("places folded per CPU-second, M", fold, "5 or more", fold >= 5.0)?;
        row(
            "log to queryable per CPU-second, engine included, M places",
            drain,
            "4 or more",
            drain >= 4.0,
        )?;
        row("click to queryable, p99, s", p99_s, "3 or less", p99_s <= 3.0)?;
        row(
            "memory of `up` with engine, idle, MB (PSS)",
            idle,
            "under 500",
            idle < 500.0,
        )?;
        row(
            "memory of `up` with engine, under load, MB (PSS)",
            loaded,
            "under 500",
            loaded < 500.0,
        )?;
        let picture = self.drawing.times.within_ms(0.99);
        row("a page as a picture, p99, ms", picture, "25 or less", picture <= 25.0)
    }

    fn collecting(&self, out: &mut String) -> fmt::Result {
        let found = &self.collecting;
        writeln!(out, "\n## 1. Durable collecting\n")?;
        writeln!(
            out,
            "One process with the collecting role alone (no aggregator, no engine), one HTTP worker, the commit thread on the same\n\
             core. `POST /v1/collect`, all admitted and answered 204 after fsync, against a handler of the same server that reads\n\
             the same body. CPU is user and system time of the whole process, commit thread and fsync included.\n"
        )?;
        writeln!(out, "| | median (lowest to highest) |\n|---|---|")?;
        writeln!(out, "| durable / nothing | {} |", found.ratio.text(3))?;
        writeln!(out, "| requests per CPU-second, durable | {} |", found.durable.text(0))?;
        writeln!(out, "| requests per CPU-second, nothing | {} |", found.nothing.text(0))?;
        writeln!(
            out,
            "| requests per second of wall time, durable | {} |",
            found.durable_per_s.text(0)
        )?;
        writeln!(
            out,
            "\nSettings: {} keep-alive connections without pipelining, {} runs of {} s each taking turns; bodies of {:.0} bytes on\n\
             average with 1 to {} places; `trusted_proxies = [\"127.0.0.1\"]` with rotating documentation addresses,\n\
             `rate_per_site_per_s = {}` (raised; default 5,000); else defaults: address limit, {} partitions, country file.",
            collecting::CONNECTIONS,
            collecting::RUNS,
            collecting::RUN.as_secs(),
            found.body_bytes,
            visitors::PLACES_MAX,
            crate::serving::SITE_RATE_PER_S,
            crate::serving::PARTITIONS
        )
    }

    fn folding(&self, out: &mut String) -> fmt::Result {
        let found = &self.folding;
        writeln!(out, "\n## 2. Folding\n")?;
        writeln!(
            out,
            "One batch of the aggregator's largest size, one thread: check and decode the records, fold, sort the rows.\n"
        )?;
        writeln!(out, "| | median (lowest to highest) |\n|---|---|")?;
        writeln!(out, "| M places folded per CPU-second | {} |", found.fold_m.text(2))?;
        writeln!(
            out,
            "| of that decoding alone, M places per CPU-second | {} |",
            found.decode_m.text(2)
        )?;
        writeln!(
            out,
            "\nSettings: {} runs; {} records of {} interactions in {} MiB, {} interactions with {} places, which become {} rows\n\
             ({:.2} per place); {} pages and {} elements on each by Zipf's law, 6 viewport classes, 12 countries.",
            folding::RUNS,
            found.records,
            folding::RECORD_INTERACTIONS,
            folding::BATCH_BYTES >> 20,
            found.interactions,
            found.places,
            found.rows,
            found.rows as f64 / found.places as f64,
            visitors::PAGES,
            visitors::ELEMENTS
        )
    }

    fn draining(&self, out: &mut String) -> fmt::Result {
        let found = &self.draining;
        writeln!(out, "\n## 3. Log to queryable\n")?;
        writeln!(
            out,
            "A full log on disk, worked off by the real aggregator into the embedded engine, until the ledger holds all of it.\n\
             CPU is that of the aggregator's process and of the engine's.\n"
        )?;
        writeln!(out, "| | median (lowest to highest) |\n|---|---|")?;
        writeln!(out, "| M places per CPU-second | {} |", found.places_m.text(2))?;
        writeln!(
            out,
            "| with the engine's merging afterwards | {} |",
            found.merged_m.text(2)
        )?;
        writeln!(
            out,
            "| the same in count rows, M per CPU-second | {:.2} |",
            found.places_m.median() * found.rows as f64 / found.places as f64
        )?;
        writeln!(out, "| CPU-seconds of the aggregator | {} |", found.own_s.text(2))?;
        writeln!(out, "| CPU-seconds of the engine | {} |", found.engine_s.text(2))?;
        writeln!(out, "| M places per second of wall time | {} |", found.wall_m.text(2))?;
        writeln!(
            out,
            "\nSettings: {} runs, each with a new log and a new engine; {} beacons with {} places in commits of {}, {} count rows\n\
             ({:.2} per place) in {} batches; batches of 2 MiB, everything else as shipped.",
            draining::RUNS,
            draining::BEACONS,
            found.places,
            draining::GROUP,
            found.rows,
            found.rows as f64 / found.places as f64,
            found.batches
        )
    }

    fn whole(&self, out: &mut String) -> fmt::Result {
        let found = &self.whole;
        let times = |times: &Times| format!("{:.1} | {:.1}", times.within_ms(0.5), times.within_ms(0.99));
        writeln!(out, "\n## 4. `isotherm up` at {} beacons a second\n", whole::PER_S)?;
        writeln!(out, "| ms | p50 | p99 |\n|---|---|---|")?;
        writeln!(
            out,
            "| fdatasync of 4 KiB on the same disk, nothing else running | {} |",
            times(&self.fdatasync)
        )?;
        writeln!(
            out,
            "| beacon due to answer 204, durable | {} |",
            times(&found.answered)
        )?;
        writeln!(
            out,
            "| beacon posted to counted in the store's answer | {} |",
            times(&found.queryable)
        )?;
        writeln!(
            out,
            "\n| MB | service RSS / PSS | engine RSS / PSS | together PSS |\n|---|---|---|---|"
        )?;
        for (name, (service, engine)) in [("idle", found.idle), ("most under load", found.loaded)] {
            let (a, b) = (service, engine);
            let both = mb(a.plus(b).pss);
            writeln!(
                out,
                "| {name} | {} / {} | {} / {} | {both} |",
                mb(a.rss),
                mb(a.pss),
                mb(b.rss),
                mb(b.pss)
            )?;
        }
        writeln!(
            out,
            "\nUnder load the service took {:.2} and the engine {:.2} CPU-seconds a second. {} beacons were answered 204 and {}\n\
             otherwise; of {} places in them the store counts {}.",
            found.cpu.0, found.cpu.1, found.done, found.refused, found.places, found.counted
        )?;
        writeln!(
            out,
            "\nSettings: {} s over {} connections, evenly paced, times from when each beacon was due; {} probes with a cell of their\n\
             own, one every {} ms, asked for every {} ms (asking is part of the time and of the load); idle means {} s after the\n\
             start; `trusted_proxies = [\"127.0.0.1\"]`, else defaults. Service, aggregator and engine share one core.",
            whole::RUN.as_secs(),
            whole::CONNECTIONS,
            found.queryable.len(),
            whole::PROBE_EVERY.as_millis(),
            whole::ASK_EVERY.as_millis(),
            whole::IDLE.as_secs()
        )
    }
}

/// What a picture costs beyond its answer.
pub(crate) fn drawing(out: &mut String, found: &Drawing) -> fmt::Result {
    writeln!(out, "\n## 5. A page as a picture\n")?;
    let [half, most] = [0.5, 0.99].map(|share| found.times.within_ms(share));
    let (width, height) = found.size_px;
    writeln!(
        out,
        "{},000 cells of 16 px on a page of 1,440 x 8,000 px, from what the gate shows to the bytes of the PNG, {} times on one thread:\n\
         p50 {half:.1} ms, p99 {most:.1} ms. The picture has {width} x {height} px and {} bytes.",
        drawing::CELLS / 1_000,
        drawing::PICTURES,
        found.bytes
    )
}

/// One benchmark's results as a file of their own.
pub(crate) fn alone(what: &str, machine: &[String], text: &str) -> String {
    let machine: String = machine.iter().map(|line| format!("- {line}\n")).collect();
    format!(
        "# Results of `one {what}`\n\nREADME.md beside it says how it measures.\n\n{machine}\n{}\n",
        text.trim_end()
    )
}

/// What answers of heat cost, beside the peer's.
pub(crate) fn asking(out: &mut String, found: &Asking) -> fmt::Result {
    writeln!(out, "## Questions for heat\n")?;
    writeln!(
        out,
        "A page's heat through the API (`heatmap`, layer click, with its elements and the gate), against the question that\n\
         PostHog asks of its own table for the same page, window and viewports, in the same engine over the same clicks.\n"
    )?;
    for size in &found.sizes {
        writeln!(out, "{} M clicks:\n", size.clicks / 1_000_000)?;
        writeln!(
            out,
            "| | as shipped | no page in memory | PostHog's table | ratio | aim | |\n|---|---|---|---|---|---|---|"
        )?;
        let (own, asked, peer) = (&size.own, &size.asked, &size.peer);
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let [a, b, c] = [own, asked, peer].map(|side| side.times.within_ms(share));
            let aim = against(c / a, 6.0);
            writeln!(out, "| answer, {name}, ms | {a:.1} | {b:.1} | {c:.1} | {aim} |")?;
        }
        let pictures = [0.5, 0.99].map(|share| size.pictures.within_ms(share));
        writeln!(
            out,
            "| as a picture (PNG), p50 and p99, ms | {:.1}, {:.1} | | | | | |",
            pictures[0], pictures[1]
        )?;
        let [a, b, c] = [own, asked, peer].map(Side::median_rows);
        let aim = against(size.fewer(), 100.0);
        writeln!(
            out,
            "| rows read, median; ratio without memory | {a} | {b} | {c} | {aim} |"
        )?;
        let (a, b) = (own.bytes_per_click, peer.bytes_per_click);
        let aim = against(b / a, 12.0);
        writeln!(out, "| bytes on disk for each click | {a:.2} | | {b:.2} | {aim} |\n")?;
        let (pages, bytes) = size.held;
        writeln!(
            out,
            "Before the first question {pages} pages were in memory, {:.1} MB of it.\n",
            bytes as f64 / 1e6
        )?;
    }
    writeln!(
        out,
        "Settings: {} questions of each size taking turns, windows of {:?} days that end on the last day, every other question\n\
         for one viewport class, pages as visitors choose them; {} M clicks of {} pages over {} days by Zipf's law, 3.5 to a page\n\
         view, sealed by `isotherm seal` in {:.0} s; the larger size has {} sites with the same counts beside each other, of which\n\
         one is asked, and `[query] {}`. One engine with {} GiB of memory on core 0, where `isotherm query` runs, too. Only clicks and page views are\n\
         stored on our side, only clicks on the peer's. Ratios of rows are taken question by question.",
        asking::QUESTIONS,
        asking::WINDOWS,
        asking::CLICKS / 1_000_000,
        asking::PAGES,
        asking::DAYS,
        found.sealing.as_secs_f64(),
        asking::COPIES,
        asking::HELD_OF_MANY.trim_end(),
        asking::MEMORY_BYTES >> 30
    )
}

/// How many times less it is, how many it shall be, and whether it is.
fn against(ratio: f64, aim: f64) -> String {
    let word = if ratio >= aim { "met" } else { "**missed**" };
    format!("{ratio:.1} | {aim} | {word}")
}

impl Side {
    fn median_rows(&self) -> u64 {
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        rows.get(rows.len() / 2).copied().unwrap_or_default()
    }
}
