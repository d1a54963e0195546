//! Answers as tables: CSV (RFC 4180) with a header line, safe to open in a spreadsheet.

use std::borrow::Cow;

use csv::Writer;

use isotherm_core::Day;
use isotherm_core::gate::{Comparison, ShownDepths, ShownMap, ShownRates};
use isotherm_core::place::Unit;

use crate::answer::{Answer, Fold, compared_lines, element_lines, share, unit_name};
use crate::date;

/// The columns of a heat map. One line per cell, per element, and per position inside an element.
const HEATMAP_COLUMNS: [&str; 7] = ["kind", "anchor", "x", "y", "px", "n", "views"];
/// The columns of a scroll answer. One line per depth (`reach`) and per quartile of the fold (`fold`).
const SCROLL_COLUMNS: [&str; 5] = ["kind", "percent", "views", "share", "px"];
/// The columns of `elements`. A share that is not shown is empty.
const ELEMENT_COLUMNS: [&str; 7] = [
    "anchor",
    "clicks",
    "click_rate",
    "exposure_rate",
    "attractiveness",
    "rage_share",
    "dead_share",
];
/// The columns of `compare`.
const COMPARE_COLUMNS: [&str; 9] = [
    "anchor",
    "views_a",
    "rate_a",
    "views_b",
    "rate_b",
    "difference",
    "low",
    "high",
    "significant",
];
/// Edge of a position inside a large element, in px.
const PX16: &str = "16";

type Lines = Writer<Vec<u8>>;

/// The answer as CSV.
///
/// # Errors
/// None that writing to memory can have; what the writer reports is passed on.
pub(crate) fn csv(answer: &Answer) -> Result<Vec<u8>, csv::Error> {
    let mut lines = Writer::from_writer(Vec::new());
    match answer {
        Answer::Heatmap(_, shown) => write_heatmap(&mut lines, shown.get())?,
        Answer::Scroll(_, shown) => write_scroll(&mut lines, shown.get())?,
        Answer::Elements(_, shown) => write_elements(&mut lines, shown.get())?,
        Answer::Compare(_, _, comparison) => write_comparison(&mut lines, comparison)?,
        Answer::Pages(shown) => {
            let pages = shown.get().iter();
            let sums = pages.map(|page| (page.path.as_str(), page.views, page.clicks));
            write_sums(&mut lines, "path", sums)?;
        }
        Answer::Countries(shown) => {
            let sums = shown.get().iter();
            let sums = sums.map(|sum| (sum.key.as_str(), sum.views, sum.clicks));
            write_sums(&mut lines, "country", sums)?;
        }
        Answer::Viewports(shown) => {
            let sums = shown.get().iter();
            let sums = sums.map(|sum| (sum.key.name(), sum.views, sum.clicks));
            write_sums(&mut lines, "viewport", sums)?;
        }
        Answer::Timeseries(shown) => {
            let day = |key: (Day, Day)| match (date::text(key.0), date::text(key.1)) {
                (first, last) if first == last => first,
                // A span of days as ISO 8601 writes it.
                (first, last) => format!("{first}/{last}"),
            };
            let sums: Vec<_> = shown
                .get()
                .iter()
                .map(|sum| (day(sum.key), sum.views, sum.clicks))
                .collect();
            let sums = sums.iter().map(|(day, views, clicks)| (day.as_str(), *views, *clicks));
            write_sums(&mut lines, "day", sums)?;
        }
        Answer::Status(status) => {
            lines.write_record(["outcome", "n"])?;
            for (outcome, n) in &status.outcomes {
                lines.write_record([outcome, n.to_string().as_str()])?;
            }
        }
    }
    lines.into_inner().map_err(|error| error.into_error().into())
}

