//! Words that nobody wrote: random letters and digits, told from language by the neighbours they have.

use std::ops::Range;

use super::text::{ends_word, runs, starts_word};

/// Characters from which a word can be told from language.
const CHARS_MIN: usize = 16;
/// Characters from which a lower density is enough.
const CHARS_LONG: usize = 20;
/// Changes between letters and digits inside one word from which a lower density is enough, and that density: names and
/// sizes that are written together have two or are less dense.
const CHANGES_MIN: usize = 3;
const CHANGING_PERCENT: usize = 70;
/// A model's name, a size: shorter words do not say what they are by themselves.
const ODD_CHARS_MIN: usize = 3;

/// For each letter the letters that follow it in words of a dozen European languages: of all pairs of neighbours in
/// such text, those that make up at least one in ten thousand, and some that are common at the seams of compounds.
/// Of two random letters, two in five are not in it; of two letters of a word, one in a hundred.
const FOLLOWERS: [&str; 26] = [
    "abcdfghijklmnprstuvwxyz",
    "aceijlmorstuy",
    "acehikloprstuyz",
    "abcdefghiklmnoprstuvwy",
    "abcdefghiklmnopqrstuvwxyz",
    "aefiklnorstuyz",
    "adeghilmnorstuy",
    "aeilmnorstuy",
    "abcdefgjklmnopqrstuvxz",
    "aeiou",
    "aeiklmnorstuy",
    "abcdefghiklmnopstuvwyz",
    "abeilmnopstu",
    "abcdefghijklmnopstuvwyz",
    "abcdefgijklmnoprstuvwxyz",
    "adefghilnoprstuy",
    "u",
    "abcdefghiklmnoprstuvwyz",
    "abcdefghiklmnoprstuvwyz",
    "abcdefhijlmnoprstuwyz",
    "abcdefghijklmnoprstv",
    "aeior",
    "adehilnorsw",
    "aceimpty",
    "acdehilmnoprstuw",
    "adehiklnoptuwyz",
];

/// The first random text in a segment, with what looks like more of it beyond a `-`, `_` or `+`.
pub(super) fn random(text: &str) -> Option<Range<usize>> {
    for run in runs(text, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+')
    }) {
        if run.len() < CHARS_MIN || !starts_word(text.as_bytes(), run.start) || !ends_word(text.as_bytes(), run.end) {
            continue;
        }
        let looks = looks(text, &run);
        let in_a_row = || looks.split(|look| !look.is_odd()).find_map(stretch);
        let alone = || {
            looks
                .iter()
                .find(|look| look.is_random())
                .map(|look| look.range.clone())
        };
        // All of it first, so that a token with a dash in it leaves no rest behind.
        if let Some(found) = stretch(&looks).or_else(in_a_row).or_else(alone) {
            return Some(padded(text, &run, extended(&looks, found, Look::may_belong)));
        }
    }
    None
}

/// The first random text that a slash (of plain base64) has cut into segments.
pub(super) fn across_slashes(text: &str) -> Option<Range<usize>> {
    for run in runs(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')) {
        if run.len() < CHARS_LONG || !text[run.clone()].contains('/') {
            continue;
        }
        let looks = looks(text, &run);
        let found = looks
            .split(|look| !look.is_no_word() && !look.is_short())
            .find_map(|looks| {
                // Both ends may be short, but not what could be a segment of its own, such as the `s` of `/s/`.
                let first = looks.iter().position(|look| !look.is_title)?;
                let last = looks.iter().rposition(|look| !look.is_title)?;
                stretch(looks).or_else(|| {
                    Look::joined(&looks[first..=last])
                        .filter(Look::is_random)
                        .map(|look| look.range)
                })
            });
        let found = found.map(|found| padded(text, &run, extended(&looks, found, Look::is_no_word)));
        if let Some(range) = found.filter(|range| text[range.clone()].contains('/')) {
            return Some(range);
        }
    }
    None
}

/// A match up to the padding of its base64, if there is one behind the run in which it stands.
fn padded(text: &str, run: &Range<usize>, found: Range<usize>) -> Range<usize> {
    let padding = text[run.end..].bytes().take_while(|byte| *byte == b'=').count();
    match padding {
        1 | 2 if ends_word(text.as_bytes(), run.end + padding) => found.start..run.end + padding,
        _ => found,
    }
}

fn looks(text: &str, run: &Range<usize>) -> Vec<Look> {
    runs(&text[run.clone()], |byte| byte.is_ascii_alphanumeric())
        .map(|word| Look::of(text, run.start + word.start..run.start + word.end))
        .collect()
}

/// From the first odd or mixed word to the last, if it is random as a whole.
fn stretch(looks: &[Look]) -> Option<Range<usize>> {
    let first = looks.iter().position(Look::may_belong)?;
    let last = looks.iter().rposition(Look::may_belong)?;
    let joined = Look::joined(&looks[first..=last])?;
    joined.is_random().then_some(joined.range)
}

