//! Sealed counts that are older than their site keeps them: written down as gone first, then deleted.

use std::collections::BTreeMap;

use clickhouse::Row;
use isotherm_core::cohort::{RETENTION_MONTHS, RETENTION_MONTHS_MIN, months_before};
use isotherm_core::day::Day;
use isotherm_core::site::SiteKey;
use serde::{Deserialize, Serialize};

use super::{SealError, Sealer};
use crate::seals::Seals;

#[derive(Row, Serialize, Deserialize)]
struct RetentionRow {
    site: String,
    version: u64,
    months: u16,
}

#[derive(Row, Deserialize)]
struct KeptRow {
    site: String,
    months: u16,
    version: u64,
}

#[derive(Row, Deserialize)]
struct OldestRow {
    site: String,
    oldest: u16,
    kept_from: u16,
}

#[derive(Row, Serialize, Deserialize)]
struct ChangeRow {
    landing: u16,
    seal_attempt: u64,
    site: String,
    part: i8,
    cause: i8,
    kept_from: u16,
    views: u64,
    n: u64,
}

/// What is deleted of a site, in its order.
const EXPIRED: [&str; 2] = [
    "ALTER TABLE days DELETE WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) SETTINGS mutations_sync = 1",
    "ALTER TABLE countries DELETE WHERE site = {site:String} AND month < toDate({kept_from:UInt16}) SETTINGS mutations_sync = 1",
];

impl Sealer {
    /// Keeps a site's sealed counts for so many whole months, at least [`RETENTION_MONTHS_MIN`]; says how many it will be.
    pub async fn set_retention(&self, site: &SiteKey, months: u16) -> Result<u16, SealError> {
        let months = months.max(RETENTION_MONTHS_MIN);
        let known = self.kept_months().await?;
        let version = known
            .iter()
            .find(|row| row.site == site.as_str())
            .map_or(1, |row| row.version + 1);
        let row = RetentionRow {
            site: site.as_str().into(),
            version,
            months,
        };
        self.write("retention", (&self.client, "retention"), &[row]).await?;
        Ok(months)
    }

    /// Deletes what is older than its site keeps it, counted from the newest sealed landing.
    pub(super) async fn drop_expired(&self, seals: &Seals) -> Result<(), SealError> {
        let Some(newest) = seals.newest().map(Day) else {
            return Ok(());
        };
        let kept: BTreeMap<String, u16> = self
            .kept_months()
            .await?
            .into_iter()
            .map(|row| (row.site, row.months))
            .collect();
        let sql = self
            .client
            .query_raw(include_str!("../../queries/retention_oldest.sql"));
        let sites: Vec<OldestRow> = self.ask("retention_oldest", sql).await?;
        for row in sites {
            let months = kept.get(&row.site).copied().unwrap_or(RETENTION_MONTHS);
            // A retention that was made longer brings nothing back.
            let kept_from = months_before(newest, months).0.max(row.kept_from);
            if row.oldest < kept_from {
                self.expire(&row.site, (row.kept_from, kept_from), seals).await?;
            }
        }
        Ok(())
    }

    /// Once it is written down what expires it counts as gone, so a repeat after an interruption only deletes.
    async fn expire(&self, site: &str, (before, kept_from): (u16, u16), seals: &Seals) -> Result<(), SealError> {
        if kept_from > before {
            let sql = include_str!("../../queries/retention_expired.sql");
            let query = seals.bind(self.client.query_raw(sql));
            let query = query.param("site", site).param("kept_from", kept_from);
            let gone: Vec<ChangeRow> = self.ask("retention_expired", query).await?;
            let client = self
                .client
                .clone()
                .with_setting("insert_deduplicate", "1")
                .with_setting("insert_deduplication_token", format!("expired-{site}-{kept_from}"));
            self.write("balance_changes", (&client, "balance_changes"), &gone)
                .await?;
        }
        for sql in EXPIRED {
            let query = self.client.query_raw(sql);
            let query = query.param("site", site).param("kept_from", kept_from);
            self.execute("delete_expired", query).await?;
        }
        Ok(())
    }

    async fn kept_months(&self) -> Result<Vec<KeptRow>, SealError> {
        let sql = self.client.query_raw(include_str!("../../queries/retention.sql"));
        self.ask("retention_read", sql).await
    }
}
