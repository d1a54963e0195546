//! Sites, tokens and the id key.

use isotherm_core::arrival::{ArrivalRow, ArrivalStore};
use isotherm_core::control::{ControlStore, Scope, SiteAccess, Token, TokenHash};
use isotherm_core::ids::PageId;
use isotherm_core::ports::{CountStore, Text};
use isotherm_core::site::{Origin, PageRule, RuleAction, Site};
use isotherm_core::{Hour, Outcome, PagePath};
use isotherm_store_clickhouse::{ClickHouseArrivals, ClickHouseControl, migrate, verify};
use isotherm_testkit::wait_until;

use crate::support::{TODAY, TOUCH, TestStore, Touch, block, site};

fn acme(origins: &[&str]) -> Site {
    Site {
        key: site("acme"),
        origins: origins
            .iter()
            .map(|text| Origin::parse(text).expect("an origin"))
            .collect(),
        rules: vec![
            PageRule {
                pattern: "/private/**".into(),
                action: RuleAction::Drop,
            },
            PageRule {
                pattern: "/o'brien/*\\n".into(),
                action: RuleAction::Group,
            },
        ],
    }
}

fn token(id: &str, key: &str) -> Token {
    Token {
        id: id.into(),
        hash: TokenHash(std::array::from_fn(|i| i as u8 * 7)),
        site: site(key),
        scope: Scope::Admin,
        allow_ip: vec!["192.0.2.0/24".into(), "2001:db8::/32".into()],
        created: TODAY,
        expires: Some(TODAY),
        last_used: None,
    }
}

#[test]
fn a_site_is_read_back_right_after_it_was_put() {
    let store = TestStore::new("sites_table");
    let control = ClickHouseControl::new(&store.settings);
    let put = |site: &Site| store.wait(control.put_site(site)).expect("put");
    let all = || store.wait(control.sites()).expect("sites");
    assert_eq!(all(), []);
    let first = acme(&["https://shop.example"]);
    put(&first);
    assert_eq!(all(), [first]);
    let second = Site {
        rules: vec![],
        ..acme(&["https://shop.example", "http://localhost:8081"])
    };
    put(&second);
    assert_eq!(all(), std::slice::from_ref(&second), "origins and rules are replaced");
    let other = Site {
        key: site("zebra"),
        origins: vec![],
        rules: vec![],
    };
    put(&other);
    assert_eq!(all(), [second, other]);
}

