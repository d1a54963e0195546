//! Where something happened: layers, cells of the page grid, anchors with sub-cells, and first touches.

use crate::scrub::scrub_anchor;

/// Right-most cell: x 1,023 ends at 16,384 px. A place further right is malformed.
pub const CELL_X_MAX: u16 = 1_023;
/// Lowest cell: y 32,767 ends at 524,288 px. A place further down is malformed.
pub const CELL_Y_MAX: u16 = 32_767;
/// Longest anchor in bytes. A longer one is malformed; the script sends none.
pub const ANCHOR_BYTES_MAX: usize = 256;
/// Bands of a page's height in which time in view is counted: 10 % each. A place of a lower band is malformed.
pub const ATTENTION_BANDS: u16 = 10;
/// Most interactions that one place of one beacon may report. More is malformed; the script stops counting there.
pub const PLACE_N_MAX: u8 = 255;

/// What was done. The codes are stored and never change their meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Layer {
    /// A page view.
    View = 1,
    /// Reach: depth in percent.
    Scroll = 2,
    /// The viewport's height in steps of 100 px: where the fold lies.
    Fold = 3,
    /// A click by mouse, pen or keyboard.
    Click = 4,
    /// A tap by touch.
    Tap = 5,
    /// Three clicks or taps, each soon after and close to the last. They are clicks and taps, too.
    Rage = 6,
    /// A click or tap to which the page did not answer. It is a click or tap, too.
    Dead = 7,
    /// A sideways stroke by touch.
    Swipe = 8,
    /// The first click or tap of a page view. It is a click or tap, too.
    First = 9,
    /// An element came into view.
    Exposure = 10,
    /// Time in view: seconds by band of the page's height.
    Attention = 11,
}

/// A 16 px square of the page grid; 32 and 64 px parents by shifting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell {
    /// Row: floor(page y / 16).
    pub y: u16,
    /// Column: floor(page x / 16).
    pub x: u16,
}

/// How the position inside an element is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Unit {
    /// Eighths of the element's box, 0 to 7 each way.
    Eighth = 1,
    /// 16 px squares from the element's top-left corner, for large containers.
    Px16 = 2,
}

/// The position inside an element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubCell {
    /// How `y` and `x` count.
    pub unit: Unit,
    /// Down.
    pub y: u16,
    /// Right.
    pub x: u16,
}

/// A stable key of an element: a short selector, scrubbed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Anchor(Box<str>);

/// At which levels this place is touched for the first time in its page view (bits as in the beacon).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FirstTouch(u8);

/// One place of a beacon: where, how often, and whether for the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// What was done.
    pub layer: Layer,
    /// On the page grid. For `Layer::Attention` x is 0 and y the band.
    pub cell: Option<Cell>,
    /// On an element.
    pub anchor: Option<(Anchor, SubCell)>,
    /// How often, 1 to `PLACE_N_MAX`.
    pub n: u8,
    /// First touches.
    pub first: FirstTouch,
}

impl Layer {
    /// All layers by code.
    pub const ALL: [Layer; 11] = [
        Layer::View,
        Layer::Scroll,
        Layer::Fold,
        Layer::Click,
        Layer::Tap,
        Layer::Rage,
        Layer::Dead,
        Layer::Swipe,
        Layer::First,
        Layer::Exposure,
        Layer::Attention,
    ];

    /// The layer of a stored code.
    pub fn from_code(code: u8) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| *layer as u8 == code)
    }

    /// The name in beacons, queries and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Layer::View => "view",
            Layer::Scroll => "scroll",
            Layer::Fold => "fold",
            Layer::Click => "click",
            Layer::Tap => "tap",
            Layer::Rage => "rage",
            Layer::Dead => "dead",
            Layer::Swipe => "swipe",
            Layer::First => "first",
            Layer::Exposure => "exposure",
            Layer::Attention => "attention",
        }
    }

    /// The layer of a name.
    pub fn parse(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// Whether beacons report this layer as places.
    pub const fn has_places(self) -> bool {
        !matches!(self, Layer::View | Layer::Scroll | Layer::Fold)
    }

    /// Whether it has a map: cells of the grid, or elements. Attention has bands only, whose rows are of the page.
    pub const fn has_map(self) -> bool {
        self.has_places() && !matches!(self, Layer::Attention)
    }

    /// Whether its counts add up with those of other such layers: no interaction is in two of them.
    pub const fn adds_up(self) -> bool {
        matches!(self, Layer::Click | Layer::Tap)
    }
}

