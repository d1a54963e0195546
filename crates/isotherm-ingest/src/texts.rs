//! What the visitor's pages say: all texts stand in one file, to be translated as a whole.

use std::collections::HashMap;
use std::sync::LazyLock;

static TEXTS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    // The file is compiled in, and a test reads every text that the pages name.
    serde_json::from_str(include_str!("opt_out_texts.json")).unwrap_or_default()
});

/// A text by its name; empty for a name that is not in the file, which the tests would find.
pub(crate) fn text(name: &str) -> &'static str {
    TEXTS.get(name).map_or("", String::as_str)
}

/// A page with its gaps filled: first with `values`, which are pages' own markup, then with texts by their names.
pub(crate) fn fill(page: &str, values: &[(&str, &str)]) -> String {
    let mut parts = page.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        filled.push_str(value.unwrap_or_else(|| text(name)));
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_and_none_needs_escaping() {
        assert!(TEXTS.len() >= 20);
        for (name, text) in TEXTS.iter() {
            assert!(!text.is_empty() && !text.contains(['<', '>', '&', '"']), "{name}");
        }
    }
}
