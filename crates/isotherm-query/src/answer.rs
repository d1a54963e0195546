//! Answers: what may be shown of the sums, in the shapes that users read. Everything here is pure, and everything that
//! leaves passes `Thresholds::gate`.

mod heatmap;
mod marginals;
mod scroll;
mod status;

use isotherm_core::path::PagePath;
use isotherm_core::reading::Filter;
use isotherm_core::thresholds::{Thresholds, Withheld};
use serde::Serialize;

pub(crate) use heatmap::Heatmap;
pub(crate) use marginals::{CountryLine, DayLine, PageLine, ViewportLine};
pub(crate) use marginals::{countries, pages, timeseries, viewports};
pub(crate) use scroll::Scroll;
pub(crate) use status::Status;

use crate::date;

/// An answer of any endpoint.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Pages(Vec<PageLine>),
    Heatmap(Heatmap),
    Scroll(Scroll),
    Countries(Vec<CountryLine>),
    Viewports(Vec<ViewportLine>),
    Timeseries(Vec<DayLine>),
    Status(Status),
}

/// Which page and days an answer speaks of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Subject {
    pub(crate) page: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Why something is missing. Never how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct WithheldNote {
    pub(crate) reason: &'static str,
    /// Page views that are needed.
    pub(crate) needed: u64,
}

/// The page views of a page and the thresholds they are held against.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) thresholds: Thresholds,
    pub(crate) views: u64,
}

impl Answer {
    /// Why something is missing from it, where it says so.
    pub(crate) const fn withheld(&self) -> Option<WithheldNote> {
        match self {
            Answer::Heatmap(heatmap) => heatmap.withheld,
            Answer::Scroll(scroll) => scroll.withheld,
            _ => None,
        }
    }
}

impl Subject {
    pub(crate) fn of(page: &PagePath, filter: &Filter) -> Subject {
        Subject {
            page: page.as_str().to_owned(),
            from: date::text(filter.from),
            to: date::text(filter.to),
        }
    }
}

impl Standing {
    /// The page views as they may be shown: none at all where the page may not be seen yet.
    fn shown_views(&self) -> u64 {
        if self.thresholds.shows_page(self.views) {
            self.views
        } else {
            0
        }
    }
}

impl From<Withheld> for WithheldNote {
    fn from(withheld: Withheld) -> WithheldNote {
        WithheldNote {
            reason: withheld.reason(),
            needed: withheld.needed(),
        }
    }
}

/// Page views at a place over page views of the page, 0 to 1. A forged page view can hold a place without a view of its
/// own; what would be above 1 is 1.
fn share(views: u64, page_views: u64) -> f64 {
    if page_views == 0 {
        return 0.0;
    }
    (views as f64 / page_views as f64).min(1.0)
}
