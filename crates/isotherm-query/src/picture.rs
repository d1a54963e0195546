//! Heat as a picture: cells become a small grid, the grid is blurred, levelled and drawn through a colour ramp.
//!
//! Pure: the same heat gives the same bytes. The picture is the page from its top-left corner, or from further down on, scaled
//! down where it would be larger than [`WIDTH_MAX_PX`] by [`HEIGHT_MAX_PX`], on a transparent ground, with a legend strip below.
//! Colour says *page views* per cell, relative to the hottest place: who clicks a hundred times in one page view does
//! not paint the page.

mod grid;
mod layout;
mod legend;
mod ramp;
#[cfg(test)]
mod usefulness;

use isotherm_core::ViewportClass;
use isotherm_core::gate::{Shown, ShownCell, ShownMap};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};

use grid::Grid;
use layout::Layout;
pub use layout::{HEIGHT_MAX_PX, LEGEND_PX, WIDTH_MAX_PX};

/// A cell's edge in page pixels.
const CELL_PX: u32 = 16;

/// 1 in the whole numbers that levels and weights are blended with.
const ONE: u32 = 256;

/// What a picture is drawn from.
#[derive(Clone, Debug)]
pub struct Heat {
    viewport: Option<ViewportClass>,
    /// Where the picture begins, in page pixels.
    top_px: u32,
    cells: Vec<HeatCell>,
}

/// A square of cells and its page views.
#[derive(Clone, Copy, Debug)]
struct HeatCell {
    x: u32,
    y: u32,
    /// Edge length in cells of 16 px.
    edge: u32,
    views: u64,
}

/// A drawn picture: one byte per pixel, an index into the palette.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    width_px: u32,
    height_px: u32,
    scale: f32,
    cut_px: Option<(u32, u32)>,
    pixels: Vec<u8>,
}

impl Heat {
    /// Heat of a viewport class (or of all) from what the gate has shown of a page. A square that was merged spreads its
    /// heat evenly.
    pub fn of(viewport: Option<ViewportClass>, shown: &Shown<ShownMap>) -> Heat {
        let square = |cell: &ShownCell| (cell.corner.x, cell.corner.y, cell.px, cell.views);
        Heat::of_squares(viewport, shown.get().cells.iter().map(square))
    }

    /// The same from `top_px` on, for the next picture of a page that is too tall for one.
    pub fn below(self, top_px: u32) -> Heat {
        Heat { top_px, ..self }
    }

    /// The same from squares (x, y, edge in px, page views).
    fn of_squares(viewport: Option<ViewportClass>, squares: impl Iterator<Item = (u16, u16, u16, u64)>) -> Heat {
        let cell = |(x, y, px, views): (u16, u16, u16, u64)| HeatCell {
            x: u32::from(x),
            y: u32::from(y),
            edge: u32::from(px) / CELL_PX,
            views,
        };
        Heat {
            viewport,
            top_px: 0,
            cells: squares.map(cell).collect(),
        }
    }
}

impl Picture {
    /// Draws it. Time is linear in the pixels of the picture and in the cells.
    pub fn draw(heat: &Heat) -> Picture {
        let layout = Layout::of(heat);
        let grid = Grid::of(heat, &layout).blurred().levelled(f32::from(ramp::LEVELS));
        let mut pixels = vec![ramp::CLEAR; (layout.width_px * layout.height_px) as usize];
        draw_map(&grid, &layout, &mut pixels);
        legend::draw(&mut pixels, layout.width_px as usize, layout.map_height_px as usize);
        Picture {
            width_px: layout.width_px,
            height_px: layout.height_px,
            scale: layout.scale,
            cut_px: layout.cut_px,
            pixels,
        }
    }

    /// Width in picture pixels.
    pub const fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Height in picture pixels, the legend with it.
    pub const fn height_px(&self) -> u32 {
        self.height_px
    }

    /// Picture pixels per page pixel, at most 1.
    pub const fn scale(&self) -> f32 {
        self.scale
    }

    /// Where the picture ends and where the page's heat does, in page pixels; `None` where all of it is shown.
    pub const fn cut_px(&self) -> Option<(u32, u32)> {
        self.cut_px
    }

    /// The picture as PNG with a palette and transparency.
    ///
    /// # Errors
    /// None that writing to memory can have; what the encoder reports is passed on.
    pub fn png(&self) -> Result<Vec<u8>, EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width_px, self.height_px);
        let (colours, opacity) = ramp::palette();
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(colours);
        encoder.set_trns(opacity);
        // Neighbouring lines differ by a level or none, so differences upwards are small numbers and pack quickly.
        encoder.set_filter(Filter::Up);
        encoder.set_deflate_compression(DeflateCompression::FdeflateUltraFast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// Bilinear between the centres of the grid's bins: each row of bins is stretched once, then pixel rows are blended from
/// two stretched rows, in whole numbers and side by side, which compilers turn into vector instructions.
fn draw_map(grid: &Grid, layout: &Layout, pixels: &mut [u8]) {
    let width = layout.width_px as usize;
    let columns: Vec<(usize, f32)> = (0..layout.width_px)
        .map(|at| layout.column(at, grid.bin_px()))
        .collect();
    let stretch = |row: usize| Stretched::of(grid, row, &columns);
    let mut above_row = layout.row(0, grid.bin_px()).0;
    let (mut above, mut below) = (stretch(above_row), stretch(above_row + 1));
    for (at, pixels) in (0..layout.map_height_px).zip(pixels.chunks_exact_mut(width)) {
        let (row, blend) = layout.row(at, grid.bin_px());
        while above_row < row {
            above_row += 1;
            above = std::mem::replace(&mut below, stretch(above_row + 1));
        }
        if above.heated || below.heated {
            // A blend is below 1, so the weights are at most `ONE` and sum to it.
            let lower = (blend * ONE as f32) as u32;
            for ((pixel, above), below) in pixels.iter_mut().zip(&above.levels).zip(&below.levels) {
                let level = u32::from(*above) * (ONE - lower) + u32::from(*below) * lower;
                *pixel = ((level + ONE * ONE / 2) / (ONE * ONE)) as u8;
            }
        }
    }
}

/// A row of bins at the picture's width, levels in steps of 1 / `ONE`.
struct Stretched {
    levels: Vec<u16>,
    heated: bool,
}

impl Stretched {
    fn of(grid: &Grid, row: usize, columns: &[(usize, f32)]) -> Stretched {
        let bins = grid.row(row);
        let last = bins.len() - 1;
        let heated = bins.iter().any(|level| *level > 0.0);
        let level = |(left, blend): &(usize, f32)| {
            let (left, right) = (bins[(*left).min(last)], bins[(left + 1).min(last)]);
            // A level is at most `ramp::LEVELS`, so this is at most 64,000.
            ((left + (right - left) * blend) * ONE as f32) as u16
        };
        let levels = if heated {
            columns.iter().map(level).collect()
        } else {
            vec![0; columns.len()]
        };
        Stretched { levels, heated }
    }
}
