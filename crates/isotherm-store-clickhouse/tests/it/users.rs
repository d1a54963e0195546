//! Who owns the database and who reads answers: the users that we ship for a server that is not ours, and what is found
//! where they are not as they should be.

use std::sync::Arc;

use isotherm_core::arrival::ArrivalStore;
use isotherm_core::control::{ControlStore, Erased, Erasure, ErasureState};
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::ports::CountStore;
use isotherm_core::reading::{CountReader, Filter, ReadError};
use isotherm_core::site::{Origin, Site};
use isotherm_core::{Hour, SiteKey};
use isotherm_store_clickhouse::{
    ClickHouseArrivals, ClickHouseControl, ClickHouseReader, Eraser, Finding, Sealer, StoreSettings, backup, check,
    migrate, stored_columns, verify,
};
use isotherm_testkit::ClickHouseServer;
use isotherm_testkit::memory::DrivenClock;
use tokio::runtime::Runtime;

use crate::support::{Shared, TODAY, TOUCH, TestStore, Touch, block, client, site};

const USERS: &str = include_str!("../../../../deploy/clickhouse-users.xml");
const OWNER: &str = "owner of the test";
const READER: &str = "reader of the test";
/// The SHA-256 of the two passwords, as the server's operator sets them.
const VARIABLES: [(&str, &str); 2] = [
    (
        "ISOTHERM_OWNER_SHA256",
        "6f1c00b0644c5b27b7b47736c2a4cce7a43a364febdac897835778d936a2fe03",
    ),
    (
        "ISOTHERM_READ_SHA256",
        "47b14feed9e870ffe1882a46720b7cb0907f8deab7000160470b8fbc0651e668",
    ),
];
const DAY_MS: u64 = 86_400_000;

/// A server of its own with the users that we ship, and the settings that `deploy/cluster.toml` gives.
fn shipped() -> TestStore {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(ClickHouseServer::start_with_users(USERS, &VARIABLES));
    let server = server.expect("a server");
    let settings = StoreSettings {
        read_user: Some("isotherm_read".into()),
        read_password: Some(READER.into()),
        ..StoreSettings::new(&server.url, "isotherm", OWNER)
    };
    let shared = Arc::new(Shared { server, runtime });
    TestStore { shared, settings }
}

/// What the server says to a user that sends a statement; empty where it is done.
fn refusal(store: &TestStore, user: &str, password: &str, sql: &str) -> String {
    let settings = StoreSettings {
        user: user.into(),
        password: password.into(),
        ..store.settings.clone()
    };
    let done = store.wait(client(&settings).query_raw(sql).execute());
    done.err().map_or_else(String::new, |error| error.to_string())
}

fn everything(key: &SiteKey) -> Filter {
    Filter {
        site: key.clone(),
        from: Day(0),
        to: Day(u16::MAX),
        viewport: None,
        country: None,
        sealed_only: false,
    }
}

/// All that the owner ever does: the schema, counts, control tables, a seal, an erasure, the ledger check, a backup.
fn do_what_an_owner_does(store: &TestStore) {
    store.wait(migrate(&store.settings)).expect("migrated");
    let control = ClickHouseControl::new(&store.settings);
    let acme = Site {
        key: site("acme"),
        origins: vec![Origin::parse("https://shop.example").expect("an origin")],
        rules: Vec::new(),
    };
    store.wait(control.put_site(&acme)).expect("put");
    let other = Touch { page: 8, ..TOUCH };
    let touches = [vec![TOUCH; 60], vec![other; 20]].concat();
    store.counts().insert(&block(0, 0, 9, &touches)).expect("inserted");
    let clock = DrivenClock::at((u64::from(TODAY.0) + 2) * DAY_MS);
    let sealer = Sealer::new(&store.settings, Arc::new(clock.clone()));
    assert!(store.wait(sealer.seal_next()).expect("sealed").is_some());
    clock.advance(DAY_MS);
    store.wait(sealer.tidy()).expect("tidied");
    let erasure = Erasure {
        id: 1,
        site: site("acme"),
        what: Erased::Page(PageId(8)),
        first: Day(0),
        last: Day(u16::MAX),
        requested: Hour(498_690),
        state: ErasureState::Pending,
        deleted: 0,
    };
    let eraser = Eraser::new(&store.settings);
    assert!(store.wait(eraser.request(&erasure)).expect("requested"));
    store.wait(eraser.pass(erasure.id)).expect("a pass");
    assert_eq!(store.wait(eraser.left(erasure.id)), Ok(0));
    let report = store.wait(verify(&store.settings)).expect("verified");
    assert!(report.problems.is_empty());
    // A backup, and what a restore does to a table before it fills it.
    assert!(
        store
            .wait(backup::tables(&store.settings))
            .expect("tables")
            .contains(&"goals".to_owned())
    );
    store.wait(backup::cut_state(&store.settings)).expect("a state");
    store
        .wait(backup::empty_table(&store.settings, "goals"))
        .expect("emptied");
    assert!(!store.wait(stored_columns(&store.settings)).expect("columns").is_empty());
}

