//! Do the thresholds leave the picture useful? Twenty kinds of pages, clicked by made-up page views; what the gate shows of
//! them beside the unprotected truth, both blurred as the picture is. docs/usefulness.md holds the table.

mod kinds;

use std::collections::{BTreeMap, BTreeSet};

use isotherm_core::gate::{Audience, Gate, Shown, ShownMap};
use isotherm_core::place::{Cell, Layer};
use isotherm_core::reading::{CellSum, Filter, Sealed};
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{Day, SiteKey};

use self::kinds::{Kind, kinds};
use super::grid::Grid;
use super::layout::Layout;
use super::{CELL_PX, Heat};

/// Page views, and the correlation that has to be reached on every kind of page.
const AIMS: [(usize, f64); 2] = [(200, 0.85), (1_000, 0.95)];
/// Crowds of page views drawn of each kind; the lowest correlation counts.
const CROWDS: u64 = 5;

/// People aim at what a target says or shows, so far from its left and top at most, and hit it within this distance in nearly
/// all cases: both in px. In smaller targets they aim at the middle and hit all of it.
const AIM_PX: f64 = 80.0;
const SCATTER_PX: f64 = 48.0;

/// A linear congruential generator (Knuth's constants): the same crowd at every run.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Around 0, within -1 and 1, more often near the middle.
    fn around(&mut self) -> f64 {
        (self.unit() + self.unit() + self.unit()) / 1.5 - 1.0
    }
}

impl Kind {
    /// Where one click of a page view falls, in px.
    fn click(&self, random: &mut Random) -> (f64, f64) {
        let all: f64 = self.targets.iter().map(|target| target.4).sum();
        if random.unit() < self.stray {
            return (random.unit() * self.size.0, random.unit() * self.size.1);
        }
        let mut at = random.unit() * all;
        let chosen = self.targets.iter().find(|target| {
            at -= target.4;
            at <= 0.0
        });
        let (x, y, w, h, _) = chosen.copied().unwrap_or(self.targets[0]);
        let mut scatter = |size: f64| (size / 2.0).min(SCATTER_PX) * random.around();
        let (right, down) = (scatter(w), scatter(h));
        (x + (w / 2.0).min(AIM_PX) + right, y + (h / 2.0).min(AIM_PX) + down)
    }

    /// The cells of so many page views, each level's first touches marked as the script does.
    fn cells(&self, page_views: usize, random: &mut Random) -> Vec<CellSum> {
        let mut sums: BTreeMap<Cell, [u64; 4]> = BTreeMap::new();
        for _ in 0..page_views {
            let mut seen = BTreeSet::new();
            // As many clicks as a geometric distribution with this mean gives.
            while random.unit() < self.clicks / (self.clicks + 1.0) {
                let (x, y) = self.click(random);
                let cell = Cell::new((x / f64::from(CELL_PX)) as u16, (y / f64::from(CELL_PX)) as u16).expect("a cell");
                let sum = sums.entry(cell).or_default();
                sum[0] += 1;
                for level in 0..3 {
                    sum[1 + usize::from(level)] += u64::from(seen.insert((level, cell.parent(level))));
                }
            }
        }
        let sum = |(cell, [n, views, views_32, views_64]): (Cell, [u64; 4])| CellSum {
            layer: Layer::Click,
            cell,
            level: 0,
            n,
            views,
            views_32,
            views_64,
        };
        sums.into_iter().map(sum).collect()
    }

    /// Correlation of what is shown with the truth, both blurred, over the whole page.
    fn correlation(&self, page_views: usize, crowd: u64) -> f64 {
        let sums = self.cells(page_views, &mut Random(crowd * 77 + page_views as u64));
        let truth = Heat::of_squares(None, sums.iter().map(|sum| (sum.cell.x, sum.cell.y, 16, sum.views)));
        let layout = Layout::of(&truth);
        let shown = Heat::of(None, &shown(page_views, sums));
        let blurred = |heat: &Heat| Grid::of(heat, &layout).blurred();
        pearson(blurred(&truth).values(), blurred(&shown).values())
    }
}

fn shown(page_views: usize, sums: Vec<CellSum>) -> Shown<ShownMap> {
    let gate = Gate::new(Thresholds::default(), Audience::OwnToken);
    let filter = Filter {
        site: SiteKey::parse("acme").expect("a site key"),
        from: Day(0),
        to: Day(0),
        viewport: None,
        country: None,
        sealed_only: false,
    };
    let covered = gate.cover_days(filter, &Sealed::default());
    gate.map(&covered, page_views as u64, &[Layer::Click], (sums, Vec::new()))
}

fn pearson(one: &[f32], other: &[f32]) -> f64 {
    let mean = |values: &[f32]| values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
    let (one_mean, other_mean) = (mean(one), mean(other));
    let (mut both, mut square, mut other_square) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (f64::from(*a) - one_mean, f64::from(*b) - other_mean);
        both += a * b;
        square += a * a;
        other_square += b * b;
    }
    both / (square * other_square).sqrt()
}

#[test]
fn the_picture_stays_close_to_the_truth_on_twenty_kinds_of_pages() {
    let kinds = kinds();
    assert_eq!(kinds.len(), 20);
    let mut table = String::new();
    let mut missed = Vec::new();
    for kind in &kinds {
        let lowest = |page_views| {
            (0..CROWDS)
                .map(|crowd| kind.correlation(page_views, crowd))
                .fold(1.0, f64::min)
        };
        let reached = AIMS.map(|(page_views, aim)| (lowest(page_views), aim));
        table += &format!("| {} | {:.3} | {:.3} |\n", kind.name, reached[0].0, reached[1].0);
        missed.extend(reached.iter().filter(|(reached, aim)| reached < aim).map(|_| kind.name));
    }
    assert!(missed.is_empty(), "missed by {missed:?}:\n{table}");
    let written = include_str!("../../../../docs/usefulness.md");
    assert!(
        written.contains(&table),
        "docs/usefulness.md does not hold this table:\n{table}"
    );
}
