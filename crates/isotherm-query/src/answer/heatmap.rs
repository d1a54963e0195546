//! Where a page is clicked and tapped: squares of the page grid, and positions inside elements.

use isotherm_core::gate::{Shown, ShownCell, ShownElement, ShownMap, ShownPosition};
use isotherm_core::path::PagePath;
use isotherm_core::place::Unit;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Subject, WithheldNote, share};

/// The answer of `heatmap`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Heatmap<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    views: u64,
    /// By y, x.
    cells: Vec<Cell>,
    /// By clicks, most first, then by anchor.
    elements: Vec<Element<'a>>,
    withheld: Option<WithheldNote>,
}

/// A square of the page grid.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeatCell")]
struct Cell {
    /// Left edge in units of 16 px.
    x: u16,
    /// Top edge in units of 16 px.
    y: u16,
    /// Edge length in px.
    #[schemars(extend("enum" = [16, 32, 64]))]
    px: u16,
    /// Clicks.
    n: u64,
    /// Page views with a click here.
    views: u64,
}

/// An element.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeatElement")]
struct Element<'a> {
    anchor: &'a str,
    clicks: u64,
    /// Page views with a click on the element.
    views: u64,
    /// `views` over the page's views, 0 to 1.
    rate: f64,
    /// By unit, y, x.
    cells: Vec<ElementCell>,
}

/// A position inside an element.
#[derive(Serialize, JsonSchema)]
struct ElementCell {
    /// `eighth` or `px16`.
    #[schemars(extend("enum" = ["eighth", "px16"]))]
    unit: &'static str,
    x: u16,
    y: u16,
    n: u64,
    views: u64,
}

impl Heatmap<'_> {
    pub(super) fn new<'a>(page: &'a PagePath, shown: &'a Shown<ShownMap>) -> Heatmap<'a> {
        let map = shown.get();
        Heatmap {
            subject: Subject::of(page, shown),
            views: map.views,
            cells: map.cells.iter().map(cell).collect(),
            elements: map.elements.iter().map(|shown| element(shown, map.views)).collect(),
            withheld: shown.withheld().map(WithheldNote::from),
        }
    }
}

/// How positions of a unit are called in answers.
pub(crate) const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Eighth => "eighth",
        Unit::Px16 => "px16",
    }
}

fn cell(shown: &ShownCell) -> Cell {
    Cell {
        x: shown.corner.x,
        y: shown.corner.y,
        px: shown.px,
        n: shown.n,
        views: shown.views,
    }
}

fn element(shown: &ShownElement, page_views: u64) -> Element<'_> {
    Element {
        anchor: &shown.anchor,
        clicks: shown.clicks,
        views: shown.views,
        rate: share(shown.views, page_views),
        cells: shown.positions.iter().map(position).collect(),
    }
}

fn position(shown: &ShownPosition) -> ElementCell {
    ElementCell {
        unit: unit_name(shown.sub.unit),
        x: shown.sub.x,
        y: shown.sub.y,
        n: shown.n,
        views: shown.views,
    }
}
