//! Deleting out of `live`, where batches land meanwhile.
//!
//! How many rows a deletion takes cannot be counted before it: a batch may land in between. So each landing is compared
//! with its ledger rows before the pass and after it, each time in one statement; what is missing more than before is what
//! was deleted. The numbers from before are written down first, so that a pass that was cut off can still be ended.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::deleting::{OF_PAGES, count_sql, delete_sql};
use super::{Eraser, Reach};
use crate::control::write;
use crate::fault::StoreFault;
use crate::settings::answer;

#[derive(Row, Serialize, Deserialize, Clone)]
struct MissingRow {
    landing: u16,
    missing_rows: i64,
    missing_n: i64,
}

#[derive(Row, Serialize, Deserialize)]
struct PassRow {
    pass: u64,
    landing: u16,
    missing_rows: i64,
    missing_n: i64,
}

#[derive(Row, Serialize)]
struct ErasedRow {
    landing: u16,
    count_rows: u64,
    n_sum: u64,
}

/// Count rows of the pages whose days lie in the range.
fn condition() -> String {
    format!("kind >= 'page' AND {OF_PAGES} AND toUInt16(day) BETWEEN {{first:UInt16}} AND {{last:UInt16}}")
}

impl Eraser {
    /// Rows of a request in `live`.
    pub(super) async fn count_live(&self, reach: &Reach<'_>) -> Result<u64, StoreFault> {
        self.count(self.about(&count_sql("live", &condition()), reach)).await
    }

    /// Deletes them, and writes down how many they were.
    pub(super) async fn delete_live(&self, reaches: &[Reach<'_>]) -> Result<u64, StoreFault> {
        let mut there = 0;
        for reach in reaches {
            there += self.count_live(reach).await?;
        }
        if there == 0 {
            return Ok(0);
        }
        let pass = self.begin_pass().await?;
        for reach in reaches {
            answer(self.about(&delete_sql("live", &condition()), reach).execute()).await?;
        }
        self.finish_deletions().await?;
        self.end_pass(pass.0, &pass.1).await
    }

    /// Ends passes that were cut off. Their deletions are finished.
    pub(super) async fn finish_passes(&self) -> Result<(), StoreFault> {
        let sql = include_str!("../../queries/erase_open_passes.sql");
        let rows: Vec<PassRow> = answer(self.client.query_raw(sql).fetch_all()).await?;
        let mut passes: BTreeMap<u64, Vec<MissingRow>> = BTreeMap::new();
        for row in rows {
            passes.entry(row.pass).or_default().push(MissingRow {
                landing: row.landing,
                missing_rows: row.missing_rows,
                missing_n: row.missing_n,
            });
        }
        for (pass, before) in passes {
            self.end_pass(pass, &before).await?;
        }
        Ok(())
    }

    async fn begin_pass(&self) -> Result<(u64, Vec<MissingRow>), StoreFault> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(|_| StoreFault::Unavailable("the system gives no random bytes".into()))?;
        let pass = u64::from_le_bytes(number);
        let before = self.missing().await?;
        let rows: Vec<PassRow> = before.iter().map(|row| pass_row(pass, row)).collect();
        write(&self.client, "erase_passes", &rows).await?;
        Ok((pass, before))
    }

    /// Writes down what a pass deleted, once.
    async fn end_pass(&self, pass: u64, before: &[MissingRow]) -> Result<u64, StoreFault> {
        let before: BTreeMap<u16, &MissingRow> = before.iter().map(|row| (row.landing, row)).collect();
        let more = |row: &MissingRow| {
            // A landing that is new had nothing missing.
            let earlier = before.get(&row.landing);
            let count_rows = row.missing_rows - earlier.map_or(0, |earlier| earlier.missing_rows);
            let n_sum = row.missing_n - earlier.map_or(0, |earlier| earlier.missing_n);
            // Rows are never added without their ledger row, so nothing is missing less than before.
            (count_rows > 0).then(|| ErasedRow {
                landing: row.landing,
                count_rows: count_rows.unsigned_abs(),
                n_sum: n_sum.max(0).unsigned_abs(),
            })
        };
        let erased: Vec<ErasedRow> = self.missing().await?.iter().filter_map(more).collect();
        let client = self
            .client
            .clone()
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", format!("pass-{pass}"));
        write(&client, "erased", &erased).await?;
        let done = MissingRow {
            landing: 0,
            missing_rows: 0,
            missing_n: 0,
        };
        write(&self.client, "erase_passes", &[pass_row(pass, &done)]).await?;
        Ok(erased.iter().map(|row| row.count_rows).sum())
    }

    async fn missing(&self) -> Result<Vec<MissingRow>, StoreFault> {
        let sql = include_str!("../../queries/erase_missing.sql");
        answer(self.client.query_raw(sql).fetch_all()).await
    }
}

fn pass_row(pass: u64, row: &MissingRow) -> PassRow {
    PassRow {
        pass,
        landing: row.landing,
        missing_rows: row.missing_rows,
        missing_n: row.missing_n,
    }
}
