//! Copying all tables out and in again, as streams of Native blocks, through the same connection as everything else: it
//! works on the embedded engine and on a server, running or not, and needs no folder that the server may write.
//!
//! A table is copied by one statement, which reads one state of it: a batch is in a copy of `live` with its counts, its
//! ledger row and its `last` rows, or not at all. Between the tables stands an order. Who is named by another table is
//! copied before it: seals before what they publish, texts before the counts behind them, sites before their rules. What
//! lands meanwhile is then in the copy without its text or its site's newest rules, never the other way round. A seal that
//! is published, or a deletion that begins meanwhile, would break the order: [`CutState`] is compared before and after.

use bytes::Bytes;
use clickhouse::Row;
use clickhouse::query::BytesCursor;
use serde::Deserialize;

use crate::fault::StoreFault;
use crate::migrate::version;
use crate::settings::{StoreSettings, answer};

/// Tables that are copied first, in this order; the others follow by name, `live` last.
const FIRST: [&str; 6] = ["seals", "settings", "sites", "tokens", "pages", "anchors"];
/// The table that is copied last.
const LAST: &str = "live";
/// Not copied: a restored database has the schema of the build that restores it.
const LEFT_OUT: &str = "schema_migrations";

/// Bytes handed to the connection at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Settings of an insert that puts a copy back: blocks that the embedded engine has memory for, any number of partitions,
/// and no memory of the repeats of another life.
const PUT_BACK_SETTINGS: [(&str, &str); 7] = [
    ("insert_deduplicate", "0"),
    ("async_insert", "0"),
    ("max_partitions_per_insert_block", "0"),
    ("max_insert_block_size", "262144"),
    ("min_insert_block_size_rows", "262144"),
    ("min_insert_block_size_bytes", "33554432"),
    ("input_format_parallel_parsing", "0"),
];

/// What must be the same before and after a copy, so that its tables fit each other.
#[derive(Clone, PartialEq, Eq, Debug, Row, Deserialize)]
pub struct CutState {
    /// Published seals.
    pub seals: u64,
    /// A sum that says which.
    pub seals_sum: u64,
    /// Deletions out of `live` that were written down.
    pub erased: u64,
    /// The rows of which they speak.
    pub erased_sum: u64,
    /// Deletions out of the sealed tables that were written down.
    pub changed: u64,
    /// The interactions of which they speak.
    pub changed_sum: u64,
    /// Deletions that the server has not finished.
    pub unfinished: u64,
}

/// What a backup says of the store that it came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreFacts {
    /// The number of the newest migration.
    pub schema: u32,
    /// The logs that the ledger knows.
    pub log_ids: Vec<u64>,
}

/// A table on its way out.
pub struct TableCopy(BytesCursor);

/// All tables with rows of ours, in the order in which they must be copied.
pub async fn tables(settings: &StoreSettings) -> Result<Vec<String>, StoreFault> {
    let sql = include_str!("../queries/backup_tables.sql");
    let mut names: Vec<String> = answer(settings.client().query_raw(sql).fetch_all()).await?;
    names.retain(|name| name != LEFT_OUT);
    let place = |name: &String| match FIRST.iter().position(|first| first == name) {
        Some(place) => place,
        None if name == LAST => usize::MAX,
        None => FIRST.len(),
    };
    names.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    Ok(names)
}

/// The state that a copy is compared by.
pub async fn cut_state(settings: &StoreSettings) -> Result<CutState, StoreFault> {
    let sql = include_str!("../queries/backup_state.sql");
    answer(settings.client().query_raw(sql).fetch_one()).await
}

/// What a backup says of the store.
pub async fn facts(settings: &StoreSettings) -> Result<StoreFacts, StoreFault> {
    let client = settings.client();
    let sql = include_str!("../queries/backup_logs.sql");
    Ok(StoreFacts {
        schema: version(&client).await?,
        log_ids: answer(client.query_raw(sql).fetch_all()).await?,
    })
}

/// Begins to copy a table out. The name is one of [`tables`].
pub fn copy_table(settings: &StoreSettings, table: &str) -> Result<TableCopy, StoreFault> {
    let client = settings.client().with_setting("max_threads", "1");
    let sql = format!("SELECT * FROM {}", quoted(table));
    Ok(TableCopy(client.query_raw(&sql).fetch_bytes("Native")?))
}

impl TableCopy {
    /// The next bytes; `None` at the end. An answer that was cut off is an error, never an end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreFault> {
        answer(self.0.next()).await
    }
}

/// Puts a copied table back into the empty table of this name; `next` gives its bytes. Columns are found by their names:
/// one that this schema has and the copy has not is filled with its default.
pub async fn put_back<E>(
    settings: &StoreSettings,
    table: &str,
    mut next: impl FnMut() -> Result<Option<Bytes>, E>,
) -> Result<(), PutBackError<E>> {
    let sql = format!("INSERT INTO {} FORMAT Native", quoted(table));
    let mut insert = settings.client().insert_formatted_with(sql);
    for (name, value) in PUT_BACK_SETTINGS {
        insert = insert.with_setting(name, value);
    }
    while let Some(mut bytes) = next().map_err(PutBackError::Source)? {
        while !bytes.is_empty() {
            let chunk = bytes.split_to(CHUNK_BYTES.min(bytes.len()));
            answer(insert.send(chunk)).await.map_err(PutBackError::Store)?;
        }
    }
    answer(insert.end()).await.map_err(PutBackError::Store)
}

/// Whether a table has no rows.
pub async fn is_empty(settings: &StoreSettings, table: &str) -> Result<bool, StoreFault> {
    let sql = format!("SELECT count() FROM {}", quoted(table));
    let rows: u64 = answer(settings.client().query_raw(&sql).fetch_one()).await?;
    Ok(rows == 0)
}

/// Empties a table that the migration of a new database has filled.
pub async fn empty_table(settings: &StoreSettings, table: &str) -> Result<(), StoreFault> {
    let sql = format!("TRUNCATE TABLE {}", quoted(table));
    answer(settings.client().query_raw(&sql).execute()).await
}

/// Why a table could not be put back.
#[derive(Debug)]
pub enum PutBackError<E> {
    /// Its bytes could not be read.
    Source(E),
    /// The server did not take them.
    Store(StoreFault),
}

/// A name of ours needs no escape; one with a backquote in it is none of ours and finds no table.
fn quoted(table: &str) -> String {
    format!("`{}`", table.replace('`', ""))
}
