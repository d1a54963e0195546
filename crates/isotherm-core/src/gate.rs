//! The gate: sums go in, what may be shown comes out. Every answer of every kind, in every form, passes it.
//!
//! Two guarantees, made in two steps. **Closed** ([`window`](self::Covered)): a question's window is narrowed before the
//! store is asked, so that over sealed time an answer is a sum of whole cohorts and says what it covers. **Shown**: of the
//! sums that come back nothing stands under the thresholds. What is shown is a [`Shown`], which only this module can make;
//! answers are written from nothing else.

mod cells;
mod elements;
mod marginals;
mod rates;
mod window;

pub use marginals::ShownPage;
pub use rates::{Compared, Comparison, RATE_LAYERS, ShownRate, ShownRates, Side};
pub use window::Covered;

use std::sync::Arc;

use crate::day::Day;
use crate::place::{Cell, Layer, SubCell};
use crate::reading::{BandSum, CellSum, DepthSums, ElementSum, Filter};
use crate::thresholds::{Thresholds, Withheld};

/// Who asks. It decides whether what is not in a cohort yet may be part of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// The site's own token: also what is live or waits, under the same thresholds.
    OwnToken,
    /// Anybody else: share links, widgets, public pages. Whole cohorts only.
    Shared,
}

/// The thresholds in force for somebody who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gate {
    thresholds: Thresholds,
    audience: Audience,
}

/// What passed the gate. Only the gate makes one, and nobody can change it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown<T> {
    what: T,
    from: Day,
    to: Day,
    withheld: Option<Withheld>,
}

/// The map of a page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ShownMap {
    /// Page views of the page; 0 where it may not be seen.
    pub views: u64,
    /// Squares that do not overlap, by y, x.
    pub cells: Vec<ShownCell>,
    /// Elements, most clicks first, then by anchor.
    pub elements: Vec<ShownElement>,
}

/// A square of the page grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShownCell {
    /// Its top-left 16 px cell.
    pub corner: Cell,
    /// Edge length in px: 16, 32 or 64.
    pub px: u16,
    /// Interactions.
    pub n: u64,
    /// Page views with one of them here.
    pub views: u64,
}

/// An element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownElement {
    /// Its published anchor.
    pub anchor: Arc<str>,
    /// Interactions anywhere on it.
    pub clicks: u64,
    /// Page views with one of them.
    pub views: u64,
    /// Positions inside it.
    pub positions: Vec<ShownPosition>,
}

/// A position inside an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShownPosition {
    /// Where.
    pub sub: SubCell,
    /// Interactions.
    pub n: u64,
    /// Page views with one of them here.
    pub views: u64,
}

/// How deep a page is seen.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ShownDepths {
    /// Page views of the page; 0 where it may not be seen.
    pub views: u64,
    /// Page views by depth in percent, 1 to 100, in order.
    pub reach: Vec<(u16, u64)>,
    /// Page views by fold in steps of 100 px, in order; for quartiles only, which speak of all of them together. Empty
    /// where fewer than k told theirs.
    pub folds: Vec<(u16, u64)>,
    /// Time in view by band, in order.
    pub bands: Vec<BandSum>,
}

impl<T> Shown<T> {
    /// What is shown.
    pub const fn get(&self) -> &T {
        &self.what
    }

    /// The first UTC day that it covers.
    pub const fn from(&self) -> Day {
        self.from
    }

    /// The last UTC day that it covers.
    pub const fn to(&self) -> Day {
        self.to
    }

    /// Why something is missing.
    pub const fn withheld(&self) -> Option<Withheld> {
        self.withheld
    }
}

impl Gate {
    /// The gate for somebody who asks.
    pub const fn new(thresholds: Thresholds, audience: Audience) -> Gate {
        Gate { thresholds, audience }
    }

    /// The question as this audience may ask it: who is not the site itself asks for cohorts only.
    pub fn admit(&self, filter: Filter) -> Filter {
        Filter {
            sealed_only: filter.sealed_only || self.audience == Audience::Shared,
            ..filter
        }
    }

    /// Whether anything of a page with so many page views may be shown. Who asks for page views first need not ask for more.
    pub const fn shows_page(&self, views: u64) -> bool {
        self.thresholds.shows_page(views)
    }

    /// The map of a page in these layers. Page views of a place are the largest over the layers, never the sum: one page
    /// view may stand behind several.
    pub fn map(
        &self,
        covered: &Covered,
        views: u64,
        layers: &[Layer],
        sums: (Vec<CellSum>, Vec<ElementSum>),
    ) -> Shown<ShownMap> {
        if !self.shows_page(views) {
            return self.nothing(covered);
        }
        let (cells, some_cells) = cells::shown(sums.0, layers, self.thresholds.k());
        let (elements, some_elements) = elements::shown(sums.1, layers, self.thresholds.k());
        let map = ShownMap { views, cells, elements };
        covered.shown(map, self.below_k(some_cells).or(some_elements))
    }

    /// Reach and fold of a page.
    pub fn depths(&self, covered: &Covered, views: u64, sums: DepthSums) -> Shown<ShownDepths> {
        if !self.shows_page(views) {
            return self.nothing(covered);
        }
        let told: u64 = sums.folds.iter().map(|(_, views)| *views).sum();
        let mut folds = if told < self.thresholds.k() {
            Vec::new()
        } else {
            sums.folds
        };
        folds.sort_unstable();
        let mut reach: Vec<(u16, u64)> = sums.reach.into_iter().filter(|(_, reached)| *reached > 0).collect();
        reach.sort_unstable();
        let mut bands = sums.bands;
        bands.sort_unstable();
        let all = reach.len() + bands.len();
        reach.retain(|(_, reached)| *reached >= self.thresholds.k());
        bands.retain(|band| band.views >= self.thresholds.k());
        let withheld = self.below_k(reach.len() + bands.len() < all);
        let shown = ShownDepths {
            views,
            reach,
            folds,
            bands,
        };
        covered.shown(shown, withheld)
    }

    fn below_k(&self, something: bool) -> Option<Withheld> {
        let needed = self.thresholds.k();
        something.then_some(Withheld::BelowK { needed })
    }

    /// The answer where nothing may be shown, which depends on the question alone: a page that nobody may see yet and one
    /// without data look the same.
    fn nothing<T: Default>(&self, covered: &Covered) -> Shown<T> {
        covered.blank(Withheld::BelowThreshold {
            needed: self.thresholds.page_views(),
        })
    }
}

/// Whether the interactions of a layer count in a question about these layers: one alone always does, of several those
/// that add up. A rage click is a click.
fn counts(layer: Layer, layers: &[Layer]) -> bool {
    layers.len() == 1 || layer.adds_up()
}

/// Page views by layer, of which the largest stand behind a place.
#[derive(Clone, Copy, Default)]
struct ByLayer([u64; Layer::ALL.len()]);

impl ByLayer {
    fn add(&mut self, layer: Layer, views: u64) {
        // Codes begin at 1 and are as many as there are layers.
        self.0[layer as usize - 1] += views;
    }

    fn join(&mut self, other: &ByLayer) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, views)| *sum += views);
    }

    fn of(&self, layer: Layer) -> u64 {
        self.0[layer as usize - 1]
    }

    fn largest(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or(0)
    }
}
