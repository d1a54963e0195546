//! The report: a page for people and the same for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::figures::Figures;
use crate::programme::{Results, quantile};
use crate::scenarios::SCENARIOS;

/// Writes what came of the programme, and what the simulation wrote of itself, as `chaos-report.md` and `chaos-report.json` into a folder.
///
/// # Errors
/// When they cannot be written.
pub fn write(folder: &Path, results: &Results, simulation: Option<&str>) -> anyhow::Result<()> {
    let simulation: Option<Value> = simulation.map(serde_json::from_str).transpose()?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("chaos-report.md"), page(results, simulation.as_ref())?)?;
    let mut all = as_json(results);
    all["simulation"] = simulation.into();
    fs::write(folder.join("chaos-report.json"), by_lines(&all)?)?;
    Ok(())
}

/// JSON with a line for each member, and one for each schedule: short, and two reports can be compared.
fn by_lines(all: &Value) -> serde_json::Result<String> {
    let mut out = String::from("{");
    let members = all.as_object().into_iter().flatten();
    for (index, (name, member)) in members.enumerate() {
        out += if index == 0 { "\n" } else { ",\n" };
        out += &serde_json::to_string(name)?;
        out += ": ";
        match member {
            Value::Array(items) => {
                let lines: Vec<String> = items.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
                out += &format!("[\n{}\n]", lines.join(",\n"));
            }
            other => out += &serde_json::to_string(other)?,
        }
    }
    Ok(out + "\n}\n")
}

fn page(results: &Results, simulation: Option<&Value>) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let (all, wrong) = (results.whole().count(), results.wrong());
    let sum = |of: fn(&crate::outcome::Outcome) -> u64| results.sum(of);
    writeln!(
        out,
        "# Chaos on real processes\n\nWritten by `make chaos`. Apache Kafka, ClickHouse, two aggregators and two ingests, and `isotherm up` on one machine; every\n\
         beacon has a cell of its own, so each is found 0 times, once, or wrongly. Of {all} schedules {} went wrong.\n",
        wrong.len()
    )?;
    writeln!(out, "| | |\n|---|---|\n| schedules | {all} |")?;
    writeln!(out, "| beacons admitted | {} |", sum(|o| o.verdict.admitted))?;
    writeln!(out, "| lost | {} |", sum(|o| o.verdict.lost))?;
    writeln!(out, "| doubled | {} |", sum(|o| o.verdict.doubled))?;
    writeln!(out, "| refused and counted | {} |", sum(|o| o.verdict.ghosts))?;
    writeln!(
        out,
        "| sent and never answered, of these counted once | {}, {} |",
        sum(|o| o.verdict.unknown),
        sum(|o| o.verdict.unknown_counted)
    )?;
    let takeovers = results.takeovers_ms();
    writeln!(
        out,
        "| takeover to the first newer insert on every page, with all schedules side by side: median, p99, of {} | {} ms, {} ms |",
        takeovers.len(),
        quantile(&takeovers, 500),
        quantile(&takeovers, 990)
    )?;
    let found = results.mutated().filter(|outcome| outcome.is_found_out()).count();
    let left_out = results.mutated().count();
    writeln!(
        out,
        "| schedules with a rule left out, of these found | {left_out}, {found} |"
    )?;
    if let Some(simulation) = simulation {
        simulation_row(&mut out, simulation)?;
    }
    if let Some(figures) = &results.figures {
        let of = if results.of_release {
            "the binary as it is delivered"
        } else {
            "the build with fault points"
        };
        writeln!(out, "| figures below are those of | {of} |")?;
        figures_rows(&mut out, figures)?;
    }
    points_and_scenarios(&mut out, results)?;
    for outcome in wrong {
        let problem = outcome.problem.as_deref().unwrap_or("it is right without a rule");
        let name = SCENARIOS[outcome.scenario].name;
        let long = if outcome.is_long { " --long" } else { "" };
        writeln!(
            out,
            "\nWrong: {name} (`--replay {}:{}{long}`): {problem}",
            outcome.scenario, outcome.seed
        )?;
    }
    Ok(out)
}

/// Where faults struck, and what came of each scenario.
fn points_and_scenarios(out: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Faults met with something open, by point\n\n| point | schedules | passages |\n|---|---|---|"
    )?;
    for (point, faults) in results.faults() {
        let passages = sum_passages(results, point);
        writeln!(out, "| `{point}` | {faults} | {passages} |")?;
    }
    writeln!(out, "\nFewest schedules of a point: {}.", results.fewest_faults())?;
    writeln!(
        out,
        "\n## Scenarios\n\n| scenario | schedules | right | admitted |\n|---|---|---|---|"
    )?;
    for (index, scenario) in SCENARIOS.iter().enumerate() {
        let of_it: Vec<_> = results.whole().filter(|outcome| outcome.scenario == index).collect();
        let right = of_it.iter().filter(|outcome| outcome.problem.is_none()).count();
        let admitted: u64 = of_it.iter().map(|outcome| outcome.verdict.admitted).sum();
        writeln!(out, "| {} | {} | {right} | {admitted} |", scenario.name, of_it.len())?;
    }
    Ok(())
}

