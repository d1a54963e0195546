//! Elements by what page views did with them, and two periods or variants side by side.

use isotherm_core::gate::{Compared, Comparison, Shown, ShownRate, ShownRates, Side};
use isotherm_core::path::PagePath;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Subject, WithheldNote, share};
use crate::date;

/// The answer of `elements`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Elements<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    views: u64,
    /// By clicks, most first, then by anchor.
    elements: Vec<ElementLine<'a>>,
    withheld: Option<WithheldNote>,
}

/// An element of `elements`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ElementRates")]
pub(crate) struct ElementLine<'a> {
    pub(crate) anchor: &'a str,
    pub(crate) clicks: u64,
    /// Page views with a click on it over the page's views, 0 to 1.
    pub(crate) click_rate: f64,
    /// Page views in which it came into view over the page's views, 0 to 1.
    pub(crate) exposure_rate: Option<f64>,
    /// Page views with a click on it over those in which it came into view, 0 to 1.
    pub(crate) attractiveness: Option<f64>,
    /// Page views with a rage click on it over those with a click on it, 0 to 1.
    pub(crate) rage_share: Option<f64>,
    /// Page views with a dead click on it over those with a click on it, 0 to 1.
    pub(crate) dead_share: Option<f64>,
}

/// The answer of `compare`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comparison")]
pub(super) struct Compare<'a> {
    page: &'a str,
    a: SideNote<'a>,
    b: SideNote<'a>,
    /// By size of the difference, largest first, then by anchor.
    elements: Vec<ComparedLine<'a>>,
    withheld: Option<WithheldNote>,
}

/// What a side of a comparison covers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Side")]
struct SideNote<'a> {
    /// The page, which with variants is not that of the other side.
    page: &'a str,
    from: String,
    to: String,
    views: u64,
}

/// An element of `compare`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Compared")]
pub(crate) struct ComparedLine<'a> {
    pub(crate) anchor: &'a str,
    pub(crate) a: Clicked,
    pub(crate) b: Clicked,
    /// The rate of b less that of a, -1 to 1.
    pub(crate) difference: f64,
    /// Lower end of the difference's 95 % interval.
    pub(crate) low: f64,
    /// Upper end of it.
    pub(crate) high: f64,
    /// Whether the interval leaves out 0.
    pub(crate) significant: bool,
}

/// How many page views clicked an element.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Clicked {
    pub(crate) views: u64,
    /// `views` over the page's views, 0 to 1.
    pub(crate) rate: f64,
}

impl Elements<'_> {
    pub(super) fn new<'a>(page: &'a PagePath, shown: &'a Shown<ShownRates>) -> Elements<'a> {
        Elements {
            subject: Subject::of(page, shown),
            views: shown.get().views,
            elements: element_lines(shown.get()).collect(),
            withheld: shown.withheld().map(WithheldNote::from),
        }
    }
}

impl Compare<'_> {
    pub(super) fn new<'a>(page: &'a PagePath, sides: &'a [PagePath; 2], comparison: &'a Comparison) -> Compare<'a> {
        let ([one, other], [a, b]) = (sides, *comparison.sides());
        let (a, b) = (SideNote::of(one, a), SideNote::of(other, b));
        Compare {
            page: page.as_str(),
            a,
            b,
            elements: compared_lines(comparison).collect(),
            withheld: comparison.withheld().map(WithheldNote::from),
        }
    }
}

impl SideNote<'_> {
    fn of(page: &PagePath, side: Side) -> SideNote<'_> {
        SideNote {
            page: page.as_str(),
            from: date::text(side.from),
            to: date::text(side.to),
            views: side.views,
        }
    }
}

/// The elements of an answer, with their shares.
pub(crate) fn element_lines(shown: &ShownRates) -> impl Iterator<Item = ElementLine<'_>> {
    shown.elements.iter().map(|rate| ElementLine::of(rate, shown.views))
}

/// The elements of a comparison.
pub(crate) fn compared_lines(comparison: &Comparison) -> impl Iterator<Item = ComparedLine<'_>> {
    let [a, b] = comparison.sides().map(|side| side.views);
    comparison
        .elements()
        .iter()
        .map(move |compared| ComparedLine::of(compared, [a, b]))
}

impl ElementLine<'_> {
    fn of(rate: &ShownRate, page_views: u64) -> ElementLine<'_> {
        let of_clicked = |views: u64| share(views, rate.clicked);
        ElementLine {
            anchor: &rate.anchor,
            clicks: rate.clicks,
            click_rate: share(rate.clicked, page_views),
            exposure_rate: rate.exposed.map(|exposed| share(exposed, page_views)),
            attractiveness: rate.exposed.map(|exposed| share(rate.clicked, exposed)),
            rage_share: rate.raged.map(of_clicked),
            dead_share: rate.dead.map(of_clicked),
        }
    }
}

impl ComparedLine<'_> {
    fn of(compared: &Compared, page_views: [u64; 2]) -> ComparedLine<'_> {
        let clicked = |at: usize| Clicked {
            views: compared.clicked[at],
            rate: share(compared.clicked[at], page_views[at]),
        };
        ComparedLine {
            anchor: &compared.anchor,
            a: clicked(0),
            b: clicked(1),
            difference: compared.difference,
            low: compared.interval.0,
            high: compared.interval.1,
            significant: compared.is_significant(),
        }
    }
}
