//! How large a picture is, and which point of the page a pixel shows.

use isotherm_core::ViewportClass;

use super::{CELL_PX, Heat};

/// Widest picture. A wider page is scaled down to it.
pub const WIDTH_MAX_PX: u32 = 1_200;
/// Tallest picture, with its legend. A taller page is scaled down until it fits, or until the picture would be
/// narrower than 240 px; what lies further down is then left out.
pub const HEIGHT_MAX_PX: u32 = 8_000;
/// Height of the legend strip below the map.
pub const LEGEND_PX: u32 = 44;
/// Narrowest map of a page that is scaled down for its height: below it nothing could be told apart.
const MAP_WIDTH_MIN_PX: u32 = 240;
/// Shortest page that is drawn, in page pixels: one screen.
const PAGE_HEIGHT_MIN_PX: u32 = 640;
/// Room below the lowest cell for its blur, in page pixels.
const MARGIN_PX: u32 = 80;

/// The measures of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Picture pixels per page pixel.
    pub(super) scale: f32,
    /// Where the picture begins and where the page's heat ends, in page pixels.
    pub(super) top_px: u32,
    pub(super) page_height_px: u32,
    pub(super) width_px: u32,
    /// Height of the map without the legend.
    pub(super) map_height_px: u32,
    pub(super) height_px: u32,
    /// Where the picture ends and where the page does, in page pixels, if that is further down.
    pub(super) cut_px: Option<(u32, u32)>,
}

impl Layout {
    pub(super) fn of(heat: &Heat) -> Layout {
        let right = heat
            .cells
            .iter()
            .map(|cell| (cell.x + cell.edge) * CELL_PX)
            .max()
            .unwrap_or(0);
        let bottom = heat
            .cells
            .iter()
            .map(|cell| (cell.y + cell.edge) * CELL_PX)
            .max()
            .unwrap_or(0);
        let page_width_px = right.max(typical_width_px(heat.viewport));
        let page_height_px = (bottom + MARGIN_PX).max(PAGE_HEIGHT_MIN_PX);
        let map_height_max_px = HEIGHT_MAX_PX - LEGEND_PX;
        let ratio = |most: u32, whole: u32| most as f32 / whole as f32;
        let scale = 1.0_f32
            .min(ratio(WIDTH_MAX_PX, page_width_px))
            .min(ratio(map_height_max_px, page_height_px).max(ratio(MAP_WIDTH_MIN_PX, page_width_px)));
        let scaled = |length_px: u32, most: u32| ((length_px as f32 * scale).round() as u32).clamp(1, most);
        // The scale is that of the whole page, so that pictures of its parts fit together.
        let left_px = page_height_px.saturating_sub(heat.top_px);
        let map_height_px = scaled(left_px, map_height_max_px);
        let shown_px = (map_height_max_px as f32 / scale) as u32;
        Layout {
            scale,
            top_px: heat.top_px,
            page_height_px,
            width_px: scaled(page_width_px, WIDTH_MAX_PX),
            map_height_px,
            height_px: map_height_px + LEGEND_PX,
            // A page that just fits is not cut by what rounding leaves of it.
            cut_px: (shown_px + 1 < left_px).then_some((heat.top_px + shown_px, page_height_px)),
        }
    }

    /// For a picture column: the bin whose centre lies before it, counted from 1 (0 is the border), and how far it is on the
    /// way to the next one.
    pub(super) fn column(&self, at_px: u32, bin_px: u32) -> (usize, f32) {
        self.sample(0, at_px, bin_px)
    }

    /// The same for a picture row.
    pub(super) fn row(&self, at_px: u32, bin_px: u32) -> (usize, f32) {
        self.sample(self.top_px, at_px, bin_px)
    }

    fn sample(&self, from_px: u32, at_px: u32, bin_px: u32) -> (usize, f32) {
        let on_page = from_px as f32 + (at_px as f32 + 0.5) / self.scale;
        let bins = on_page / bin_px as f32 + 0.5;
        (bins as usize, bins.fract())
    }
}

/// A common width of a class, in px; all classes together are drawn as wide as a desktop.
const fn typical_width_px(viewport: Option<ViewportClass>) -> u32 {
    match viewport {
        Some(ViewportClass::Phone) => 390,
        Some(ViewportClass::PhoneLarge) => 640,
        Some(ViewportClass::Tablet) => 820,
        Some(ViewportClass::Laptop) => 1_180,
        Some(ViewportClass::Desktop) | None => 1_440,
        Some(ViewportClass::Wide) => 1_920,
    }
}
