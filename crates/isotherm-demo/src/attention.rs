//! How long a simulated visitor looks at each tenth of a page, counted as the script does: each second is a second of every
//! band of the page's height that is in the window.

use crate::places::Place;
use crate::random::Random;

/// Bands of a page's height.
const BANDS: u16 = 10;
/// Longest that anybody looks at a page, in s; below what one place can count.
const SECONDS_MAX: u32 = 120;

/// What is in sight: the page's height, the window's, and how far it moves over the page, in px.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    pub(crate) page_px: f64,
    pub(crate) window_px: f64,
    pub(crate) scrolled_px: f64,
}

/// The places of one page view's attention; each band once, with its seconds.
pub(crate) fn places(sight: Sight, random: &mut Random) -> Vec<Place> {
    let seconds = bands(sight, random);
    let seen = (0..BANDS).zip(seconds).filter(|(_, n)| *n > 0);
    let mut before: Option<u16> = None;
    seen.map(|(band, n)| {
        // Bands come from the top, so a coarser cell is new where the band before lies in another.
        let is_new = |level: u8| before.is_none_or(|before| before >> level != band >> level);
        let first = (0..3).filter(|level| is_new(*level)).map(|level| 1 << level).sum();
        before = Some(band);
        Place {
            layer: "attention",
            cell: [0, band],
            anchor: None,
            sub: None,
            unit: None,
            n,
            first,
        }
    })
    .collect()
}

/// Seconds by band.
fn bands(sight: Sight, random: &mut Random) -> [u8; BANDS as usize] {
    let windows = sight.scrolled_px / sight.window_px;
    // Somebody who does not scroll has seen enough soon; everybody else stays some seconds on each window's height.
    let seconds = f64::from(random.between(2, 12)) + windows * f64::from(random.between(3, 12));
    let seconds = (seconds as u32).min(SECONDS_MAX);
    let mut sums = [0; BANDS as usize];
    for second in 0..seconds {
        // From the top to where it ends, slowly at first: what lies there is read.
        let moved = (f64::from(second + 1) / f64::from(seconds)).powi(2);
        let top = sight.scrolled_px * moved;
        let band = |px: f64| px / sight.page_px * f64::from(BANDS);
        let (from, to) = (band(top) as usize, band(top + sight.window_px).ceil() as usize);
        let in_window = sums.iter_mut().take(to).skip(from);
        in_window.for_each(|sum| *sum += 1);
    }
    sums
}
