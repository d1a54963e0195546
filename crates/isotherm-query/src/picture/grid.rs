//! The grid between cells and pixels: binning, blur, levels.

use super::layout::Layout;
use super::{CELL_PX, Heat};

/// Most bins of a grid: 4 MiB of `f32`, which a page of 1,440 by 180,000 px fills. Above it, bins join four to one.
const BINS_MAX: usize = 1 << 20;
/// Standard deviation of the blur, in page pixels: about the tip of a finger to each side.
const SIGMA_PX: f32 = 24.0;
/// Least standard deviation in bins, where bins have joined: less would show the bins.
const SIGMA_BINS_MIN: f32 = 0.8;
/// The blur reaches so many standard deviations; beyond lies less than 3 in 1,000 of the heat.
const REACH_SIGMAS: f32 = 3.0;
/// Levels are heat to this power: below 1, so that the second-hottest place is still seen beside the hottest.
const TONE: f32 = 0.6;

/// One value per bin, with a border of one empty bin on each side.
pub(super) struct Grid {
    columns: usize,
    rows: usize,
    bin_px: u32,
    values: Vec<f32>,
}

impl Grid {
    /// Page views per bin, of the whole page: also of a part of it, whose colours then are those of the page. A bin is a cell, or
    /// a square of cells where the picture could not show single ones.
    pub(super) fn of(heat: &Heat, layout: &Layout) -> Grid {
        let mut bin_px = CELL_PX;
        let columns = |bin_px: u32| (layout.width_px as f32 / (layout.scale * bin_px as f32)).ceil() as usize + 2;
        let rows = |bin_px: u32| layout.page_height_px.div_ceil(bin_px) as usize + 2;
        let too_fine = |bin_px: u32| {
            let all = columns(bin_px) * rows(bin_px);
            all > BINS_MAX || bin_px as f32 * layout.scale < 1.0
        };
        while too_fine(bin_px) {
            bin_px *= 2;
        }
        let (columns, rows) = (columns(bin_px), rows(bin_px));
        let mut values = vec![0.0; columns * rows];
        let cells_per_bin = bin_px / CELL_PX;
        for cell in &heat.cells {
            let share = cell.views as f32 / (cell.edge * cell.edge) as f32;
            let across = |from: u32| (from..from + cell.edge).map(|at| (at / cells_per_bin) as usize + 1);
            for y in across(cell.y).filter(|y| *y < rows) {
                for x in across(cell.x).filter(|x| *x < columns) {
                    values[y * columns + x] += share;
                }
            }
        }
        Grid {
            columns,
            rows,
            bin_px,
            values,
        }
    }

    /// A Gaussian, first down, then across.
    pub(super) fn blurred(self) -> Grid {
        let sigma_bins = (SIGMA_PX / self.bin_px as f32).max(SIGMA_BINS_MIN);
        let kernel = kernel(sigma_bins);
        let reach = kernel.len() / 2;
        let mut down = vec![0.0; self.values.len()];
        for (row, out) in down.chunks_exact_mut(self.columns).enumerate() {
            for (tap, weight) in kernel.iter().enumerate() {
                let Some(from) = (row + tap).checked_sub(reach).filter(|from| *from < self.rows) else {
                    continue;
                };
                let line = &self.values[from * self.columns..][..self.columns];
                out.iter_mut().zip(line).for_each(|(out, value)| *out += weight * value);
            }
        }
        let mut across = vec![0.0; self.values.len()];
        for (line, out) in down
            .chunks_exact(self.columns)
            .zip(across.chunks_exact_mut(self.columns))
        {
            for (tap, weight) in kernel.iter().enumerate() {
                let (to, from) = (reach.saturating_sub(tap), tap.saturating_sub(reach));
                let pairs = out.iter_mut().skip(to).zip(line.iter().skip(from));
                pairs.for_each(|(out, value)| *out += weight * value);
            }
        }
        Grid { values: across, ..self }
    }

