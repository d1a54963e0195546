//! Counts clicks of one page view as the script does: distinct places with `n` and first touches at each level.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::layout::Area;

/// Side of a grid cell in px.
pub(crate) const CELL_PX: f64 = 16.0;
/// Right-most and lowest cell of the contract.
const CELL_MAX: (u16, u16) = (1_023, 32_767);
/// Wider or higher containers are divided into 16 px squares instead of eighths.
const LARGE_PX: f64 = 512.0;

/// One place of a beacon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Place {
    /// `click`, `tap` or `attention`.
    pub layer: &'static str,
    /// Page-grid cell, x then y.
    pub cell: [u16; 2],
    /// The element, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// Position inside the element, x then y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<[u16; 2]>,
    /// `px16` where `sub` counts 16 px squares; eighths otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Clicks, 1 to 255.
    pub n: u8,
    /// First touches, as the contract's bits.
    pub first: u8,
}

/// What one page view has touched so far. One layer only: a simulated visitor does not change its pointer.
#[derive(Default)]
pub(crate) struct Touched {
    cells: BTreeSet<(u8, u16, u16)>,
    subs: BTreeSet<(String, bool, [u16; 2])>,
    elements: BTreeSet<String>,
}

impl Touched {
    /// The place of `n` clicks at a point (page px), with first touches marked. `scrolled_px` is how far a stuck
    /// element has travelled over the page.
    pub(crate) fn place(
        &mut self,
        layer: &'static str,
        (x, y): (f64, f64),
        target: Option<(&Area, f64)>,
        n: u8,
    ) -> Place {
        let scrolled_px = target.map_or(0.0, |(_, scrolled_px)| scrolled_px);
        let cell = [units(x, CELL_MAX.0), units(y + scrolled_px, CELL_MAX.1)];
        let mut first = 0;
        for level in 0..3u8 {
            if self.cells.insert((level, cell[0] >> level, cell[1] >> level)) {
                first |= 1 << level;
            }
        }
        let mut place = Place {
            layer,
            cell,
            anchor: None,
            sub: None,
            unit: None,
            n,
            first,
        };
        if let Some((area, _)) = target.filter(|(area, _)| !area.1.is_empty()) {
            self.on_element(&mut place, area, (x - area.2, y - area.3));
        }
        place
    }

    fn on_element(&mut self, place: &mut Place, area: &Area, (x, y): (f64, f64)) {
        let large = area.4.max(area.5) > LARGE_PX && !area.interactive();
        let sub = if large {
            [units(x, u16::MAX), units(y, u16::MAX)]
        } else {
            [eighth(x, area.4), eighth(y, area.5)]
        };
        if self.subs.insert((area.1.clone(), large, sub)) {
            place.first |= 8;
        }
        if self.elements.insert(area.1.clone()) {
            place.first |= 16;
        }
        place.anchor = Some(area.1.clone());
        place.sub = Some(sub);
        place.unit = large.then_some("px16");
    }
}

/// Joins places that are the same, as the script sends each only once per beacon.
pub(crate) fn merged(places: Vec<Place>) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        let same = |other: &&mut Place| {
            (other.cell, &other.anchor, other.sub, other.unit) == (place.cell, &place.anchor, place.sub, place.unit)
        };
        match out.iter_mut().find(same) {
            Some(other) => {
                other.n = other.n.saturating_add(place.n);
                other.first |= place.first;
            }
            None => out.push(place),
        }
    }
    out
}

fn units(px: f64, most: u16) -> u16 {
    ((px / CELL_PX).max(0.0) as u16).min(most)
}

fn eighth(offset: f64, size: f64) -> u16 {
    ((offset / size * 8.0).max(0.0) as u16).min(7)
}
