//! The numbers below which there is only "not enough yet", and why an answer holds something back. The gate applies them.

use thiserror::Error;

use crate::cohort::COHORT_MIN;

/// Page views that must stand behind each place shown. Cannot be set lower.
pub const K_MIN: u64 = 5;
/// Page views without which nothing of a page is shown. Cannot be set lower.
pub const PAGE_VIEWS_MIN: u64 = 50;
/// Page views of an id before its text is published. Cannot be set lower.
pub const RARITY_MIN: u64 = 10;

/// The thresholds in force. [`crate::gate::Gate`] holds every answer against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    k: u64,
    page_views: u64,
}

/// A threshold below its floor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ThresholdError {
    /// k is too small.
    #[error("k cannot be set below {K_MIN}")]
    K,
    /// The page threshold is too small.
    #[error("page views cannot be set below {PAGE_VIEWS_MIN}")]
    PageViews,
}

/// Why an answer holds something back, and how much would be needed; never how much is held back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withheld {
    /// The page has fewer page views than it needs to be shown at all.
    BelowThreshold {
        /// Page views needed.
        needed: u64,
    },
    /// Some places have fewer page views than k.
    BelowK {
        /// Page views needed at a place.
        needed: u64,
    },
    /// A question about countries whose window holds no whole month of the sealed time.
    NoWholeMonth,
    /// Cohorts that begin before the window or end behind it are left out.
    CutCohorts,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            k: K_MIN,
            page_views: PAGE_VIEWS_MIN,
        }
    }
}

impl Thresholds {
    /// Thresholds at or above their floors.
    pub fn new(k: u64, page_views: u64) -> Result<Thresholds, ThresholdError> {
        if k < K_MIN {
            return Err(ThresholdError::K);
        }
        if page_views < PAGE_VIEWS_MIN {
            return Err(ThresholdError::PageViews);
        }
        Ok(Thresholds { k, page_views })
    }

    /// Page views that must stand behind each place shown.
    pub const fn k(&self) -> u64 {
        self.k
    }

    /// Page views without which nothing of a page is shown.
    pub const fn page_views(&self) -> u64 {
        self.page_views
    }

    /// Whether a page with that many page views may be shown at all.
    pub const fn shows_page(&self, views: u64) -> bool {
        views >= self.page_views
    }
}

impl Withheld {
    /// The word in answers.
    pub const fn reason(self) -> &'static str {
        match self {
            Withheld::BelowThreshold { .. } => "below_threshold",
            Withheld::BelowK { .. } => "below_k",
            Withheld::NoWholeMonth => "no_whole_month",
            Withheld::CutCohorts => "cut_cohorts",
        }
    }

    /// How much would be needed: page views; of a month that is missing, one month.
    pub const fn needed(self) -> u64 {
        match self {
            Withheld::BelowThreshold { needed } | Withheld::BelowK { needed } => needed,
            Withheld::NoWholeMonth => 1,
            Withheld::CutCohorts => COHORT_MIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_have_floors() {
        assert_eq!(Thresholds::new(4, 50), Err(ThresholdError::K));
        assert_eq!(Thresholds::new(5, 49), Err(ThresholdError::PageViews));
        assert!(Thresholds::new(5, 50).is_ok());
    }
}
