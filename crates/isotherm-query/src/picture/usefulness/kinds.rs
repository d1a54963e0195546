//! Twenty kinds of pages, and where people click on them.

/// Something that is clicked: left, top, width, height in px, and how much of the clicks it draws.
type Target = (f64, f64, f64, f64, f64);

/// A kind of page.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Width and height in px.
    pub(super) size: (f64, f64),
    pub(super) targets: Vec<Target>,
    /// Share of the clicks that fall anywhere on the page.
    pub(super) stray: f64,
    /// Clicks per page view on average.
    pub(super) clicks: f64,
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

/// All kinds, in the order of docs/usefulness.md.
pub(super) fn kinds() -> Vec<Kind> {
    [
        for_sale(),
        to_be_read(),
        to_be_filled_in(),
        to_be_worked_with(),
        of_other_sizes(),
    ]
    .concat()
}

fn kind(name: &'static str, size: (f64, f64), stray: f64, clicks: f64, parts: Vec<Vec<Target>>) -> Kind {
    Kind {
        name,
        size,
        targets: parts.concat(),
        stray,
        clicks,
    }
}

fn one(x: f64, y: f64, w: f64, h: f64, weight: f64) -> Vec<Target> {
    vec![(x, y, w, h, weight)]
}

/// What a shop sells.
fn for_sale() -> Vec<Kind> {
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
                scaled(boxes((120.0, 700.0), (5, 1), (96.0, 96.0), (110.0, 0.0), 0.8), 0.3),
                scaled(boxes((860.0, 400.0), (4, 1), (60.0, 36.0), (72.0, 0.0), 0.7), 0.15),
            ],
        ),
        kind(
            "product list",
            (1_440.0, 3_000.0),
            0.05,
            1.3,
            vec![
                head(0.2),
                scaled(
                    boxes((320.0, 260.0), (4, 6), (240.0, 320.0), (270.0, 440.0), 0.85),
                    0.65,
                ),
                scaled(boxes((40.0, 260.0), (1, 8), (220.0, 28.0), (0.0, 40.0), 0.8), 0.15),
            ],
        ),
    ]
}

/// What is looked through for something.
fn to_be_read() -> Vec<Kind> {
    vec![
        kind(
            "article",
            (1_440.0, 5_200.0),
            0.15,
            0.8,
            vec![
                head(0.4),
                scaled(boxes((420.0, 900.0), (1, 6), (120.0, 24.0), (0.0, 640.0), 0.8), 0.3),
                scaled(boxes((420.0, 4_700.0), (3, 1), (200.0, 180.0), (220.0, 0.0), 0.7), 0.3),
            ],
        ),
        kind(
            "search results",
            (1_440.0, 2_600.0),
            0.04,
            1.1,
            vec![
                one(300.0, 24.0, 640.0, 44.0, 0.15),
                scaled(boxes((300.0, 200.0), (1, 10), (420.0, 28.0), (0.0, 150.0), 0.7), 0.75),
                scaled(boxes((300.0, 2_200.0), (8, 1), (40.0, 40.0), (52.0, 0.0), 0.6), 0.1),
            ],
        ),
        kind(
            "table",
            (1_440.0, 2_400.0),
            0.03,
            1.8,
            vec![
                head(0.1),
                scaled(boxes((80.0, 300.0), (4, 40), (220.0, 32.0), (320.0, 48.0), 0.95), 0.8),
                scaled(boxes((80.0, 240.0), (4, 1), (220.0, 40.0), (320.0, 0.0), 0.7), 0.1),
            ],
        ),
        kind(
            "portal",
            (1_440.0, 4_000.0),
            0.04,
            1.4,
            vec![
                head(0.25),
                scaled(boxes((80.0, 240.0), (3, 20), (380.0, 48.0), (430.0, 170.0), 0.88), 0.75),
            ],
        ),
        kind(
            "gallery",
            (1_440.0, 3_600.0),
            0.04,
            2.0,
            vec![
                head(0.1),
                scaled(boxes((120.0, 220.0), (5, 6), (220.0, 220.0), (240.0, 240.0), 0.93), 0.9),
            ],
        ),
    ]
}

