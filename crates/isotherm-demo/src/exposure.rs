//! Which of the page's named elements a simulated visitor sees: each once, when its middle line comes into the window.

use std::collections::BTreeSet;

use crate::layout::{Area, PageLayout};
use crate::places::{Moment, Spot};
use crate::stay::Stay;

/// One moment for each name that came into view.
pub(crate) fn moments(page: &PageLayout, stay: &Stay) -> Vec<Moment> {
    let mut names = BTreeSet::new();
    let in_view = |area: &&Area| area.named() && area.middle_px() <= stay.seen_px;
    let seen = page.boxes.iter().filter(in_view);
    // Several of one name are seen once.
    seen.filter(|area| names.insert(&area.1))
        .map(|area| Moment {
            seen_px: area.middle_px().max(stay.window_px),
            spot: Spot::of_element("exposure", &area.1),
            n: 1,
        })
        .collect()
}
