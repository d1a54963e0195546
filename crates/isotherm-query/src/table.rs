//! Answers as tables: one shape for every form that has lines and columns.

mod arrow;
mod csv;

use std::borrow::Cow;

use isotherm_core::Day;
use isotherm_core::gate::{Comparison, ShownDepths, ShownMap, ShownRates};
use isotherm_core::place::Unit;

use crate::answer::{Answer, Fold, band_percent, compared_lines, element_lines, share, unit_name};
use crate::date;

use Kind::{Flag, Real, Text, Whole};

/// The columns of a heat map. One line per cell, per element, and per position inside an element.
const HEATMAP: &[Column] = &[
    ("kind", Text),
    ("anchor", Text),
    ("x", Whole),
    ("y", Whole),
    ("px", Whole),
    ("n", Whole),
    ("views", Whole),
];
/// The columns of a scroll answer. One line per depth (`reach`), per quartile of the fold (`fold`), and per tenth of the page's
/// height (`attention`, by where it ends).
const SCROLL: &[Column] = &[
    ("kind", Text),
    ("percent", Whole),
    ("views", Whole),
    ("share", Real),
    ("px", Whole),
    ("seconds", Whole),
];
/// The columns of `elements`. A share that is not shown is missing.
const ELEMENTS: &[Column] = &[
    ("anchor", Text),
    ("clicks", Whole),
    ("click_rate", Real),
    ("exposure_rate", Real),
    ("attractiveness", Real),
    ("rage_share", Real),
    ("dead_share", Real),
];
/// The columns of `compare`.
const COMPARE: &[Column] = &[
    ("anchor", Text),
    ("views_a", Whole),
    ("rate_a", Real),
    ("views_b", Whole),
    ("rate_b", Real),
    ("difference", Real),
    ("low", Real),
    ("high", Real),
    ("significant", Flag),
];
const PAGES: &[Column] = &[("path", Text), ("views", Whole), ("clicks", Whole)];
const COUNTRIES: &[Column] = &[("country", Text), ("views", Whole), ("clicks", Whole)];
const VIEWPORTS: &[Column] = &[("viewport", Text), ("views", Whole), ("clicks", Whole)];
const DAYS: &[Column] = &[("day", Text), ("views", Whole), ("clicks", Whole)];
const OUTCOMES: &[Column] = &[("outcome", Text), ("n", Whole)];
/// Edge of a position inside a large element, in px.
const PX16: u64 = 16;

/// A column's name and what stands in it.
type Column = (&'static str, Kind);

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Whole,
    Real,
    Flag,
}

/// What stands in one place of a table: of its column's kind, or missing.
#[derive(Clone, PartialEq, Debug)]
enum Value<'a> {
    Text(Cow<'a, str>),
    Whole(u64),
    Real(f64),
    Flag(bool),
    Missing,
}

/// Lines under columns.
#[derive(PartialEq, Debug)]
pub(crate) struct Table<'a> {
    columns: &'static [Column],
    /// Each as long as there are columns.
    lines: Vec<Vec<Value<'a>>>,
}

impl<'a> Table<'a> {
    /// The answer as a table.
    pub(crate) fn of(answer: &'a Answer) -> Table<'a> {
        match answer {
            Answer::Heatmap(_, shown) => heatmap(shown.get()),
            Answer::Scroll(_, shown) => scroll(shown.get()),
            Answer::Elements(_, shown) => elements(shown.get()),
            Answer::Compare(_, _, comparison) => compared(comparison),
            Answer::Pages(shown) => {
                let pages = shown.get().iter();
                sums(
                    PAGES,
                    pages.map(|page| (page.path.as_str().into(), page.views, page.clicks)),
                )
            }
            Answer::Countries(shown) => {
                let all = shown.get().iter();
                sums(
                    COUNTRIES,
                    all.map(|sum| (sum.key.as_str().into(), sum.views, sum.clicks)),
                )
            }
            Answer::Viewports(shown) => {
                let all = shown.get().iter();
                sums(VIEWPORTS, all.map(|sum| (sum.key.name().into(), sum.views, sum.clicks)))
            }
            Answer::Timeseries(shown) => {
                let all = shown.get().iter();
                sums(DAYS, all.map(|sum| (days(sum.key).into(), sum.views, sum.clicks)))
            }
            Answer::Status(status) => Table {
                columns: OUTCOMES,
                lines: status
                    .outcomes
                    .iter()
                    .map(|(outcome, n)| vec![text(outcome), Value::Whole(*n)])
                    .collect(),
            },
        }
    }

    /// CSV (RFC 4180) with a header line, safe to open in a spreadsheet.
    ///
    /// # Errors
    /// None that writing to memory can have; what the writer reports is passed on.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, ::csv::Error> {
        csv::written(self)
    }

