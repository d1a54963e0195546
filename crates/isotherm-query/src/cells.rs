//! A page's map in a few bytes per cell, for the dashboard: what JSON says but positions inside elements.
//!
//! All numbers are LEB128 varints (seven bits per byte, least first). `ISC1`; page views; first and last day as days since
//! 1970-01-01; why something is missing (0 for nothing, else 1 and up in the order of [`Withheld`]) and how much is needed;
//! the number of cells; each cell; the number of elements; each element as the length and the bytes of its anchor, clicks,
//! page views.
//!
//! A cell is: rows below the one before, times four, plus 0, 1 or 2 for an edge of 16, 32 or 64 px; then x, less that of the
//! one before where both are in one row; then page views, times two, plus 1 where more clicks than page views are there;
//! then, only there, how many more. Cells are sorted by y, x, so that all of these are small.

use isotherm_core::gate::{Shown, ShownCell, ShownElement, ShownMap};
use isotherm_core::thresholds::Withheld;

/// What every such answer begins with; the last character is the version.
const MAGIC: &[u8; 4] = b"ISC1";

/// The answer's bytes.
pub(crate) fn packed(shown: &Shown<ShownMap>) -> Vec<u8> {
    let map = shown.get();
    let mut bytes = MAGIC.to_vec();
    let (reason, needed) = shown.withheld().map_or((0, 0), |held| (reason(held), held.needed()));
    let head = [
        map.views,
        u64::from(shown.from().0),
        u64::from(shown.to().0),
        reason,
        needed,
        map.cells.len() as u64,
    ];
    head.into_iter().for_each(|number| put(&mut bytes, number));
    let mut last = (0, 0);
    for cell in &map.cells {
        last = put_cell(&mut bytes, last, cell);
    }
    put(&mut bytes, map.elements.len() as u64);
    map.elements.iter().for_each(|element| put_element(&mut bytes, element));
    bytes
}

/// Writes a cell behind the one with this row and column; says its own.
fn put_cell(bytes: &mut Vec<u8>, (row, column): (u16, u16), cell: &ShownCell) -> (u16, u16) {
    let down = cell.corner.y.saturating_sub(row);
    let edge = u64::from(cell.px / 32);
    put(bytes, u64::from(down) << 2 | edge);
    let along = if down == 0 {
        cell.corner.x.saturating_sub(column)
    } else {
        cell.corner.x
    };
    put(bytes, u64::from(along));
    let more = cell.n.saturating_sub(cell.views);
    put(bytes, cell.views << 1 | u64::from(more > 0));
    if more > 0 {
        put(bytes, more);
    }
    (cell.corner.y, cell.corner.x)
}

fn put_element(bytes: &mut Vec<u8>, element: &ShownElement) {
    put(bytes, element.anchor.len() as u64);
    bytes.extend_from_slice(element.anchor.as_bytes());
    put(bytes, element.clicks);
    put(bytes, element.views);
}

const fn reason(withheld: Withheld) -> u64 {
    match withheld {
        Withheld::BelowThreshold { .. } => 1,
        Withheld::BelowK { .. } => 2,
        Withheld::NoWholeMonth => 3,
        Withheld::CutCohorts => 4,
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_seven_bits_at_a_time() {
        for (number, expected) in [
            (0, &[0_u8][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (624_485, &[0xe5, 0x8e, 0x26]),
        ] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(bytes, expected, "{number}");
        }
        let mut bytes = Vec::new();
        put(&mut bytes, u64::MAX);
        assert_eq!(bytes.len(), 10);
    }
}