/// A match with the neighbours on both sides that may belong to it. Behind a token a short word is rather its end than a
/// word; before it (`t_…`) it may be what sites put there.
fn extended(looks: &[Look], found: Range<usize>, belongs: fn(&Look) -> bool) -> Range<usize> {
    let before = looks.iter().rev().skip_while(|look| look.range.start >= found.start);
    let after = looks.iter().skip_while(|look| look.range.end <= found.end);
    let first = before.take_while(|look| belongs(look)).last();
    let last = after.take_while(|look| belongs(look) || look.is_short()).last();
    first.map_or(found.start, |look| look.range.start)..last.map_or(found.end, |look| look.range.end)
}

/// What a word, or a stretch of words, looks like.
struct Look {
    range: Range<usize>,
    words: usize,
    chars: usize,
    pairs: usize,
    /// Two for each pair of neighbours that words do not have, one for a change between small letters and capitals.
    points: usize,
    /// Changes between letters and digits.
    changes: usize,
    /// Small letters, perhaps with a capital before them.
    is_title: bool,
    /// A capital at the start.
    has_capital: bool,
    has_digit: bool,
    has_upper: bool,
    has_lower: bool,
}

impl Look {
    fn of(text: &str, range: Range<usize>) -> Look {
        let word = text[range.clone()].as_bytes();
        let is_title = word[1..].iter().all(u8::is_ascii_lowercase) && word[0].is_ascii_alphabetic();
        Look {
            words: 1,
            chars: word.len(),
            pairs: word.len() - 1,
            points: word.windows(2).map(|pair| points(pair[0], pair[1])).sum::<usize>()
                + word.windows(3).filter(|three| is_upside_down(three)).count(),
            changes: word
                .windows(2)
                .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
                .count(),
            is_title,
            has_capital: word[0].is_ascii_uppercase(),
            has_digit: word.iter().any(u8::is_ascii_digit),
            has_upper: !is_title && word.iter().any(u8::is_ascii_uppercase),
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
            chars: last.range.end - first.range.start,
            pairs: looks.iter().map(|look| look.pairs).sum(),
            points: looks.iter().map(|look| look.points).sum(),
            changes: looks.iter().map(|look| look.changes).sum(),
            is_title: false,
            has_capital: false,
            has_digit: looks.iter().any(|look| look.has_digit),
            has_upper: looks.iter().any(|look| look.has_upper),
            has_lower: looks.iter().any(|look| look.has_lower),
        })
    }

    /// Too short to be told; inside a token it belongs to it.
    fn is_short(&self) -> bool {
        self.chars < ODD_CHARS_MIN
    }

    /// Small and capital letters in no order of language, or letters and digits.
    fn is_mixed(&self) -> bool {
        !self.is_title && (self.has_upper || self.has_lower) && (self.has_digit || (self.has_upper && self.has_lower))
    }

    /// Beside a token, a part of it: nothing that could be a word of a slug or a year.
    fn may_belong(&self) -> bool {
        self.is_no_word() || (self.is_short() && (self.has_capital || !self.is_title))
    }

    /// Neither a word with or without a capital, nor a number.
    fn is_no_word(&self) -> bool {
        self.is_odd() || self.is_mixed() || self.has_upper
    }

    /// Half a point for each pair: more than a word, a number or a name in CamelCase has.
    fn is_odd(&self) -> bool {
        !self.is_short() && self.points * 2 >= self.pairs
    }

    /// Random base62 has 1.2 points for each pair, base32 and base36 1.1, all with a spread of 0.2 at 20 characters;
    /// language has 0.05, slugs with sizes and models in them up to 0.5.
    fn is_random(&self) -> bool {
        let per_pair_percent = self.points * 100 / self.pairs.max(1);
        let is_mixed = self.has_upper && self.has_lower;
        let dense = match (self.chars, is_mixed) {
            (..CHARS_MIN, _) => false,
            _ if self.words == 1 && self.changes >= CHANGES_MIN && per_pair_percent >= CHANGING_PERCENT => true,
            (..CHARS_LONG, false) => per_pair_percent >= 85,
            (..CHARS_LONG, true) => per_pair_percent >= 60,
            (_, false) => per_pair_percent >= 50,
            (_, true) => per_pair_percent >= 40,
        };
        // A slug of short words and sizes is as dense; a token has few dashes, and capitals anywhere.
        let closed = self.words == 1
            || (is_mixed && self.chars >= 4 * self.words)
            || (self.has_digit && self.chars >= 8 * self.words && per_pair_percent >= 70);
        dense && closed
    }
}

/// How unlikely two neighbours are in a word.
fn points(before: u8, after: u8) -> usize {
    if before.is_ascii_digit() != after.is_ascii_digit() {
        return 2;
    }
    if before.is_ascii_digit() {
        return 0;
    }
    let followers = FOLLOWERS[usize::from(before.to_ascii_lowercase() - b'a')];
    let is_seam = before.is_ascii_lowercase() && after.is_ascii_uppercase();
    let is_unlikely = !followers.as_bytes().contains(&after.to_ascii_lowercase());
    match (is_seam, is_unlikely) {
        (false, false) => 0,
        (true, false) => 1,
        (_, true) => 2,
    }
}

/// Two capitals before a small letter.
fn is_upside_down(three: &[u8]) -> bool {
    three[0].is_ascii_uppercase() && three[1].is_ascii_uppercase() && three[2].is_ascii_lowercase()
}
