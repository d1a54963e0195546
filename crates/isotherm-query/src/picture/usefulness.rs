//! Do the thresholds leave the picture useful? Twenty kinds of pages, clicked by made-up page views; what the gate shows of
//! them beside the unprotected truth, both blurred as the picture is. docs/usefulness.md holds the table.

use std::collections::{BTreeMap, BTreeSet};

use isotherm_core::gate::{Audience, Gate, Shown, ShownMap};
use isotherm_core::place::{Cell, Layer};
use isotherm_core::reading::{CellSum, Filter, Sealed};
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{Day, SiteKey};

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

/// Something that is clicked: left, top, width, height in px, and how much of the clicks it draws.
type Target = (f64, f64, f64, f64, f64);

/// A kind of page.
struct Kind {
    name: &'static str,
    /// Width and height in px.
    size: (f64, f64),
    targets: Vec<Target>,
    /// Share of the clicks that fall anywhere on the page.
    stray: f64,
    /// Clicks per page view on average.
    clicks: f64,
}

/// Boxes in rows: left, top; columns, rows; width, height; distance from one to the next. The first draw most, and each one
/// a share less than the one before.
fn boxes(at: (f64, f64), count: (usize, usize), size: (f64, f64), step: (f64, f64), fall: f64) -> Vec<Target> {
    let of = |index: usize| {
        let (column, row) = ((index % count.0) as f64, (index / count.0) as f64);
        let weight = fall.powi(index as i32);
        (at.0 + column * step.0, at.1 + row * step.1, size.0, size.1, weight)
    };
    (0..count.0 * count.1).map(of).collect()
}

fn scaled(targets: Vec<Target>, weight: f64) -> Vec<Target> {
    let all: f64 = targets.iter().map(|target| target.4).sum();
    targets
        .into_iter()
        .map(|(x, y, w, h, own)| (x, y, w, h, own / all * weight))
        .collect()
}

/// The navigation that most pages have.
fn head(weight: f64) -> Vec<Target> {
    scaled(boxes((300.0, 20.0), (6, 1), (110.0, 36.0), (130.0, 0.0), 0.8), weight)
}

