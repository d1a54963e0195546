//! How pages come into memory: those that were asked for, and ahead of questions those with the most page views.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Row;
use isotherm_core::day::Day;
use isotherm_core::held::{Group, HeldPage};
use isotherm_core::ids::PageId;
use isotherm_core::place::Layer;
use isotherm_core::reading::{Filter, ReadError};
use isotherm_core::row::{Counts, Kind};
use isotherm_core::site::SiteKey;
use serde::Deserialize;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::memory::{Held, Key};
use super::{ClickHouseReader, known};
use crate::fault::StoreFault;
use crate::settings::answer;

/// Places of a page, or of the pages that are read together, with one for each cohort: 40 MB while they are packed. A page
/// with more is not held; it is asked for each time.
const PLACES_HELD_MAX: usize = 1_000_000;
/// Places of what is live of a page, 20 MB while they are packed. They are read anew after every batch; where they are more, the
/// tables are asked until the next seal.
const LIVE_PLACES_HELD_MAX: usize = 200_000;
/// Pages that are read at once, and how many page views they have together: what has more is likely too much, and would be read
/// twice.
const PAGES_AT_ONCE: usize = 16;
const VIEWS_AT_ONCE: u64 = 100_000;
/// Pages that are read ahead, at most; bytes are the bound that is met first.
const PAGES_AHEAD_MAX: u64 = 100_000;
/// Cohorts that ended in so many days before the newest sealed landing, and what waits, say which pages are asked for most.
const DAYS_AHEAD: u16 = 60;
/// Parts of the bytes that are filled ahead of questions, in tenths: the rest is for pages that are asked for.
const AHEAD_TENTHS: usize = 8;
/// How often it is looked whether cohorts have changed, and how long they must stand still before pages are read ahead: a seal
/// is several inserts.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Counts by page.
type Groups = HashMap<u64, Vec<Group>>;

#[derive(Row, Deserialize)]
struct CohortRow {
    page: u64,
    kind: i8,
    layer: u8,
    viewport: u8,
    first: u16,
    last: u16,
    level: u8,
    anchor: Vec<u64>,
    y: Vec<u16>,
    x: Vec<u16>,
    n: Vec<u32>,
    views: Vec<u32>,
    views_32: Vec<u32>,
    views_64: Vec<u32>,
    views_element: Vec<u32>,
}

#[derive(Row, Deserialize)]
struct UnsealedRow {
    page: u64,
    kind: i8,
    layer: u8,
    viewport: u8,
    first: u16,
    anchor: u64,
    y: u16,
    x: u16,
    n_sum: u64,
    views_sum: u64,
    views_32_sum: u64,
    views_64_sum: u64,
    views_element_sum: u64,
}

#[derive(Row, Deserialize)]
struct ViewedRow {
    site: String,
    page: u64,
    seen: u64,
}

impl ClickHouseReader {
    /// Reads pages that were asked for into memory, and those that will be, until the future is dropped. What goes wrong
    /// costs only time: a page that is not held is asked for. Ahead of questions those are read of which an answer may show something:
    /// with so many page views.
    pub async fn keep_pages(&self, page_views: u64) {
        let Some(memory) = &self.memory else { return };
        let mut wanted = memory.wanted.lock().await;
        let (mut seen, mut ahead, mut look) = (None, None, Instant::now() + LOOK_EVERY);
        loop {
            match tokio::time::timeout_at(look, wanted.recv()).await {
                Ok(Some(key)) => {
                    self.read_wanted(key).await;
                    continue;
                }
                // The sender lives in the memory.
                Ok(None) => return,
                Err(_) => {}
            }
            look = Instant::now() + LOOK_EVERY;
            let Some(held) = self.holding().await else { continue };
            let sealed = held.sealed_version();
            if seen == sealed && ahead != sealed && held.read_most_viewed(page_views, Some(&mut wanted)).await.is_ok() {
                ahead = sealed;
            }
            seen = sealed;
        }
    }

    /// Reads a page that was asked for, unless it was read meanwhile.
    async fn read_wanted(&self, key: Key) {
        if let Some(held) = self.holding().await {
            let _ = held.read_together(&key.0, &[key.1]).await;
        }
        if let Some(memory) = &self.memory {
            memory.no_longer_wanted(&key);
        }
    }

    /// The same reader at one state, where pages may be held.
    async fn holding(&self) -> Option<ClickHouseReader> {
        let held = self.at_newest().await.ok()?;
        held.sealed_version().is_some().then_some(held)
    }

    fn sealed_version(&self) -> Option<u64> {
        self.held.as_ref()?.versions.map(|versions| versions.sealed)
    }

    /// Reads the pages with the most page views into memory, as far as there is room.
    pub async fn read_ahead(&self, page_views: u64) -> Result<(), ReadError> {
        self.at_newest().await?.read_most_viewed(page_views, None).await
    }

