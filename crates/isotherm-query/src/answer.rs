//! Answers in the shapes that users read. An answer holds what the gate has shown and nothing else, so that sums which did
//! not pass it cannot be written: not as JSON, not as CSV, not as a picture.

mod heatmap;
mod marginals;
mod rates;
mod scroll;
mod status;

use isotherm_core::gate::{Comparison, Shown, ShownDepths, ShownMap, ShownPage, ShownRates};
use isotherm_core::path::PagePath;
use isotherm_core::reading::Marginal;
use isotherm_core::thresholds::Withheld;
use isotherm_core::{Country, Day, ViewportClass};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

pub(crate) use heatmap::unit_name;
pub(crate) use rates::{compared_lines, element_lines};
pub(crate) use scroll::{Fold, band_percent, share};
pub(crate) use status::Status;

use crate::date;
use crate::question::Endpoint;

/// An answer of any endpoint.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Answer {
    Pages(Shown<Vec<ShownPage>>),
    Heatmap(PagePath, Shown<ShownMap>),
    Scroll(PagePath, Shown<ShownDepths>),
    Elements(PagePath, Shown<ShownRates>),
    /// The page, the pages that are compared, and how.
    Compare(PagePath, [PagePath; 2], Comparison),
    Countries(Shown<Vec<Marginal<Country>>>),
    Viewports(Shown<Vec<Marginal<ViewportClass>>>),
    Timeseries(Shown<Vec<Marginal<(Day, Day)>>>),
    Status(Status),
}

/// First and last day of each side of an answer, and why something of it is missing.
pub(crate) type Covers = (Vec<(Day, Day)>, Option<Withheld>);

/// Which page and days an answer speaks of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
struct Subject<'a> {
    page: &'a str,
    from: String,
    to: String,
}

/// Why something is missing. Never how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Withheld")]
struct WithheldNote {
    #[schemars(extend("enum" = ["below_threshold", "below_k", "no_whole_month", "cut_cohorts"]))]
    reason: &'static str,
    /// How much is needed.
    needed: u64,
}

impl Answer {
    /// The first and last day that it covers, for each of its sides, and why something is missing; of a status neither.
    pub(crate) fn covers(&self) -> Option<Covers> {
        fn of<T>(shown: &Shown<T>) -> Option<Covers> {
            Some((vec![(shown.from(), shown.to())], shown.withheld()))
        }
        match self {
            Answer::Pages(shown) => of(shown),
            Answer::Heatmap(_, shown) => of(shown),
            Answer::Scroll(_, shown) => of(shown),
            Answer::Elements(_, shown) => of(shown),
            Answer::Compare(_, _, comparison) => {
                let days = comparison.sides().iter().map(|side| (side.from, side.to));
                Some((days.collect(), comparison.withheld()))
            }
            Answer::Countries(shown) => of(shown),
            Answer::Viewports(shown) => of(shown),
            Answer::Timeseries(shown) => of(shown),
            Answer::Status(_) => None,
        }
    }
}

/// The shape of an endpoint's answers in JSON.
pub(crate) fn schema_of(endpoint: Endpoint, schemas: &mut SchemaGenerator) -> Schema {
    match endpoint {
        Endpoint::Pages => schemas.subschema_for::<Vec<marginals::PageLine<'_>>>(),
        Endpoint::Heatmap => schemas.subschema_for::<heatmap::Heatmap<'_>>(),
        Endpoint::Scroll => schemas.subschema_for::<scroll::Scroll<'_>>(),
        Endpoint::Elements => schemas.subschema_for::<rates::Elements<'_>>(),
        Endpoint::Compare => schemas.subschema_for::<rates::Compare<'_>>(),
        Endpoint::Countries => schemas.subschema_for::<Vec<marginals::CountryLine<'_>>>(),
        Endpoint::Viewports => schemas.subschema_for::<Vec<marginals::ViewportLine>>(),
        Endpoint::Timeseries => schemas.subschema_for::<Vec<marginals::DayLine>>(),
        Endpoint::Status => schemas.subschema_for::<Status>(),
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Answer::Pages(shown) => marginals::pages(shown).serialize(serializer),
            Answer::Heatmap(page, shown) => heatmap::Heatmap::new(page, shown).serialize(serializer),
            Answer::Scroll(page, shown) => scroll::Scroll::new(page, shown).serialize(serializer),
            Answer::Elements(page, shown) => rates::Elements::new(page, shown).serialize(serializer),
            Answer::Compare(page, sides, comparison) => {
                rates::Compare::new(page, sides, comparison).serialize(serializer)
            }
            Answer::Countries(shown) => marginals::countries(shown).serialize(serializer),
            Answer::Viewports(shown) => marginals::viewports(shown).serialize(serializer),
            Answer::Timeseries(shown) => marginals::timeseries(shown).serialize(serializer),
            Answer::Status(status) => status.serialize(serializer),
        }
    }
}

impl Subject<'_> {
    fn of<'a, T>(page: &'a PagePath, shown: &Shown<T>) -> Subject<'a> {
        Subject {
            page: page.as_str(),
            from: date::text(shown.from()),
            to: date::text(shown.to()),
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