fn kinds() -> Vec<Kind> {
    let kind = |name, size, stray, clicks, parts: Vec<Vec<Target>>| Kind {
        name,
        size,
        targets: parts.concat(),
        stray,
        clicks,
    };
    let one = |x, y, w, h, weight| vec![(x, y, w, h, weight)];
    let grid = |at, count, size, step, fall, weight| scaled(boxes(at, count, size, step, fall), weight);
    vec![
        kind(
            "landing page",
            (1_440.0, 3_200.0),
            0.05,
            0.9,
            vec![
                head(0.3),
                one(560.0, 480.0, 320.0, 64.0, 0.5),
                one(600.0, 2_900.0, 240.0, 56.0, 0.2),
            ],
        ),
        kind(
            "product",
            (1_440.0, 2_400.0),
            0.06,
            1.6,
            vec![
                head(0.2),
                one(860.0, 520.0, 360.0, 56.0, 0.35),
                grid((120.0, 700.0), (5, 1), (96.0, 96.0), (110.0, 0.0), 0.8, 0.3),
                grid((860.0, 400.0), (4, 1), (60.0, 36.0), (72.0, 0.0), 0.7, 0.15),
            ],
        ),
        kind(
            "product list",
            (1_440.0, 3_000.0),
            0.05,
            1.3,
            vec![
                head(0.2),
                grid((320.0, 260.0), (4, 6), (240.0, 320.0), (270.0, 440.0), 0.85, 0.65),
                grid((40.0, 260.0), (1, 8), (220.0, 28.0), (0.0, 40.0), 0.8, 0.15),
            ],
        ),
        kind(
            "article",
            (1_440.0, 5_200.0),
            0.15,
            0.8,
            vec![
                head(0.4),
                grid((420.0, 900.0), (1, 6), (120.0, 24.0), (0.0, 640.0), 0.8, 0.3),
                grid((420.0, 4_700.0), (3, 1), (200.0, 180.0), (220.0, 0.0), 0.7, 0.3),
            ],
        ),
        kind(
            "search results",
            (1_440.0, 2_600.0),
            0.04,
            1.1,
            vec![
                one(300.0, 24.0, 640.0, 44.0, 0.15),
                grid((300.0, 200.0), (1, 10), (420.0, 28.0), (0.0, 150.0), 0.7, 0.75),
                grid((300.0, 2_200.0), (8, 1), (40.0, 40.0), (52.0, 0.0), 0.6, 0.1),
            ],
        ),
        kind(
            "table",
            (1_440.0, 2_400.0),
            0.03,
            1.8,
            vec![
                head(0.1),
                grid((80.0, 300.0), (4, 40), (220.0, 32.0), (320.0, 48.0), 0.95, 0.8),
                grid((80.0, 240.0), (4, 1), (220.0, 40.0), (320.0, 0.0), 0.7, 0.1),
            ],
        ),
        kind(
            "portal",
            (1_440.0, 4_000.0),
            0.04,
            1.4,
            vec![
                head(0.25),
                grid((80.0, 240.0), (3, 20), (380.0, 48.0), (430.0, 170.0), 0.88, 0.75),
            ],
        ),
        kind(
            "gallery",
            (1_440.0, 3_600.0),
            0.04,
            2.0,
            vec![
                head(0.1),
                grid((120.0, 220.0), (5, 6), (220.0, 220.0), (240.0, 240.0), 0.93, 0.9),
            ],
        ),
        kind(
            "form",
            (1_440.0, 1_600.0),
            0.05,
            3.0,
            vec![
                grid((480.0, 260.0), (1, 10), (480.0, 44.0), (0.0, 100.0), 0.9, 0.7),
                one(480.0, 1_300.0, 200.0, 52.0, 0.3),
            ],
        ),
        kind(
            "checkout",
            (1_440.0, 1_900.0),
            0.04,
            2.2,
            vec![
                grid((160.0, 240.0), (2, 6), (360.0, 44.0), (400.0, 90.0), 0.9, 0.5),
                one(980.0, 640.0, 320.0, 60.0, 0.4),
                one(980.0, 540.0, 160.0, 36.0, 0.1),
            ],
        ),
        kind(
            "login",
            (1_440.0, 900.0),
            0.05,
            2.0,
            vec![
                grid((560.0, 320.0), (1, 2), (320.0, 44.0), (0.0, 70.0), 0.8, 0.5),
                one(560.0, 480.0, 320.0, 48.0, 0.4),
                one(560.0, 560.0, 140.0, 20.0, 0.1),
            ],
        ),
        kind(
            "pricing",
            (1_440.0, 2_200.0),
            0.06,
            1.0,
            vec![
                head(0.2),
                grid((220.0, 900.0), (3, 1), (260.0, 52.0), (340.0, 0.0), 0.8, 0.5),
                grid((320.0, 1_300.0), (1, 8), (800.0, 48.0), (0.0, 72.0), 0.8, 0.3),
            ],
        ),
        kind(
            "documentation",
            (1_440.0, 6_000.0),
            0.06,
            1.3,
            vec![
                head(0.1),
                grid((24.0, 120.0), (1, 60), (220.0, 24.0), (0.0, 32.0), 0.95, 0.6),
                grid((1_180.0, 160.0), (1, 12), (200.0, 20.0), (0.0, 28.0), 0.85, 0.3),
            ],
        ),
        kind(
            "thread",
            (1_440.0, 7_000.0),
            0.06,
            1.5,
            vec![
                head(0.15),
                grid((900.0, 400.0), (3, 20), (60.0, 28.0), (80.0, 320.0), 0.95, 0.55),
                one(340.0, 6_800.0, 600.0, 100.0, 0.3),
            ],
        ),
        kind(
            "map",
            (1_440.0, 900.0),
            0.02,
            2.5,
            vec![
                grid((380.0, 180.0), (3, 2), (200.0, 160.0), (300.0, 320.0), 0.7, 0.75),
                grid((1_360.0, 700.0), (1, 2), (44.0, 44.0), (0.0, 48.0), 0.8, 0.25),
            ],
        ),
        kind(
            "video",
            (1_440.0, 1_800.0),
            0.05,
            1.5,
            vec![
                one(120.0, 120.0, 900.0, 506.0, 0.5),
                grid((120.0, 640.0), (4, 1), (48.0, 40.0), (60.0, 0.0), 0.7, 0.2),
                grid((1_060.0, 120.0), (1, 8), (340.0, 90.0), (0.0, 104.0), 0.8, 0.3),
            ],
        ),
        kind(
            "calendar",
            (1_440.0, 1_200.0),
            0.03,
            2.2,
            vec![
                grid((240.0, 260.0), (7, 5), (120.0, 120.0), (136.0, 136.0), 0.96, 0.7),
                grid((1_100.0, 120.0), (2, 1), (44.0, 44.0), (60.0, 0.0), 0.9, 0.3),
            ],
        ),
        kind(
            "control panel",
            (1_440.0, 1_400.0),
            0.04,
            3.0,
            vec![
                grid((16.0, 90.0), (1, 10), (200.0, 36.0), (0.0, 44.0), 0.8, 0.5),
                grid((280.0, 160.0), (3, 3), (320.0, 40.0), (360.0, 360.0), 0.85, 0.5),
            ],
        ),
        kind(
            "product on a phone",
            (390.0, 3_400.0),
            0.08,
            1.8,
            vec![
                one(16.0, 720.0, 358.0, 52.0, 0.35),
                one(16.0, 80.0, 358.0, 358.0, 0.3),
                grid((16.0, 460.0), (4, 1), (72.0, 72.0), (88.0, 0.0), 0.8, 0.2),
                one(330.0, 8.0, 48.0, 48.0, 0.15),
            ],
        ),
        kind(
            "long page",
            (1_440.0, 16_000.0),
            0.08,
            1.2,
            vec![
                head(0.3),
                grid((420.0, 700.0), (1, 20), (260.0, 48.0), (0.0, 760.0), 0.84, 0.6),
                grid((200.0, 15_700.0), (5, 3), (160.0, 24.0), (220.0, 40.0), 0.9, 0.1),
            ],
        ),
    ]
}

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
