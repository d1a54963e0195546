//! `isotherm token create | list | revoke`.

use anyhow::Context;
use isotherm_core::control::{ControlStore, Scope};
use isotherm_core::day::Day;
use isotherm_core::ports::Clock;
use isotherm_core::site::SiteKey;
use isotherm_query::token::{Fresh, Listed, Terms, issue};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::output;
use super::site::site_key;
use crate::arguments::{ControlArguments, TokenAct};
use crate::audit::{self, Did};
use crate::installation::Installation;
use crate::journal::{Act, Journal};

/// Runs one act on the tokens.
pub(crate) async fn run(act: TokenAct) -> anyhow::Result<()> {
    match act {
        TokenAct::Create {
            site,
            read: _,
            admin,
            allow_ip,
            expires,
            control,
        } => {
            let scope = if admin { Scope::Admin } else { Scope::Read };
            let terms = Terms {
                scope,
                allow_ip,
                expires,
            };
            create(&site, terms, &control).await
        }
        TokenAct::List(control) => list(&control).await,
        TokenAct::Revoke { id, control } => revoke(&id, &control).await,
    }
}

/// Makes a token and stores its hash.
pub(crate) async fn make(store: &StoreSettings, site: &SiteKey, terms: &Terms) -> anyhow::Result<Fresh> {
    let (fresh, token) = issue(site, terms, Day::of_unix_ms(SystemClock.unix_ms()))?;
    ClickHouseControl::new(store).put_token(&token).await?;
    audit::note(store, Did::TokenCreate, site.as_str(), &fresh.id).await?;
    Ok(fresh)
}

async fn create(site: &str, terms: Terms, arguments: &ControlArguments) -> anyhow::Result<()> {
    let site = site_key(site)?;
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let made = async {
        let sites = ClickHouseControl::new(&store.settings).sites().await?;
        let known = sites.iter().any(|known| known.key == site);
        anyhow::ensure!(
            known,
            "there is no site `{}`; `isotherm site list` names them",
            site.as_str()
        );
        make(&store.settings, &site, &terms).await
    };
    let made = made.await;
    store.close().await;
    let made = made?;
    installation.wait_until_taken_over().await?;
    if arguments.json {
        return output::json(&json!({"id": made.id, "site": site.as_str(), "token": made.secret}));
    }
    output::line(format!(
        "Token {} for `{}`, shown this once and stored nowhere:\n\n  {}",
        made.id,
        site.as_str(),
        made.secret
    ));
    Ok(())
}

async fn list(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let tokens = ClickHouseControl::new(&store.settings).tokens().await;
    store.close().await;
    let tokens: Vec<Listed> = tokens?.iter().map(Listed::from).collect();
    if arguments.json {
        return output::json(&tokens);
    }
    if tokens.is_empty() {
        output::line("No tokens yet. Make one: isotherm token create --site KEY");
    }
    for token in &tokens {
        let from = if token.allow_ip.is_empty() {
            "anywhere".to_owned()
        } else {
            token.allow_ip.join(" ")
        };
        output::line(format!(
            "{}\t{}\t{}\tfrom {from}\tmade {}\tends {}\tlast used {}",
            token.id,
            token.site,
            token.scope,
            token.created,
            token.expires.as_deref().unwrap_or("never"),
            token.last_used.as_deref().unwrap_or("never"),
        ));
    }
    Ok(())
}

async fn revoke(id: &str, arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let revoked = async {
        let control = ClickHouseControl::new(&store.settings);
        let known = control.tokens().await?.into_iter().find(|token| token.id == id);
        let token =
            known.with_context(|| format!("there is no token with the id `{id}`; `isotherm token list` names them"))?;
        // First: a backup must not bring back what was revoked.
        let act = Act::Revoke { token: id.into() };
        Journal::of(&installation).append(act, Day::of_unix_ms(SystemClock.unix_ms()))?;
        control.revoke_token(id).await?;
        audit::note(&store.settings, Did::TokenRevoke, token.site.as_str(), id).await
    };
    let revoked = revoked.await;
    store.close().await;
    revoked?;
    installation.wait_until_taken_over().await?;
    if arguments.json {
        return output::json(&json!({"id": id, "revoked": true}));
    }
    output::line(format!("Token {id} opens nothing any more."));
    Ok(())
}
