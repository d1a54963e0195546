//! How long and how deep a simulated visitor stays on a page.

use crate::layout::PageLayout;
use crate::random::Random;

/// One visitor's stay.
pub(crate) struct Stay {
    /// Clicks or taps that it comes to.
    pub(crate) clicks: u32,
    /// Height of the page, in px.
    pub(crate) page_px: f64,
    /// Height of the page's part that is in the window at once, in px.
    pub(crate) window_px: f64,
    /// Where the page's seen part ends, in px.
    pub(crate) seen_px: f64,
}

impl Stay {
    pub(crate) fn new(path: &str, page: &PageLayout, height_px: u16, random: &mut Random) -> Stay {
        let window_px = f64::from(height_px).min(page.height);
        let at_once = window_px / page.height;
        let (leave, read_on) = match path {
            "/journal/a-slow-pot" => (0.22, 0.55),
            "/checkout" => (0.1, 0.75),
            _ => (0.3, 0.3),
        };
        // Who leaves at once sees the first screen; who reads on nearly all; the rest something between.
        let (share, clicks) = if random.chance(leave) {
            (at_once, random.between(0, 1))
        } else if random.chance(read_on) {
            (0.86 + 0.2 * random.unit(), random.between(1, 5))
        } else {
            (
                at_once + (1.0 - at_once) * random.unit() * random.unit().sqrt(),
                random.between(0, 3),
            )
        };
        Stay {
            clicks,
            page_px: page.height,
            window_px,
            seen_px: (share * page.height).clamp(window_px, page.height),
        }
    }

    /// How far the window moves over the page, in px.
    pub(crate) fn scrolled_px(&self) -> f64 {
        self.seen_px - self.window_px
    }

    /// Percent of the page that is seen above a line.
    pub(crate) fn percent(&self, px: f64) -> u8 {
        (px / self.page_px * 100.0).round().clamp(1.0, 100.0) as u8
    }

    /// How far down the page is seen when something at `y` (page px) is clicked: it is in the window then.
    pub(crate) fn seen_at(&self, y: f64, random: &mut Random) -> f64 {
        let from = y.clamp(self.window_px, self.seen_px);
        let to = (y + self.window_px).min(self.seen_px);
        from + (to - from) * random.unit()
    }

    /// The same for what stays in the window: at any time.
    pub(crate) fn seen_at_any_time(&self, random: &mut Random) -> f64 {
        self.window_px + self.scrolled_px() * random.unit()
    }
}
