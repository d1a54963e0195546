//! How statements of a seal are asked: by name, after whoever wants to be asked before, within bounds of memory and time.

use std::time::Duration;

use clickhouse::query::Query;
use clickhouse::{Client, RowOwned, RowRead, RowWrite};
use isotherm_core::cohort::Slice;

use super::{SealError, Sealer};
use crate::fault::StoreFault;

/// A statement that takes longer is given up and its attempt is dead. A slice takes seconds.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// Settings of every statement of a seal: one thread, blocks and intermediate results far below the embedded engine's
/// memory. An insert may land in several parts, because none of them counts before the seal is published.
const BOUNDS: [(&str, &str); 12] = [
    ("async_insert", "0"),
    ("insert_deduplicate", "0"),
    ("max_threads", "1"),
    ("max_insert_threads", "1"),
    ("max_block_size", "16384"),
    ("max_insert_block_size", "262144"),
    ("min_insert_block_size_rows", "262144"),
    ("min_insert_block_size_bytes", "16777216"),
    ("max_bytes_before_external_group_by", "33554432"),
    ("max_bytes_before_external_sort", "33554432"),
    ("max_execution_time", "600"),
    // Months that are summed up have a partition each, however many they are.
    ("max_partitions_per_insert_block", "0"),
];

pub(super) fn with_bounds(client: Client) -> Client {
    BOUNDS
        .into_iter()
        .fold(client, |client, (name, value)| client.with_setting(name, value))
}

/// Text of a statement over a slice: what `@moved@` and `@slice@` stand for is put in.
pub(super) fn of_slice(sql: &str, moved: &str) -> String {
    sql.replace("@moved@", moved)
        .replace("@slice@", include_str!("../../queries/seal_slice.sql").trim_end())
}

/// Text of a statement over a site's old cohorts: what `@old@` stands for is put in.
pub(super) fn of_old(sql: &str) -> String {
    sql.replace("@old@", include_str!("../../queries/seal_old.sql").trim_end())
}

pub(super) fn bind_slice(query: Query, slice: &Slice) -> Query {
    query
        .param("site_after", &slice.after.0)
        .param("page_after", slice.after.1.0)
        .param("site_to", &slice.to.0)
        .param("page_to", slice.to.1.0)
}

impl Sealer {
    /// Asks whoever wants to be asked before a statement.
    pub(super) async fn before(&self, name: &'static str) -> Result<(), SealError> {
        let Some(before) = &self.before else {
            return Ok(());
        };
        // Who cannot answer wants the seal to stop.
        match before(name).await {
            Ok(true) => Ok(()),
            _ => Err(SealError::Stopped(name)),
        }
    }

    pub(super) async fn execute(&self, name: &'static str, query: Query) -> Result<(), SealError> {
        self.before(name).await?;
        in_time(name, query.execute()).await
    }

    pub(super) async fn ask<T: RowOwned + RowRead>(
        &self,
        name: &'static str,
        query: Query,
    ) -> Result<Vec<T>, SealError> {
        self.before(name).await?;
        in_time(name, query.fetch_all()).await
    }

    pub(super) async fn write<T: RowOwned + RowWrite>(
        &self,
        name: &'static str,
        (client, table): (&Client, &str),
        rows: &[T],
    ) -> Result<(), SealError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.before(name).await?;
        in_time(name, async {
            let mut insert = client.insert::<T>(table).await?;
            for row in rows {
                insert.write(row).await?;
            }
            insert.end().await
        })
        .await
    }
}

/// Waits for a statement, but not for ever.
async fn in_time<T>(
    statement: &'static str,
    future: impl Future<Output = clickhouse::error::Result<T>>,
) -> Result<T, SealError> {
    let fault = match tokio::time::timeout(STATEMENT_TIMEOUT, future).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => StoreFault::from(error),
        Err(_) => StoreFault::Unavailable("no answer in time".into()),
    };
    Err(SealError::Statement { statement, fault })
}
