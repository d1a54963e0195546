//! Identifiers and secrets: JWT, UUID, ULID and hexadecimal words.

use std::ops::Range;

use super::text::{is_word, runs, step};

/// Hexadecimal digits in a row from which a word is a token; half an MD5, more than any word of any language.
const HEX_DIGITS_MIN: usize = 16;
/// Parts of an encrypted JWT (RFC 7516, 7.1).
const JWT_PARTS_MAX: usize = 5;
/// Characters of a ULID (<https://github.com/ulid/spec>).
const ULID_CHARS: usize = 26;
/// The dashes of a UUID in its 36 bytes (RFC 9562, 4).
const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];

/// The first JWT: `eyJ…` (base64url of `{"`), and two (RFC 7515, signed) or four (RFC 7516, encrypted) parts behind dots.
/// A part may be empty; a dot at the end stays.
pub(super) fn jwt(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = text[from..].find("eyJ").map(|at| from + at) {
        let mut dots = Vec::new();
        let mut end = start;
        while end < bytes.len() && (is_base64url(bytes[end]) || bytes[end] == b'.' && dots.len() < JWT_PARTS_MAX - 1) {
            if bytes[end] == b'.' {
                dots.push(end);
            }
            end += 1;
        }
        step(end - from);
        let length = text[start..end].trim_end_matches('.').len();
        if dots.first().is_some_and(|dot| start + length > dot + 1) {
            return Some(start..start + length);
        }
        from = end;
    }
    None
}

/// The first UUID, also directly beside letters.
pub(super) fn uuid(text: &str) -> Option<Range<usize>> {
    let is_uuid = |window: &[u8]| {
        window
            .iter()
            .enumerate()
            .all(|(at, byte)| match UUID_DASHES.contains(&at) {
                true => *byte == b'-',
                false => byte.is_ascii_hexdigit(),
            })
    };
    let start = text.as_bytes().windows(36).position(is_uuid);
    step(start.map_or(text.len(), |start| start + 36));
    let start = start?;
    Some(start..start + 36)
}

/// The first ULID: a word of 26 characters of Crockford's base32, the first at most 7, in one case.
pub(super) fn ulid(text: &str) -> Option<Range<usize>> {
    runs(text, is_word).find(|word| {
        let word = &text[word.clone()];
        let is_crockford =
            |byte: u8| byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U');
        let one_case =
            !word.bytes().any(|byte| byte.is_ascii_lowercase()) || !word.bytes().any(|byte| byte.is_ascii_uppercase());
        let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
        word.len() == ULID_CHARS
            && matches!(word.as_bytes()[0], b'0'..=b'7')
            && word.bytes().all(is_crockford)
            && one_case
            && has_letter
    })
}

/// The first word that holds [`HEX_DIGITS_MIN`] hexadecimal digits in a row, at least one of them a letter.
pub(super) fn hex(text: &str) -> Option<Range<usize>> {
    runs(text, is_word).find(|word| {
        let word = &text[word.clone()];
        runs(word, |byte| byte.is_ascii_hexdigit())
            .any(|run| run.len() >= HEX_DIGITS_MIN && word[run].bytes().any(|byte| byte.is_ascii_alphabetic()))
    })
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
