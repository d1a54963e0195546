//! What an attempt took and gave, written down from the rows themselves and compared before it is published.

use clickhouse::Row;
use serde::Deserialize;

use super::attempt::Attempt;
use super::inputs::Plan;
use super::{SealError, Sealed, Sealer};
use crate::verify::SealCheck;

#[derive(Row, Deserialize)]
struct SumRow {
    cohort_views: u64,
    waiting_views: u64,
    deleted_views: u64,
}

const SUMS: &str = include_str!("../../queries/seal_sums.sql");

impl Sealer {
    /// Writes the balance of an attempt; refuses to go on when something was lost or came from nowhere.
    pub(super) async fn balance(&self, attempt: &Attempt<'_>, plan: &Plan) -> Result<Sealed, SealError> {
        let write = include_str!("../../queries/seal_balances.sql");
        self.execute("seal_balances", self.of_attempt(write, attempt)).await?;
        let check = self
            .client
            .query_raw(include_str!("../../queries/verify_balances.sql"))
            .param("attempts", [attempt.id].as_slice())
            .param("removed", &plan.removed);
        let wrong: Vec<SealCheck> = self.ask("verify_balances", check).await?;
        if let Some(row) = wrong.first() {
            return Err(SealError::Unbalanced {
                landing: attempt.landing,
                what: format!("{}: {} and {}", row.text(), row.expected, row.found),
            });
        }
        let sums = self.client.query_raw(SUMS).param("attempt", attempt.id);
        let sums: Vec<SumRow> = self.ask("seal_sums", sums).await?;
        let of = |sum: fn(&SumRow) -> u64| sums.first().map_or(0, sum);
        Ok(Sealed {
            landing: attempt.landing,
            cohorts: 0,
            cohort_views: of(|row| row.cohort_views),
            waiting_views: of(|row| row.waiting_views),
            deleted_views: of(|row| row.deleted_views),
            by_another: false,
        })
    }
}
