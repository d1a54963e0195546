//! Arrivals by site, hour and outcome: written in small inserts by every ingest, summed when read.

use clickhouse::{Client, Row};
use isotherm_core::arrival::{ArrivalRow, ArrivalStore};
use isotherm_core::reading::{ReadError, Reading};
use isotherm_core::{Hour, Outcome, SiteKey};
use serde::{Deserialize, Serialize};

use crate::control::{damaged, write};
use crate::settings::{StoreSettings, answer};

/// Seconds of an hour; the store holds an hour by its first second.
const HOUR_S: u32 = 3_600;

/// The table of arrivals.
#[derive(Clone)]
pub struct ClickHouseArrivals {
    owner: Client,
    reader: Client,
}

#[derive(Row, Serialize, Deserialize)]
struct StoredRow {
    site: String,
    hour: u32,
    outcome: String,
    n: u64,
}

impl ClickHouseArrivals {
    /// The table; connects at the first call. What it reads the reading user reads, where the settings name one.
    pub fn new(settings: &StoreSettings) -> ClickHouseArrivals {
        // An insert is there when it returns. Two flushes may add the same numbers: neither is a repeat of the other.
        let owner = settings
            .client()
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "0");
        let reader = settings.read_client();
        ClickHouseArrivals { owner, reader }
    }

    async fn write(&self, rows: &[ArrivalRow]) -> Result<(), ReadError> {
        let rows: Vec<StoredRow> = rows.iter().map(StoredRow::from).collect();
        Ok(write(&self.owner, "arrivals", &rows).await?)
    }

    async fn read(&self, since: Hour) -> Result<Vec<ArrivalRow>, ReadError> {
        let query = self.reader.query_raw(include_str!("../queries/arrivals.sql"));
        let query = query.param("since_s", since.0.saturating_mul(HOUR_S));
        let stored: Vec<StoredRow> = answer(query.fetch_all()).await?;
        let mut rows = Vec::with_capacity(stored.len());
        for row in stored {
            let site = SiteKey::parse(&row.site).ok_or_else(|| damaged("arrivals"))?;
            // A newer ingest may know an outcome that this build does not; it has no place in this build's answer.
            let Some(outcome) = Outcome::of_label(&row.outcome) else {
                continue;
            };
            let hour = Hour(row.hour / HOUR_S);
            rows.push(ArrivalRow {
                site,
                hour,
                outcome,
                n: row.n,
            });
        }
        Ok(rows)
    }
}

impl From<&ArrivalRow> for StoredRow {
    fn from(row: &ArrivalRow) -> StoredRow {
        StoredRow {
            site: row.site.as_str().into(),
            hour: row.hour.0.saturating_mul(HOUR_S),
            outcome: row.outcome.label().into(),
            n: row.n,
        }
    }
}

impl ArrivalStore for ClickHouseArrivals {
    fn add<'a>(&'a self, rows: &'a [ArrivalRow]) -> Reading<'a, ()> {
        Box::pin(self.write(rows))
    }

    fn lately(&self, since: Hour) -> Reading<'_, Vec<ArrivalRow>> {
        Box::pin(self.read(since))
    }
}
