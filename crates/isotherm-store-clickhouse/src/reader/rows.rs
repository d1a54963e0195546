//! Rows of places as the server answers them, and the sums that they stand for.

use std::collections::HashMap;

use clickhouse::Row;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::place::{Cell, Layer, SubCell, Unit};
use isotherm_core::reading::{CellSum, ElementSum, MapSums, Sealed};
use isotherm_core::row::Kind;
use serde::Deserialize;

/// Published selectors by anchor.
pub(super) type Texts = HashMap<u64, String>;

#[derive(Row, Deserialize)]
pub(super) struct TextRow {
    pub(super) anchor: u64,
    pub(super) text: String,
}

#[derive(Row, Deserialize)]
pub(super) struct CellRow {
    pub(super) page: u64,
    pub(super) layer: u8,
    pub(super) level: u8,
    pub(super) y: u16,
    pub(super) x: u16,
    pub(super) n_sum: u64,
    pub(super) views_sum: u64,
    pub(super) views_32_sum: u64,
    pub(super) views_64_sum: u64,
}

#[derive(Row, Deserialize)]
pub(super) struct ElementRow {
    pub(super) page: u64,
    pub(super) layer: u8,
    pub(super) anchor: u64,
    pub(super) kind: i8,
    pub(super) level: u8,
    pub(super) y: u16,
    pub(super) x: u16,
    pub(super) n_sum: u64,
    pub(super) views_sum: u64,
    pub(super) views_element_sum: u64,
}

#[derive(Row, Deserialize)]
pub(super) struct MapRow {
    pub(super) kind: i8,
    pub(super) layer: u8,
    pub(super) anchor: u64,
    pub(super) level: u8,
    pub(super) y: u16,
    pub(super) x: u16,
    pub(super) n_sum: u64,
    pub(super) views_sum: u64,
    pub(super) views_32_sum: u64,
    pub(super) views_64_sum: u64,
    pub(super) views_element_sum: u64,
    /// Of cohorts that the window cuts: 1 where they begin before it, plus 2 where they end behind it.
    pub(super) cut: u8,
    pub(super) first: u16,
    pub(super) last: u16,
}

impl CellRow {
    /// `None` for a code that this build does not know.
    pub(super) fn sum(self) -> Option<CellSum> {
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
}

impl ElementRow {
    /// `None` for a code that this build does not know.
    pub(super) fn sum(self, texts: &Texts) -> Option<ElementSum> {
        let unit = match self.kind as u8 {
            kind if kind == Kind::Eighth as u8 => Unit::Eighth,
            _ => Unit::Px16,
        };
        Some(ElementSum {
            layer: Layer::from_code(self.layer)?,
            anchor: texts.get(&self.anchor).cloned(),
            anchor_id: self.anchor,
            sub: SubCell::new(unit, self.x, self.y)?,
            level: self.level,
            n: self.n_sum,
            views: self.views_sum,
            views_element: self.views_element_sum,
        })
    }
}

impl MapRow {
    /// `None` for a code that this build does not know.
    pub(super) fn add_to(
        self,
        (sealed, sums): &mut (Sealed, MapSums),
        PageId(page): PageId,
        texts: &Texts,
    ) -> Option<()> {
        let MapRow {
            kind,
            layer,
            level,
            y,
            x,
            n_sum,
            views_sum,
            ..
        } = self;
        if kind as u8 == Kind::Page as u8 {
            if self.cut == 0 {
                sums.views += views_sum;
            }
            if self.cut == 0 && self.first <= self.last {
                let (first, last) = sealed.inside.unwrap_or((Day(self.first), Day(self.last)));
                sealed.inside = Some((first.min(Day(self.first)), last.max(Day(self.last))));
            }
            sealed.cut_before |= self.cut & 1 != 0;
            sealed.cut_after |= self.cut & 2 != 0;
        } else if kind as u8 == Kind::Grid as u8 {
            let cell = CellRow {
                page,
                layer,
                level,
                y,
                x,
                n_sum,
                views_sum,
                views_32_sum: self.views_32_sum,
                views_64_sum: self.views_64_sum,
            };
            sums.cells.push(cell.sum()?);
        } else {
            let position = ElementRow {
                page,
                layer,
                anchor: self.anchor,
                kind,
                level,
                y,
                x,
                n_sum,
                views_sum,
                views_element_sum: self.views_element_sum,
            };
            sums.elements.push(position.sum(texts)?);
        }
        Some(())
    }
}
