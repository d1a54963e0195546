//! `isotherm site add | list | remove`.

use anyhow::{Context, bail};
use isotherm_core::control::{ControlStore, Scope};
use isotherm_core::Day;
use isotherm_core::ports::Clock;
use isotherm_core::site::{Origin, Site, SiteKey};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::{output, token};
use crate::arguments::{ControlArguments, SiteAct};
use crate::installation::Installation;
use crate::journal::{Act, Journal};

/// What adding a site gives its owner.
pub(crate) struct Added {
    pub(crate) site: SiteKey,
    pub(crate) script_tag: String,
    pub(crate) token: String,
}

/// Runs one act on the sites.
pub(crate) async fn run(act: SiteAct) -> anyhow::Result<()> {
    match act {
        SiteAct::Add { key, origin, control } => add(&key, &origin, &control).await,
        SiteAct::List(control) => list(&control).await,
        SiteAct::Remove { key, control } => remove(&key, &control).await,
    }
}

/// Adds a site and makes its read token.
pub(crate) async fn add_to(
    store: &StoreSettings,
    key: &str,
    origins: &[String],
    public_url: &str,
) -> anyhow::Result<Added> {
    let site = site_key(key)?;
    let origins: Vec<Origin> = origins.iter().map(|text| origin(text)).collect::<Result<_, _>>()?;
    let control = ClickHouseControl::new(store);
    let known = control.sites().await?.into_iter().find(|known| known.key == site);
    let rules = known.map(|known| known.rules).unwrap_or_default();
    control
        .put_site(&Site {
            key: site.clone(),
            origins,
            rules,
        })
        .await?;
    let token = token::make(store, &site, Scope::Read, Vec::new()).await?.secret;
    let script_tag = format!(
        r#"<script defer src="{public_url}/isotherm.js" data-site="{}"></script>"#,
        site.as_str()
    );
    Ok(Added {
        site,
        script_tag,
        token,
    })
}

async fn add(key: &str, origins: &[String], arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_or_make_store().await?;
    let added = add_to(&store.settings, key, origins, &installation.public_url()).await;
    store.close().await;
    let added = added?;
    installation.wait_until_taken_over().await?;
    if arguments.json {
        return output::json(&json!({
            "site": added.site.as_str(), "script_tag": added.script_tag, "token": added.token,
        }));
    }
    output::line(format!(
        "Site `{}` is measured. Paste this into its pages:\n",
        added.site.as_str()
    ));
    output::line(format!("  {}\n", added.script_tag));
    output::line(format!(
        "Read token, shown this once and stored nowhere:\n\n  {}",
        added.token
    ));
    Ok(())
}

async fn list(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let sites = ClickHouseControl::new(&store.settings).sites().await;
    store.close().await;
    let sites = sites?;
    let origins = |site: &Site| site.origins.iter().map(|o| o.as_str().to_owned()).collect::<Vec<_>>();
    if arguments.json {
        let rows: Vec<_> = sites
            .iter()
            .map(|site| json!({"site": site.key.as_str(), "origins": origins(site)}))
            .collect();
        return output::json(&rows);
    }
    if sites.is_empty() {
        output::line("No sites yet. Add one: isotherm site add KEY --origin URL");
    }
    for site in &sites {
        output::line(format!("{}\t{}", site.key.as_str(), origins(site).join(" ")));
    }
    Ok(())
}

async fn remove(key: &str, arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let site = site_key(key)?;
    let store = installation.open_store().await?;
    let removed = async {
        let control = ClickHouseControl::new(&store.settings);
        let Some(version) = control.site_version(&site).await? else {
            bail!("there is no site `{key}`; `isotherm site list` names them");
        };
        // First: a backup must not bring back what was removed.
        let act = Act::Remove {
            site: site.as_str().into(),
            version: version + 1,
        };
        Journal::of(&installation).append(act, Day::of_unix_ms(SystemClock.unix_ms()))?;
        Ok(control.remove(&site).await?)
    };
    let removed = removed.await;
    store.close().await;
    let removed = removed?;
    installation.wait_until_taken_over().await?;
    let rows: u64 = removed.rows.iter().map(|(_, rows)| rows).sum();
    if arguments.json {
        return output::json(&json!({"site": key, "tokens_revoked": removed.tokens, "rows_deleted": rows}));
    }
    output::line(format!("Site `{key}` is removed."));
    output::line("  now: its beacons are refused, and its tokens and answers are gone");
    output::line(format!(
        "  now, in the background: {rows} rows of counts and texts are deleted from the tables"
    ));
    output::line(
        "  within 72 hours: the log forgets what it still holds of it; what is counted of that is answered to nobody",
    );
    output::line("  within 30 days: backups that still hold it expire, if you let them");
    Ok(())
}

/// A site key, or what one looks like.
pub(crate) fn site_key(text: &str) -> anyhow::Result<SiteKey> {
    SiteKey::parse(text).with_context(|| format!("`{text}` is no site key: use a-z, 0-9 and -, 1 to 32 characters"))
}

fn origin(text: &str) -> anyhow::Result<Origin> {
    Origin::parse(text).with_context(|| format!("`{text}` is no origin: write https://HOST without a path"))
}