    /// No faster than the store answers others: it rests as long as it reads. Pages that are asked for meanwhile come first, and it
    /// ends where cohorts change, for all of it would be old.
    async fn read_most_viewed(&self, page_views: u64, mut wanted: Option<&mut Receiver<Key>>) -> Result<(), ReadError> {
        let (Some(memory), Some(state)) = (&self.memory, &self.held) else {
            return Ok(());
        };
        let from = state.seals.newest().unwrap_or(0).saturating_sub(DAYS_AHEAD);
        let query = self.client.query_raw(include_str!("../../queries/most_viewed.sql"));
        let query = state.seals.bind(query).param("from", from);
        let query = query.param("least", page_views).param("most", PAGES_AHEAD_MAX);
        let rows: Vec<ViewedRow> = answer(query.fetch_all()).await?;
        for (site, pages) in together(rows) {
            while let Some(key) = wanted.as_mut().and_then(|wanted| wanted.try_recv().ok()) {
                self.read_wanted(key).await;
            }
            let is_old = self.at_newest().await?.sealed_version() != self.sealed_version();
            if is_old || memory.is_full(AHEAD_TENTHS) {
                return Ok(());
            }
            let started = Instant::now();
            self.read_together(&site, &pages).await?;
            tokio::time::sleep(started.elapsed()).await;
        }
        Ok(())
    }

    /// Reads some pages of a site that are not known yet; one after the other where they are too much together.
    async fn read_together(&self, site: &str, pages: &[u64]) -> Result<(), ReadError> {
        let (Some(memory), Some(versions)) = (&self.memory, self.held.as_ref().and_then(|state| state.versions)) else {
            return Ok(());
        };
        let is_new = |page: &u64| !memory.is_known(&(site.to_owned(), *page), &versions);
        let pages: Vec<u64> = pages.iter().copied().filter(is_new).collect();
        match self.read_pages(site, &pages).await {
            Ok(true) => return Ok(()),
            // Of a page that cannot be read it is known, too: else it were tried for ever.
            Err(ReadError::Refused(_)) if pages.len() == 1 => {
                memory.keep_sealed((site.to_owned(), pages[0]), &versions, None);
                return Ok(());
            }
            Ok(false) | Err(ReadError::Refused(_)) => {}
            Err(unavailable) => return Err(unavailable),
        }
        if pages.len() > 1 {
            for page in pages {
                Box::pin(self.read_together(site, &[page])).await?;
            }
        }
        Ok(())
    }

    /// Reads the cohorts of some pages of a site into memory, what waits for them and the texts of their anchors; whether they were
    /// few enough. One that is alone too large is noted.
    async fn read_pages(&self, site: &str, pages: &[u64]) -> Result<bool, ReadError> {
        let (Some(memory), Some(state)) = (&self.memory, &self.held) else {
            return Ok(true);
        };
        let (Some(versions), Some(site)) = (state.versions, SiteKey::parse(site)) else {
            return Ok(true);
        };
        if pages.is_empty() {
            return Ok(true);
        }
        let key = |page: u64| -> Key { (site.as_str().to_owned(), page) };
        let Some(mut groups) = self.read_cohorts(&site, pages).await? else {
            if let [page] = pages {
                memory.keep_sealed(key(*page), &versions, None);
            }
            return Ok(false);
        };
        let mut all = Vec::new();
        for page in pages {
            let packed = Arc::new(HeldPage::pack(groups.remove(page).unwrap_or_default()));
            memory.keep_sealed(key(*page), &versions, Some(packed.clone()));
            all.push((*page, packed));
        }
        let anchors = all.iter().flat_map(|(_, page)| page.anchors());
        let texts = self.texts(&whole(&site), anchors).await?;
        for (page, counts) in all {
            let texts = counts.anchors().map(|anchor| (anchor, texts.get(&anchor).cloned()));
            memory.keep_texts(&key(page), &versions, Arc::new(texts.collect()));
        }
        Ok(true)
    }

    /// Cohorts by day of some pages, and what waits; `None` where it is more than may be held.
    async fn read_cohorts(&self, site: &SiteKey, pages: &[u64]) -> Result<Option<Groups>, ReadError> {
        let sql = include_str!("../../queries/held_cohorts.sql");
        let query = self.bound(sql, &whole(site)).await?.param("pages", pages);
        let mut cursor = query.fetch::<CohortRow>().map_err(StoreFault::from)?;
        let (mut groups, mut places) = (Groups::new(), 0);
        while let Some(row) = answer(cursor.next()).await? {
            places += row.n.len();
            if places > PLACES_HELD_MAX {
                return Ok(None);
            }
            let page = row.page;
            groups
                .entry(page)
                .or_default()
                .extend(known([row.group()].into_iter())?);
        }
        let waiting = include_str!("../../queries/held_waiting.sql");
        let Some(waiting) = self
            .read_unsealed(waiting, (site, pages), PLACES_HELD_MAX - places)
            .await?
        else {
            return Ok(None);
        };
        for (page, waiting) in waiting {
            groups.entry(page).or_default().extend(waiting);
        }
        Ok(Some(groups))
    }

