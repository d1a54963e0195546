//! `isotherm seal [--day LANDING]`: what `up` does by itself, now and with a report.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use isotherm_core::Day;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{SealError, Sealed, Sealer};
use serde_json::json;

use super::output;
use crate::arguments::SealArguments;
use crate::audit::{self, Did};
use crate::calendar;
use crate::installation::Installation;
use crate::maintenance;

/// Seals all that is due, or up to one landing.
pub(crate) async fn run(arguments: SealArguments) -> anyhow::Result<ExitCode> {
    let last = arguments.day.as_deref().map(landing).transpose()?;
    let installation = Installation::find(&arguments.control.place)?;
    let store = installation.open_store().await?;
    let sealer = Sealer::new(&store.settings, Arc::new(SystemClock));
    let sealing = async {
        let sealed = seal(&sealer, last, arguments.control.json).await?;
        for one in sealed.iter().filter(|one| !one.by_another) {
            audit::note(&store.settings, Did::Seal, "", &calendar::text(one.landing)).await?;
        }
        anyhow::Ok(sealed)
    };
    let sealed = maintenance::alone(&installation, &store.settings, sealing).await;
    store.close().await;
    let sealed = sealed?;
    if arguments.control.json {
        let rows: Vec<_> = sealed.iter().map(as_json).collect();
        output::json(&rows)?;
    } else if sealed.is_empty() {
        output::line("Nothing to seal: every landing that ended more than 24 hours ago is sealed.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn seal(sealer: &Sealer, last: Option<Day>, quiet: bool) -> anyhow::Result<Vec<Sealed>> {
    if let Some(day) = last {
        match sealer.check_closed(day) {
            Err(SealError::Open { .. }) => {
                bail!(
                    "landing {} takes batches until 24 hours after its end: seal it from {} 00:00 UTC on",
                    calendar::text(day),
                    calendar::text(Day(day.0.saturating_add(2)))
                )
            }
            checked => checked?,
        }
    }
    let mut all = Vec::new();
    while let Some(next) = sealer.next().await? {
        if last.is_some_and(|last| next > last) {
            break;
        }
        if !quiet {
            output::line(format!("Sealing {} …", calendar::text(next)));
        }
        let Some(sealed) = sealer.seal_next().await? else {
            break;
        };
        if !quiet {
            output::line(in_words(&sealed));
        }
        all.push(sealed);
    }
    Ok(all)
}

fn in_words(sealed: &Sealed) -> String {
    if sealed.by_another {
        return format!("  {} was sealed by another process", calendar::text(sealed.landing));
    }
    format!(
        "  {} is sealed: {} cohorts of {} page views; {} page views wait, {} waited too long and are deleted",
        calendar::text(sealed.landing),
        sealed.cohorts,
        sealed.cohort_views,
        sealed.waiting_views,
        sealed.deleted_views
    )
}

fn as_json(sealed: &Sealed) -> serde_json::Value {
    json!({
        "landing": calendar::text(sealed.landing), "cohorts": sealed.cohorts, "cohort_views": sealed.cohort_views,
        "waiting_views": sealed.waiting_views, "deleted_views": sealed.deleted_views, "by_another": sealed.by_another,
    })
}

fn landing(text: &str) -> anyhow::Result<Day> {
    calendar::parse(text).with_context(|| format!("`{text}` is no day: write it as 2026-11-21"))
}
