//! Heat as a picture, alone: from what the gate shows of a page to the bytes of a PNG, without the question to the store.

use std::time::Instant;

use anyhow::Context;
use isotherm_core::gate::{Audience, Gate};
use isotherm_core::place::{Cell, Layer};
use isotherm_core::reading::{CellSum, Filter, Sealed};
use isotherm_core::site::SiteKey;
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{Day, ViewportClass};
use isotherm_query::picture::{Heat, Picture};

use crate::numbers::Times;
use crate::random::Random;

/// Cells of 16 px with heat.
pub(crate) const CELLS: usize = 27_000;
/// The page, in cells: 1,440 by 8,000 px.
const PAGE: (u16, u16) = (90, 500);
/// Pictures that are drawn.
pub(crate) const PICTURES: usize = 100;

/// What was found.
pub(crate) struct Drawing {
    /// From shown cells to a packed picture.
    pub(crate) times: Times,
    /// Width and height of the picture, px.
    pub(crate) size_px: (u32, u32),
    /// Bytes of it.
    pub(crate) bytes: usize,
}

/// Draws the same page again and again, on one thread.
pub(crate) fn measure() -> anyhow::Result<Drawing> {
    let gate = Gate::new(Thresholds::default(), Audience::OwnToken);
    let day = Day(20_416);
    let filter = Filter {
        site: SiteKey::parse("bench").context("a site key")?,
        from: day,
        to: day,
        viewport: None,
        country: None,
        sealed_only: false,
    };
    let covered = gate.cover_days(filter, &Sealed::default());
    let shown = gate.map(&covered, 1_000_000, &[Layer::Click], (cells()?, Vec::new()));
    let (mut times, mut size_px, mut bytes) = (Vec::new(), (0, 0), 0);
    for _ in 0..PICTURES {
        let started = Instant::now();
        let heat = Heat::of(Some(ViewportClass::Wide), &shown);
        let picture = Picture::draw(&heat);
        bytes = picture.png()?.len();
        times.push(started.elapsed());
        size_px = (picture.width_px(), picture.height_px());
    }
    Ok(Drawing {
        times: Times::new(times),
        size_px,
        bytes,
    })
}

/// Cells all over the page, each with enough page views to be shown.
fn cells() -> anyhow::Result<Vec<CellSum>> {
    let mut random = Random::new(27);
    let mut places: Vec<(u16, u16)> = (0..PAGE.1).flat_map(|y| (0..PAGE.0).map(move |x| (x, y))).collect();
    for at in 0..CELLS {
        let other = at + random.below((places.len() - at) as u64) as usize;
        places.swap(at, other);
    }
    places.truncate(CELLS);
    places
        .into_iter()
        .map(|(x, y)| {
            let views = 5 + random.below(40);
            Ok(CellSum {
                layer: Layer::Click,
                cell: Cell::new(x, y).context("a cell")?,
                level: 0,
                n: views,
                views,
                views_32: views,
                views_64: views,
            })
        })
        .collect()
}
