//! `isotherm share create | list | revoke`.

use std::io::BufRead;

use anyhow::Context;
use isotherm_core::control::{ControlStore, Share};
use isotherm_core::day::Day;
use isotherm_core::ports::Clock;
use isotherm_query::share::{Listed, Terms, issue, url};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::output;
use super::site::site_key;
use crate::arguments::{ControlArguments, ShareAct};
use crate::audit::{self, Did};
use crate::installation::Installation;
use crate::journal::{Act, Journal};

/// Runs one act on the share links.
pub(crate) async fn run(act: ShareAct) -> anyhow::Result<()> {
    match act {
        ShareAct::Create {
            site,
            page,
            expires,
            password_stdin,
            control,
        } => {
            let terms = Terms {
                page,
                expires,
                password: password_stdin.then(read_password).transpose()?,
                made_by: audit::COMMAND_LINE.into(),
            };
            create(&site, &terms, &control).await
        }
        ShareAct::List(control) => list(&control).await,
        ShareAct::Revoke { id, control } => revoke(&id, &control).await,
    }
}

/// The first line of standard input: an argument could be read by the machine's other users.
fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn create(site: &str, terms: &Terms, arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let made = make(&store.settings, site, terms).await;
    store.close().await;
    let (secret, share) = made?;
    installation.wait_until_taken_over().await?;
    let url = url(&installation.public_url(), &secret);
    if arguments.json {
        return output::json(&json!({"id": share.id, "site": site, "url": url}));
    }
    output::line(format!(
        "Link {} to `{site}`, shown this once and stored nowhere:\n\n  {url}",
        share.id
    ));
    Ok(())
}

async fn make(store: &StoreSettings, site: &str, terms: &Terms) -> anyhow::Result<(String, Share)> {
    let (site, control) = (site_key(site)?, ClickHouseControl::new(store));
    let known = control.sites().await?.iter().any(|known| known.key == site);
    anyhow::ensure!(
        known,
        "there is no site `{}`; `isotherm site list` names them",
        site.as_str()
    );
    let key = control.id_key().await?;
    let made = issue(&site, terms, &key, Day::of_unix_ms(SystemClock.unix_ms()))
        .context("the link cannot have this page, last day or password")?;
    control.put_share(&made.1).await?;
    audit::note(store, Did::ShareCreate, site.as_str(), &made.1.id).await?;
    Ok(made)
}

async fn list(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let listed = all(&store.settings).await;
    store.close().await;
    let links = listed?;
    if arguments.json {
        return output::json(&links);
    }
    if links.is_empty() {
        output::line("No share links. Make one: isotherm share create --site KEY --expires DAY");
    }
    for link in &links {
        let shows = match (link.shows, &link.page) {
            ("site", _) => "all of it",
            (_, Some(path)) => path,
            _ => "a page without a published name",
        };
        let password = if link.password { "\twith a password" } else { "" };
        output::line(format!(
            "{}\t{}\t{shows}\tmade {} by {}\tends {}{password}",
            link.id, link.site, link.created, link.made_by, link.expires,
        ));
    }
    Ok(())
}

async fn all(store: &StoreSettings) -> anyhow::Result<Vec<Listed>> {
    let control = ClickHouseControl::new(store);
    let mut listed = Vec::new();
    for share in control.shares().await? {
        let pages: Vec<_> = share.page.into_iter().collect();
        let path = control.page_paths(&share.site, &pages).await?.pop();
        listed.push(Listed::of(&share, path.map(|(_, path)| path)));
    }
    Ok(listed)
}

async fn revoke(id: &str, arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let revoked = async {
        let control = ClickHouseControl::new(&store.settings);
        let known = control.shares().await?.into_iter().find(|share| share.id == id);
        let share =
            known.with_context(|| format!("there is no link with the id `{id}`; `isotherm share list` names them"))?;
        // First: a backup must not bring back what was revoked.
        let act = Act::RevokeShare { share: id.into() };
        Journal::of(&installation).append(act, Day::of_unix_ms(SystemClock.unix_ms()))?;
        control.revoke_share(id).await?;
        audit::note(&store.settings, Did::ShareRevoke, share.site.as_str(), id).await
    };
    let revoked = revoked.await;
    store.close().await;
    revoked?;
    installation.wait_until_taken_over().await?;
    if arguments.json {
        return output::json(&json!({"id": id, "revoked": true}));
    }
    output::line(format!("Link {id} opens nothing any more."));
    Ok(())
}
