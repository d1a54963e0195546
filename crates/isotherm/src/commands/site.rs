//! `isotherm site add | list | remove`.

use std::time::Duration;

use anyhow::{Context, bail};
use isotherm_core::Day;
use isotherm_core::control::{ControlStore, Erased, Erasure, ErasureState, Scope};
use isotherm_core::ports::Clock;
use isotherm_core::site::{Origin, Site, SiteKey};
use isotherm_query::token::Terms;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, Eraser, StoreSettings};
use serde_json::json;

use super::{output, retention, site_access, token};
use crate::arguments::{ControlArguments, SiteAct};
use crate::audit::{self, Did};
use crate::erasing::FINAL_AFTER_H;
use crate::installation::Installation;
use crate::journal::{Act, Journal};
use crate::maintenance;
use crate::roles::collecting::open_log;

/// How long a site that was removed and is added again waits for the running service to count and delete what it had
/// collected before.
const REMOVED_MAX: Duration = Duration::from_secs(60);

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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
        SiteAct::Set {
            key,
            retention_months,
            then,
            access,
            control,
        } => {
            if let Some(months) = retention_months {
                retention::set(&key, (months, then), &control).await?;
            }
            site_access::set(&key, access, &control).await
        }
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
    audit::note(store, Did::SiteAdd, key, "").await?;
    let terms = Terms {
        scope: Scope::Read,
        allow_ip: Vec::new(),
        expires: None,
    };
    let token = token::make(store, &site, &terms).await?.secret;
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
    let added = match old_counts_are_gone(&installation, &store.settings, key).await {
        Ok(()) => add_to(&store.settings, key, origins, &installation.public_url()).await,
        Err(error) => Err(error),
    };
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

/// A site that was removed may be added again once nothing from before can be counted any more: the new one would inherit it.
async fn old_counts_are_gone(installation: &Installation, store: &StoreSettings, key: &str) -> anyhow::Result<()> {
    let control = ClickHouseControl::new(store);
    let key = site_key(key)?;
    let mut waited = Duration::ZERO;
    loop {
        let erasures = control.erasures().await?;
        let pending = erasures.iter().rfind(|erasure| {
            erasure.site == key && erasure.what == Erased::Site && erasure.state == ErasureState::Pending
        });
        let Some(erasure) = pending else {
            return Ok(());
        };
        if installation.run().is_none() {
            return conclude_without_service(installation, store, erasure).await;
        }
        if waited >= REMOVED_MAX {
            bail!(
                "`{}` was removed, and what it had collected is not counted and deleted yet: try again in some minutes, or use \
                 another key",
                key.as_str()
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}

/// Where no service runs, the log says whether anything is left to count.
async fn conclude_without_service(
    installation: &Installation,
    store: &StoreSettings,
    erasure: &Erasure,
) -> anyhow::Result<()> {
    let of_cluster = installation.config.clickhouse.store().is_some();
    let left = if of_cluster || !installation.log_dir().exists() {
        0
    } else {
        let installation = installation.clone();
        tokio::task::spawn_blocking(move || anyhow::Ok(open_log(&installation)?.stats().records)).await??
    };
    let key = erasure.site.as_str();
    if of_cluster {
        bail!(
            "`{key}` was removed, and logs may hold what it had collected for {FINAL_AFTER_H} hours: use another key, or run \
             `isotherm erase --resume` after that"
        );
    }
    if left > 0 {
        bail!(
            "`{key}` was removed, and the log still holds {left} records to be counted: start `isotherm up`, then add it"
        );
    }
    let eraser = Eraser::new(store);
    eraser.pass(erasure.id).await?;
    Ok(eraser.conclude(erasure.id, ErasureState::Counted).await?)
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
        let removing = async { Ok(control.remove(&site).await?) };
        let removed = maintenance::alone(&installation, &store.settings, removing).await?;
        audit::note(&store.settings, Did::SiteRemove, key, "").await?;
        anyhow::Ok(removed)
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
        "  now: {rows} rows of counts and texts are deleted from the tables"
    ));
    output::line(
        "  within 72 hours: the log forgets what it still holds of it; what is counted of that is deleted again, see \
         `isotherm erase --status`",
    );
    output::line("  within 30 days: backups that still hold it expire; a restore of one removes it again");
    Ok(())
}

/// A site key, or what one looks like.
pub(crate) fn site_key(text: &str) -> anyhow::Result<SiteKey> {
    SiteKey::parse(text).with_context(|| format!("`{text}` is no site key: use a-z, 0-9 and -, 1 to 32 characters"))
}

fn origin(text: &str) -> anyhow::Result<Origin> {
    Origin::parse(text).with_context(|| format!("`{text}` is no origin: write https://HOST without a path"))
}
