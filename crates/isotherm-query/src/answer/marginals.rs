//! Sums along one key: pages, countries, viewport classes, days.

use isotherm_core::reading::{Marginal, PageSum};
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{Country, Day, ViewportClass};
use serde::Serialize;

use crate::date;

/// A page of `pages`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct PageLine {
    pub(crate) path: String,
    pub(crate) views: u64,
    pub(crate) clicks: u64,
}

/// A country of `countries`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct CountryLine {
    pub(crate) country: String,
    pub(crate) views: u64,
    pub(crate) clicks: u64,
}

/// A viewport class of `viewports`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct ViewportLine {
    pub(crate) viewport: &'static str,
    pub(crate) views: u64,
    pub(crate) clicks: u64,
}

/// A day of `timeseries`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct DayLine {
    pub(crate) day: String,
    pub(crate) views: u64,
    pub(crate) clicks: u64,
}

/// The pages that may be seen, most page views first, then by path.
pub(crate) fn pages(thresholds: &Thresholds, sums: Vec<PageSum>) -> Vec<PageLine> {
    let mut lines: Vec<PageLine> = sums
        .into_iter()
        .flat_map(|sum| thresholds.gate(sum.views, vec![sum], |sum| sum.views).places)
        .map(|sum| PageLine {
            path: sum.path,
            views: sum.views,
            clicks: sum.clicks,
        })
        .collect();
    lines.sort_by(|one, other| other.views.cmp(&one.views).then_with(|| one.path.cmp(&other.path)));
    lines
}

/// The countries with at least k page views, most first; the rest together at the end under `ZZ`, if they have k.
pub(crate) fn countries(thresholds: &Thresholds, sums: Vec<Marginal<Country>>) -> Vec<CountryLine> {
    let all = views_of_all(&sums);
    let (named, rest): (Vec<_>, Vec<_>) = sums
        .into_iter()
        .partition(|sum| sum.key != Country::UNKNOWN && sum.views >= thresholds.k());
    let rest = rest.into_iter().fold(
        Marginal {
            key: Country::UNKNOWN,
            views: 0,
            clicks: 0,
        },
        |rest, sum| Marginal {
            views: rest.views + sum.views,
            clicks: rest.clicks + sum.clicks,
            ..rest
        },
    );
    let mut shown = thresholds
        .gate(all, [named, vec![rest]].concat(), |sum| sum.views)
        .places;
    shown.sort_by_key(|sum| (sum.key == Country::UNKNOWN, std::cmp::Reverse(sum.views), sum.key));
    let line = |sum: Marginal<Country>| CountryLine {
        country: sum.key.as_str().to_owned(),
        views: sum.views,
        clicks: sum.clicks,
    };
    shown.into_iter().map(line).collect()
}

/// The viewport classes with at least k page views, narrow to wide.
pub(crate) fn viewports(thresholds: &Thresholds, sums: Vec<Marginal<ViewportClass>>) -> Vec<ViewportLine> {
    let line = |sum: Marginal<ViewportClass>| ViewportLine {
        viewport: sum.key.name(),
        views: sum.views,
        clicks: sum.clicks,
    };
    shown_by_key(thresholds, sums).into_iter().map(line).collect()
}

/// The days with at least k page views, in order.
pub(crate) fn timeseries(thresholds: &Thresholds, sums: Vec<Marginal<Day>>) -> Vec<DayLine> {
    let line = |sum: Marginal<Day>| DayLine {
        day: date::text(sum.key),
        views: sum.views,
        clicks: sum.clicks,
    };
    shown_by_key(thresholds, sums).into_iter().map(line).collect()
}

fn shown_by_key<K: Ord>(thresholds: &Thresholds, mut sums: Vec<Marginal<K>>) -> Vec<Marginal<K>> {
    sums.sort_by(|one, other| one.key.cmp(&other.key));
    thresholds.gate(views_of_all(&sums), sums, |sum| sum.views).places
}

fn views_of_all<K>(sums: &[Marginal<K>]) -> u64 {
    sums.iter().map(|sum| sum.views).sum()
}
