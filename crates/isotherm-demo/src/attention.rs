//! How long a simulated visitor looks at each tenth of a page, counted as the script does: each second is a second of every
//! band of the page's height that is in the window.

use crate::places::{Moment, Spot};
use crate::random::Random;
use crate::stay::Stay;

/// Bands of a page's height.
const BANDS: u16 = 10;
/// Longest that anybody looks at a page, in s; below what one place can count.
const SECONDS_MAX: u32 = 120;

/// Each second of each band in view.
pub(crate) fn moments(stay: &Stay, random: &mut Random) -> Vec<Moment> {
    let windows = stay.scrolled_px() / stay.window_px;
    // Somebody who does not scroll has seen enough soon; everybody else stays some seconds on each window's height.
    let seconds = f64::from(random.between(2, 12)) + windows * f64::from(random.between(3, 12));
    let seconds = (seconds as u32).min(SECONDS_MAX);
    (1..=seconds)
        .flat_map(|second| {
            // From the top to where it ends, slowly at first: what lies there is read.
            let moved = (f64::from(second) / f64::from(seconds)).powi(2);
            let top_px = stay.scrolled_px() * moved;
            in_window(top_px, stay)
        })
        .collect()
}

fn in_window(top_px: f64, stay: &Stay) -> impl Iterator<Item = Moment> {
    let seen_px = top_px + stay.window_px;
    let band = |px: f64| px / stay.page_px * f64::from(BANDS);
    let (from, to) = (band(top_px) as u16, band(seen_px).ceil() as u16);
    (from..to.min(BANDS)).map(move |band| Moment {
        seen_px,
        spot: Spot::on_page("attention", [0, band]),
        n: 1,
    })
}
