//! Places as the script names them: a point becomes a cell of the page, an element, and a position inside it.

use serde::Serialize;

use crate::layout::Area;

/// Side of a grid cell in px.
const CELL_PX: f64 = 16.0;
/// Right-most and lowest cell of the contract.
const CELL_MAX: (u16, u16) = (1_023, 32_767);
/// Wider or higher containers are divided into 16 px squares instead of eighths.
const LARGE_PX: f64 = 512.0;

/// One place of a beacon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Place {
    /// What was done, as the contract calls it: `click`, `tap`, `dead` and so on.
    pub layer: &'static str,
    /// Page-grid cell, x then y; none for an exposure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<[u16; 2]>,
    /// The element, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// Position inside the element, x then y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<[u16; 2]>,
    /// `px16` where `sub` counts 16 px squares; eighths otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// How often, 1 to 255.
    pub n: u8,
    /// First touches, as the contract's bits.
    pub first: u8,
}

/// A place before it is counted. Two that are equal are one place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) layer: &'static str,
    pub(crate) cell: Option<[u16; 2]>,
    pub(crate) anchor: Option<String>,
    pub(crate) sub: Option<[u16; 2]>,
    pub(crate) unit: Option<&'static str>,
}

/// Something that the script counts, and how far down the page was seen by then: a page view's clock.
pub(crate) struct Moment {
    pub(crate) seen_px: f64,
    pub(crate) spot: Spot,
    pub(crate) n: u8,
}

impl Spot {
    /// A cell and nothing else.
    pub(crate) fn on_page(layer: &'static str, cell: [u16; 2]) -> Spot {
        Spot {
            layer,
            cell: Some(cell),
            anchor: None,
            sub: None,
            unit: None,
        }
    }

    /// An element as a whole.
    pub(crate) fn of_element(layer: &'static str, anchor: &str) -> Spot {
        Spot {
            layer,
            cell: None,
            anchor: Some(anchor.to_owned()),
            sub: Some([0, 0]),
            unit: None,
        }
    }

    /// A point (page px) on what is meant there. `scrolled_px` is how far the window has moved, and stuck elements with it.
    pub(crate) fn at(layer: &'static str, (x, y): (f64, f64), target: Option<&Area>, scrolled_px: f64) -> Spot {
        let moved_px = if target.is_some_and(Area::stuck) {
            scrolled_px
        } else {
            0.0
        };
        let spot = Spot::on_page(layer, [units(x, CELL_MAX.0), units(y + moved_px, CELL_MAX.1)]);
        match target.filter(|area| !area.1.is_empty()) {
            Some(area) => spot.on_element(area, (x - area.2, y - area.3)),
            None => spot,
        }
    }

    /// The same place in another layer.
    pub(crate) fn also(&self, layer: &'static str) -> Spot {
        Spot { layer, ..self.clone() }
    }

    fn on_element(self, area: &Area, (x, y): (f64, f64)) -> Spot {
        let large = area.4.max(area.5) > LARGE_PX && !area.interactive();
        let sub = if large {
            [units(x, u16::MAX), units(y, u16::MAX)]
        } else {
            [eighth(x, area.4), eighth(y, area.5)]
        };
        Spot {
            anchor: Some(area.1.clone()),
            sub: Some(sub),
            unit: large.then_some("px16"),
            ..self
        }
    }
}

fn units(px: f64, most: u16) -> u16 {
    ((px / CELL_PX).max(0.0) as u16).min(most)
}

fn eighth(offset: f64, size: f64) -> u16 {
    ((offset / size * 8.0).max(0.0) as u16).min(7)
}
