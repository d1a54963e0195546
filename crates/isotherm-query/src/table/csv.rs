//! Tables as CSV.

use std::borrow::Cow;

use csv::{Error, Writer};

use super::{Table, Value};

/// A header line, and the lines; what is missing is empty.
pub(super) fn written(table: &Table<'_>) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|(name, _)| name))?;
    for line in &table.lines {
        let fields = line.iter().map(field);
        writer.write_record(fields.map(|field| field.into_owned().into_bytes()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn field<'a>(value: &'a Value<'_>) -> Cow<'a, str> {
    match value {
        Value::Text(text) => harmless(text),
        Value::Whole(number) => number.to_string().into(),
        Value::Real(number) => number.to_string().into(),
        Value::Flag(flag) => flag.to_string().into(),
        Value::Missing => "".into(),
    }
}

/// Text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it, which spreadsheets read
/// as "this is text". So does what stands behind a `;`, which separates cells where numbers have a comma.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.split(';').any(is_formula) {
        return Cow::Borrowed(text);
    }
    let parts = text.split(';').map(|part| match is_formula(part) {
        true => format!("'{part}"),
        false => part.to_owned(),
    });
    Cow::Owned(parts.collect::<Vec<_>>().join(";"))
}

/// Whether text begins like a formula, also behind blanks or in full-width letters.
fn is_formula(text: &str) -> bool {
    let first = text.trim_start().chars().next();
    let begins = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    );
    begins || text.starts_with(['\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r", "\u{ff1d}1"] {
            assert_eq!(harmless(text), format!("'{text}"), "{text:?}");
        }
        assert_eq!(harmless("/a;=1;b; +2"), "/a;'=1;b;' +2");
        for text in ["/a", "/page;a", ";", "#buy", "main>a", "", "a=1", "[data-isotherm=buy]"] {
            assert_eq!(harmless(text), text);
        }
    }
}
