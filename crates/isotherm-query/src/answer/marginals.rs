//! Sums along one key: pages, countries, viewport classes, days.

use isotherm_core::gate::{Shown, ShownPage};
use isotherm_core::reading::Marginal;
use isotherm_core::{Country, Day, ViewportClass};
use schemars::JsonSchema;
use serde::Serialize;

use crate::date;

/// A page of `pages`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PageSum")]
pub(super) struct PageLine<'a> {
    path: &'a str,
    /// Whether it is a group of pages that a rule counts as one; the path is then the rule's pattern.
    group: bool,
    views: u64,
    clicks: u64,
}

/// A country of `countries`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CountrySum")]
pub(super) struct CountryLine<'a> {
    country: &'a str,
    views: u64,
    clicks: u64,
}

/// A viewport class of `viewports`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ViewportSum")]
pub(super) struct ViewportLine {
    #[schemars(extend("enum" = ["phone", "phone-large", "tablet", "laptop", "desktop", "wide"]))]
    viewport: &'static str,
    views: u64,
    clicks: u64,
}

/// A day of `timeseries`, or several that are kept together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DaySum")]
pub(super) struct DayLine {
    day: String,
    /// The last day, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    views: u64,
    clicks: u64,
}

pub(super) fn pages(shown: &Shown<Vec<ShownPage>>) -> Vec<PageLine<'_>> {
    fn line(page: &ShownPage) -> PageLine<'_> {
        PageLine {
            path: &page.path,
            group: is_group(&page.path),
            views: page.views,
            clicks: page.clicks,
        }
    }
    shown.get().iter().map(line).collect()
}

/// A group's path is its pattern. It stays marked when its rule is gone, as its counts stay.
fn is_group(path: &str) -> bool {
    path.contains('*')
}

pub(super) fn countries(shown: &Shown<Vec<Marginal<Country>>>) -> Vec<CountryLine<'_>> {
    fn line(sum: &Marginal<Country>) -> CountryLine<'_> {
        CountryLine {
            country: sum.key.as_str(),
            views: sum.views,
            clicks: sum.clicks,
        }
    }
    shown.get().iter().map(line).collect()
}

pub(super) fn viewports(shown: &Shown<Vec<Marginal<ViewportClass>>>) -> Vec<ViewportLine> {
    let line = |sum: &Marginal<ViewportClass>| ViewportLine {
        viewport: sum.key.name(),
        views: sum.views,
        clicks: sum.clicks,
    };
    shown.get().iter().map(line).collect()
}

pub(super) fn timeseries(shown: &Shown<Vec<Marginal<(Day, Day)>>>) -> Vec<DayLine> {
    let line = |sum: &Marginal<(Day, Day)>| DayLine {
        day: date::text(sum.key.0),
        to: (sum.key.0 != sum.key.1).then(|| date::text(sum.key.1)),
        views: sum.views,
        clicks: sum.clicks,
    };
    shown.get().iter().map(line).collect()
}
