//! How deep a page is seen, and where its fold lies.

use isotherm_core::reading::DepthSums;
use serde::Serialize;

use super::{Standing, Subject, WithheldNote, share};

/// The fold is counted in steps of so many px.
const FOLD_STEP_PX: u32 = 100;

/// The answer of `scroll`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Scroll {
    #[serde(flatten)]
    pub(crate) subject: Subject,
    pub(crate) views: u64,
    pub(crate) fold: Fold,
    /// By depth.
    pub(crate) reach: Vec<Reach>,
    pub(crate) withheld: Option<WithheldNote>,
}

/// Quartiles of the viewport's height in px, `None` where too few page views stand behind them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub(crate) struct Fold {
    pub(crate) p25: Option<u32>,
    pub(crate) p50: Option<u32>,
    pub(crate) p75: Option<u32>,
}

/// How many page views came at least so deep.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Reach {
    /// Percent of the page's height, 1 to 100.
    pub(crate) depth: u16,
    pub(crate) views: u64,
    /// `views` over the page's views, 0 to 1.
    pub(crate) share: f64,
}

impl Scroll {
    /// What may be shown of these sums.
    pub(crate) fn new(subject: Subject, standing: Standing, sums: DepthSums) -> Scroll {
        let Standing { thresholds, views } = standing;
        let reach = |(depth, reached): &(u16, u64)| Reach {
            depth: *depth,
            views: *reached,
            share: share(*reached, views),
        };
        let mut reach: Vec<Reach> = sums
            .reach
            .iter()
            .filter(|(_, reached)| *reached > 0)
            .map(reach)
            .collect();
        reach.sort_by_key(|band| band.depth);
        let shown = thresholds.gate(views, reach, |band| band.views);
        // A quartile speaks of all folds together, so all of them together have to pass.
        let known: u64 = sums.folds.iter().map(|(_, views)| *views).sum();
        let folds = thresholds.gate(views, vec![known], |known| *known).places;
        let fold = if folds.is_empty() {
            Fold::default()
        } else {
            Fold::of(sums.folds)
        };
        Scroll {
            subject,
            views: standing.shown_views(),
            fold,
            reach: shown.places,
            withheld: shown.withheld.map(WithheldNote::from),
        }
    }
}

impl Fold {
    fn of(mut folds: Vec<(u16, u64)>) -> Fold {
        folds.sort_unstable();
        let at = |quarters| quartile_px(&folds, quarters);
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
            let fold = Fold::of(folds.to_vec());
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
