//! Which landings are sealed, and by which attempts. Read before every question, so that one question sees one state:
//! all its parts get the same list as parameters.

use std::collections::BTreeMap;

use clickhouse::query::Query;
use clickhouse::{Client, Row};
use serde::Deserialize;

use crate::fault::StoreFault;
use crate::settings::answer;

/// Days before the first seal that count as sealed with it: a batch that was intended that long ago finds its landing closed.
const DAYS_BEFORE_FIRST: u16 = 31;

/// The published seals in landing order.
#[derive(Default)]
pub(crate) struct Seals {
    /// Every day up to the newest sealed landing: a day without a seal of its own that the chain has passed is closed, too.
    closed: Vec<u16>,
    landings: Vec<u16>,
    attempts: Vec<u64>,
    published_s: Vec<u32>,
    coarse: BTreeMap<String, Coarse>,
}

/// The newest sums of a site's old cohorts. They stand for all of its cohorts that end before the day.
#[derive(Clone, Copy, Default)]
pub(crate) struct Coarse {
    /// First day of a month.
    pub(crate) before: u16,
    /// The seal that summed up, and whose rows from before that day count.
    pub(crate) attempt: u64,
    /// When it was published, in seconds since 1970.
    pub(crate) published_s: u32,
}

#[derive(Row, Deserialize)]
struct SealRow {
    landing: u16,
    seal_attempt: u64,
    published: u32,
    coarsened: Vec<String>,
    coarsened_before: Vec<u16>,
}

impl Seals {
    pub(crate) async fn read(client: &Client) -> Result<Seals, StoreFault> {
        let query = client.query_raw(include_str!("../queries/seals.sql"));
        let rows: Vec<SealRow> = answer(query.fetch_all()).await?;
        let closed = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => (first.landing.saturating_sub(DAYS_BEFORE_FIRST)..=last.landing).collect(),
            _ => Vec::new(),
        };
        let mut coarse = BTreeMap::new();
        for row in &rows {
            for (site, before) in row.coarsened.iter().zip(&row.coarsened_before) {
                let of_site = Coarse {
                    before: *before,
                    attempt: row.seal_attempt,
                    published_s: row.published,
                };
                coarse.insert(site.clone(), of_site);
            }
        }
        Ok(Seals {
            closed,
            coarse,
            landings: rows.iter().map(|row| row.landing).collect(),
            attempts: rows.iter().map(|row| row.seal_attempt).collect(),
            published_s: rows.iter().map(|row| row.published).collect(),
        })
    }

    /// Whether a landing takes no more batches.
    pub(crate) fn holds(&self, landing: u16) -> bool {
        self.newest().is_some_and(|newest| landing <= newest)
    }

    /// The newest sealed landing.
    pub(crate) fn newest(&self) -> Option<u16> {
        self.landings.last().copied()
    }

    /// The attempt that sealed it; 0 before the first.
    pub(crate) fn newest_attempt(&self) -> u64 {
        self.attempts.last().copied().unwrap_or(0)
    }

    /// When it was published, in seconds since 1970.
    pub(crate) fn newest_published_s(&self) -> u32 {
        self.published_s.last().copied().unwrap_or(0)
    }

    /// Landings whose seals were published at or before a moment, in seconds since 1970, and the newest of them.
    pub(crate) fn published_until(&self, moment_s: u32) -> Option<u16> {
        let rows = self.landings.iter().zip(&self.published_s);
        rows.filter(|(_, published)| **published <= moment_s)
            .map(|(landing, _)| *landing)
            .max()
    }

    /// Whether the landing was sealed by this attempt.
    pub(crate) fn published_by(&self, landing: u16, attempt: u64) -> bool {
        let mut rows = self.landings.iter().zip(&self.attempts);
        rows.any(|row| row == (&landing, &attempt))
    }

    /// Whether the attempt was published.
    pub(crate) fn names(&self, attempt: u64) -> bool {
        self.attempts.contains(&attempt)
    }

    /// What was summed up of a site; zeros where nothing was.
    pub(crate) fn coarse(&self, site: &str) -> Coarse {
        self.coarse.get(site).copied().unwrap_or_default()
    }

    /// The published attempts.
    pub(crate) fn attempts(&self) -> &[u64] {
        &self.attempts
    }

    /// Adds what every statement over counts or the ledger asks for: the sealed landings, the attempts that were
    /// published, and the newest of them with its landing (0 where nothing is sealed).
    pub(crate) fn bind(&self, query: Query) -> Query {
        query
            .param("sealed_landings", &self.closed)
            .param("published", &self.attempts)
            .param("newest_seal", self.newest_attempt())
            .param("newest_landing", self.newest().unwrap_or(0))
    }

    /// The same for a question about one site, with what was summed up of it.
    pub(crate) fn bind_site(&self, query: Query, site: &str) -> Query {
        let coarse = self.coarse(site);
        self.bind(query)
            .param("coarse_before", coarse.before)
            .param("coarse_seal", coarse.attempt)
    }
}
