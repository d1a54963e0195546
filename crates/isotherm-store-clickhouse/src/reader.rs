//! The reading side: each question is one file of SQL over one source of counts. What comes back are sums; the gate is
//! the caller's.

mod fetch;
mod held;
mod memory;
mod rows;
mod state;
mod statement;

use std::sync::Arc;

use clickhouse::query::Query;
use clickhouse::{Client, Row};
use isotherm_core::Country;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::place::Layer;
use isotherm_core::reading::{
    BandSum, CellSum, CountReader, DepthSums, ElementSum, Filter, MapSums, Marginal, OfPages, PageSum, ReadError,
    Reading, Sealed, SealedMap,
};
use isotherm_core::row::reached;
use isotherm_core::viewport::ViewportClass;
use serde::Deserialize;

use self::memory::Memory;
use self::rows::{PlaceRow, TextRow, Texts};
use self::state::State;
use self::statement::{BY_COUNTRY, Places, filtered, on_page};
use crate::seals::Seals;
use crate::settings::{IDS_AT_ONCE, StoreSettings, answer};

/// Kinds of rows, as the tables name them.
const GRID: [&str; 1] = ["grid"];
const ELEMENTS: [&str; 2] = ["eighth", "px16"];
const MAP: [&str; 4] = ["page", "grid", "eighth", "px16"];

/// What is called a click in a list of pages.
const CLICKS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// The reading side of the store.
#[derive(Clone)]
pub struct ClickHouseReader {
    client: Client,
    /// The state that all its questions see; the seals are read anew for each question where there is none.
    held: Option<Arc<State>>,
    /// Pages that are held in memory. Readers at one state use it.
    memory: Option<Arc<Memory>>,
}

#[derive(Row, Deserialize)]
struct SealedRow {
    inside: u64,
    first: u16,
    last: u16,
    before: u64,
    after: u64,
}

#[derive(Row, Deserialize)]
struct PageRow {
    page: u64,
    path: String,
    views: u64,
}

#[derive(Row, Deserialize)]
struct DepthRow {
    layer: u8,
    y: u16,
    n_sum: u64,
    views_sum: u64,
}

#[derive(Row, Deserialize)]
struct CountryRow {
    country: [u8; 2],
    views: u64,
    clicks: u64,
}

#[derive(Row, Deserialize)]
struct ViewportRow {
    viewport: u8,
    views: u64,
    clicks: u64,
}

#[derive(Row, Deserialize)]
struct DayRow {
    day: u16,
    last_day: u16,
    views: u64,
    clicks: u64,
}

impl ClickHouseReader {
    /// A reader; the reading user's where the settings name one. Connects at the first question.
    pub fn new(settings: &StoreSettings) -> ClickHouseReader {
        ClickHouseReader {
            client: settings.read_client(),
            held: None,
            memory: None,
        }
    }

    /// A reader that holds pages in memory, up to so many bytes. Somebody must run [`keep_pages`](Self::keep_pages); nothing is held
    /// where the server does not show its parts to the reading user.
    pub fn with_memory(settings: &StoreSettings, bytes_max: usize) -> ClickHouseReader {
        ClickHouseReader {
            memory: (bytes_max > 0).then(|| Arc::new(Memory::new(bytes_max))),
            ..ClickHouseReader::new(settings)
        }
    }

    /// How many pages are held in memory, and their bytes.
    pub fn held(&self) -> (usize, usize) {
        self.memory.as_ref().map_or((0, 0), |memory| memory.size())
    }

