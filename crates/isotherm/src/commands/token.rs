//! `isotherm token create | list | revoke`.

use anyhow::Context;
use isotherm_core::control::{ControlStore, Scope, Token};
use isotherm_core::day::Day;
use isotherm_core::ports::Clock;
use isotherm_core::site::SiteKey;
use isotherm_query::token::{Fresh, generate};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::output;
use super::site::site_key;
use crate::arguments::{ControlArguments, TokenAct};
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
            control,
        } => {
            let scope = if admin { Scope::Admin } else { Scope::Read };
            create(&site, scope, allow_ip, &control).await
        }
        TokenAct::List(control) => list(&control).await,
        TokenAct::Revoke { id, control } => revoke(&id, &control).await,
    }
}

/// Makes a token and stores its hash.
pub(crate) async fn make(
    store: &StoreSettings,
    site: &SiteKey,
    scope: Scope,
    allow_ip: Vec<String>,
) -> anyhow::Result<Fresh> {
    let fresh = generate().context("the system gives no random bytes")?;
    let created = Day::of_unix_ms(SystemClock.unix_ms());
    let token = Token {
        id: fresh.id.clone(),
        hash: fresh.hash,
        site: site.clone(),
        scope,
        allow_ip,
        created,
    };
    ClickHouseControl::new(store).put_token(&token).await?;
    Ok(fresh)
}

async fn create(site: &str, scope: Scope, allow_ip: Vec<String>, arguments: &ControlArguments) -> anyhow::Result<()> {
    let site = site_key(site)?;
    for network in &allow_ip {
        let is_network = network.parse::<ipnet::IpNet>().is_ok() || network.parse::<std::net::IpAddr>().is_ok();
        anyhow::ensure!(
            is_network,
            "`{network}` is no network: write an address or a CIDR such as 203.0.113.0/24"
        );
    }
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
        make(&store.settings, &site, scope, allow_ip).await
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
    let tokens = tokens?;
    let scope = |token: &Token| match token.scope {
        Scope::Read => "read",
        Scope::Admin => "admin",
    };
    if arguments.json {
        let rows: Vec<_> = tokens
            .iter()
            .map(|t| json!({"id": t.id, "site": t.site.as_str(), "scope": scope(t), "allow_ip": t.allow_ip}))
            .collect();
        return output::json(&rows);
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
            "{}\t{}\t{}\tfrom {from}",
            token.id,
            token.site.as_str(),
            scope(token)
        ));
    }
    Ok(())
}

async fn revoke(id: &str, arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let revoked = async {
        let control = ClickHouseControl::new(&store.settings);
        let known = control.tokens().await?.iter().any(|token| token.id == id);
        anyhow::ensure!(
            known,
            "there is no token with the id `{id}`; `isotherm token list` names them"
        );
        // First: a backup must not bring back what was revoked.
        let act = Act::Revoke { token: id.into() };
        Journal::of(&installation).append(act, Day::of_unix_ms(SystemClock.unix_ms()))?;
        Ok(control.revoke_token(id).await?)
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
