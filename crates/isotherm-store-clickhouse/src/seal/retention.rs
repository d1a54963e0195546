//! Sealed counts that are older than their site keeps them: written down as gone first, then deleted. Where they were summed
//! up, the sums stay.

use std::collections::BTreeMap;

use clickhouse::Row;
use clickhouse::query::Query;
use isotherm_core::cohort::{Kept, Older, RETENTION_MONTHS_MIN, Retention, months_before};
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
    coarsen: u8,
}

#[derive(Row, Deserialize)]
struct KeptRow {
    site: String,
    months: u16,
    coarsen: u8,
    version: u64,
}

/// A site with sealed counts.
#[derive(Row, Deserialize)]
pub(super) struct OldestRow {
    pub(super) site: String,
    /// Their oldest day.
    pub(super) oldest: u16,
    /// What is older than this day is written down as gone.
    pub(super) kept_from: u16,
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

/// What goes of a site.
struct Leaving<'a> {
    site: &'a str,
    /// What is older goes.
    kept_from: u16,
    /// But not the sums of this seal; 0 where nothing was summed up.
    coarse_seal: u64,
    with_countries: bool,
    cause: i8,
}

/// Why, in `balance_changes`.
const EXPIRED: i8 = 2;
const COARSENED: i8 = 3;

/// What is deleted of a site, in its order. Never what an attempt has just written that is not published.
const DELETED: [&str; 2] = [
    "ALTER TABLE days DELETE WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) \
     AND has({published:Array(UInt64)}, seal_attempt) AND seal_attempt != {coarse_seal:UInt64} SETTINGS mutations_sync = 1",
    "ALTER TABLE countries DELETE WHERE {with_countries:UInt8} = 1 AND site = {site:String} \
     AND month < toDate({kept_from:UInt16}) SETTINGS mutations_sync = 1",
];

impl Sealer {
    /// Keeps a site's sealed counts for so many whole months, at least [`RETENTION_MONTHS_MIN`]; says what holds from now on.
    pub async fn set_retention(&self, site: &SiteKey, kept: Kept) -> Result<Kept, SealError> {
        let kept = Kept {
            months: kept.months.max(RETENTION_MONTHS_MIN),
            ..kept
        };
        let known = self.kept_rows().await?;
        let version = known
            .iter()
            .find(|row| row.site == site.as_str())
            .map_or(1, |row| row.version + 1);
        let row = RetentionRow {
            site: site.as_str().into(),
            version,
            months: kept.months,
            coarsen: u8::from(kept.older == Older::Coarsened),
        };
        self.write("retention", (&self.client, "retention"), &[row]).await?;
        Ok(kept)
    }

    /// How long a site's sealed counts are kept, and of when they are.
    pub async fn retention(&self, site: &SiteKey) -> Result<Retention, SealError> {
        let kept = self.kept().await?.remove(site.as_str()).unwrap_or_default();
        let newest = Seals::read(&self.client).await?.newest().map(Day);
        let oldest = self.oldest().await?;
        let oldest = oldest.iter().find(|row| row.site == site.as_str());
        // A site of which everything has gone stands there with the last day of all.
        let oldest = oldest.map(|row| Day(row.oldest)).filter(|day| day.0 < u16::MAX);
        Ok(Retention { kept, oldest, newest })
    }

    /// Deletes what is older than its site keeps it, counted from the newest sealed landing, and what was summed up by a seal
    /// that was published until a moment, in seconds since 1970.
    pub(super) async fn drop_expired(&self, seals: &Seals, until_s: u32) -> Result<(), SealError> {
        let Some(newest) = seals.newest().map(Day) else {
            return Ok(());
        };
        let kept = self.kept().await?;
        for row in self.oldest().await? {
            let of_site = kept.get(&row.site).copied().unwrap_or_default();
            let coarse = seals.coarse(&row.site);
            // A retention that was made longer brings nothing back.
            let expired_before = months_before(newest, of_site.months).0.max(row.kept_from);
            let (kept_from, is_due) = match (coarse.attempt, of_site.older) {
                (0, Older::Coarsened) => continue,
                (0, Older::Deleted) => (expired_before, row.oldest < expired_before),
                _ => (coarse.before, coarse.published_s <= until_s),
            };
            let cause = match of_site.older {
                Older::Deleted => EXPIRED,
                Older::Coarsened => COARSENED,
            };
            let leaving = Leaving {
                cause,
                site: &row.site,
                kept_from,
                coarse_seal: coarse.attempt,
                // Where the sums of before are the newest, months by country were looked at together with them.
                with_countries: of_site.older == Older::Deleted && (coarse.attempt == 0 || kept_from > row.kept_from),
            };
            if is_due {
                self.drop_of_site(&leaving, row.kept_from, seals).await?;
            }
        }
        Ok(())
    }

    /// Once it is written down what goes it counts as gone, so a repeat after an interruption only deletes.
    async fn drop_of_site(&self, leaving: &Leaving<'_>, before: u16, seals: &Seals) -> Result<(), SealError> {
        let left = include_str!("../../queries/seal_replaced.sql");
        let left: Vec<u64> = self.ask("seal_replaced", self.of_leaving(left, leaving, seals)).await?;
        if left.iter().sum::<u64>() == 0 {
            return Ok(());
        }
        if leaving.kept_from > before {
            let sql = include_str!("../../queries/retention_expired.sql");
            let query = self.of_leaving(sql, leaving, seals).param("cause", leaving.cause);
            let gone: Vec<ChangeRow> = self.ask("retention_expired", query).await?;
            let token = format!("expired-{}-{}", leaving.site, leaving.kept_from);
            let client = self
                .client
                .clone()
                .with_setting("insert_deduplicate", "1")
                .with_setting("insert_deduplication_token", token);
            self.write("balance_changes", (&client, "balance_changes"), &gone)
                .await?;
        }
        for sql in DELETED {
            self.execute("delete_expired", self.of_leaving(sql, leaving, seals))
                .await?;
        }
        Ok(())
    }

    fn of_leaving(&self, sql: &str, leaving: &Leaving<'_>, seals: &Seals) -> Query {
        seals
            .bind(self.client.query_raw(sql))
            .param("site", leaving.site)
            .param("kept_from", leaving.kept_from)
            .param("coarse_seal", leaving.coarse_seal)
            .param("with_countries", u8::from(leaving.with_countries))
    }

    /// What was said of sites.
    pub(super) async fn kept(&self) -> Result<BTreeMap<String, Kept>, SealError> {
        let of_row = |row: KeptRow| {
            let older = if row.coarsen == 0 {
                Older::Deleted
            } else {
                Older::Coarsened
            };
            let months = row.months;
            (row.site, Kept { months, older })
        };
        Ok(self.kept_rows().await?.into_iter().map(of_row).collect())
    }

    /// Sites with sealed counts.
    pub(super) async fn oldest(&self) -> Result<Vec<OldestRow>, SealError> {
        let sql = include_str!("../../queries/retention_oldest.sql");
        self.ask("retention_oldest", self.client.query_raw(sql)).await
    }

    async fn kept_rows(&self) -> Result<Vec<KeptRow>, SealError> {
        let sql = self.client.query_raw(include_str!("../../queries/retention.sql"));
        self.ask("retention_read", sql).await
    }
}
