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
/// Pages that are read at once.
const PAGES_AT_ONCE: usize = 16;
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
}

impl ClickHouseReader {
    /// Reads pages that were asked for into memory, and those that will be, until the future is dropped. What goes wrong
    /// costs only time: a page that is not held is asked for.
    pub async fn keep_pages(&self) {
        let Some(memory) = &self.memory else { return };
        let mut wanted = memory.wanted.lock().await;
        let (mut seen, mut ahead) = (None, None);
        loop {
            match tokio::time::timeout(LOOK_EVERY, wanted.recv()).await {
                Ok(Some((site, page))) => {
                    if let Some(held) = self.holding().await {
                        let _ = held.read_pages(&site, &[page]).await;
                    }
                    continue;
                }
                // The sender lives in the memory.
                Ok(None) => return,
                Err(_) => {}
            }
            let Some(held) = self.holding().await else { continue };
            let sealed = held.sealed_version();
            if seen == sealed && ahead != sealed && held.read_most_viewed(Some(&mut wanted)).await.is_ok() {
                ahead = sealed;
            }
            seen = sealed;
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
    pub async fn read_ahead(&self) -> Result<(), ReadError> {
        self.at_newest().await?.read_most_viewed(None).await
    }

    /// No faster than the store answers others: it rests as long as it reads. Pages that are asked for meanwhile come first, and it
    /// ends where cohorts change, for all of it would be old.
    async fn read_most_viewed(&self, mut wanted: Option<&mut Receiver<Key>>) -> Result<(), ReadError> {
        let (Some(memory), Some(state)) = (&self.memory, &self.held) else {
            return Ok(());
        };
        let from = state.seals.newest().unwrap_or(0).saturating_sub(DAYS_AHEAD);
        let query = self.client.query_raw(include_str!("../../queries/most_viewed.sql"));
        let query = state
            .seals
            .bind(query)
            .param("from", from)
            .param("most", PAGES_AHEAD_MAX);
        let rows: Vec<ViewedRow> = answer(query.fetch_all()).await?;
        let mut together: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for ViewedRow { site, page } in rows {
            if memory.size().1 > memory.bytes_max / 10 * AHEAD_TENTHS {
                return Ok(());
            }
            let pages = together.entry(site.clone()).or_default();
            pages.push(page);
            if pages.len() == PAGES_AT_ONCE {
                self.read_some_ahead(&site, &std::mem::take(pages)).await?;
                while let Some((site, page)) = wanted.as_mut().and_then(|wanted| wanted.try_recv().ok()) {
                    self.read_pages(&site, &[page]).await?;
                }
                if self.at_newest().await?.sealed_version() != self.sealed_version() {
                    return Ok(());
                }
            }
        }
        for (site, pages) in together {
            self.read_some_ahead(&site, &pages).await?;
        }
        Ok(())
    }

    async fn read_some_ahead(&self, site: &str, pages: &[u64]) -> Result<(), ReadError> {
        let started = Instant::now();
        if !self.read_pages(site, pages).await? {
            for page in pages {
                self.read_pages(site, &[*page]).await?;
            }
        }
        tokio::time::sleep(started.elapsed()).await;
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
            let fits = packed.bytes() <= memory.bytes_max / 4;
            memory.keep_sealed(key(*page), &versions, fits.then(|| packed.clone()));
            all.extend(fits.then_some((*page, packed)));
        }
        let anchors = all.iter().flat_map(|(_, page)| page.anchors());
        let texts = self.texts(&whole(&site), anchors).await?;
        for (page, counts) in all {
            let texts = counts.anchors().map(|anchor| (anchor, texts.get(&anchor).cloned()));
            memory.keep_texts(key(page), &versions, Arc::new(texts.collect()));
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
        let Some(waiting) = self.read_unsealed(waiting, site, pages).await? else {
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
        let groups = self.read_unsealed(sql, site, &[page.0]).await?;
        Ok(groups.map(|groups| Arc::new(HeldPage::pack(groups.into_values().flatten().collect()))))
    }

    /// What is not sealed of some pages; `None` where it is more than may be held.
    async fn read_unsealed(&self, sql: &str, site: &SiteKey, pages: &[u64]) -> Result<Option<Groups>, ReadError> {
        let query = self.bound(sql, &whole(site)).await?.param("pages", pages);
        let query = query.param("most", PLACES_HELD_MAX as u64 + 1);
        let rows: Vec<UnsealedRow> = answer(query.fetch_all()).await?;
        if rows.len() > PLACES_HELD_MAX {
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