impl Cell {
    /// A cell within the page bounds, else `None`.
    pub const fn new(x: u16, y: u16) -> Option<Cell> {
        if x <= CELL_X_MAX && y <= CELL_Y_MAX {
            Some(Cell { y, x })
        } else {
            None
        }
    }

    /// The cell's ancestor: 1 is its 32 px parent, 2 its 64 px parent.
    pub const fn parent(self, levels: u8) -> Cell {
        Cell {
            y: self.y >> levels,
            x: self.x >> levels,
        }
    }
}

impl SubCell {
    /// A position inside an element within the unit's bounds, else `None`.
    pub const fn new(unit: Unit, x: u16, y: u16) -> Option<SubCell> {
        let fits = match unit {
            Unit::Eighth => x < 8 && y < 8,
            Unit::Px16 => x <= CELL_X_MAX && y <= CELL_Y_MAX,
        };
        if fits { Some(SubCell { unit, y, x }) } else { None }
    }
}

impl Anchor {
    /// A printable, scrubbed selector of 1 to `ANCHOR_BYTES_MAX` bytes, else `None`.
    pub fn parse(text: &str) -> Option<Anchor> {
        if !(1..=ANCHOR_BYTES_MAX).contains(&text.len()) || text.chars().any(char::is_control) {
            return None;
        }
        // A placeholder can be longer than what it stands for, e.g. `:name` for `a`.
        let scrubbed = scrub_anchor(text);
        (scrubbed.len() <= ANCHOR_BYTES_MAX).then(|| Anchor(scrubbed.into()))
    }

    /// The selector.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FirstTouch {
    /// The cell.
    pub const CELL: u8 = 1;
    /// Its 32 px parent.
    pub const CELL_32: u8 = 2;
    /// Its 64 px parent.
    pub const CELL_64: u8 = 4;
    /// The sub-cell.
    pub const SUB: u8 = 8;
    /// The element.
    pub const ELEMENT: u8 = 16;

    /// Nothing is touched for the first time.
    pub const NONE: FirstTouch = FirstTouch(0);
    /// The cell alone.
    pub const ONE_CELL: FirstTouch = FirstTouch(Self::CELL);

    /// Bits that can be true together: a parent's first touch is also its child's.
    pub const fn new(bits: u8) -> Option<FirstTouch> {
        let known = bits < 32;
        let cell = bits & Self::CELL_64 == 0 || bits & Self::CELL_32 != 0;
        let cell_32 = bits & Self::CELL_32 == 0 || bits & Self::CELL != 0;
        let element = bits & Self::ELEMENT == 0 || bits & Self::SUB != 0;
        if known && cell && cell_32 && element {
            Some(FirstTouch(bits))
        } else {
            None
        }
    }

    /// All bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The same without the element's first touch, and without the sub-cell's where that is not the first either.
    pub const fn without_element(self, nor_sub: bool) -> FirstTouch {
        let bits = self.0 & !Self::ELEMENT;
        FirstTouch(if nor_sub { bits & !Self::SUB } else { bits })
    }

    /// The cell's own alone: what a row without parents keeps.
    pub const fn cell_only(self) -> FirstTouch {
        FirstTouch(self.0 & Self::CELL)
    }

    /// 1 where the bit is set: a page view's contribution at that level.
    pub const fn at(self, bit: u8) -> u32 {
        (self.0 & bit != 0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_never_first_without_its_child() {
        let possible: Vec<u8> = (0..=255).filter(|bits| FirstTouch::new(*bits).is_some()).collect();
        assert_eq!(possible, [0, 1, 3, 7, 8, 9, 11, 15, 24, 25, 27, 31]);
    }

    #[test]
    fn places_end_at_the_page_bounds() {
        assert!(Cell::new(CELL_X_MAX, CELL_Y_MAX).is_some());
        assert!(Cell::new(CELL_X_MAX + 1, 0).is_none());
        assert!(Cell::new(0, CELL_Y_MAX + 1).is_none());
        assert!(SubCell::new(Unit::Eighth, 7, 7).is_some());
        assert!(SubCell::new(Unit::Eighth, 8, 0).is_none());
        assert_eq!(Cell::new(25, 16).map(|c| c.parent(2)), Some(Cell { y: 4, x: 6 }));
    }
}
