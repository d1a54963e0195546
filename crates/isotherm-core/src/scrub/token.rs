//! Identifiers and secrets: JWT, UUID, ULID, hexadecimal and random words.

use std::ops::Range;

use super::text::{ends_word, is_word, runs, starts_word};

/// Hexadecimal digits in a row from which a word is a token; half an MD5, more than any word of any language.
const HEX_DIGITS_MIN: usize = 16;
/// Characters from which a word can be told from language by how it changes between kinds of character.
const RANDOM_CHARS_MIN: usize = 20;
/// Characters of a ULID (<https://github.com/ulid/spec>).
const ULID_CHARS: usize = 26;
/// The dashes of a UUID in its 36 bytes (RFC 9562, 4).
const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];

/// The first JWT: `eyJ…` (base64url of `{"`), a dot, a part, and, if it is signed, another dot and part (RFC 7519).
pub(super) fn jwt(text: &str) -> Option<Range<usize>> {
    let mut parts = runs(text, is_base64url).peekable();
    let follows = |before: &Range<usize>, after: &Range<usize>| {
        after.start == before.end + 1 && text.as_bytes()[before.end] == b'.'
    };
    while let Some(head) = parts.next() {
        let Some(offset) = text[head.clone()].find("eyJ") else {
            continue;
        };
        let start = head.start + offset;
        let Some(claims) = parts.peek().filter(|next| follows(&head, next)).cloned() else {
            continue;
        };
        parts.next();
        let end = parts
            .peek()
            .filter(|next| follows(&claims, next))
            .map_or(claims.end, |signature| signature.end);
        return Some(start..end);
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
    let start = text.as_bytes().windows(36).position(is_uuid)?;
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

/// The first random text: a word of [`RANDOM_CHARS_MIN`] characters that changes between small letters, capitals and
/// digits as random ones do and language does not, with what looks like more of it beyond a `-` or `_`.
pub(super) fn random(text: &str) -> Option<Range<usize>> {
    for run in runs(text, is_base64url) {
        if run.len() < RANDOM_CHARS_MIN
            || !starts_word(text.as_bytes(), run.start)
            || !ends_word(text.as_bytes(), run.end)
        {
            continue;
        }
        let looks = runs(&text[run.clone()], |byte| byte.is_ascii_alphanumeric())
            .map(|word| Look::of(text, run.start + word.start..run.start + word.end));
        let looks: Vec<Look> = looks.collect();
        // Neighbours first, so that a token with a dash in it leaves no rest behind.
        let stretch = looks
            .split(|look| !look.is_odd())
            .filter_map(Look::joined)
            .find(Look::is_random);
        if let Some(found) = stretch.or_else(|| looks.into_iter().find(Look::is_random)) {
            return Some(found.range);
        }
    }
    None
}

/// What a word, or a stretch of words, looks like.
struct Look {
    range: Range<usize>,
    words: usize,
    chars: usize,
    /// Stretches of one kind of character; a capital before small letters belongs to them.
    changes: usize,
    has_digit: bool,
    has_upper: bool,
    has_lower: bool,
}

impl Look {
    fn of(text: &str, range: Range<usize>) -> Look {
        let word = text[range.clone()].as_bytes();
        let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
        let goes_on = |before: u8, after: u8| {
            kind(before) == kind(after) || before.is_ascii_uppercase() && after.is_ascii_lowercase()
        };
        Look {
            words: 1,
            chars: word.len(),
            changes: 1 + word.windows(2).filter(|pair| !goes_on(pair[0], pair[1])).count(),
            has_digit: word.iter().any(u8::is_ascii_digit),
            has_upper: word.iter().any(u8::is_ascii_uppercase),
            has_lower: word.iter().any(u8::is_ascii_lowercase),
            range,
        }
    }

    /// Neighbours as one.
    fn joined(looks: &[Look]) -> Option<Look> {
        let (first, last) = (looks.first()?, looks.last()?);
        Some(Look {
            range: first.range.start..last.range.end,
            words: looks.len(),
            chars: looks.iter().map(|look| look.chars).sum(),
            changes: looks.iter().map(|look| look.changes).sum(),
            has_digit: looks.iter().any(|look| look.has_digit),
            has_upper: looks.iter().any(|look| look.has_upper),
            has_lower: looks.iter().any(|look| look.has_lower),
        })
    }

    /// Too many changes for a word or a size such as `12oz`.
    fn is_odd(&self) -> bool {
        self.changes >= 3
    }

    /// Random base62 changes every 2.1 characters on average and base32 every 2.9; words in CamelCase change every 5
    /// or so, and product names with digits every 5 as well. Without digits the line lies at 3.5, with digits at 4.5.
    fn is_random(&self) -> bool {
        let per_two_changes = if self.has_digit { 9 } else { 7 };
        let mixed = (self.has_digit && (self.has_lower || self.has_upper)) || (self.has_lower && self.has_upper);
        // A slug of short words changes as often; a token has few dashes and all three kinds.
        let closed =
            self.words == 1 || (self.chars >= 8 * self.words && self.has_digit && self.has_upper && self.has_lower);
        self.chars >= RANDOM_CHARS_MIN && mixed && closed && self.changes * per_two_changes >= self.chars * 2
    }
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
