//! Count rows: all that is kept of anything. Their order is the order of the tables.

use crate::country::Country;
use crate::day::Day;
use crate::ids::PageId;
use crate::place::Layer;
use crate::viewport::ViewportClass;

/// Which map a count row belongs to. Codes below `Page` are control rows of the same table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A record that could not be decoded.
    Poison = 0,
    /// A batch that landed.
    Ledger = 1,
    /// The highest seq counted of a lane.
    Last = 2,
    /// Records or offsets that will never come.
    Lost = 3,
    /// Of the page as a whole: views, reach by depth, fold.
    Page = 4,
    /// A cell of the page grid.
    Grid = 5,
    /// An eighth of an element.
    Eighth = 6,
    /// A 16 px square of a large element.
    Px16 = 7,
}

/// What a count row counts. The derived order is that of the table: equality columns, then time, then place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowKey {
    /// The map.
    pub kind: Kind,
    /// The site, as an index into the block's sorted list of sites.
    pub site: u32,
    /// The page.
    pub page: PageId,
    /// What was done.
    pub layer: Layer,
    /// The viewport class.
    pub viewport: ViewportClass,
    /// The UTC day.
    pub day: Day,
    /// The element's anchor id; 0 where the row is not of an element.
    pub anchor: u64,
    /// Row of the cell, depth in percent, or fold in steps of 100 px.
    pub y: u16,
    /// Column of the cell.
    pub x: u16,
    /// The country.
    pub country: Country,
}

/// The numbers of a count row. `views` columns are additive over rows, each at its own level.
///
/// A scroll row is a step: `n` page views whose reach begins at its depth, `views` whose reach ends there. The page views
/// that reached a depth are all that began at or above it less all that ended above it: [`reached`]. They must be summed up
/// before they are compared with a threshold or rounded.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Interactions.
    pub n: u32,
    /// Page views, at the row's own place.
    pub views: u32,
    /// Page views, at the cell's 32 px parent.
    pub views_32: u32,
    /// Page views, at the cell's 64 px parent.
    pub views_64: u32,
    /// Page views, at the element.
    pub views_element: u32,
}

/// Page views by depth, from the steps of scroll rows: (depth, begins, ends) in the order of depths, each once.
pub fn reached(steps: impl IntoIterator<Item = (u16, u64, u64)>) -> Vec<(u16, u64)> {
    let (mut reach, mut inside, mut next) = (Vec::new(), 0_u64, 1);
    for (depth, begins, ends) in steps {
        if inside > 0 {
            reach.extend((next..depth).map(|between| (between, inside)));
        }
        inside += begins;
        reach.extend((inside > 0).then_some((depth, inside)));
        // Nothing ends that has not begun, unless rows are missing.
        inside = inside.saturating_sub(ends);
        next = depth + 1;
    }
    reach
}

/// One count row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountRow {
    /// What it counts.
    pub key: RowKey,
    /// How much.
    pub counts: Counts,
}

impl Counts {
    /// Adds another row's numbers. 32 bits hold 4 billion per batch and place; batches are bounded far below.
    pub fn add(&mut self, other: &Counts) {
        self.n += other.n;
        self.views += other.views;
        self.views_32 += other.views_32;
        self.views_64 += other.views_64;
        self.views_element += other.views_element;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_sum_up_to_the_bands_that_were_added() {
        // Reaches 0 to 3, 0 to 2, 2 to 5, and apart from them 7 to 8.
        let steps = [(1, 2, 0), (2, 0, 1), (3, 1, 1), (5, 0, 1), (8, 1, 1)];
        assert_eq!(reached(steps), [(1, 2), (2, 2), (3, 2), (4, 1), (5, 1), (8, 1)]);
        assert_eq!(reached([]), []);
    }
}
