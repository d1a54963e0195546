//! A well-formed beacon: a fragment of one page view within all bounds, not yet admitted.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::path::PagePath;
use crate::place::{FirstTouch, Place};
use crate::site::SiteKey;

/// Most distinct places of a beacon, the script's own bound for a whole page view. One more is malformed.
pub const PLACES_MAX: usize = 64;
/// Widest viewport in CSS px that is believed. A wider one is malformed.
pub const WIDTH_PX_MAX: u16 = 16_384;
/// Highest viewport in CSS px that is believed. A higher one is malformed.
pub const HEIGHT_PX_MAX: u16 = 16_384;

/// What a beacon says, parsed and bounded. Everything in it may be stored but the width, which only gives a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beacon {
    /// The site key it names.
    pub site: SiteKey,
    /// The page, normalised and scrubbed.
    pub path: PagePath,
    /// Viewport width in CSS px, 1 to `WIDTH_PX_MAX`.
    pub width_px: u16,
    /// Viewport height in CSS px; only in a page view's first beacon.
    pub height_px: Option<u16>,
    /// Whether this is its page view's first beacon.
    pub view: bool,
    /// Deepest reach so far and what of it was already sent, in percent.
    pub reach: Reach,
    /// At most `PLACES_MAX` places.
    pub places: Vec<Place>,
}

/// The reach that a beacon adds: the bands above `from` up to `to`, in percent of the page's height.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    from: u8,
    to: u8,
}

/// Why something is not a well-formed beacon. The texts name fields, never their values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum BeaconError {
    /// Width or height out of bounds.
    #[error("`w` and `h` must be between 1 and 16384")]
    Viewport,
    /// A height without `view`.
    #[error("`h` belongs to the first beacon of a page view only")]
    Height,
    /// More than `PLACES_MAX` places.
    #[error("at most 64 `places`")]
    Places,
    /// One level of one place is touched first twice.
    #[error("a place is touched for the first time only once")]
    FirstTwice,
}

impl Reach {
    /// `from` (already sent) to `to` (now), both at most 100 and in order.
    pub const fn new(from: u8, to: u8) -> Option<Reach> {
        if from <= to && to <= 100 {
            Some(Reach { from, to })
        } else {
            None
        }
    }

    /// The depths that gain a page view, in percent.
    pub fn gained(self) -> std::ops::RangeInclusive<u8> {
        self.from + 1..=self.to
    }

    /// What was already sent, in percent.
    pub const fn from(self) -> u8 {
        self.from
    }

    /// The deepest reach, in percent.
    pub const fn to(self) -> u8 {
        self.to
    }
}

impl Beacon {
    /// Checks what no single field can tell.
    pub fn checked(mut self) -> Result<Beacon, BeaconError> {
        let height_fits = self.height_px.is_none_or(|h| (1..=HEIGHT_PX_MAX).contains(&h));
        if !(1..=WIDTH_PX_MAX).contains(&self.width_px) || !height_fits {
            return Err(BeaconError::Viewport);
        }
        if self.height_px.is_some() && !self.view {
            return Err(BeaconError::Height);
        }
        if self.places.len() > PLACES_MAX {
            return Err(BeaconError::Places);
        }
        if !first_cells_are_distinct(&self.places) {
            return Err(BeaconError::FirstTwice);
        }
        count_elements_once(&mut self.places);
        Ok(self)
    }
}

/// One page view can touch a cell or a parent for the first time only once.
fn first_cells_are_distinct(places: &[Place]) -> bool {
    let mut seen = BTreeSet::new();
    let levels = [
        (FirstTouch::CELL, 0),
        (FirstTouch::CELL_32, 1),
        (FirstTouch::CELL_64, 2),
    ];
    places.iter().all(|place| {
        let touched = levels.iter().filter(|(bit, _)| place.first.at(*bit) == 1);
        let mut cells = touched.filter_map(|(_, levels)| Some((*levels, place.cell?.parent(*levels))));
        cells.all(|(levels, cell)| seen.insert((place.layer, levels, cell)))
    })
}

/// Two elements may have one anchor once their texts are scrubbed; the page view counts for it once.
fn count_elements_once(places: &mut [Place]) {
    let (mut subs, mut elements) = (BTreeSet::new(), BTreeSet::new());
    for place in places {
        let Some((anchor, sub)) = &place.anchor else {
            continue;
        };
        let again_sub = place.first.at(FirstTouch::SUB) == 1 && !subs.insert((place.layer, anchor.clone(), *sub));
        let again_element = place.first.at(FirstTouch::ELEMENT) == 1 && !elements.insert((place.layer, anchor.clone()));
        if again_sub || again_element {
            place.first = place.first.without_element(again_sub);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Anchor, Cell, Layer, SubCell, Unit};

    fn beacon(places: Vec<Place>) -> Beacon {
        Beacon {
            site: SiteKey::parse("acme").expect("a site key"),
            path: PagePath::normalise("/p").expect("a path"),
            width_px: 1440,
            height_px: Some(900),
            view: true,
            reach: Reach::new(0, 63).expect("a reach"),
            places,
        }
    }

    fn place(x: u16, first: u8) -> Place {
        Place {
            layer: Layer::Click,
            cell: Cell::new(x, 16),
            anchor: Some((
                Anchor::parse("#buy").expect("an anchor"),
                SubCell::new(Unit::Eighth, 4, 4).expect("a sub-cell"),
            )),
            n: 1,
            first: FirstTouch::new(first).expect("bits"),
        }
    }

    #[test]
    fn a_level_is_first_touched_once_per_beacon() {
        assert!(beacon(vec![place(24, 31), place(25, 1)]).checked().is_ok());
        let twice_cell = beacon(vec![place(24, 31), place(24, 1)]);
        assert_eq!(twice_cell.checked(), Err(BeaconError::FirstTwice));
        let twice_parent = beacon(vec![place(24, 31), place(25, 3)]);
        assert_eq!(twice_parent.checked(), Err(BeaconError::FirstTwice));
        let twice_element = beacon(vec![place(24, 31), place(50, 31)])
            .checked()
            .expect("scrubbing may join elements");
        assert_eq!(
            twice_element.places.iter().map(|p| p.first.bits()).collect::<Vec<_>>(),
            [31, 7]
        );
        let mut elsewhere = place(50, 31);
        elsewhere.anchor = elsewhere.anchor.map(|(anchor, sub)| (anchor, SubCell { x: 1, ..sub }));
        let same_element = beacon(vec![place(24, 31), elsewhere])
            .checked()
            .expect("scrubbing may join elements");
        assert_eq!(
            same_element.places.iter().map(|p| p.first.bits()).collect::<Vec<_>>(),
            [31, 15]
        );
        let mut tap = place(24, 31);
        tap.layer = Layer::Tap;
        assert!(
            beacon(vec![place(24, 31), tap]).checked().is_ok(),
            "layers are counted apart"
        );
    }

    #[test]
    fn bounds_of_places_and_viewport_hold() {
        let many = (0..65).map(|x| place(x * 8, 1)).collect();
        assert_eq!(beacon(many).checked(), Err(BeaconError::Places));
        let mut late = beacon(vec![]);
        late.view = false;
        assert_eq!(late.checked(), Err(BeaconError::Height));
        let mut flat = beacon(vec![]);
        flat.width_px = 0;
        assert_eq!(flat.checked(), Err(BeaconError::Viewport));
        assert!(Reach::new(64, 63).is_none());
        assert!(Reach::new(0, 101).is_none());
        assert_eq!(Reach::new(3, 3).map(|r| r.gained().count()), Some(0));
    }
}
