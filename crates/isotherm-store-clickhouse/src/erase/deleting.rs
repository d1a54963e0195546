//! Statements about what a request reaches, and deletions that are waited for.

use std::time::Duration;

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;

use super::{Eraser, Reach};
use crate::fault::StoreFault;
use crate::settings::answer;

/// How long the server may take to delete before the caller is told to try again; it goes on by itself meanwhile.
const DELETIONS_MAX: Duration = Duration::from_secs(1_800);

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The pages, of every table of counts.
pub(super) const OF_PAGES: &str = "site = {site:String} AND (has({pages:Array(UInt64)}, page) OR {whole:UInt8} = 1)";

#[derive(Row, Deserialize)]
struct UnfinishedRow {
    unfinished: u64,
    failing: u64,
}

impl Eraser {
    /// A statement with everything that says what a request reaches.
    pub(super) fn about(&self, sql: &str, reach: &Reach<'_>) -> Query {
        self.client
            .query_raw(sql)
            .param("site", reach.site)
            .param("pages", reach.pages)
            .param("whole", u8::from(reach.whole))
            .param("first", reach.first)
            .param("last", reach.last)
    }

    /// How many rows of a table fulfil a condition.
    pub(super) async fn count(&self, query: Query) -> Result<u64, StoreFault> {
        answer(query.fetch_one()).await
    }

    /// Waits until the server has finished every deletion in this database.
    pub(super) async fn finish_deletions(&self) -> Result<(), StoreFault> {
        let sql = include_str!("../../queries/erase_unfinished.sql");
        let mut waited = Duration::ZERO;
        loop {
            let row: UnfinishedRow = answer(self.client.query_raw(sql).fetch_one()).await?;
            if row.unfinished == 0 {
                return Ok(());
            }
            if waited >= DELETIONS_MAX {
                let failing = row.failing;
                return Err(StoreFault::Unavailable(format!(
                    "{} deletions are not finished, {failing} of them fail; they go on by themselves",
                    row.unfinished
                )));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
    }
}

/// The deletion of what a condition holds for; the server finishes it in the background.
pub(super) fn delete_sql(table: &str, condition: &str) -> String {
    format!("ALTER TABLE {table} DELETE WHERE {condition} SETTINGS mutations_sync = 0")
}

/// The count of what a condition holds for.
pub(super) fn count_sql(table: &str, condition: &str) -> String {
    format!("SELECT count() FROM {table} WHERE {condition}")
}
