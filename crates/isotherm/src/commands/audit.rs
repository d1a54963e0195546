//! `isotherm audit list`: who changed what, and on which day.

use isotherm_core::control::ControlStore;
use isotherm_store_clickhouse::ClickHouseControl;
use serde_json::{Value, json};

use super::output;
use crate::arguments::{AuditAct, ControlArguments};
use crate::calendar;
use crate::installation::Installation;

/// Runs an act on the audit trail; it can only be read.
pub(crate) async fn run(act: AuditAct) -> anyhow::Result<()> {
    let AuditAct::List(arguments) = act;
    list(&arguments).await
}

async fn list(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let acts = ClickHouseControl::new(&store.settings).acts().await;
    store.close().await;
    let acts = acts?;
    if arguments.json {
        let rows = acts.iter().map(|act| {
            json!({
                "day": calendar::text(act.day), "who": act.who, "act": act.act, "site": act.site, "subject": act.subject,
            })
        });
        return output::json(&rows.collect::<Vec<Value>>());
    }
    if acts.is_empty() {
        output::line("Nothing was changed here yet.");
    }
    for act in &acts {
        let day = calendar::text(act.day);
        output::line(format!(
            "{day}\t{}\t{}\t{}\t{}",
            act.who, act.act, act.site, act.subject
        ));
    }
    Ok(())
}
