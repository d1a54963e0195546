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

/// The sums over the layers of a 16 px cell, or of what is kept of a larger square without its cells.
#[derive(Clone, Copy)]
struct Leaf {
    cell: Cell,
    /// The level at which it is kept, 0 for a cell: at no finer one it can be shown.
    kept: u8,
    n: u64,
    /// Additive page views at 16, 32 and 64 px.
    views: [ByLayer; 3],
}

/// How a square is shown: by which squares, and how many page views are left out.
#[derive(Default)]
struct Plan {
    squares: Vec<ShownCell>,
    lost: u64,
}

/// The squares shown, by y, x, and whether something is left out.
pub(super) fn shown(sums: Vec<CellSum>, layers: &[Layer], k: u64) -> (Vec<ShownCell>, bool) {
    let mut squares = Vec::new();
    let mut left_out = false;
    for block in leaves(sums, layers).chunk_by(|one, other| one.cell.parent(LEVEL_64) == other.cell.parent(LEVEL_64)) {
        let plan = plan(block, LEVEL_64, k);
        left_out |= plan.lost > 0;
        squares.extend(plan.squares);
    }
    squares.sort_unstable_by_key(|square| square.corner);
    (squares, left_out)
}

/// One leaf for each cell, those of a square side by side at every level.
fn leaves(mut sums: Vec<CellSum>, layers: &[Layer]) -> Vec<Leaf> {
    let place = |sum: &CellSum| {
        (
            sum.cell.parent(2),
            sum.level > 1,
            sum.cell.parent(1),
            sum.level > 0,
            sum.cell,
        )
    };
    sums.sort_unstable_by_key(place);
    let mut leaves: Vec<Leaf> = Vec::new();
    for sum in sums {
        if leaves
            .last()
            .is_none_or(|leaf| (leaf.cell, leaf.kept) != (sum.cell, sum.level))
        {
            leaves.push(Leaf {
                cell: sum.cell,
                kept: sum.level,
                n: 0,
                views: [ByLayer::default(); 3],
            });
        }
        if let Some(leaf) = leaves.last_mut() {
            leaf.n += if counts(sum.layer, layers) { sum.n } else { 0 };
            for (views, more) in leaf.views.iter_mut().zip([sum.views, sum.views_32, sum.views_64]) {
                views.add(sum.layer, more);
            }
        }
    }
    leaves
}

fn plan(leaves: &[Leaf], level: u8, k: u64) -> Plan {
    let mut views = ByLayer::default();
    leaves
        .iter()
        .for_each(|leaf| views.join(&leaf.views[usize::from(level)]));
    let held: u64 = leaves.iter().map(Leaf::weight).sum();
    if views.largest() < k {
        return Plan {
            squares: Vec::new(),
            lost: held,
        };
    }
    if level > 0 {
        let divided = divided(leaves, level, k);
        if divided.lost * 100 <= held * LOST_PERCENT_MAX[usize::from(level)] {
            return divided;
        }
    }
    let corner = leaves[0].cell.parent(level);
    let square = ShownCell {
        corner: Cell {
            y: corner.y << level,
            x: corner.x << level,
        },
        px: 16 << level,
        n: leaves.iter().map(|leaf| leaf.n).sum(),
        views: views.largest(),
    };
    Plan {
        squares: vec![square],
        lost: 0,
    }
}

/// The square by its quarters; what is not kept by quarters is left out then.
fn divided(leaves: &[Leaf], level: u8, k: u64) -> Plan {
    let quarter = |leaf: &Leaf| (leaf.cell.parent(level - 1), leaf.kept >= level);
    let mut divided = Plan::default();
    for leaves in leaves.chunk_by(|one, other| quarter(one) == quarter(other)) {
        if leaves[0].kept >= level {
            divided.lost += leaves.iter().map(Leaf::weight).sum::<u64>();
            continue;
        }
        let plan = plan(leaves, level - 1, k);
        divided.squares.extend(plan.squares);
        divided.lost += plan.lost;
    }
    divided
}

impl Leaf {
    /// What leaving it out loses, in page views. A place that is kept coarser counts at its parents only.
    fn weight(&self) -> u64 {
        self.views
            .iter()
            .map(ByLayer::largest)
            .max()
            .unwrap_or(0)
            .max(u64::from(self.n > 0))
    }
}
