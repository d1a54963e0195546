//! The data dictionary says something of every stored column, and of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::Row;
use serde::Deserialize;

use crate::support::TestStore;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    purpose: String,
    retention: String,
    columns: BTreeMap<String, Column>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    purpose: String,
    anonymous: String,
}

#[derive(Row, Deserialize)]
struct Stored {
    table: String,
    name: String,
    comment: String,
}

#[test]
fn the_data_dictionary_and_the_schema_name_the_same_columns() {
    let store = TestStore::new("dictionary");
    let sql = "SELECT table, name, comment FROM system.columns WHERE database = currentDatabase()";
    let stored = store.all::<Stored>(sql);
    assert!(stored.len() > 80, "the schema was read");
    for column in &stored {
        assert!(
            !column.comment.is_empty(),
            "{}.{} has no comment",
            column.table,
            column.name
        );
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/data-dictionary.toml");
    let text = std::fs::read_to_string(file).expect("the dictionary");
    let tables: BTreeMap<String, Table> = toml::from_str(&text).expect("a dictionary");
    let said: BTreeSet<(String, String)> = tables
        .iter()
        .flat_map(|(table, entry)| entry.columns.keys().map(|column| (table.clone(), column.clone())))
        .collect();
    let found: BTreeSet<(String, String)> = stored.into_iter().map(|column| (column.table, column.name)).collect();
    assert_eq!(
        said.difference(&found).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "described but not stored"
    );
    assert_eq!(
        found.difference(&said).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "stored but not described"
    );
    for (table, entry) in &tables {
        assert!(!entry.purpose.is_empty() && !entry.retention.is_empty(), "{table}");
        for (name, column) in &entry.columns {
            let said = !column.purpose.is_empty() && !column.anonymous.is_empty();
            assert!(said, "{table}.{name}");
        }
    }
}
