//! Answers as tables: CSV (RFC 4180) with a header line, safe to open in a spreadsheet.

use std::borrow::Cow;

use csv::Writer;

use crate::answer::{Answer, Heatmap, Scroll};

/// The columns of a heat map. One line per cell, per element, and per position inside an element.
const HEATMAP_COLUMNS: [&str; 7] = ["kind", "anchor", "x", "y", "px", "n", "views"];
/// The columns of a scroll answer. One line per depth (`reach`) and per quartile of the fold (`fold`).
const SCROLL_COLUMNS: [&str; 5] = ["kind", "percent", "views", "share", "px"];
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
        Answer::Heatmap(heatmap) => write_heatmap(&mut lines, heatmap)?,
        Answer::Scroll(scroll) => write_scroll(&mut lines, scroll)?,
        Answer::Pages(pages) => {
            let sums = pages.iter().map(|line| (line.path.as_str(), line.views, line.clicks));
            write_sums(&mut lines, "path", sums)?;
        }
        Answer::Countries(countries) => {
            let sums = countries
                .iter()
                .map(|line| (line.country.as_str(), line.views, line.clicks));
            write_sums(&mut lines, "country", sums)?;
        }
        Answer::Viewports(viewports) => {
            let sums = viewports.iter().map(|line| (line.viewport, line.views, line.clicks));
            write_sums(&mut lines, "viewport", sums)?;
        }
        Answer::Timeseries(days) => {
            let sums = days.iter().map(|line| (line.day.as_str(), line.views, line.clicks));
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

fn write_heatmap(lines: &mut Lines, heatmap: &Heatmap) -> Result<(), csv::Error> {
    let number = |value: u16| value.to_string();
    lines.write_record(HEATMAP_COLUMNS)?;
    for cell in &heatmap.cells {
        let (x, y, px) = (number(cell.x), number(cell.y), number(cell.px));
        let (n, views) = (cell.n.to_string(), cell.views.to_string());
        lines.write_record(["cell", "", &x, &y, &px, &n, &views])?;
    }
    for element in &heatmap.elements {
        let anchor = harmless(&element.anchor);
        let (clicks, views) = (element.clicks.to_string(), element.views.to_string());
        lines.write_record(["element", &anchor, "", "", "", &clicks, &views])?;
        for cell in &element.cells {
            let px = if cell.unit == "px16" { PX16 } else { "" };
            let (x, y) = (number(cell.x), number(cell.y));
            let (n, views) = (cell.n.to_string(), cell.views.to_string());
            lines.write_record([cell.unit, &anchor, &x, &y, px, &n, &views])?;
        }
    }
    Ok(())
}

fn write_scroll(lines: &mut Lines, scroll: &Scroll) -> Result<(), csv::Error> {
    lines.write_record(SCROLL_COLUMNS)?;
    for band in &scroll.reach {
        let (depth, views, share) = (band.depth.to_string(), band.views.to_string(), band.share.to_string());
        lines.write_record(["reach", &depth, &views, &share, ""])?;
    }
    let fold = scroll.fold;
    for (percent, fold_px) in [("25", fold.p25), ("50", fold.p50), ("75", fold.p75)] {
        if let Some(fold_px) = fold_px {
            lines.write_record(["fold", percent, "", "", &fold_px.to_string()])?;
        }
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
