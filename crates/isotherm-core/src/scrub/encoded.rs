//! What another rule would find, written in base64 or in hexadecimal.

use std::ops::Range;

use super::rules::{RULES, Seeks};
use super::text::{Profile, is_word, runs, step};

/// Shortest base64 text that is looked into, in characters: six digits take eight.
const BASE64_CHARS_MIN: usize = 8;
/// Shortest hexadecimal text that is looked into, in digits: six characters take twelve.
const HEX_DIGITS_MIN: usize = 12;

/// The first text in base64 (either alphabet) or hexadecimal that says something that another rule replaces.
pub(super) fn hidden(text: &str) -> Option<Range<usize>> {
    for run in runs(text, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_')
    }) {
        if run.len() < BASE64_CHARS_MIN {
            continue;
        }
        let found = candidates(text, &run)
            .into_iter()
            .find(|range| says_something(&text[range.clone()]));
        if let Some(range) = found {
            let padding = text[range.end..]
                .bytes()
                .take(2)
                .take_while(|byte| *byte == b'=')
                .count();
            return Some(range.start..range.end + padding);
        }
    }
    None
}

/// Where in a run an encoded text may begin and end: at its edges, behind the first separator (`mail-…`), or as one
/// word. Together three times the run.
fn candidates(text: &str, run: &Range<usize>) -> Vec<Range<usize>> {
    let behind = text[run.clone()].find(['-', '_']).map(|at| run.start + at + 1..run.end);
    let words = runs(&text[run.clone()], is_word).map(|word| run.start + word.start..run.start + word.end);
    let words: Vec<_> = words.filter(|word| *word != *run).collect();
    std::iter::once(run.clone()).chain(behind).chain(words).collect()
}

fn says_something(encoded: &str) -> bool {
    step(encoded.len());
    let hex = (encoded.len() >= HEX_DIGITS_MIN).then(|| decode_hex(encoded)).flatten();
    let base64 = || {
        (encoded.len() >= BASE64_CHARS_MIN)
            .then(|| decode_base64(encoded))
            .flatten()
    };
    hex.or_else(base64).is_some_and(|decoded| is_personal(&decoded))
}

/// Whether any rule but those that decode finds something.
fn is_personal(decoded: &str) -> bool {
    let profile = Profile::of(decoded);
    RULES.iter().any(|rule| match rule.seeks {
        Seeks::Text { needs, find } => !rule.decodes && needs(&profile) && find(decoded).is_some(),
        Seeks::Standing(_) | Seeks::Across { .. } => false,
    })
}

fn decode_hex(encoded: &str) -> Option<String> {
    if !encoded.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> = encoded
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect();
    printable(bytes?)
}

/// Base64 of either alphabet, without padding.
pub(super) fn decode_base64(encoded: &str) -> Option<String> {
    // Slugs end here: three small letters in a row hardly ever decode to printable text, eight never do by chance.
    if encoded.len() % 4 == 1 || encoded.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return None;
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bits = 0_u32;
    let mut held = 0;
    for byte in encoded.bytes() {
        bits = (bits << 6 | sextet(byte)?) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            // Masked to a byte.
            decoded.push((bits >> held & 0xFF) as u8);
        }
    }
    printable(decoded)
}

fn printable(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.chars().any(char::is_control))
}

fn sextet(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