#[test]
fn the_users_that_we_ship_can_do_what_they_must_and_the_reading_one_can_write_nothing() {
    let store = shipped();
    do_what_an_owner_does(&store);
    assert_eq!(store.wait(check(&store.settings)), Ok(Vec::new()));

    let reader = ClickHouseReader::new(&store.settings);
    let (acme, page) = (everything(&site("acme")), PageId(TOUCH.page));
    assert_eq!(store.wait(reader.page_views(&acme, page)), Ok(60));
    assert_eq!(store.wait(reader.page_views(&acme, PageId(8))), Ok(0), "erased");
    assert!(store.wait(reader.at_one_state()).is_ok_and(|held| held.is_some()));
    assert_eq!(store.wait(reader.countries(&acme, None)).expect("an answer").len(), 1);
    let arrivals = ClickHouseArrivals::new(&store.settings);
    assert_eq!(store.wait(arrivals.lately(Hour(0))), Ok(Vec::new()));

    for sql in [
        "INSERT INTO erased SELECT * FROM erased WHERE 0",
        "INSERT INTO tokens SELECT * FROM tokens WHERE 0",
        "ALTER TABLE days DELETE WHERE 1",
        "ALTER TABLE live DROP PARTITION 20200101",
        "TRUNCATE TABLE days",
        "DROP TABLE days",
        "CREATE TABLE mine (a UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE mine (a UInt8)",
        "DROP DATABASE isotherm",
        "SELECT * FROM file('/etc/hostname', LineAsString, 'line String')",
        "SELECT * FROM url('http://127.0.0.1:1/', LineAsString, 'line String')",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 600",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "SYSTEM STOP MERGES isotherm.days",
    ] {
        assert_ne!(refusal(&store, "isotherm_read", READER, sql), "", "{sql}");
    }
    assert_eq!(refusal(&store, "isotherm_read", READER, "SELECT count() FROM days"), "");
    let as_owner = StoreSettings {
        read_user: None,
        ..store.settings.clone()
    };
    // Its profile is one lock, and what it is granted another.
    let granted = StoreSettings {
        user: "isotherm_read".into(),
        password: READER.into(),
        ..store.settings.clone()
    };
    let granted: Vec<String> = store
        .wait(client(&granted).query_raw("SHOW GRANTS").fetch_all())
        .expect("grants");
    assert_eq!(
        granted,
        [
            "GRANT SELECT ON isotherm.* TO isotherm_read",
            "GRANT SELECT(active, bytes_on_disk, database, modification_time, name, partition, rows, `table`) ON system.parts TO isotherm_read"
        ]
    );
    // Pages are held for it, and not for a user without that second right, who is answered all the same.
    for (settings, can_hold) in [(&store.settings, true), (&as_owner, false)] {
        let reader = ClickHouseReader::with_memory(settings, 1 << 20);
        let held = store.wait(reader.at_one_state()).expect("a state").expect("a reader");
        assert_eq!(store.wait(held.page_views(&acme, page)), Ok(60));
        assert_eq!(reader.can_hold(), can_hold);
    }
    // The owner owns this database and nothing else.
    for sql in [
        "CREATE DATABASE elsewhere",
        "CREATE TABLE default.mine (a UInt8) ENGINE = MergeTree ORDER BY a",
        "SELECT * FROM file('/etc/hostname', LineAsString, 'line String')",
        "DROP DATABASE isotherm",
    ] {
        assert_ne!(refusal(&store, "isotherm", OWNER, sql), "", "{sql}");
    }
    for (user, password) in [("isotherm", READER), ("isotherm_read", OWNER), ("isotherm_read", "")] {
        assert_ne!(
            refusal(&store, user, password, "SELECT 1"),
            "",
            "{user} with another's password"
        );
    }
}

#[test]
fn a_reader_that_is_the_owner_or_can_write_or_cannot_read_is_a_finding() {
    let mut store = TestStore::new("reader_check");
    let known = store.settings.clone();
    assert_eq!(store.wait(check(&known)), Ok(Vec::new()));

    store.settings.read_user = None;
    let findings = store.wait(check(&store.settings)).expect("checked");
    assert_eq!(findings, [Finding::OwnerReads]);
    assert!(findings[0].is_advice(), "all works as it is");
    let said = findings[0].to_string();
    assert!(said.contains("can write") && said.contains("read_user") && said.contains("deploy/clickhouse-users.xml"));

    store.settings.read_user = Some(known.user.clone());
    store.settings.read_password = Some(known.password.clone());
    let findings = store.wait(check(&store.settings)).expect("checked");
    assert_eq!(findings, [Finding::ReaderCanWrite]);
    assert!(!findings[0].is_advice() && findings[0].to_string().contains("readonly = 2"));

    store.settings.read_user.clone_from(&known.read_user);
    store.settings.read_password = Some("another".into());
    let findings = store.wait(check(&store.settings)).expect("checked");
    assert!(
        matches!(&findings[..], [Finding::ReaderCannotRead { .. }]),
        "{findings:?}"
    );
    let said = findings[0].to_string();
    assert!(
        !findings[0].is_advice() && said.contains("read_password") && !said.contains("another"),
        "{said}"
    );
    // As such a store answers.
    let reader = ClickHouseReader::new(&store.settings);
    let answer = store.wait(reader.page_views(&everything(&site("acme")), PageId(1)));
    assert!(matches!(answer, Err(ReadError::Refused(_))));
}
