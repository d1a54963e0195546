//! Interactions that can be told apart: every click has a cell of its own.

use isotherm_core::admit::Interaction;
use isotherm_core::beacon::Reach;
use isotherm_core::country::Country;
use isotherm_core::path::PagePath;
use isotherm_core::place::{Anchor, CELL_X_MAX, Cell, FirstTouch, Layer, Place, SubCell, Unit};
use isotherm_core::site::SiteKey;
use isotherm_core::viewport::ViewportClass;

/// Clicks per row of cells.
const PER_ROW: u32 = CELL_X_MAX as u32 + 1;

/// A page view of one click that no other has.
pub(crate) fn click(site: &str, page: &str, number: u32) -> Interaction {
    Interaction {
        site: SiteKey::parse(site).expect("a site key"),
        page: PagePath::normalise(page).expect("a path"),
        country: Country::UNKNOWN,
        viewport: ViewportClass::Desktop,
        view: true,
        fold_100px: Some(9),
        reach: Reach::new(0, 1).expect("a reach"),
        places: vec![Place {
            layer: Layer::Click,
            cell: Cell::new((number % PER_ROW) as u16, (number / PER_ROW) as u16),
            anchor: Some((
                Anchor::parse("#buy").expect("an anchor"),
                SubCell::new(Unit::Eighth, (number % 8) as u16, 0).expect("a sub-cell"),
            )),
            n: 1,
            first: FirstTouch::new(31).expect("bits"),
        }],
    }
}

/// The click that a cell belongs to.
pub(crate) fn number_of(x: u16, y: u16) -> u32 {
    u32::from(y) * PER_ROW + u32::from(x)
}