    /// Whether pages can be held: `false` once the server has refused to show its parts.
    pub fn can_hold(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.newest.is_readable())
    }

    /// The same reader, all of whose questions see this state.
    fn at(&self, state: Arc<State>) -> ClickHouseReader {
        ClickHouseReader {
            client: self.client.clone(),
            held: Some(state),
            memory: self.memory.clone(),
        }
    }

    /// The same reader at the newest state.
    async fn at_newest(&self) -> Result<ClickHouseReader, ReadError> {
        let Some(memory) = &self.memory else {
            return Ok(self.at(Arc::new(State::of(self.seals().await?))));
        };
        let forget = |versions: Option<&_>| memory.forget_old(versions);
        Ok(self.at(memory.newest.state(&self.client, forget).await?))
    }

    async fn seals(&self) -> Result<Arc<Seals>, ReadError> {
        match &self.held {
            Some(state) => Ok(state.seals.clone()),
            None => Ok(Arc::new(Seals::read(&self.client).await?)),
        }
    }

    /// The published texts of anchors.
    async fn texts(&self, filter: &Filter, anchors: impl Iterator<Item = u64>) -> Result<Texts, ReadError> {
        let mut texts = Texts::new();
        let mut anchors: Vec<u64> = anchors.filter(|anchor| *anchor != 0).collect();
        anchors.sort_unstable();
        anchors.dedup();
        for some in anchors.chunks(IDS_AT_ONCE) {
            let query = self.client.query_raw(include_str!("../queries/anchor_texts.sql"));
            let query = query.param("site", filter.site.as_str()).param("anchors", some);
            let rows: Vec<TextRow> = answer(query.fetch_all()).await?;
            texts.extend(rows.into_iter().map(|row| (row.anchor, row.text.into())));
        }
        Ok(texts)
    }

    async fn read_sealed(&self, filter: &Filter, page: Option<PageId>) -> Result<Sealed, ReadError> {
        if let Some(page) = page
            && let Some(found) = self.find(filter, page, &[Layer::View]).await
        {
            return Ok(found.sealed);
        }
        let seals = self.seals().await?;
        let Some(newest) = seals.newest() else {
            return Ok(Sealed::default());
        };
        let query = self.client.query_raw(include_str!("../queries/sealed.sql"));
        let query = on_page(filtered(seals.bind_site(query, filter.site.as_str()), filter), page);
        let row: SealedRow = answer(query.fetch_one()).await?;
        Ok(Sealed {
            newest: Some(Day(newest)),
            inside: (row.inside > 0).then_some((Day(row.first), Day(row.last))),
            cut_before: row.before > 0,
            cut_after: row.after > 0,
        })
    }

    async fn read_cells(
        &self,
        filter: &Filter,
        pages: &[PageId],
        layers: &[Layer],
    ) -> Result<OfPages<CellSum>, ReadError> {
        let rows = self.read_places(filter, &GRID, pages, codes(layers)).await?;
        known(rows.into_iter().map(|row| Some((PageId(row.page), row.cell()?))))
    }

    async fn read_elements(
        &self,
        filter: &Filter,
        pages: &[PageId],
        layers: &[Layer],
    ) -> Result<OfPages<ElementSum>, ReadError> {
        let rows = self.read_places(filter, &ELEMENTS, pages, codes(layers)).await?;
        let texts = self.texts(filter, rows.iter().map(|row| row.anchor)).await?;
        known(
            rows.into_iter()
                .map(|row| Some((PageId(row.page), row.position(&texts)?))),
        )
    }

    async fn read_places(
        &self,
        filter: &Filter,
        kinds: &[&str],
        pages: &[PageId],
        layers: Vec<u8>,
    ) -> Result<Vec<PlaceRow>, ReadError> {
        let mut rows = Vec::new();
        for some in pages.chunks(IDS_AT_ONCE) {
            let query = self.ask(filter, include_str!("../queries/places.sql")).await?;
            let query = query.param("kinds", kinds).param("pages", ids(some));
            rows.extend(places(query.param("layers", &layers)).await?);
        }
        Ok(in_order(rows))
    }

    /// What is sealed and what is not, asked for at the same time. Nothing is in both: one state of the seals tells them apart.
    async fn read_places_by_day(
        &self,
        filter: &Filter,
        page: PageId,
        layers: Vec<u8>,
    ) -> Result<Vec<PlaceRow>, ReadError> {
        let held = match &self.held {
            Some(state) => self.at(state.clone()),
            None => self.at_newest().await?,
        };
        let rows_of = async |question: &str| {
            let query = held.bound(question, filter).await?;
            places(query.param("page", page.0).param("layers", &layers)).await
        };
        let unsealed = async {
            match filter.sealed_only {
                true => Ok(Vec::new()),
                false => rows_of(include_str!("../queries/map_unsealed.sql")).await,
            }
        };
        let sealed = rows_of(include_str!("../queries/map_sealed.sql"));
        let (mut rows, more) = tokio::try_join!(sealed, unsealed)?;
        rows.extend(more);
        Ok(in_order(rows))
    }

    /// A map; by days also the cohorts of its page, those that the window cuts as well.
    async fn read_map(&self, filter: &Filter, page: PageId, layers: &[Layer]) -> Result<SealedMap, ReadError> {
        let layers = [layers, &[Layer::View]].concat();
        if let Some(found) = self.find(filter, page, &layers).await {
            return self.map_of(filter, page, found).await;
        }
        let layers = codes(&layers);
        let rows = if filter.country.is_some() {
            self.read_places(filter, &MAP, &[page], layers).await?
        } else {
            self.read_places_by_day(filter, page, layers).await?
        };
        let texts = self.texts(filter, rows.iter().map(|row| row.anchor)).await?;
        let mut found = SealedMap::default();
        found.sealed.newest = self.seals().await?.newest().map(Day);
        known(rows.into_iter().map(|row| row.add_to(&mut found, &texts)))?;
        Ok(found)
    }

    async fn read_page_views(&self, filter: &Filter, page: PageId) -> Result<u64, ReadError> {
        if let Some(found) = self.find(filter, page, &[Layer::View]).await {
            return Ok(found.places.iter().map(|(_, sums)| sums.views).sum());
        }
        let query = self.ask_sums(filter, include_str!("../queries/page_views.sql")).await?;
        Ok(answer(query.param("page", page.0).fetch_one()).await?)
    }

    async fn read_elements_of_page(
        &self,
        filter: &Filter,
        page: PageId,
        layers: &[Layer],
    ) -> Result<Vec<ElementSum>, ReadError> {
        match self.find(filter, page, layers).await {
            Some(found) => self.elements_of_found(filter, page, &found).await,
            None => Ok(of_one(self.read_elements(filter, &[page], layers).await?)),
        }
    }

    async fn read_depths(&self, filter: &Filter, page: PageId) -> Result<DepthSums, ReadError> {
        let query = self.ask(filter, include_str!("../queries/depths.sql")).await?;
        let rows: Vec<DepthRow> = answer(query.param("page", page.0).fetch_all()).await?;
        let of = |layer: Layer| rows.iter().filter(move |row| row.layer == layer as u8);
        Ok(DepthSums {
            reach: reached(of(Layer::Scroll).map(|row| (row.y, row.n_sum, row.views_sum))),
            folds: of(Layer::Fold).map(|row| (row.y, row.views_sum)).collect(),
            bands: of(Layer::Attention)
                .map(|row| BandSum {
                    band: row.y,
                    seconds: row.n_sum,
                    views: row.views_sum,
                })
                .collect(),
        })
    }
}