fn write_heatmap(lines: &mut Lines, map: &ShownMap) -> Result<(), csv::Error> {
    let number = |value: u16| value.to_string();
    lines.write_record(HEATMAP_COLUMNS)?;
    for cell in &map.cells {
        let (x, y, px) = (number(cell.corner.x), number(cell.corner.y), number(cell.px));
        let (n, views) = (cell.n.to_string(), cell.views.to_string());
        lines.write_record(["cell", "", &x, &y, &px, &n, &views])?;
    }
    for element in &map.elements {
        let anchor = harmless(&element.anchor);
        let (clicks, views) = (element.clicks.to_string(), element.views.to_string());
        lines.write_record(["element", &anchor, "", "", "", &clicks, &views])?;
        for position in &element.positions {
            let unit = position.sub.unit;
            let px = if unit == Unit::Px16 { PX16 } else { "" };
            let (x, y) = (number(position.sub.x), number(position.sub.y));
            let (n, views) = (position.n.to_string(), position.views.to_string());
            lines.write_record([unit_name(unit), &anchor, &x, &y, px, &n, &views])?;
        }
    }
    Ok(())
}

fn write_scroll(lines: &mut Lines, depths: &ShownDepths) -> Result<(), csv::Error> {
    lines.write_record(SCROLL_COLUMNS)?;
    for (depth, views) in &depths.reach {
        let share = share(*views, depths.views).to_string();
        lines.write_record(["reach", &depth.to_string(), &views.to_string(), &share, ""])?;
    }
    let fold = Fold::of(depths);
    for (percent, fold_px) in [("25", fold.p25), ("50", fold.p50), ("75", fold.p75)] {
        if let Some(fold_px) = fold_px {
            lines.write_record(["fold", percent, "", "", &fold_px.to_string()])?;
        }
    }
    Ok(())
}

fn write_elements(lines: &mut Lines, rates: &ShownRates) -> Result<(), csv::Error> {
    lines.write_record(ELEMENT_COLUMNS)?;
    for line in element_lines(rates) {
        let optional = |share: Option<f64>| share.map_or_else(String::new, |share| share.to_string());
        lines.write_record([
            &*harmless(line.anchor),
            &line.clicks.to_string(),
            &line.click_rate.to_string(),
            &optional(line.exposure_rate),
            &optional(line.attractiveness),
            &optional(line.rage_share),
            &optional(line.dead_share),
        ])?;
    }
    Ok(())
}

fn write_comparison(lines: &mut Lines, comparison: &Comparison) -> Result<(), csv::Error> {
    lines.write_record(COMPARE_COLUMNS)?;
    for line in compared_lines(comparison) {
        lines.write_record([
            &*harmless(line.anchor),
            &line.a.views.to_string(),
            &line.a.rate.to_string(),
            &line.b.views.to_string(),
            &line.b.rate.to_string(),
            &line.difference.to_string(),
            &line.low.to_string(),
            &line.high.to_string(),
            &line.significant.to_string(),
        ])?;
    }
    Ok(())
}

fn write_sums<'a>(
    lines: &mut Lines,
    key: &str,
    sums: impl Iterator<Item = (&'a str, u64, u64)>,
) -> Result<(), csv::Error> {
    lines.write_record([key, "views", "clicks"])?;
    for (text, views, clicks) in sums {
        lines.write_record([&*harmless(text), &views.to_string(), &clicks.to_string()])?;
    }
    Ok(())
}

/// Text that no spreadsheet takes for a formula: one that begins like a formula (also behind blanks, or in full-width
/// letters) gets an apostrophe before it, which spreadsheets read as "this is text".
fn harmless(text: &str) -> Cow<'_, str> {
    let first = text.trim_start().chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    );
    if formula || text.starts_with(['\t', '\r', '\n']) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r", "\u{ff1d}1"] {
            assert_eq!(harmless(text), format!("'{text}"), "{text:?}");
        }
        for text in ["/a", "#buy", "main>a", "", "a=1", "[data-isotherm=buy]"] {
            assert_eq!(harmless(text), text);
        }
    }
}