/// What asks for something.
fn to_be_filled_in() -> Vec<Kind> {
    vec![
        kind(
            "form",
            (1_440.0, 1_600.0),
            0.05,
            3.0,
            vec![
                scaled(boxes((480.0, 260.0), (1, 10), (480.0, 44.0), (0.0, 100.0), 0.9), 0.7),
                one(480.0, 1_300.0, 200.0, 52.0, 0.3),
            ],
        ),
        kind(
            "checkout",
            (1_440.0, 1_900.0),
            0.04,
            2.2,
            vec![
                scaled(boxes((160.0, 240.0), (2, 6), (360.0, 44.0), (400.0, 90.0), 0.9), 0.5),
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
                scaled(boxes((560.0, 320.0), (1, 2), (320.0, 44.0), (0.0, 70.0), 0.8), 0.5),
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
                scaled(boxes((220.0, 900.0), (3, 1), (260.0, 52.0), (340.0, 0.0), 0.8), 0.5),
                scaled(boxes((320.0, 1_300.0), (1, 8), (800.0, 48.0), (0.0, 72.0), 0.8), 0.3),
            ],
        ),
    ]
}

/// What is used for a while.
fn to_be_worked_with() -> Vec<Kind> {
    vec![
        kind(
            "documentation",
            (1_440.0, 6_000.0),
            0.06,
            1.3,
            vec![
                head(0.1),
                scaled(boxes((24.0, 120.0), (1, 60), (220.0, 24.0), (0.0, 32.0), 0.95), 0.6),
                scaled(boxes((1_180.0, 160.0), (1, 12), (200.0, 20.0), (0.0, 28.0), 0.85), 0.3),
            ],
        ),
        kind(
            "thread",
            (1_440.0, 7_000.0),
            0.06,
            1.5,
            vec![
                head(0.15),
                scaled(boxes((900.0, 400.0), (3, 20), (60.0, 28.0), (80.0, 320.0), 0.95), 0.55),
                one(340.0, 6_800.0, 600.0, 100.0, 0.3),
            ],
        ),
        kind(
            "map",
            (1_440.0, 900.0),
            0.02,
            2.5,
            vec![
                scaled(boxes((380.0, 180.0), (3, 2), (200.0, 160.0), (300.0, 320.0), 0.7), 0.75),
                scaled(boxes((1_360.0, 700.0), (1, 2), (44.0, 44.0), (0.0, 48.0), 0.8), 0.25),
            ],
        ),
        kind(
            "video",
            (1_440.0, 1_800.0),
            0.05,
            1.5,
            vec![
                one(120.0, 120.0, 900.0, 506.0, 0.5),
                scaled(boxes((120.0, 640.0), (4, 1), (48.0, 40.0), (60.0, 0.0), 0.7), 0.2),
                scaled(boxes((1_060.0, 120.0), (1, 8), (340.0, 90.0), (0.0, 104.0), 0.8), 0.3),
            ],
        ),
        kind(
            "calendar",
            (1_440.0, 1_200.0),
            0.03,
            2.2,
            vec![
                scaled(boxes((240.0, 260.0), (7, 5), (120.0, 120.0), (136.0, 136.0), 0.96), 0.7),
                scaled(boxes((1_100.0, 120.0), (2, 1), (44.0, 44.0), (60.0, 0.0), 0.9), 0.3),
            ],
        ),
        kind(
            "control panel",
            (1_440.0, 1_400.0),
            0.04,
            3.0,
            vec![
                scaled(boxes((16.0, 90.0), (1, 10), (200.0, 36.0), (0.0, 44.0), 0.8), 0.5),
                scaled(boxes((280.0, 160.0), (3, 3), (320.0, 40.0), (360.0, 360.0), 0.85), 0.5),
            ],
        ),
    ]
}

/// What is narrow, or long.
fn of_other_sizes() -> Vec<Kind> {
    vec![
        kind(
            "product on a phone",
            (390.0, 3_400.0),
            0.08,
            1.8,
            vec![
                one(16.0, 720.0, 358.0, 52.0, 0.35),
                one(16.0, 80.0, 358.0, 358.0, 0.3),
                scaled(boxes((16.0, 460.0), (4, 1), (72.0, 72.0), (88.0, 0.0), 0.8), 0.2),
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
                scaled(boxes((420.0, 700.0), (1, 20), (260.0, 48.0), (0.0, 760.0), 0.84), 0.6),
                scaled(boxes((200.0, 15_700.0), (5, 3), (160.0, 24.0), (220.0, 40.0), 0.9), 0.1),
            ],
        ),
    ]
}