    /// Values from 0 to `top`, the hottest bin's. Without any heat all are 0.
    pub(super) fn levelled(mut self, top: f32) -> Grid {
        let hottest = self.values.iter().copied().fold(0.0, f32::max);
        if hottest > 0.0 {
            for value in &mut self.values {
                *value = (*value / hottest).powf(TONE) * top;
            }
        }
        self
    }

    #[cfg(test)]
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) const fn bin_px(&self) -> u32 {
        self.bin_px
    }

    /// A row of bins; below the last row that one again.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row.min(self.rows - 1) * self.columns..][..self.columns]
    }
}

/// A Gaussian of this standard deviation that sums to 1.
fn kernel(sigma_bins: f32) -> Vec<f32> {
    let reach = (sigma_bins * REACH_SIGMAS).ceil() as i32;
    let weights = (-reach..=reach).map(|at| (-0.5 * (at as f32 / sigma_bins).powi(2)).exp());
    let all: f32 = weights.clone().sum();
    weights.map(|weight| weight / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(cells: &[(u16, u16, u64)]) -> Grid {
        let heat = Heat::of_squares(None, cells.iter().map(|(x, y, views)| (*x, *y, 16, *views)));
        Grid::of(&heat, &Layout::of(&heat))
    }

    #[test]
    fn blur_keeps_the_heat_and_its_middle() {
        let blurred = grid(&[(40, 20, 100)]).blurred();
        let all: f32 = blurred.values.iter().sum();
        assert!((all - 100.0).abs() < 0.01, "{all}");
        let hottest = (0..blurred.values.len()).max_by(|a, b| blurred.values[*a].total_cmp(&blurred.values[*b]));
        assert_eq!(hottest, Some(21 * blurred.columns + 41));
        let at = |x: usize, y: usize| blurred.values[y * blurred.columns + x];
        assert_eq!(at(40, 21), at(42, 21));
        assert_eq!(at(41, 20), at(41, 22));
        assert!((at(41, 20) - at(40, 21)).abs() < 1e-5);
    }

    #[test]
    fn levels_are_those_that_the_dashboard_draws() {
        // schemas/examples/heat.json was worked out from the definition; dashboard/test holds the dashboard to it.
        let text = include_str!("../../../../schemas/examples/heat.json");
        let example: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let number = |of: &serde_json::Value, name: &str| of[name].as_u64().expect("a number");
        let cells = example["cells"].as_array().expect("cells").iter().map(|cell| {
            let [x, y, px] = ["x", "y", "px"].map(|name| number(cell, name) as u16);
            (x, y, px, number(cell, "views"))
        });
        let heat = Heat::of_squares(None, cells);
        let grid = Grid::of(&heat, &Layout::of(&heat)).blurred().levelled(1.0);
        for (y, line) in example["levels"].as_array().expect("rows").iter().enumerate() {
            for (x, level) in line.as_array().expect("a row").iter().enumerate() {
                let (drawn, expected) = (grid.row(y + 1)[x + 1], level.as_f64().expect("a level"));
                assert!(
                    (f64::from(drawn) - expected).abs() < 0.003,
                    "{drawn} at {x}, {y}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_page_as_large_as_pages_can_be_stays_small_in_memory() {
        let sum = |grid: &Grid| grid.values.iter().sum::<f32>();
        let whole = grid(&[(0, 0, 1), (1_023, 32_767, 1)]);
        assert!(whole.values.len() <= BINS_MAX);
        assert_eq!(sum(&whole), 2.0);
        let cut = grid(&[(0, 0, 1), (10, 32_767, 1)]);
        assert!(cut.values.len() <= BINS_MAX);
        assert_eq!(sum(&cut), 2.0, "also what lies below the first picture");
    }

    #[test]
    fn a_grid_without_heat_is_empty() {
        assert!(
            grid(&[])
                .blurred()
                .levelled(200.0)
                .values
                .iter()
                .all(|value| *value == 0.0)
        );
    }
}
