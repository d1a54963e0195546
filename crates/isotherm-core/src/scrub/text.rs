//! Cutting text into placeholders and the rest, and into runs of one kind of character.

use std::ops::Range;

use super::PLACEHOLDERS;

/// A stretch of a segment.
pub(super) enum Piece<'a> {
    /// Text that rules may still claim.
    Text(&'a str),
    /// Text that no rule looks at any more.
    Placeholder(&'static str),
}

impl Piece<'_> {
    /// The piece as it is written.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Piece::Text(text) => text,
            Piece::Placeholder(placeholder) => placeholder,
        }
    }
}

/// The placeholders in a text, and what stands between them.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(colon) = text[at..].find(':').map(|offset| at + offset) {
        match leading_placeholder(&text[colon..]) {
            Some(placeholder) => {
                if colon > start {
                    pieces.push(Piece::Text(&text[start..colon]));
                }
                pieces.push(Piece::Placeholder(placeholder));
                at = colon + placeholder.len();
                start = at;
            }
            None => at = colon + 1,
        }
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// The placeholder with which a text begins.
pub(super) fn leading_placeholder(text: &str) -> Option<&'static str> {
    PLACEHOLDERS
        .into_iter()
        .find(|placeholder| text.starts_with(placeholder))
}

/// A text in which no rule can find anything: under 16 bytes of small letters, dashes and dots. Most segments are.
pub(super) fn is_plain(text: &str) -> bool {
    text.len() < 16
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Letters and digits; every byte beyond ASCII counts as a letter, so that ranges end between characters.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether a match that starts at `at` does not start inside a word.
pub(super) fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !is_word(bytes[at - 1])
}

/// Whether a match that ends before `at` does not end inside a word.
pub(super) fn ends_word(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| !is_word(*byte))
}

/// The longest runs of bytes of one class, in order.
pub(super) fn runs(text: &str, class: fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| class(*byte))?;
        at = start
            + bytes[start..]
                .iter()
                .position(|byte| !class(*byte))
                .unwrap_or(bytes.len() - start);
        Some(start..at)
    })
}
