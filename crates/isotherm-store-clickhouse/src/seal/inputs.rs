//! What a seal asks before it decides: where the chain is, which groups there are, how many rows pages have.

use std::collections::BTreeMap;

use clickhouse::Row;
use clickhouse::query::Query;
use isotherm_core::cohort::{
    ChainState, CountryViews, Decision, GroupDay, PageRows, Slice, joins_unknown, plan, plan_removed, slices,
};
use isotherm_core::country::Country;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use serde::Deserialize;

use super::{SealError, Sealer};
use crate::fault::StoreFault;
use crate::seals::Seals;

/// Rows that a statement reads at most, unless one page has more: some 20 MB of them, and a few times that while places
/// are compared.
const SLICE_ROWS_MAX: u64 = 200_000;

#[derive(Row, Deserialize)]
struct ChainRow {
    month: u16,
    day: u16,
    other: u16,
}

#[derive(Row, Deserialize)]
struct GroupRow {
    site: String,
    page: u64,
    viewport: u8,
    day: u16,
    waiting: u8,
    views: u64,
}

#[derive(Row, Deserialize)]
struct WeightRow {
    site: String,
    page: u64,
    rows: u64,
}

#[derive(Row, Deserialize)]
struct CountryRow {
    site: String,
    page: u64,
    viewport: u8,
    month: u16,
    country: [u8; 2],
    views: u64,
}

/// Site keys by number.
#[derive(Default)]
pub(super) struct Sites {
    numbers: BTreeMap<String, u32>,
    keys: Vec<String>,
}

impl Sites {
    fn number(&mut self, key: String) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.keys.len() as u32;
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        number
    }

    pub(super) fn key(&self, number: u32) -> &str {
        &self.keys[number as usize]
    }
}

/// What is decided, and how the work is cut.
pub(super) struct Plan {
    pub(super) sites: Sites,
    pub(super) decisions: Vec<Decision>,
    pub(super) slices: Vec<Slice>,
    /// Sites that are removed; nothing of them is kept.
    pub(super) removed: Vec<String>,
}

impl Sealer {
    /// A question or statement about what a seal of `landing` reads.
    pub(super) fn of_landing(&self, sql: &str, landing: Day, seals: &Seals) -> Query {
        seals.bind(self.client.query_raw(sql)).param("landing", landing.0)
    }

    pub(super) async fn chain_state(&self, seals: &Seals) -> Result<ChainState, SealError> {
        let landings = include_str!("../../queries/seal_landings.sql");
        let landings: Vec<u16> = self
            .ask("seal_landings", seals.bind(self.client.query_raw(landings)))
            .await?;
        let chain = include_str!("../../queries/seal_chain.sql");
        let rows: Vec<ChainRow> = self.ask("seal_chain", seals.bind(self.client.query_raw(chain))).await?;
        let known = |day: u16| (day > 0).then_some(Day(day));
        let row = rows.first();
        Ok(ChainState {
            newest: seals.newest().map(Day),
            landings: landings.into_iter().map(Day).collect(),
            oldest_month: row.and_then(|row| known(row.month)),
            oldest_day: row.and_then(|row| known(row.day)),
            oldest_other: row.and_then(|row| known(row.other)),
        })
    }

    /// Decides over everything that a seal of the landing has before it.
    pub(super) async fn plan(&self, landing: Day, seals: &Seals) -> Result<Plan, SealError> {
        let removed = include_str!("../../queries/removed_sites.sql");
        let removed: Vec<String> = self.ask("removed_sites", self.client.query_raw(removed)).await?;
        let weights = include_str!("../../queries/seal_weights.sql");
        let weights: Vec<WeightRow> = self
            .ask("seal_weights", self.of_landing(weights, landing, seals))
            .await?;
        let groups = include_str!("../../queries/seal_groups.sql");
        let groups: Vec<GroupRow> = self.ask("seal_groups", self.of_landing(groups, landing, seals)).await?;
        let mut sites = Sites::default();
        let groups: Vec<GroupDay> = groups
            .into_iter()
            .map(|row| GroupDay {
                site: sites.number(row.site),
                page: PageId(row.page),
                viewport: row.viewport,
                day: Day(row.day),
                waiting: row.waiting == 1,
                views: row.views,
            })
            .collect();
        let (gone, kept): (Vec<GroupDay>, Vec<GroupDay>) = groups
            .into_iter()
            .partition(|group| removed.iter().any(|key| key == sites.key(group.site)));
        let mut decisions = plan(landing, &kept);
        decisions.extend(plan_removed(&gone));
        let pages: Vec<PageRows> = weights
            .into_iter()
            .map(|row| PageRows {
                site: row.site,
                page: PageId(row.page),
                rows: row.rows,
            })
            .collect();
        let slices = slices(&pages, SLICE_ROWS_MAX);
        Ok(Plan {
            sites,
            decisions,
            slices,
            removed,
        })
    }

    /// The countries of the months that end which are too small to be named.
    pub(super) async fn small_countries(&self, attempt: u64) -> Result<(Sites, Vec<CountryViews>), SealError> {
        let sql = include_str!("../../queries/seal_country_views.sql");
        let query = self.client.query_raw(sql).param("attempt", attempt);
        let rows: Vec<CountryRow> = self.ask("seal_country_views", query).await?;
        let mut sites = Sites::default();
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let country = Country::new(row.country)
                .ok_or_else(|| StoreFault::Refused("a row holds no country; use the newer build".into()))?;
            views.push(CountryViews {
                site: sites.number(row.site),
                page: PageId(row.page),
                viewport: row.viewport,
                month: Day(row.month),
                views: row.views,
                country,
            });
        }
        Ok((sites, joins_unknown(&views)))
    }
}
