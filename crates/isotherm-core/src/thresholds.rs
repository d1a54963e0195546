//! What an answer may show: the numbers below which there is only "not enough yet".

use thiserror::Error;

/// Page views that must stand behind each place shown. Cannot be set lower.
pub const K_MIN: u64 = 5;
/// Page views without which nothing of a page is shown. Cannot be set lower.
pub const PAGE_VIEWS_MIN: u64 = 50;
/// Page views of an id before its text is published. Cannot be set lower.
pub const RARITY_MIN: u64 = 10;

/// The thresholds in force. Every answer of every kind passes them.
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
}

/// What of an answer may be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown<T> {
    /// The places that enough page views stand behind.
    pub places: Vec<T>,
    /// Why others are missing.
    pub withheld: Option<Withheld>,
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

    /// The gate. A page without enough page views answers exactly like a page without data; a place below k is held back.
    pub fn gate<T>(&self, page_views: u64, places: Vec<T>, views_of: impl Fn(&T) -> u64) -> Shown<T> {
        if !self.shows_page(page_views) {
            let withheld = Some(Withheld::BelowThreshold {
                needed: self.page_views,
            });
            return Shown {
                places: Vec::new(),
                withheld,
            };
        }
        let all = places.len();
        let places: Vec<T> = places.into_iter().filter(|place| views_of(place) >= self.k).collect();
        let withheld = (places.len() < all).then_some(Withheld::BelowK { needed: self.k });
        Shown { places, withheld }
    }
}

impl Withheld {
    /// The word in answers.
    pub const fn reason(self) -> &'static str {
        match self {
            Withheld::BelowThreshold { .. } => "below_threshold",
            Withheld::BelowK { .. } => "below_k",
        }
    }

    /// Page views needed.
    pub const fn needed(self) -> u64 {
        match self {
            Withheld::BelowThreshold { needed } | Withheld::BelowK { needed } => needed,
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

    #[test]
    fn nothing_is_shown_under_fifty_page_views_and_no_place_under_k() {
        let gate = Thresholds::default();
        let hidden = gate.gate(49, vec![30u64, 40], |v| *v);
        assert_eq!(
            hidden,
            gate.gate(0, vec![], |v| *v),
            "a page nobody may see yet looks like one without data"
        );
        let some = gate.gate(50, vec![4u64, 5, 6], |v| *v);
        assert_eq!(
            some,
            Shown {
                places: vec![5, 6],
                withheld: Some(Withheld::BelowK { needed: 5 })
            }
        );
        assert_eq!(gate.gate(50, vec![5u64], |v| *v).withheld, None);
    }
}
