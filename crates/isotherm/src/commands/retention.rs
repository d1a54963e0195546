//! `isotherm site set KEY --retention-months N [--then coarsen]`: how long a site's sealed counts are kept as they are.

use std::sync::Arc;

use anyhow::Context;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, Kept, Older, Sealer};
use serde_json::json;

use super::{output, site};
use crate::administering::{self, By};
use crate::arguments::{ControlArguments, Then};
use crate::audit::COMMAND_LINE;
use crate::installation::Installation;

/// Stores the retention; what is older is dealt with by the time of the next seal.
pub(crate) async fn set(key: &str, (months, then): (u16, Then), arguments: &ControlArguments) -> anyhow::Result<()> {
    let site = site::site_key(key)?;
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let older = match then {
        Then::Delete => Older::Deleted,
        Then::Coarsen => Older::Coarsened,
    };
    let by = By {
        site: &site,
        who: COMMAND_LINE,
    };
    let sealer = Sealer::new(&store.settings, Arc::new(SystemClock));
    let control = ClickHouseControl::new(&store.settings);
    let done = administering::set_retention((&control, &sealer), by, Kept { months, older }).await;
    store.close().await;
    let kept = done?.with_context(|| format!("there is no site `{key}`; `isotherm site list` names them"))?;
    let months = kept.months;
    if arguments.json {
        return output::json(&json!({"site": key, "retention_months": months, "then": kept.older.word()}));
    }
    output::line(format!(
        "Sealed counts of `{key}` are kept as they are for {months} whole months besides the running one."
    ));
    output::line(match then {
        Then::Delete => {
            "  a running service begins to delete what is older within minutes, at the latest with the next seal; it stays \
             deleted if you raise the number again"
        }
        Then::Coarsen => {
            "  what is older becomes whole months, 64 px squares and elements with the next seal, and stays so if you raise \
             the number again"
        }
    });
    Ok(())
}
