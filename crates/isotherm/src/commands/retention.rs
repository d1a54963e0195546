//! `isotherm site set KEY --retention-months N`: how long a site's sealed counts are kept.

use std::sync::Arc;

use anyhow::bail;
use isotherm_core::control::ControlStore;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, Sealer};
use serde_json::json;

use super::{output, site};
use crate::arguments::ControlArguments;
use crate::audit::{self, Did};
use crate::installation::Installation;

/// Stores the retention; the next seal of a month deletes what is older.
pub(crate) async fn set(key: &str, months: u16, arguments: &ControlArguments) -> anyhow::Result<()> {
    let site = site::site_key(key)?;
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let done = async {
        let known = ClickHouseControl::new(&store.settings).sites().await?;
        if !known.iter().any(|known| known.key == site) {
            bail!("there is no site `{key}`; `isotherm site list` names them");
        }
        let sealer = Sealer::new(&store.settings, Arc::new(SystemClock));
        let months = sealer.set_retention(&site, months).await?;
        audit::note(&store.settings, Did::Retention, key, &months.to_string()).await?;
        anyhow::Ok(months)
    };
    let done = done.await;
    store.close().await;
    let months = done?;
    if arguments.json {
        return output::json(&json!({"site": key, "retention_months": months}));
    }
    output::line(format!(
        "Sealed counts of `{key}` are kept for {months} whole months besides the running one."
    ));
    output::line("  what is older is deleted with the next seal, and stays deleted if you raise the number again");
    Ok(())
}
