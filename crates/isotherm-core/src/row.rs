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
