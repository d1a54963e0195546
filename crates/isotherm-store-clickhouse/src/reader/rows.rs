//! Rows of places as the server answers them, and the sums that they stand for.

use std::collections::HashMap;
use std::sync::Arc;

use clickhouse::Row;
use isotherm_core::day::Day;
use isotherm_core::place::{Cell, Layer, SubCell, Unit};
use isotherm_core::reading::{CellSum, ElementSum, SealedMap};
use isotherm_core::row::Kind;
use serde::Deserialize;

/// Published selectors by anchor.
pub(super) type Texts = HashMap<u64, Arc<str>>;

#[derive(Row, Deserialize)]
pub(super) struct TextRow {
    pub(super) anchor: u64,
    pub(super) text: String,
}

/// What was counted at a place of a page, or of the page as a whole.
#[derive(Row, Deserialize)]
pub(super) struct PlaceRow {
    pub(super) page: u64,
    kind: i8,
    layer: u8,
    pub(super) anchor: u64,
    level: u8,
    y: u16,
    x: u16,
    n_sum: u64,
    views_sum: u64,
    views_32_sum: u64,
    views_64_sum: u64,
    views_element_sum: u64,
    /// Which sums they are: see `queries/map_sealed.sql`.
    part: u8,
    first: u16,
    last: u16,
}

pub(super) fn unit(kind: i8) -> Unit {
    if kind as u8 == Kind::Eighth as u8 {
        Unit::Eighth
    } else {
        Unit::Px16
    }
}

/// Sums of the cohorts inside the window.
const INSIDE: u8 = 0;
const CUT_BEFORE: u8 = 1;
const CUT_AFTER: u8 = 2;
/// Sums of what is not sealed.
const UNSEALED: u8 = 4;

impl PlaceRow {
    /// Adds a row to a map; rows of one place follow each other. `None` for a code that this build does not know.
    pub(super) fn add_to(self, map: &mut SealedMap, texts: &Texts) -> Option<()> {
        let days = (Day(self.first), Day(self.last));
        match self.part {
            INSIDE if self.is_of_page() => map.sealed.inside = joined(map.sealed.inside, days),
            UNSEALED => map.unsealed = joined(map.unsealed, days),
            _ => {}
        }
        if ![INSIDE, UNSEALED].contains(&self.part) {
            map.sealed.cut_before |= self.part & CUT_BEFORE != 0;
            map.sealed.cut_after |= self.part & CUT_AFTER != 0;
        } else if self.is_of_page() {
            map.sums.views += self.views_sum;
        } else if self.kind as u8 == Kind::Grid as u8 {
            add_cell(&mut map.sums.cells, self.cell()?);
        } else {
            add_position(&mut map.sums.elements, self.position(texts)?);
        }
        Some(())
    }

    /// The order of rows in which those of one place follow each other.
    pub(super) fn place(&self) -> impl Ord + use<> {
        let inside = (self.kind, self.level, self.y, self.x, self.part);
        (self.page, self.layer, self.anchor, inside)
    }

    fn is_of_page(&self) -> bool {
        self.kind as u8 == Kind::Page as u8
    }

    /// `None` for a code that this build does not know.
    pub(super) fn cell(&self) -> Option<CellSum> {
        Some(CellSum {
            layer: Layer::from_code(self.layer)?,
            cell: Cell::new(self.x, self.y)?,
            level: self.level,
            n: self.n_sum,
            views: self.views_sum,
            views_32: self.views_32_sum,
            views_64: self.views_64_sum,
        })
    }

    /// `None` for a code that this build does not know.
    pub(super) fn position(&self, texts: &Texts) -> Option<ElementSum> {
        Some(ElementSum {
            layer: Layer::from_code(self.layer)?,
            anchor: texts.get(&self.anchor).cloned(),
            anchor_id: self.anchor,
            sub: SubCell::new(unit(self.kind), self.x, self.y)?,
            level: self.level,
            n: self.n_sum,
            views: self.views_sum,
            views_element: self.views_element_sum,
        })
    }
}

fn joined(span: Option<(Day, Day)>, (first, last): (Day, Day)) -> Option<(Day, Day)> {
    Some(span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))))
}

/// Adds to the cell before where both are one place.
fn add_cell(cells: &mut Vec<CellSum>, sum: CellSum) {
    let place = |cell: &CellSum| (cell.layer, cell.cell, cell.level);
    match cells.last_mut().filter(|last| place(last) == place(&sum)) {
        Some(last) => {
            last.n += sum.n;
            last.views += sum.views;
            last.views_32 += sum.views_32;
            last.views_64 += sum.views_64;
        }
        None => cells.push(sum),
    }
}

/// Adds to the position before where both are one place.
fn add_position(positions: &mut Vec<ElementSum>, sum: ElementSum) {
    let place = |position: &ElementSum| (position.layer, position.anchor_id, position.sub, position.level);
    match positions.last_mut().filter(|last| place(last) == place(&sum)) {
        Some(last) => {
            last.n += sum.n;
            last.views += sum.views;
            last.views_element += sum.views_element;
        }
        None => positions.push(sum),
    }
}
