//! Where a page is clicked and tapped: cells of the page grid, and positions inside elements.

use std::collections::BTreeMap;

use isotherm_core::place::{self, Layer, SubCell, Unit};
use isotherm_core::reading::{CellSum, ElementSum};
use isotherm_core::thresholds::{RARITY_MIN, Withheld};
use serde::Serialize;

use super::{Standing, Subject, WithheldNote, share};

/// The edge of a cell that was not merged, in px.
const CELL_PX: u16 = 16;

/// The answer of `heatmap`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Heatmap {
    #[serde(flatten)]
    pub(crate) subject: Subject,
    pub(crate) views: u64,
    /// By y, x.
    pub(crate) cells: Vec<Cell>,
    /// By clicks, most first, then by anchor.
    pub(crate) elements: Vec<Element>,
    pub(crate) withheld: Option<WithheldNote>,
}

/// A square of the page grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Cell {
    /// Left edge in units of 16 px.
    pub(crate) x: u16,
    /// Top edge in units of 16 px.
    pub(crate) y: u16,
    /// Edge length in px.
    pub(crate) px: u16,
    /// Clicks.
    pub(crate) n: u64,
    /// Page views with a click here.
    pub(crate) views: u64,
}

/// An element.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Element {
    pub(crate) anchor: String,
    pub(crate) clicks: u64,
    /// Page views with a click on the element.
    pub(crate) views: u64,
    /// `views` over the page's views, 0 to 1.
    pub(crate) rate: f64,
    /// By unit, y, x.
    pub(crate) cells: Vec<ElementCell>,
}

/// A position inside an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct ElementCell {
    /// `eighth` or `px16`.
    pub(crate) unit: &'static str,
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) n: u64,
    pub(crate) views: u64,
}

/// A place's counts over several layers: interactions add up, page views are the largest, because one page view may
/// stand behind both.
#[derive(Clone, Copy, Default)]
struct Tally {
    n: u64,
    views: u64,
}

/// An element before the gate.
#[derive(Default)]
struct Gathered {
    anchor: Option<String>,
    clicks: u64,
    views_by_layer: BTreeMap<Layer, u64>,
    cells: BTreeMap<SubCell, Tally>,
}

impl Heatmap {
    /// What may be shown of these sums.
    pub(crate) fn new(subject: Subject, standing: Standing, cells: Vec<CellSum>, elements: Vec<ElementSum>) -> Heatmap {
        let (cells, cells_withheld) = shown_cells(&standing, cells);
        let (elements, elements_withheld) = shown_elements(&standing, elements);
        Heatmap {
            subject,
            views: standing.shown_views(),
            cells,
            elements,
            withheld: cells_withheld.or(elements_withheld).map(WithheldNote::from),
        }
    }
}

impl Tally {
    fn add_layer(&mut self, n: u64, views: u64) {
        self.n = self.n.saturating_add(n);
        self.views = self.views.max(views);
    }
}

fn shown_cells(standing: &Standing, sums: Vec<CellSum>) -> (Vec<Cell>, Option<Withheld>) {
    let mut by_cell: BTreeMap<place::Cell, Tally> = BTreeMap::new();
    for sum in sums {
        by_cell.entry(sum.cell).or_default().add_layer(sum.n, sum.views);
    }
    let cell = |(at, tally): (place::Cell, Tally)| Cell {
        x: at.x,
        y: at.y,
        px: CELL_PX,
        n: tally.n,
        views: tally.views,
    };
    let cells = by_cell.into_iter().map(cell).collect();
    let shown = standing
        .thresholds
        .gate(standing.views, cells, |cell: &Cell| cell.views);
    (shown.places, shown.withheld)
}

fn shown_elements(standing: &Standing, sums: Vec<ElementSum>) -> (Vec<Element>, Option<Withheld>) {
    let gathered = gather(sums).into_values().collect();
    let shown = standing.thresholds.gate(standing.views, gathered, Gathered::views);
    let mut withheld = shown.withheld;
    let mut unnamed = false;
    let mut elements = Vec::new();
    for element in shown.places {
        let Some(anchor) = element.anchor.clone() else {
            // Its text is not published before its id has so many page views; without it nobody could find the place.
            unnamed = true;
            continue;
        };
        let views = element.views();
        let cells = element.cells.into_iter().map(element_cell).collect();
        let inside = standing
            .thresholds
            .gate(standing.views, cells, |cell: &ElementCell| cell.views);
        withheld = withheld.or(inside.withheld);
        elements.push(Element {
            anchor,
            clicks: element.clicks,
            views,
            rate: share(views, standing.views),
            cells: inside.places,
        });
    }
    elements.sort_by(|one, other| {
        other
            .clicks
            .cmp(&one.clicks)
            .then_with(|| one.anchor.cmp(&other.anchor))
    });
    let rarity = unnamed.then_some(Withheld::BelowK { needed: RARITY_MIN });
    (elements, withheld.or(rarity))
}

fn gather(sums: Vec<ElementSum>) -> BTreeMap<u64, Gathered> {
    let mut by_anchor: BTreeMap<u64, Gathered> = BTreeMap::new();
    for sum in sums {
        let element = by_anchor.entry(sum.anchor_id).or_default();
        element.anchor = element.anchor.take().or(sum.anchor);
        element.clicks = element.clicks.saturating_add(sum.n);
        *element.views_by_layer.entry(sum.layer).or_default() += sum.views_element;
        element.cells.entry(sum.sub).or_default().add_layer(sum.n, sum.views);
    }
    by_anchor
}

impl Gathered {
    fn views(&self) -> u64 {
        self.views_by_layer.values().copied().max().unwrap_or(0)
    }
}

fn element_cell((sub, tally): (SubCell, Tally)) -> ElementCell {
    let unit = match sub.unit {
        Unit::Eighth => "eighth",
        Unit::Px16 => "px16",
    };
    ElementCell {
        unit,
        x: sub.x,
        y: sub.y,
        n: tally.n,
        views: tally.views,
    }
}
