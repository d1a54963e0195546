//! How deep a page is seen, and where its fold lies.

use isotherm_core::gate::{Shown, ShownDepths};
use isotherm_core::path::PagePath;
use isotherm_core::place::ATTENTION_BANDS;
use isotherm_core::reading::BandSum;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Subject, WithheldNote};

/// The fold is counted in steps of so many px.
const FOLD_STEP_PX: u32 = 100;

/// The answer of `scroll`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Scroll<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    views: u64,
    fold: Fold,
    /// By depth.
    reach: Vec<Reach>,
    /// Time in view by tenths of the page's height, from the top; absent where nothing of it may be shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attention: Vec<Band>,
    withheld: Option<WithheldNote>,
}

/// Quartiles of the viewport's height in px, `None` where too few page views stand behind them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, JsonSchema)]
pub(crate) struct Fold {
    pub(crate) p25: Option<u32>,
    pub(crate) p50: Option<u32>,
    pub(crate) p75: Option<u32>,
}

/// How many page views came at least so deep.
#[derive(Serialize, JsonSchema)]
struct Reach {
    /// Percent of the page's height, 1 to 100.
    depth: u16,
    views: u64,
    /// `views` over the page's views, 0 to 1.
    share: f64,
}

/// How long a tenth of the page's height was in view of somebody who was there.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attention")]
struct Band {
    /// Where it begins, percent of the page's height.
    from: u16,
    /// Where it ends.
    to: u16,
    /// Seconds, of all page views together.
    seconds: u64,
    /// Page views that had it in view for a second or more.
    views: u64,
}

impl Scroll<'_> {
    pub(super) fn new<'a>(page: &'a PagePath, shown: &Shown<ShownDepths>) -> Scroll<'a> {
        let depths = shown.get();
        let reach = |(depth, views): &(u16, u64)| Reach {
            depth: *depth,
            views: *views,
            share: share(*views, depths.views),
        };
        let band = |sum: &BandSum| {
            let (from, to) = band_percent(sum.band);
            let (seconds, views) = (sum.seconds, sum.views);
            Band {
                from,
                to,
                seconds,
                views,
            }
        };
        Scroll {
            subject: Subject::of(page, shown),
            views: depths.views,
            fold: Fold::of(depths),
            reach: depths.reach.iter().map(reach).collect(),
            attention: depths.bands.iter().map(band).collect(),
            withheld: shown.withheld().map(WithheldNote::from),
        }
    }
}

/// Where a band of attention begins and ends, percent of the page's height.
pub(crate) const fn band_percent(band: u16) -> (u16, u16) {
    const STEP: u16 = 100 / ATTENTION_BANDS;
    (STEP * band, STEP * (band + 1))
}

/// Page views at a place over page views of the page, 0 to 1. A forged page view can hold a place without a view of its
/// own; what would be above 1 is 1.
pub(crate) fn share(views: u64, page_views: u64) -> f64 {
    if page_views == 0 {
        return 0.0;
    }
    (views as f64 / page_views as f64).min(1.0)
}

impl Fold {
    /// Quartiles of the folds that may be shown.
    pub(crate) fn of(depths: &ShownDepths) -> Fold {
        let at = |quarters| quartile_px(&depths.folds, quarters);
        Fold {
            p25: at(1),
            p50: at(2),
            p75: at(3),
        }
    }
}

/// The smallest fold that at least so many quarters of the page views have or stay below (nearest rank).
fn quartile_px(folds: &[(u16, u64)], quarters: u64) -> Option<u32> {
    let all: u64 = folds.iter().map(|(_, views)| *views).sum();
    let rank = all.saturating_mul(quarters).div_ceil(4).max(1);
    let mut below = 0;
    for (step, views) in folds {
        below += views;
        if below >= rank {
            return Some(u32::from(*step) * FOLD_STEP_PX);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_nearest_ranks() {
        let quartiles = |folds: &[(u16, u64)]| {
            let mut folds = folds.to_vec();
            folds.sort_unstable();
            let fold = Fold::of(&ShownDepths {
                folds,
                ..ShownDepths::default()
            });
            [fold.p25, fold.p50, fold.p75]
        };
        assert_eq!(quartiles(&[(9, 100)]), [Some(900); 3]);
        assert_eq!(
            quartiles(&[(10, 1), (7, 1), (8, 1), (9, 1)]),
            [Some(700), Some(800), Some(900)]
        );
        assert_eq!(quartiles(&[(6, 50), (9, 50)]), [Some(600), Some(600), Some(900)]);
        assert_eq!(quartiles(&[]), [None; 3]);
    }
}
