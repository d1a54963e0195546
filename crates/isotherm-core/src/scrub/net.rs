//! Network addresses written out in a path, e.g. of a router's own pages or a lookup tool.

use std::ops::Range;

use super::text::{ends_word, runs, starts_word};

/// The first IPv4 or IPv6 address. `v1.2.3.4` is a version: its first number stands in a word.
pub(super) fn address(text: &str) -> Option<Range<usize>> {
    runs(text, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')).find_map(|run| {
        let shifted = |range: Range<usize>| run.start + range.start..run.start + range.end;
        let version_4 = || runs(&text[run.clone()], |byte| byte.is_ascii_digit() || byte == b'.').map(shifted);
        let version_6 = || runs(&text[run.clone()], |byte| byte != b'.').map(shifted);
        let found = version_4().find_map(|part| four_octets(text, part));
        let found = found.map(|range| mapped(text, &run, range));
        found.or_else(|| version_6().find_map(|part| groups(text, part)))
    })
}

/// An IPv4 address at the end of an IPv6 one (`::ffff:192.0.2.1`), whole.
fn mapped(text: &str, run: &Range<usize>, range: Range<usize>) -> Range<usize> {
    let before = &text[run.start..range.start];
    match before.rfind("::") {
        Some(at) if before.ends_with(':') => run.start + at..range.end,
        _ => range,
    }
}

/// Four decimal numbers up to 255, and not a part of five.
fn four_octets(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let range = trimmed(text, run, ".")?;
    let parts = text[range.clone()].split('.');
    let is_octet = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok();
    let is_address = parts.clone().count() == 4 && parts.clone().all(is_octet);
    (is_address && stands_alone(text, &range)).then_some(range)
}

/// Eight hexadecimal groups, or two to seven with one `::` (RFC 4291, 2.2). Without a digit it is rather a pair of
/// words, as in `add::feed`.
fn groups(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let range = match text[run.clone()].starts_with("::") || text[run.clone()].ends_with("::") {
        true => run,
        false => trimmed(text, run, ":")?,
    };
    let address = &text[range.clone()];
    let groups = address.split(':').filter(|group| !group.is_empty());
    let fits = groups.clone().all(|group| group.len() <= 4);
    let counts = match address.matches("::").count() {
        0 => groups.count() == 8,
        1 => (2..=7).contains(&groups.count()) && address.bytes().any(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    (fits && counts && stands_alone(text, &range)).then_some(range)
}

/// The range without these characters at both ends, unless nothing is left.
fn trimmed(text: &str, range: Range<usize>, edge: &str) -> Option<Range<usize>> {
    let run = &text[range.clone()];
    let left = run.len() - run.trim_start_matches(edge).len();
    let kept = run.trim_matches(|c| edge.contains(c)).len();
    (kept > 0).then_some(range.start + left..range.start + left + kept)
}

fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    starts_word(text.as_bytes(), range.start) && ends_word(text.as_bytes(), range.end)
}
