//! Squares of the page grid: cells of 16 px merge to 32 and 64 until enough page views stand behind each.
//!
//! What is shown are squares that do not overlap, so nothing can be taken from a square to learn of a part of it. A square
//! is shown whole or by its quarters. It is divided where that loses little of it: quarters that too few page views stand
//! behind are left out then, and nothing shown says how much they hold. Else it is shown whole.

use super::{ByLayer, ShownCell, counts};
use crate::place::{Cell, Layer};
use crate::reading::CellSum;

/// Levels of merging: 64 px is the 16 px cell's second parent.
const LEVEL_64: u8 = 2;
/// A square is divided if that leaves out at most so many hundredths of its page views; by level, 16 px (never) to 64.
/// A square of 32 px blurs its middle by a third of the picture's blur, one of 64 px by two thirds: the larger it
/// is, the more a lost part has to weigh before the rest is blurred for it.
const LOST_PERCENT_MAX: [u64; 3] = [0, 25, 50];

/// A 16 px cell, or what is kept of a larger square without its cells.
struct Leaf<'a> {
    cell: Cell,
    /// The level at which it is kept, 0 for a cell: at no finer one it can be shown.
    kept: u8,
    n: u64,
    /// What leaving it out loses, in page views. A place that is kept coarser counts at its parents only.
    weight: u64,
    /// Its sums in each layer.
    sums: &'a [CellSum],
}

/// The squares shown, by y, x, and whether something is left out.
pub(super) fn shown(mut sums: Vec<CellSum>, layers: &[Layer], k: u64) -> (Vec<ShownCell>, bool) {
    sums.sort_by_cached_key(order);
    let leaves: Vec<Leaf<'_>> = sums
        .chunk_by(|one, other| (one.cell, one.level) == (other.cell, other.level))
        .map(|sums| Leaf::of(sums, layers))
        .collect();
    let (mut squares, mut lost) = (Vec::with_capacity(leaves.len()), 0);
    for row in leaves.chunk_by(|one, other| one.cell.parent(LEVEL_64).y == other.cell.parent(LEVEL_64).y) {
        let before = squares.len();
        for block in row.chunk_by(|one, other| one.cell.parent(LEVEL_64).x == other.cell.parent(LEVEL_64).x) {
            lost += plan(block, LEVEL_64, k, &mut squares);
        }
        squares[before..].sort_unstable_by_key(|square| square.corner);
    }
    (squares, lost > 0)
}

/// Sums of a square stand side by side at every level, behind its cells what is kept of it without them. From the highest
/// bit on: the 64 px square, whether it is kept whole, which 32 px square of it, whether that is, and which cell of that.
fn order(sum: &CellSum) -> u64 {
    let (y, x) = (u64::from(sum.cell.y), u64::from(sum.cell.x));
    let quarter = |level: u8| (y >> level & 1) << 1 | x >> level & 1;
    let square = y >> LEVEL_64 << 16 | x >> LEVEL_64;
    let large = square << 3 | u64::from(sum.level > 1) << 2 | quarter(1);
    large << 3 | u64::from(sum.level > 0) << 2 | quarter(0)
}

/// Adds the squares by which a square is shown; how many page views are left out.
fn plan(leaves: &[Leaf<'_>], level: u8, k: u64, squares: &mut Vec<ShownCell>) -> u64 {
    let mut views = ByLayer::default();
    for sum in leaves.iter().flat_map(|leaf| leaf.sums) {
        let of_level = [sum.views, sum.views_32, sum.views_64];
        views.add(sum.layer, of_level[usize::from(level)]);
    }
    let held: u64 = leaves.iter().map(|leaf| leaf.weight).sum();
    if views.largest() < k {
        return held;
    }
    if level > 0 {
        let before = squares.len();
        let lost = divide(leaves, level, k, squares);
        if lost * 100 <= held * LOST_PERCENT_MAX[usize::from(level)] {
            return lost;
        }
        squares.truncate(before);
    }
    let corner = leaves[0].cell.parent(level);
    squares.push(ShownCell {
        corner: Cell {
            y: corner.y << level,
            x: corner.x << level,
        },
        px: 16 << level,
        n: leaves.iter().map(|leaf| leaf.n).sum(),
        views: views.largest(),
    });
    0
}

/// Adds a square by its quarters; what is not kept by quarters is left out then.
fn divide(leaves: &[Leaf<'_>], level: u8, k: u64, squares: &mut Vec<ShownCell>) -> u64 {
    let quarter = |leaf: &Leaf<'_>| (leaf.cell.parent(level - 1), leaf.kept >= level);
    let quarters = leaves.chunk_by(|one, other| quarter(one) == quarter(other));
    let lost = quarters.map(|leaves| match leaves[0].kept >= level {
        true => leaves.iter().map(|leaf| leaf.weight).sum(),
        false => plan(leaves, level - 1, k, squares),
    });
    lost.sum()
}

impl<'a> Leaf<'a> {
    fn of(sums: &'a [CellSum], layers: &[Layer]) -> Leaf<'a> {
        let mut views = [ByLayer::default(); 3];
        for sum in sums {
            for (views, more) in views.iter_mut().zip([sum.views, sum.views_32, sum.views_64]) {
                views.add(sum.layer, more);
            }
        }
        let counted = sums.iter().filter(|sum| counts(sum.layer, layers));
        let n = counted.map(|sum| sum.n).sum();
        let weight = views.iter().map(ByLayer::largest).max().unwrap_or(0);
        Leaf {
            cell: sums[0].cell,
            kept: sums[0].level,
            n,
            weight: weight.max(u64::from(n > 0)),
            sums,
        }
    }
}