    /// An Arrow IPC stream of one batch.
    ///
    /// # Errors
    /// None that writing to memory can have; what the writer reports is passed on.
    pub(crate) fn arrow(&self) -> Result<Vec<u8>, arrow_schema::ArrowError> {
        arrow::written(self)
    }
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

fn whole(number: impl Into<u64>) -> Value<'static> {
    Value::Whole(number.into())
}

fn heatmap(map: &ShownMap) -> Table<'_> {
    let mut lines = Vec::new();
    for cell in &map.cells {
        lines.push(vec![
            text("cell"),
            Value::Missing,
            whole(cell.corner.x),
            whole(cell.corner.y),
            whole(cell.px),
            whole(cell.n),
            whole(cell.views),
        ]);
    }
    for element in &map.elements {
        let anchor = || text(&element.anchor);
        let [none_x, none_y, none_px] = [Value::Missing, Value::Missing, Value::Missing];
        let counts = (whole(element.clicks), whole(element.views));
        lines.push(vec![
            text("element"),
            anchor(),
            none_x,
            none_y,
            none_px,
            counts.0,
            counts.1,
        ]);
        for position in &element.positions {
            let sub = position.sub;
            let px = if sub.unit == Unit::Px16 {
                Value::Whole(PX16)
            } else {
                Value::Missing
            };
            let counts = (whole(position.n), whole(position.views));
            lines.push(vec![
                text(unit_name(sub.unit)),
                anchor(),
                whole(sub.x),
                whole(sub.y),
                px,
                counts.0,
                counts.1,
            ]);
        }
    }
    Table {
        columns: HEATMAP,
        lines,
    }
}

fn scroll(depths: &ShownDepths) -> Table<'_> {
    let reach = depths.reach.iter().map(|(depth, views)| {
        let share = Value::Real(share(*views, depths.views));
        vec![
            text("reach"),
            whole(*depth),
            whole(*views),
            share,
            Value::Missing,
            Value::Missing,
        ]
    });
    let fold = Fold::of(depths);
    let quartiles = [(25_u64, fold.p25), (50, fold.p50), (75, fold.p75)];
    let quartiles = quartiles.into_iter().filter_map(|(percent, px)| {
        let px = whole(px?);
        Some(vec![
            text("fold"),
            whole(percent),
            Value::Missing,
            Value::Missing,
            px,
            Value::Missing,
        ])
    });
    let bands = depths.bands.iter().map(|band| {
        let (percent, views) = (whole(band_percent(band.band).1), whole(band.views));
        vec![
            text("attention"),
            percent,
            views,
            Value::Missing,
            Value::Missing,
            whole(band.seconds),
        ]
    });
    Table {
        columns: SCROLL,
        lines: reach.chain(quartiles).chain(bands).collect(),
    }
}

fn elements(rates: &ShownRates) -> Table<'_> {
    let optional = |share: Option<f64>| share.map_or(Value::Missing, Value::Real);
    let lines = element_lines(rates).map(|line| {
        vec![
            text(line.anchor),
            whole(line.clicks),
            Value::Real(line.click_rate),
            optional(line.exposure_rate),
            optional(line.attractiveness),
            optional(line.rage_share),
            optional(line.dead_share),
        ]
    });
    Table {
        columns: ELEMENTS,
        lines: lines.collect(),
    }
}

fn compared(comparison: &Comparison) -> Table<'_> {
    let lines = compared_lines(comparison).map(|line| {
        vec![
            text(line.anchor),
            whole(line.a.views),
            Value::Real(line.a.rate),
            whole(line.b.views),
            Value::Real(line.b.rate),
            Value::Real(line.difference),
            Value::Real(line.low),
            Value::Real(line.high),
            Value::Flag(line.significant),
        ]
    });
    Table {
        columns: COMPARE,
        lines: lines.collect(),
    }
}

fn sums<'a>(columns: &'static [Column], sums: impl Iterator<Item = (Cow<'a, str>, u64, u64)>) -> Table<'a> {
    let lines = sums.map(|(key, views, clicks)| vec![Value::Text(key), whole(views), whole(clicks)]);
    Table {
        columns,
        lines: lines.collect(),
    }
}

/// A day, or a span of days as ISO 8601 writes it.
fn days(key: (Day, Day)) -> String {
    match (date::text(key.0), date::text(key.1)) {
        (first, last) if first == last => first,
        (first, last) => format!("{first}/{last}"),
    }
}
