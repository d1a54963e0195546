//! The reading side of the store of counts: what may be asked, and the sums that come back before the gate.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use thiserror::Error;

use crate::country::Country;
use crate::day::Day;
use crate::ids::PageId;
use crate::place::{Cell, Layer, SubCell};
use crate::site::SiteKey;
use crate::viewport::ViewportClass;

/// A boxed future, so that the port needs no runtime.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send + 'a>>;

/// Sums of several pages, each with the page that it is of.
pub type OfPages<T> = Vec<(PageId, T)>;

/// What a question is about. All bounds are inclusive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// The site.
    pub site: SiteKey,
    /// First UTC day.
    pub from: Day,
    /// Last UTC day.
    pub to: Day,
    /// One viewport class, or all summed.
    pub viewport: Option<ViewportClass>,
    /// One country, or all summed.
    pub country: Option<Country>,
    /// Leave out what is not sealed yet.
    pub sealed_only: bool,
}

/// What is sealed of what a question is about. The gate narrows the question's window by it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sealed {
    /// The newest landing that is sealed, `None` where none is.
    pub newest: Option<Day>,
    /// First and last day of the cohorts by day that lie wholly inside window and filter, `None` where none does.
    pub inside: Option<(Day, Day)>,
    /// Whether a cohort by day begins before the window and ends in it or behind it.
    pub cut_before: bool,
    /// Whether a cohort by day ends behind the window and begins in it or before it.
    pub cut_after: bool,
}

/// A page's sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageSum {
    /// The page.
    pub page: PageId,
    /// The published path. Pages whose path is not published are not listed.
    pub path: String,
    /// Page views.
    pub views: u64,
}

/// A cell's sums in one layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellSum {
    /// The layer.
    pub layer: Layer,
    /// The 16 px cell, or the first cell of a square that is kept whole.
    pub cell: Cell,
    /// How fine it is kept: 0 the cell, 1 its 32 px parent, 2 its 64 px parent. What is kept coarser counts no page views
    /// at the finer levels.
    pub level: u8,
    /// Interactions.
    pub n: u64,
    /// Page views at the cell.
    pub views: u64,
    /// Page views that this cell adds to its 32 px parent.
    pub views_32: u64,
    /// Page views that this cell adds to its 64 px parent.
    pub views_64: u64,
}

/// The sums of one position inside an element in one layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementSum {
    /// The layer.
    pub layer: Layer,
    /// The anchor's published text, or `None` where it is not published.
    pub anchor: Option<Arc<str>>,
    /// The anchor's id: groups positions of one element.
    pub anchor_id: u64,
    /// The position inside the element.
    pub sub: SubCell,
    /// How fine it is kept: 0 the position, else the element alone.
    pub level: u8,
    /// Interactions.
    pub n: u64,
    /// Page views at the position.
    pub views: u64,
    /// Page views that this position adds to its element.
    pub views_element: u64,
}

/// What a map of clicks is made of.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct MapSums {
    /// Page views of the page.
    pub views: u64,
    /// Its cells in the layers asked for, by layer, y, x.
    pub cells: Vec<CellSum>,
    /// Positions inside its elements in those layers.
    pub elements: Vec<ElementSum>,
}

/// A map of a window, and what tells whether it holds for a narrower one.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SealedMap {
    /// The sums.
    pub sums: MapSums,
    /// Which cohorts they are made of, and whether the window cuts others.
    pub sealed: Sealed,
    /// Days among which all lie that are not sealed and counted in the sums.
    pub unsealed: Option<(Day, Day)>,
}

/// How deep a page was seen.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DepthSums {
    /// Page views by depth in percent (1 to 100).
    pub reach: Vec<(u16, u64)>,
    /// Page views by the fold in steps of 100 px.
    pub folds: Vec<(u16, u64)>,
    /// Time in view by band of the page's height.
    pub bands: Vec<BandSum>,
}

/// Time in view of a band.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BandSum {
    /// The band, from 0 at the top.
    pub band: u16,
    /// Seconds, of all page views together.
    pub seconds: u64,
    /// Page views with a second or more.
    pub views: u64,
}

/// A marginal: page views and clicks by some key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marginal<K> {
    /// The key.
    pub key: K,
    /// Page views.
    pub views: u64,
    /// Clicks and taps.
    pub clicks: u64,
}

/// The reading side of the store of counts. Sums over `live`, `days` and `countries`; every answer still has to pass the gate.
pub trait CountReader: Send + Sync {
    /// The same reader held at what is sealed now, so that all parts of one answer speak of one state, also when a seal is
    /// published between them; `None` where every question sees the same anyway.
    fn at_one_state(&self) -> Reading<'_, Option<Box<dyn CountReader>>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    /// What is sealed of one page or of the site, inside the filter.
    fn sealed<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Sealed>;
    /// Pages by page views, most first.
    fn pages<'a>(&'a self, filter: &'a Filter) -> Reading<'a, Vec<PageSum>>;
    /// Page views of one page.
    fn page_views<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, u64>;
    /// The cells of a page in these layers, by layer, level, y, x.
    fn cells<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<CellSum>>;
    /// The clicked and tapped cells of several pages.
    fn cells_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, OfPages<CellSum>>;
    /// The element positions of a page in these layers.
    fn elements<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<ElementSum>>;
    /// The clicked and tapped element positions of several pages.
    fn elements_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, OfPages<ElementSum>>;
    /// Page views, cells and element positions of a page: three questions, or one where the store knows how.
    fn map<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, MapSums> {
        Box::pin(async move {
            Ok(MapSums {
                views: self.page_views(filter, page).await?,
                cells: self.cells(filter, page, layers).await?,
                elements: self.elements(filter, page, layers).await?,
            })
        })
    }
    /// What is sealed of a page and its map in the window as it is asked: two questions, or one where the store knows how.
    fn sealed_map<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, SealedMap> {
        Box::pin(async move {
            Ok(SealedMap {
                sealed: self.sealed(filter, Some(page)).await?,
                sums: self.map(filter, page, layers).await?,
                unsealed: Some((filter.from, filter.to)),
            })
        })
    }
    /// Reach and fold of a page.
    fn depths<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, DepthSums>;
    /// Page views and clicks by country; of one page or of the site.
    fn countries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<Country>>>;
    /// Page views and clicks by viewport class.
    fn viewports<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<ViewportClass>>>;
    /// Page views and clicks by first and last day: those of a day, and of each span of days that cohorts have.
    fn timeseries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<(Day, Day)>>>;
}

/// Why a question has no answer.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ReadError {
    /// It may work later.
    #[error("store is not available: {0}")]
    Unavailable(String),
    /// The store refused the question, or answered something that is no answer.
    #[error("store cannot answer: {0}")]
    Refused(String),
}
