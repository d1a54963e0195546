//! The same clicks for both sides, made by the engine from numbers.

use std::io::Write;

use anyhow::Context;
use isotherm_core::Day;
use isotherm_core::control::{ControlStore, Scope};
use isotherm_core::ports::Clock;
use isotherm_core::site::{Site, SiteKey};
use isotherm_query::token::{Terms, issue};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::ClickHouseControl;
use jiff::civil::Date;

use super::store::Store;
use super::{CLICKS, DAYS, PAGES, last_day};

/// Makes the site and a token, and returns the token.
pub(super) async fn site(store: &Store, key: &str) -> anyhow::Result<String> {
    let key = SiteKey::parse(key).context("a site key")?;
    let terms = Terms {
        scope: Scope::Read,
        allow_ip: Vec::new(),
        expires: None,
    };
    let (fresh, token) = issue(&key, &terms, Day::of_unix_ms(SystemClock.unix_ms()))?;
    let control = ClickHouseControl::new(&store.settings);
    control
        .put_site(&Site {
            key,
            origins: Vec::new(),
            rules: Vec::new(),
        })
        .await?;
    control.put_token(&token).await?;
    Ok(fresh.secret)
}

/// The clicks, the peer's rows of them, and a landing of ours for each day.
pub(super) async fn landings(store: &Store, site: &str) -> anyhow::Result<()> {
    let bytes = ClickHouseControl::new(&store.settings).id_key().await?.bytes();
    // The engine's keyed hash takes the key as two numbers, lowest byte first.
    let half = |at: usize| {
        bytes[at..at + 8]
            .iter()
            .rev()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let named = [
        ("site", site.to_owned()),
        ("key_low", half(0).to_string()),
        ("key_high", half(8).to_string()),
        ("pages", PAGES.to_string()),
    ];
    store.run("CREATE DATABASE bench", &[]).await?;
    store.run(include_str!("../../queries/clicks_table.sql"), &[]).await?;
    store.run(include_str!("../../queries/peer_table.sql"), &[]).await?;
    store.run(include_str!("../../queries/page_names.sql"), &named).await?;
    store
        .run(include_str!("../../queries/anchor_names.sql"), &named)
        .await?;
    for number in 0..DAYS {
        let mut parameters = Vec::from(named.clone());
        parameters.push(("day", date(Day(last_day().0 + 1 - DAYS + number))?.to_string()));
        parameters.push(("number", number.to_string()));
        parameters.push(("clicks", (CLICKS / u64::from(DAYS)).to_string()));
        for statement in [
            include_str!("../../queries/clicks.sql"),
            include_str!("../../queries/peer_rows.sql"),
            include_str!("../../queries/live.sql"),
            include_str!("../../queries/ledger.sql"),
        ] {
            store.run(statement, &parameters).await?;
        }
        write!(std::io::stderr(), "\r  day {} of {DAYS}", number + 1)?;
    }
    writeln!(std::io::stderr())?;
    Ok(())
}

/// Other sites and teams with the same counts, so that there are this many in all; those that are there are kept.
pub(super) async fn copies(store: &Store, site: &str, copies: u64) -> anyhow::Result<()> {
    for copy in 2..=copies {
        let ours = [("site", site.to_owned()), ("copy", format!("{site}-{copy}"))];
        store.run(include_str!("../../queries/copy_days.sql"), &ours).await?;
        store
            .run(include_str!("../../queries/copy_countries.sql"), &ours)
            .await?;
        let theirs = [("copy", copy.to_string())];
        store.run(include_str!("../../queries/copy_peer.sql"), &theirs).await?;
    }
    Ok(())
}

/// The day as a date.
pub(super) fn date(day: Day) -> anyhow::Result<Date> {
    Ok(Date::new(1970, 1, 1)?.checked_add(jiff::Span::new().days(i64::from(day.0)))?)
}