#[test]
fn tokens_are_stored_and_revoked_by_id() {
    let store = TestStore::new("tokens_table");
    let control = ClickHouseControl::new(&store.settings);
    let ids = || {
        let tokens = store.wait(control.tokens()).expect("tokens");
        tokens.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    for id in ["a1", "b2"] {
        store.wait(control.put_token(&token(id, "acme"))).expect("put");
    }
    let read = store.wait(control.tokens()).expect("tokens").swap_remove(0);
    assert!(read == token("a1", "acme"), "the token is read back as it was put");
    assert_eq!(store.wait(control.revoke_token("a1")), Ok(true));
    assert_eq!(store.wait(control.revoke_token("a1")), Ok(false));
    assert_eq!(ids(), ["b2"]);
}

#[test]
fn the_id_key_stays_the_same() {
    let store = TestStore::new("id_key");
    let id = || {
        let key = store
            .wait(ClickHouseControl::new(&store.settings).id_key())
            .expect("a key");
        key.page(&site("acme"), &PagePath::normalise("/p").expect("a path"))
    };
    let first = id();
    store.wait(migrate(&store.settings)).expect("migrated again");
    assert_eq!(id(), first);
    let other = TestStore::new("id_key_of_another");
    let key = other
        .wait(ClickHouseControl::new(&other.settings).id_key())
        .expect("a key");
    let elsewhere = key.page(&site("acme"), &PagePath::normalise("/p").expect("a path"));
    assert_ne!(elsewhere, first, "each installation has a key of its own");
}

#[test]
fn a_removed_site_is_gone_at_once_and_its_rows_soon_and_the_ledger_still_adds_up() {
    let store = TestStore::new("removing");
    let control = ClickHouseControl::new(&store.settings);
    store
        .wait(control.put_site(&acme(&["https://shop.example"])))
        .expect("put");
    store.wait(control.put_token(&token("a1", "acme"))).expect("put");
    store.wait(control.put_token(&token("z9", "zebra"))).expect("put");
    let mut counts = store.counts();
    let mut touches = vec![TOUCH; 10];
    touches.push(Touch { site: "zebra", ..TOUCH });
    counts.insert(&block(0, 0, 10, &touches)).expect("inserted");
    counts
        .publish("acme", &[Text::Page(PageId(TOUCH.page), "/p".into())])
        .expect("published");
    let arrived = ["acme", "zebra"].map(|key| ArrivalRow {
        site: site(key),
        // Far ahead: what is old goes by itself.
        hour: Hour(1_000_000),
        outcome: Outcome::Admitted,
        n: 1,
    });
    let arrivals = ClickHouseArrivals::new(&store.settings);
    store.wait(arrivals.add(&arrived)).expect("added");

    let removed = store.wait(control.remove(&site("acme"))).expect("removed");
    assert!(removed.existed);
    assert_eq!(removed.tokens, 1);
    let tables: Vec<&str> = removed.rows.iter().map(|(table, _)| *table).collect();
    assert_eq!(tables, ["live", "pages", "rules", "tokens", "arrivals"]);
    assert_eq!(store.wait(control.sites()).expect("sites"), []);
    assert_eq!(store.wait(control.tokens()).expect("tokens").len(), 1);
    assert_eq!(
        store.wait(control.remove_site(&site("acme"))),
        Ok(false),
        "it was removed already"
    );
    assert_eq!(store.wait(control.remove_site(&site("never"))), Ok(false));

    let settings = &store.settings;
    let left = "SELECT count() FROM (SELECT site FROM pages UNION ALL SELECT site FROM live UNION ALL SELECT site FROM arrivals) WHERE site = 'acme'";
    store.wait(wait_until(
        std::time::Duration::from_secs(30),
        "the rows are deleted",
        async || {
            let answer = crate::support::client(settings)
                .query_raw(left)
                .fetch_one::<u64>()
                .await;
            matches!(answer, Ok(0))
        },
    ));
    assert!(store.one("SELECT count() FROM live WHERE site = 'zebra'") > 0);
    assert_eq!(store.one("SELECT count() FROM arrivals WHERE site = 'zebra'"), 1);
    let report = store.wait(verify(&store.settings)).expect("verified");
    assert_eq!(report.problems, []);

    store
        .wait(control.put_site(&acme(&["https://shop.example"])))
        .expect("put again");
    assert_eq!(store.wait(control.sites()).expect("sites").len(), 1);
}

#[test]
fn what_an_owner_says_about_access_replaces_what_was_said_before_and_goes_with_the_site() {
    let store = TestStore::new("site_access");
    let control = ClickHouseControl::new(&store.settings);
    assert_eq!(store.wait(control.site_access()), Ok(Vec::new()));
    let access = |networks: &[&str], public_countries| SiteAccess {
        site: site("acme"),
        allow_ip: networks.iter().map(|text| (*text).to_owned()).collect(),
        public_countries,
    };
    store
        .wait(control.put_site(&acme(&["https://shop.example"])))
        .expect("put");
    for said in [
        access(&["192.0.2.0/24"], true),
        access(&[], false),
        access(&["2001:db8::/32"], true),
    ] {
        store.wait(control.put_site_access(&said)).expect("put");
        assert_eq!(store.wait(control.site_access()), Ok(vec![said]));
    }
    store.wait(control.remove(&site("acme"))).expect("removed");
    store.wait(wait_until(
        std::time::Duration::from_secs(30),
        "the words are deleted",
        async || control.site_access().await == Ok(Vec::new()),
    ));
}
