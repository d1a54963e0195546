//! Cutting text into placeholders and the rest, and into runs of one kind of character.

use std::ops::Range;

use super::PLACEHOLDERS;

#[cfg(test)]
thread_local! {
    /// Bytes that were looked at, for the test that holds the work to a multiple of the length.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Says that so many bytes were looked at; nothing outside tests.
#[cfg_attr(not(test), expect(unused_variables, reason = "counted in tests only"))]
pub(super) fn step(bytes: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + bytes));
}

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
    step(text.len());
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

/// What a text has, from one pass: what no rule needs is not looked for.
#[derive(Default)]
pub(super) struct Profile {
    pub(super) bytes: usize,
    pub(super) digits: usize,
    pub(super) capitals: usize,
    pub(super) dots: usize,
    pub(super) colons: usize,
    pub(super) dashes: usize,
    /// `@` and `%`.
    pub(super) signs: usize,
    /// Bytes of the longest run of letters and digits.
    pub(super) longest_word: usize,
    /// Bytes of the longest run of letters, digits, `+`, `-` and `_`.
    pub(super) longest_run: usize,
}

impl Profile {
    /// Counts what stands in a text.
    pub(super) fn of(text: &str) -> Profile {
        step(text.len());
        let mut profile = Profile {
            bytes: text.len(),
            ..Profile::default()
        };
        let (mut word, mut run) = (0, 0);
        for byte in text.bytes() {
            let in_word = is_word(byte);
            word = if in_word { word + 1 } else { 0 };
            run = if in_word || matches!(byte, b'+' | b'-' | b'_') {
                run + 1
            } else {
                0
            };
            profile.longest_word = profile.longest_word.max(word);
            profile.longest_run = profile.longest_run.max(run);
            match byte {
                b'0'..=b'9' => profile.digits += 1,
                b'A'..=b'Z' => profile.capitals += 1,
                b'.' => profile.dots += 1,
                b':' => profile.colons += 1,
                b'-' => profile.dashes += 1,
                b'@' | b'%' => profile.signs += 1,
                _ => {}
            }
        }
        profile
    }
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

/// Bytes after which a run is cut in two: as long as the longest path. It bounds what a rule reads again after a match
/// inside a run.
const RUN_BYTES_MAX: usize = 1_024;

/// The longest runs of bytes of one class, in order, at most [`RUN_BYTES_MAX`] bytes each.
pub(super) fn runs(text: &str, class: fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        step(1);
        let from = at;
        let start = at
            + bytes[at..]
                .iter()
                .position(|byte| class(*byte))
                .inspect(|skipped| step(*skipped))?;
        let within = &bytes[start..bytes.len().min(start + RUN_BYTES_MAX)];
        at = start + within.iter().position(|byte| !class(*byte)).unwrap_or(within.len());
        while !text.is_char_boundary(at) {
            at += 1;
        }
        step(at - from);
        Some(start..at)
    })
}
