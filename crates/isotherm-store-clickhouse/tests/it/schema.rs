//! Migrations and the settings that must hold.

use isotherm_store_clickhouse::{Finding, MigrateError, Migrated, SCHEMA_VERSION, check, migrate};

use crate::support::TestStore;

#[test]
fn migrating_twice_changes_nothing_the_second_time() {
    let store = TestStore::unmigrated("migrated");
    let first = store.wait(migrate(&store.settings)).expect("migrated");
    assert_eq!(
        first,
        Migrated {
            from: 0,
            applied: (1..=SCHEMA_VERSION).collect()
        }
    );
    let tables = "SELECT count() FROM system.columns WHERE database = currentDatabase()";
    let before = store.one(tables);
    let second = store.wait(migrate(&store.settings)).expect("migrated");
    assert_eq!(
        second,
        Migrated {
            from: SCHEMA_VERSION,
            applied: vec![]
        }
    );
    assert_eq!(store.one(tables), before);
    assert_eq!(store.one("SELECT count() FROM settings WHERE id = 'id_key'"), 1);
}

#[test]
fn two_migrations_at_once_make_one_id_key() {
    let store = TestStore::unmigrated("migrated_at_once");
    let settings = &store.settings;
    let (one, other) = store.wait(async { tokio::join!(migrate(settings), migrate(settings)) });
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(store.one("SELECT count() FROM settings WHERE id = 'id_key'"), 1);
}

#[test]
fn a_database_of_a_newer_build_is_left_alone() {
    let store = TestStore::new("newer");
    store.run("INSERT INTO schema_migrations VALUES (900, 'from the future')");
    let refused = store.wait(migrate(&store.settings));
    assert_eq!(refused, Err(MigrateError::Newer { found: 900 }));
    let findings = store.wait(check(&store.settings)).expect("checked");
    assert_eq!(findings, [Finding::Schema { found: 900 }]);
}

#[test]
fn a_database_whose_sealed_counts_have_a_row_for_each_place_is_left_alone() {
    let store = TestStore::new("unreleased");
    store.run("ALTER TABLE days ADD COLUMN n UInt32");
    for schema in [SCHEMA_VERSION, 900] {
        store.run(&format!(
            "INSERT INTO schema_migrations VALUES ({schema}, 'of an earlier build')"
        ));
        let refused = store.wait(migrate(&store.settings));
        assert_eq!(refused, Err(MigrateError::Unreleased), "schema {schema}");
    }
}

#[test]
fn a_fresh_database_has_every_setting_that_matters_and_a_changed_one_is_found() {
    let store = TestStore::new("checked");
    assert_eq!(store.wait(check(&store.settings)).expect("checked"), []);
    store.run("ALTER TABLE live MODIFY SETTING non_replicated_deduplication_window = 10, fsync_after_insert = 0");
    let findings = store.wait(check(&store.settings)).expect("checked");
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.to_string().contains("MODIFY SETTING"))
    );
}

#[test]
fn what_the_migrations_set_is_the_least_that_is_taken() {
    let store = TestStore::new("checked_window");
    store.run("ALTER TABLE live MODIFY SETTING non_replicated_deduplication_window = 199999");
    let findings = store.wait(check(&store.settings)).expect("checked");
    let expected = "non_replicated_deduplication_window = 200000 or more".to_owned();
    assert_eq!(
        findings,
        [Finding::Table {
            table: "live",
            expected
        }]
    );
}

#[test]
fn a_database_without_schema_is_a_finding_not_an_error() {
    let store = TestStore::unmigrated("empty_one");
    store.wait(async {
        let client = crate::support::client(&isotherm_store_clickhouse::StoreSettings {
            database: "default".into(),
            ..store.settings.clone()
        });
        client
            .query_raw("CREATE DATABASE empty_one")
            .execute()
            .await
            .expect("made");
    });
    assert_eq!(
        store.wait(check(&store.settings)),
        Ok(vec![Finding::Schema { found: 0 }])
    );
}
