//! Numbers that name a person or what is theirs: cards, IBANs, phones, and whatever else is long.

use std::ops::Range;

use super::text::{ends_word, is_word, runs, starts_word, step};

/// Most digits that are looked at from one place: one more than a card has.
const GROUPED_DIGITS_MAX: usize = 20;
/// Digits of a payment card (ISO/IEC 7812-1).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Characters of an IBAN (ISO 13616: Norway has the shortest, 34 is the bound).
const IBAN_CHARS: std::ops::RangeInclusive<usize> = 15..=34;
/// Digits of an international phone number after `+` or `00` (E.164 has the upper bound).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Digits of a national phone number with its trunk 0.
const TRUNK_DIGITS: std::ops::RangeInclusive<usize> = 9..=12;
/// Digits in a row from which a number is long.
const LONG_DIGITS_MIN: usize = 6;
/// Digits in groups from which a number is long: dates have eight.
const LONG_GROUPED_DIGITS_MIN: usize = 9;

/// The first card: digits with a right Luhn digit, closed or in groups of 3 to 6 with single separators.
pub(super) fn card(text: &str) -> Option<Range<usize>> {
    at_digit_words(text, |start| {
        let groups = Groups::parse(text, start, 1);
        groups.longest(|lengths, digits| {
            CARD_DIGITS.contains(&digits.len())
                && (lengths.len() == 1 || has_card_groups(lengths))
                && has_luhn_digit(digits)
        })
    })
}

/// The first IBAN: a closed word, or groups of four with one kind of separator, whose check sum is right.
pub(super) fn iban(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    runs(text, is_word).find_map(|word| {
        let mut chars: Vec<u8> = Vec::with_capacity(*IBAN_CHARS.end());
        let mut end = word.start;
        let mut found = None;
        loop {
            let group = bytes[end..]
                .iter()
                .take(IBAN_CHARS.end() + 1)
                .take_while(|byte| byte.is_ascii_alphanumeric())
                .count();
            step(group + 1);
            if group == 0 || !ends_word(bytes, end + group) || chars.len() + group > *IBAN_CHARS.end() {
                return found;
            }
            chars.extend_from_slice(&bytes[end..end + group]);
            end += group;
            if has_iban_sum(&chars) {
                found = Some(word.start..end);
            }
            let separator = bytes.get(end).copied();
            let first = bytes.get(word.start + 4).copied();
            if group != 4 || separator != first || !separator.is_some_and(is_separator) {
                return found;
            }
            end += 1;
        }
    })
}

/// The first phone number: see [`phone_at`].
pub(super) fn phone(text: &str) -> Option<Range<usize>> {
    at_digit_words(text, |start| phone_at(text, start))
}

/// The first long number: digits in groups that are no date, else digits in a row that are none.
pub(super) fn long(text: &str) -> Option<Range<usize>> {
    runs(text, |byte| byte.is_ascii_digit()).find_map(|run| {
        let grouped = starts_word(text.as_bytes(), run.start).then(|| Groups::parse(text, run.start, 1));
        let range = grouped.and_then(|groups| groups.longest(is_long_in_groups));
        range.or_else(|| {
            let digits = &text[run.clone()];
            (digits.len() >= LONG_DIGITS_MIN && !is_closed_date(digits)).then_some(run)
        })
    })
}

/// A phone number whose first digit is at `start`, with the sign or bracket before it.
fn phone_at(text: &str, start: usize) -> Option<Range<usize>> {
    let groups = Groups::parse(text, start, 2);
    let before = text[..start].chars().next_back();
    let is_international = before == Some('+') && starts_word(text.as_bytes(), start - 1);
    let end = groups.longest(|lengths, digits| {
        if is_international {
            return PHONE_DIGITS.contains(&digits.len());
        }
        if is_date(lengths) {
            return false;
        }
        // An area code in brackets, as in Brazil and in North America.
        if before == Some('(') && lengths.len() >= 2 && lengths[0] <= 5 && TRUNK_DIGITS.contains(&digits.len()) {
            return true;
        }
        match digits {
            [0, 0, 1..=9, rest @ ..] => PHONE_DIGITS.contains(&(rest.len() + 1)) && rest.len() >= 7,
            [0, ..] => lengths.len() >= 2 && TRUNK_DIGITS.contains(&digits.len()),
            [2..=9, ..] => lengths == [3, 3, 4],
            [1, ..] => lengths == [1, 3, 3, 4],
            _ => false,
        }
    })?;
    let bracket = usize::from(is_international || before == Some('('));
    Some(start - bracket..end.end)
}

