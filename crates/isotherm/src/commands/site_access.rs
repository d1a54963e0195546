//! `isotherm site set KEY --allow-ip CIDR | --any-ip | --public-countries BOOL`: from where a site's answers may be asked for,
//! and what of it is public.

use anyhow::Context;
use isotherm_core::control::SiteAccess;
use isotherm_query::token;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::{output, site};
use crate::administering::{self, By};
use crate::arguments::{ControlArguments, SiteAccessArguments};
use crate::audit::COMMAND_LINE;
use crate::installation::Installation;

/// Stores what was said, if anything was; it holds when this returns.
pub(crate) async fn set(key: &str, said: SiteAccessArguments, arguments: &ControlArguments) -> anyhow::Result<()> {
    if said.allow_ip.is_empty() && !said.any_ip && said.public_countries.is_none() {
        return Ok(());
    }
    token::check_networks(&said.allow_ip)?;
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let stored = change(&store.settings, key, said).await;
    store.close().await;
    let access = stored?;
    installation.wait_until_taken_over().await?;
    if arguments.json {
        return output::json(&json!({
            "site": key, "allow_ip": access.allow_ip, "public_countries": access.public_countries,
        }));
    }
    let from = match access.allow_ip.as_slice() {
        [] => "any network".to_owned(),
        networks => networks.join(", "),
    };
    output::line(format!("Answers about `{key}` may be asked for from {from}."));
    output::line(match access.public_countries {
        true => format!("  its countries are public, as cohorts: /widget/{key}/countries.svg"),
        false => "  nothing of it is public".to_owned(),
    });
    Ok(())
}

async fn change(store: &StoreSettings, key: &str, said: SiteAccessArguments) -> anyhow::Result<SiteAccess> {
    let by = By {
        site: &site::site_key(key)?,
        who: COMMAND_LINE,
    };
    let control = ClickHouseControl::new(store);
    let changed = administering::change_access(&control, by, |access| {
        if said.any_ip || !said.allow_ip.is_empty() {
            access.allow_ip = said.allow_ip;
        }
        access.public_countries = said.public_countries.unwrap_or(access.public_countries);
    });
    let changed = changed.await?;
    changed.with_context(|| format!("there is no site `{key}`; `isotherm site list` names them"))
}