    /// Reads what is live of a page; `None` where it is too much to be held.
    pub(super) async fn read_live(&self, site: &SiteKey, page: PageId) -> Result<Held, ReadError> {
        let sql = include_str!("../../queries/held_live.sql");
        let groups = self.read_unsealed(sql, (site, &[page.0]), LIVE_PLACES_HELD_MAX).await?;
        Ok(groups.map(|groups| Arc::new(HeldPage::pack(groups.into_values().flatten().collect()))))
    }

    /// What is not sealed of some pages; `None` where it is more than may be held.
    async fn read_unsealed(
        &self,
        sql: &str,
        (site, pages): (&SiteKey, &[u64]),
        most: usize,
    ) -> Result<Option<Groups>, ReadError> {
        let query = self.bound(sql, &whole(site)).await?.param("pages", pages);
        let rows: Vec<UnsealedRow> = answer(query.param("most", most as u64 + 1).fetch_all()).await?;
        if rows.len() > most {
            return Ok(None);
        }
        let mut of_groups = BTreeMap::new();
        for row in rows {
            let group = (row.page, row.kind, row.layer, row.viewport, row.first);
            let Some(counts) = row.counts() else { return Ok(None) };
            let places: &mut Vec<_> = of_groups.entry(group).or_default();
            places.push(((row.anchor, row.y, row.x), counts));
        }
        let mut groups = Groups::new();
        let group = |((page, kind, layer, viewport, day), places)| {
            let group = Group {
                kind: kind_of(kind)?,
                layer: Layer::from_code(layer)?,
                viewport,
                level: 0,
                days: (Day(day), Day(day)),
                sealed: false,
                places,
            };
            Some((page, group))
        };
        for (page, group) in known(of_groups.into_iter().map(group))? {
            groups.entry(page).or_default().push(group);
        }
        Ok(Some(groups))
    }
}

impl CohortRow {
    fn group(self) -> Option<Group> {
        let counts = |at: usize| Counts {
            n: self.n[at],
            views: self.views[at],
            views_32: self.views_32[at],
            views_64: self.views_64[at],
            views_element: self.views_element[at],
        };
        // Arrays of one row have one length: the server sees to it.
        let places = (0..self.n.len()).map(|at| ((self.anchor[at], self.y[at], self.x[at]), counts(at)));
        Some(Group {
            kind: kind_of(self.kind)?,
            layer: Layer::from_code(self.layer)?,
            viewport: self.viewport,
            level: self.level,
            days: (Day(self.first), Day(self.last)),
            sealed: true,
            places: places.collect(),
        })
    }
}

impl UnsealedRow {
    fn counts(&self) -> Option<Counts> {
        Some(Counts {
            n: self.n_sum.try_into().ok()?,
            views: self.views_sum.try_into().ok()?,
            views_32: self.views_32_sum.try_into().ok()?,
            views_64: self.views_64_sum.try_into().ok()?,
            views_element: self.views_element_sum.try_into().ok()?,
        })
    }
}

/// Pages of a site that are read at once, those with the most page views first.
fn together(rows: Vec<ViewedRow>) -> Vec<(String, Vec<u64>)> {
    let mut all = Vec::<(String, Vec<u64>)>::new();
    let mut open: HashMap<String, (usize, u64)> = HashMap::new();
    for ViewedRow { site, page, seen } in rows {
        let (at, views) = open.remove(&site).unwrap_or((all.len(), 0));
        if at == all.len() {
            all.push((site.clone(), Vec::new()));
        }
        all[at].1.push(page);
        if all[at].1.len() < PAGES_AT_ONCE && views + seen < VIEWS_AT_ONCE {
            open.insert(site, (at, views + seen));
        }
    }
    all
}

/// Everything of a site by day.
fn whole(site: &SiteKey) -> Filter {
    Filter {
        site: site.clone(),
        from: Day(0),
        to: Day(u16::MAX),
        viewport: None,
        country: None,
        sealed_only: false,
    }
}

fn kind_of(code: i8) -> Option<Kind> {
    [Kind::Page, Kind::Grid, Kind::Eighth, Kind::Px16]
        .into_iter()
        .find(|kind| *kind as i8 == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_site_are_read_together_until_they_are_many_or_viewed_often() {
        let row = |site: &str, page: u64, seen: u64| ViewedRow {
            site: site.to_owned(),
            page,
            seen,
        };
        let often = [
            row("a", 1, VIEWS_AT_ONCE),
            row("b", 2, 60_000),
            row("a", 3, 50_000),
            row("b", 4, 45_000),
        ];
        let seldom = (0..20).map(|page| row("a", 10 + page, 50));
        let found = together(often.into_iter().chain(seldom).collect());
        let pages: Vec<(&str, Vec<u64>)> = found
            .iter()
            .map(|(site, pages)| (site.as_str(), pages.clone()))
            .collect();
        let first = [vec![3], (10..25).collect()].concat();
        assert_eq!(
            pages,
            [
                ("a", vec![1]),
                ("b", vec![2, 4]),
                ("a", first),
                ("a", (25..30).collect())
            ]
        );
    }
}