/// Groups of digits from one place on, with at most `gap_max` separators between two.
struct Groups {
    start: usize,
    digits: Vec<u8>,
    lengths: Vec<usize>,
    ends: Vec<usize>,
}

impl Groups {
    /// Reads at most [`GROUPED_DIGITS_MAX`] digits; a group that ends inside a word does not count.
    fn parse(text: &str, start: usize, gap_max: usize) -> Groups {
        let bytes = text.as_bytes();
        let mut groups = Groups {
            start,
            digits: Vec::new(),
            lengths: Vec::new(),
            ends: Vec::new(),
        };
        let mut at = start;
        loop {
            let left = GROUPED_DIGITS_MAX - groups.digits.len();
            let length = bytes[at..]
                .iter()
                .take(left + 1)
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            step(length + 1);
            if length == 0 || length > left || !ends_word(bytes, at + length) {
                return groups;
            }
            groups
                .digits
                .extend(bytes[at..at + length].iter().map(|byte| byte - b'0'));
            at += length;
            groups.lengths.push(length);
            groups.ends.push(at);
            at += bytes[at..]
                .iter()
                .take(gap_max)
                .take_while(|byte| is_separator(**byte))
                .count();
        }
    }

    /// The range of the most leading groups whose lengths and digits are wanted.
    fn longest(&self, wanted: impl Fn(&[usize], &[u8]) -> bool) -> Option<Range<usize>> {
        (1..=self.lengths.len()).rev().find_map(|count| {
            let lengths = &self.lengths[..count];
            let digits = &self.digits[..lengths.iter().sum()];
            wanted(lengths, digits).then(|| self.start..self.ends[count - 1])
        })
    }
}

/// The first match that begins at a digit which does not stand inside a word.
fn at_digit_words(text: &str, find: impl Fn(usize) -> Option<Range<usize>>) -> Option<Range<usize>> {
    runs(text, |byte| byte.is_ascii_digit())
        .filter(|run| starts_word(text.as_bytes(), run.start))
        .find_map(|run| find(run.start))
}

/// Groups of 3 to 6 digits; the last one has what is left.
fn has_card_groups(lengths: &[usize]) -> bool {
    let fits = |length: &usize| (3..=6).contains(length);
    lengths
        .split_last()
        .is_some_and(|(last, groups)| *last <= 6 && groups.iter().all(fits))
}

/// Two or more groups, the first no year, none a single digit as the last of an ISBN: all of three digits or more, or one
/// of four or more, or the 3-2-4 of a social security number.
fn is_long_in_groups(lengths: &[usize], digits: &[u8]) -> bool {
    let begins_with_year = lengths[0] == 4 && matches!(digits, [1, 9, ..] | [2, 0, ..]);
    let long = lengths.len() >= 2 && digits.len() >= LONG_GROUPED_DIGITS_MIN;
    let fits = |length_min: usize| lengths.iter().all(|length| *length >= length_min);
    let has_long_group = fits(2) && lengths.iter().any(|length| *length >= 4) && !is_date(lengths);
    long && !begins_with_year && (lengths == [3, 2, 4] || fits(3) || has_long_group)
}

/// A date in groups, perhaps with more behind it.
fn is_date(lengths: &[usize]) -> bool {
    matches!(lengths, [4, 1..=2, 1..=2, ..] | [1..=2, 1..=2, 4, ..])
}

/// A day of this century as eight digits, year first. Earlier ones are rather birthdays, and go.
fn is_closed_date(digits: &str) -> bool {
    let between =
        |range: Range<usize>, low: &str, high: &str| digits.get(range).is_some_and(|part| (low..=high).contains(&part));
    digits.len() == 8 && digits.starts_with("20") && between(4..6, "01", "12") && between(6..8, "01", "31")
}

/// ISO/IEC 7812-1, annex B.
fn has_luhn_digit(digits: &[u8]) -> bool {
    let weigh = |(place, digit): (usize, &u8)| match (place % 2, *digit) {
        (1, 5..) => u32::from(*digit) * 2 - 9,
        (1, _) => u32::from(*digit) * 2,
        _ => u32::from(*digit),
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

/// ISO 13616: two letters, two digits, and all of it, with these four moved to the end, is 1 modulo 97.
fn has_iban_sum(chars: &[u8]) -> bool {
    let [a, b, c, d, rest @ ..] = chars else {
        return false;
    };
    let begins = a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit();
    if !begins || !IBAN_CHARS.contains(&chars.len()) {
        return false;
    }
    let sum = rest.iter().chain(&chars[..4]).fold(0, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        letter => (sum * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    sum == 1
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'_' | b'+' | b'(' | b')')
}