fn figures_rows(out: &mut String, figures: &Figures) -> std::fmt::Result {
    let row = |out: &mut String, what: &str, (median, p99): (f64, f64), most: Option<f64>| {
        let said = most.map_or(String::new(), |most| format!(": {}", aim(p99 <= most)));
        writeln!(out, "| {what}: median, p99 | {median:.1} ms, {p99:.1} ms{said} |")
    };
    let what = format!(
        "takeover after a kill, of {}, alone on the machine (aim 15 s)",
        figures.takeovers
    );
    row(out, &what, figures.takeover_ms, Some(15_000.0))?;
    row(out, "click to queryable (aim 3 s)", figures.queryable_ms, Some(3_000.0))?;
    row(out, "204, all well", figures.answer_ms, None)?;
    let most = 50_f64.max(3.0 * figures.outage_raw_ms.1);
    let what = "204, broker away (aim 50 ms, or 3 times the raw write below)";
    row(out, what, figures.outage_answer_ms, Some(most))?;
    row(
        out,
        "204, while what waited is shipped and counted",
        figures.shipping_answer_ms,
        None,
    )?;
    row(
        out,
        "raw write of 4 KiB and fdatasync, broker away",
        figures.outage_raw_ms,
        None,
    )?;
    row(out, "refusals under a flood", figures.flood_refused_ms, None)?;
    let (admitted, refused) = figures.flood_per_s;
    writeln!(
        out,
        "| admitted and refused under a flood | {admitted:.0}/s, {refused:.0}/s |"
    )?;
    let mib = figures.memory_bytes >> 20;
    writeln!(
        out,
        "| most memory of an ingest (aim 512 MiB) | {mib} MiB: {} |",
        aim(mib <= 512)
    )?;
    let times = figures.catch_up_per_s / figures.input_per_s.max(1.0);
    writeln!(
        out,
        "| after {:.0} s without the broker: beacons in, and counted until caught up | {:.0}/s, {:.0}/s ({times:.1} times, aim 5): {} |",
        figures.outage_s,
        figures.input_per_s,
        figures.catch_up_per_s,
        aim(times >= 5.0)
    )
}

/// A figure beside its aim.
fn aim(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}

fn simulation_row(out: &mut String, simulation: &Value) -> std::fmt::Result {
    let number = |name: &str| simulation[name].as_f64().unwrap_or_default();
    let [schedules, doubled, lost] = ["schedules", "doubled", "lost"].map(number);
    let (seconds, failed) = (number("seconds"), number("failed"));
    writeln!(
        out,
        "| simulated schedules; wrong, doubled, lost | {schedules} in {seconds:.0} s; {failed}, {doubled}, {lost} |"
    )
}

fn sum_passages(results: &Results, point: isotherm_fault::Point) -> u64 {
    results.sum(|outcome| outcome.passages.get(&point).copied().unwrap_or(0))
}

fn as_json(results: &Results) -> Value {
    let faults: serde_json::Map<String, Value> = results
        .faults()
        .into_iter()
        .map(|(point, n)| (point.name().to_owned(), n.into()))
        .collect();
    let schedules: Vec<Value> = results
        .outcomes
        .iter()
        .map(|o| {
            json!({
                "scenario": SCENARIOS[o.scenario].name, "replay": format!("{}:{}", o.scenario, o.seed),
                "point": SCENARIOS[o.scenario].point.name(), "open": o.open, "took_ms": o.took_ms, "back_ms": o.back_ms,
                "admitted": o.verdict.admitted, "refused": o.verdict.refused, "unknown": o.verdict.unknown,
                "unknown_counted": o.verdict.unknown_counted, "lost": o.verdict.lost, "doubled": o.verdict.doubled,
                "ghosts": o.verdict.ghosts, "problem": o.problem, "without": o.mutant,
            })
        })
        .collect();
    let takeovers = results.takeovers_ms();
    let figures = results.figures.map(|f| {
        json!({
            "of_release": results.of_release, "memory_bytes": f.memory_bytes, "flood_per_s": f.flood_per_s,
            "flood_refused_ms": f.flood_refused_ms, "queryable_ms": f.queryable_ms, "answer_ms": f.answer_ms, "outage_answer_ms": f.outage_answer_ms, "shipping_answer_ms": f.shipping_answer_ms,
            "outage_raw_ms": f.outage_raw_ms, "outage_s": f.outage_s, "input_per_s": f.input_per_s,
            "catch_up_per_s": f.catch_up_per_s, "takeovers": f.takeovers, "takeover_alone_ms": f.takeover_ms,
        })
    });
    json!({
        "schedules": schedules, "faults": faults, "figures": figures,
        "takeover_ms": {"n": takeovers.len(), "p50": quantile(&takeovers, 500), "p99": quantile(&takeovers, 990)},
        "lost": results.sum(|o| o.verdict.lost), "doubled": results.sum(|o| o.verdict.doubled),
        "wrong": results.wrong().len(),
    })
}