async fn places(query: Query) -> Result<Vec<PlaceRow>, ReadError> {
    Ok(answer(query.fetch_all()).await?)
}

/// Those of one page, layer and element after each other.
fn in_order(mut rows: Vec<PlaceRow>) -> Vec<PlaceRow> {
    rows.sort_unstable_by_key(PlaceRow::place);
    rows
}

fn ids(pages: &[PageId]) -> Vec<u64> {
    pages.iter().map(|page| page.0).collect()
}

fn of_one<T>(sums: Vec<(PageId, T)>) -> Vec<T> {
    sums.into_iter().map(|(_, sum)| sum).collect()
}

fn codes(layers: &[Layer]) -> Vec<u8> {
    layers.iter().map(|layer| *layer as u8).collect()
}

/// All rows, or an error when one holds a code that this build does not know.
fn known<T>(rows: impl Iterator<Item = Option<T>>) -> Result<Vec<T>, ReadError> {
    rows.collect::<Option<Vec<T>>>().ok_or_else(|| {
        ReadError::Refused("a row holds a code that this build does not know; use the newer build".into())
    })
}

impl CountReader for ClickHouseReader {
    // What an old state names is there for longer than any question takes: rows go ten minutes after a seal.
    fn at_one_state(&self) -> Reading<'_, Option<Box<dyn CountReader>>> {
        Box::pin(async move {
            let held: Box<dyn CountReader> = Box::new(self.at_newest().await?);
            Ok(Some(held))
        })
    }

    fn sealed<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Sealed> {
        Box::pin(self.read_sealed(filter, page))
    }

    fn pages<'a>(&'a self, filter: &'a Filter) -> Reading<'a, Vec<PageSum>> {
        Box::pin(async move {
            let query = self.ask_sums(filter, include_str!("../queries/pages.sql")).await?;
            let rows: Vec<PageRow> = answer(query.fetch_all()).await?;
            let sum = |row: PageRow| PageSum {
                page: PageId(row.page),
                path: row.path,
                views: row.views,
            };
            Ok(rows.into_iter().map(sum).collect())
        })
    }

    fn page_views<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, u64> {
        Box::pin(self.read_page_views(filter, page))
    }

    fn cells<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<CellSum>> {
        Box::pin(async move { Ok(of_one(self.read_cells(filter, &[page], layers).await?)) })
    }

    fn cells_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, CellSum)>> {
        Box::pin(self.read_cells(filter, pages, &CLICKS))
    }

    fn elements<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<ElementSum>> {
        Box::pin(self.read_elements_of_page(filter, page, layers))
    }

    fn elements_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, ElementSum)>> {
        Box::pin(self.read_elements(filter, pages, &CLICKS))
    }

    fn map<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, MapSums> {
        Box::pin(async move { Ok(self.read_map(filter, page, layers).await?.sums) })
    }

    fn sealed_map<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, SealedMap> {
        Box::pin(async move {
            let mut found = self.read_map(filter, page, layers).await?;
            if filter.country.is_some() {
                // Nothing by country says what is sealed by day.
                found.sealed = self.read_sealed(filter, Some(page)).await?;
            }
            Ok(found)
        })
    }

    fn depths<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, DepthSums> {
        Box::pin(self.read_depths(filter, page))
    }

    fn countries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<Country>>> {
        Box::pin(async move {
            let question = include_str!("../queries/countries.sql");
            let query = self.ask_of(BY_COUNTRY, Places::Summed, filter, question).await?;
            let rows: Vec<CountryRow> = answer(on_page(query, page).fetch_all()).await?;
            let sum = |row: CountryRow| {
                let (views, clicks) = (row.views, row.clicks);
                Country::new(row.country).map(|key| Marginal { key, views, clicks })
            };
            known(rows.into_iter().map(sum))
        })
    }

    fn viewports<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<ViewportClass>>> {
        Box::pin(async move {
            let query = self.ask_sums(filter, include_str!("../queries/viewports.sql")).await?;
            let rows: Vec<ViewportRow> = answer(on_page(query, page).fetch_all()).await?;
            // Class 0 stands for page views that lost their class while they waited; it is no class to answer with.
            let sum = |row: ViewportRow| {
                let (views, clicks) = (row.views, row.clicks);
                ViewportClass::from_code(row.viewport).map(|key| Marginal { key, views, clicks })
            };
            known(rows.into_iter().filter(|row| row.viewport != 0).map(sum))
        })
    }

    fn timeseries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<(Day, Day)>>> {
        Box::pin(async move {
            let query = self.ask_sums(filter, include_str!("../queries/timeseries.sql")).await?;
            let rows: Vec<DayRow> = answer(on_page(query, page).fetch_all()).await?;
            let sum = |row: DayRow| Marginal {
                key: (Day(row.day), Day(row.last_day)),
                views: row.views,
                clicks: row.clicks,
            };
            Ok(rows.into_iter().map(sum).collect())
        })
    }
}
