//! `isotherm verify`: the ledger, from the store alone.

use std::process::ExitCode;

use isotherm_store_clickhouse::VerifyReport;
use serde_json::json;

use super::output;
use crate::arguments::ControlArguments;
use crate::installation::Installation;
use crate::verify_watch::verify_patiently;

/// Exit code 0 and a summary, or 1 and all that is wrong.
pub(crate) async fn run(arguments: ControlArguments) -> anyhow::Result<ExitCode> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let report = verify_patiently(&store.settings).await;
    store.close().await;
    let report = report?;
    if arguments.json {
        output::json(&as_json(&report))?;
    } else {
        print(&report);
    }
    Ok(if report.is_right() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(report: &VerifyReport) {
    for partition in &report.partitions {
        output::line(format!(
            "log {:016x} partition {}: offsets {} to {} in {} batches, {} records, {} interactions, {} skipped, {} poison",
            partition.log_id,
            partition.partition,
            partition.first_offset,
            partition.last_offset,
            partition.batches,
            partition.records,
            partition.interactions,
            partition.skipped,
            partition.poison
        ));
    }
    for lost in &report.lost {
        output::line(format!(
            "log {:016x} partition {}: {} records and {} offsets are lost",
            lost.log_id, lost.partition, lost.records, lost.offsets
        ));
    }
    for poison in &report.poison {
        output::line(format!(
            "log {:016x} partition {}: the record at offset {} could not be decoded (reason {}, schema version {})",
            poison.log_id, poison.partition, poison.offset, poison.reason, poison.version
        ));
    }
    for problem in &report.problems {
        output::line(problem.to_string());
    }
    match report.problems.len() {
        0 => output::line("The ledger is right: every range once, every sum as its batches say."),
        wrong => output::line(format!("The ledger is WRONG in {wrong} places.")),
    }
}

fn as_json(report: &VerifyReport) -> serde_json::Value {
    let partitions: Vec<_> = report
        .partitions
        .iter()
        .map(|p| {
            json!({
                "log_id": format!("{:016x}", p.log_id), "partition": p.partition, "batches": p.batches,
                "first_offset": p.first_offset, "last_offset": p.last_offset, "records": p.records,
                "interactions": p.interactions, "skipped": p.skipped, "poison": p.poison,
            })
        })
        .collect();
    let poison: Vec<_> = report
        .poison
        .iter()
        .map(|p| {
            json!({
                "log_id": format!("{:016x}", p.log_id), "partition": p.partition, "offset": p.offset,
                "schema_version": p.version, "reason": p.reason, "landing": p.landing,
            })
        })
        .collect();
    let lost: Vec<_> = report
        .lost
        .iter()
        .map(|l| {
            json!({
                "log_id": format!("{:016x}", l.log_id), "partition": l.partition, "records": l.records,
                "offsets": l.offsets,
            })
        })
        .collect();
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    json!({
        "right": report.is_right(), "partitions": partitions, "poison": poison, "lost": lost, "problems": problems,
    })
}
