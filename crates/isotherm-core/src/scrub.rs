//! Personal data in paths and selectors, replaced by typed placeholders before anything is stored.
//!
//! [`RULES`] is the whole of it, in the order in which the rules are applied: what an earlier rule has claimed, a later
//! one does not see. A text is cut at `/` into segments. The first three rules look at where a segment stands (after
//! `/user/` stands a name, whatever it looks like); all others look at what stands in it.
//!
//! **Idempotent by construction.** A placeholder in the input is left as it is. A segment is scrubbed in rounds until
//! a round changes nothing; one that still changes in round [`ROUNDS_MAX`] becomes `:token` as a whole.
//!
//! **Linear by construction.** A round applies each rule once, each rule passes over the text once, and at every byte
//! it looks ahead by a constant (the longest phone number, card or IBAN) or over a run that it then skips. The
//! number of rules and of rounds is constant. Most texts cost one pass: each rule says what a text must have for it to
//! find anything at all, and a text that has none of it is left at once.
//!
//! What no rule knows (a name in a headline) is not seen here: such a path stays hidden until ten page views have it.

mod email;
mod net;
mod number;
mod position;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::borrow::Cow;
use std::ops::Range;

use rules::Seeks;
use text::{Piece, Profile};

pub use rules::{PLACEHOLDERS, RULES, Rule};

/// Rounds per segment. One is the rule; a second one happens when a replacement uncovers another match.
pub const ROUNDS_MAX: usize = 4;

/// A path, decoded, without what is personal. Borrowed where nothing was found.
pub fn scrub_path(path: &str) -> Cow<'_, str> {
    scrub(path, Setting::Path, |_| true)
}

/// A selector (ids, names, attribute values) without what is personal. Borrowed where nothing was found.
pub fn scrub_anchor(anchor: &str) -> Cow<'_, str> {
    scrub(anchor, Setting::Selector, |_| true)
}

/// Where a segment may begin and end: in a selector also at quotes and brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    Path,
    Selector,
}

/// The text scrubbed by the rules that `wanted` lets through.
fn scrub(text: &str, setting: Setting, wanted: fn(&Rule) -> bool) -> Cow<'_, str> {
    let mut scrubbed = String::with_capacity(text.len());
    let mut changed = false;
    let mut before = 0..0;
    for (index, segment) in text.split('/').enumerate() {
        if index > 0 {
            scrubbed.push('/');
        }
        let start = scrubbed.len();
        let word_before = position::last_word(&scrubbed[before.clone()], setting);
        let standing = find_by_standing(segment, word_before, (setting, wanted));
        let rest = match standing {
            Some((range, replacement)) => {
                changed |= segment[range.clone()] != *replacement;
                scrubbed.push_str(&segment[..range.start]);
                scrubbed.push_str(replacement);
                &segment[range.end..]
            }
            None => segment,
        };
        changed |= scrub_text(&mut scrubbed, rest, wanted);
        // An empty segment does not part a name from the word before it: servers read // as /.
        if scrubbed.len() > start {
            before = start..scrubbed.len();
        }
    }
    if changed {
        Cow::Owned(scrubbed)
    } else {
        Cow::Borrowed(text)
    }
}

/// What the first rule by position that applies finds in a segment, and what is to stand there.
fn find_by_standing<'a>(
    segment: &'a str,
    word_before: &str,
    (setting, wanted): (Setting, fn(&Rule) -> bool),
) -> Option<(Range<usize>, &'a str)> {
    RULES.iter().filter(|rule| wanted(rule)).find_map(|rule| {
        let Seeks::Standing(standing) = &rule.seeks else {
            return None;
        };
        let range = standing.find(segment, word_before, setting)?;
        let found = &segment[range.clone()];
        let is_done = position::is_done(found, rule.placeholder);
        Some((range, if is_done { found } else { rule.placeholder }))
    })
}

/// Appends a text to `out`, scrubbed by what stands in it; whether anything was replaced.
fn scrub_text(out: &mut String, text: &str, wanted: fn(&Rule) -> bool) -> bool {
    let mut current = Cow::Borrowed(text);
    for _ in 0..ROUNDS_MAX {
        match round(&current, wanted) {
            Some(next) => current = Cow::Owned(next),
            None => {
                out.push_str(&current);
                return matches!(current, Cow::Owned(_));
            }
        }
    }
    out.push_str(":token");
    true
}

/// Every rule once, each over what the rules before it left; `None` if none found anything.
fn round(text: &str, wanted: fn(&Rule) -> bool) -> Option<String> {
    let profile = Profile::of(text);
    let mut pieces = None;
    let mut found = false;
    for rule in RULES.iter().filter(|rule| wanted(rule)) {
        let Seeks::Text { needs, find } = rule.seeks else {
            continue;
        };
        if !needs(&profile) {
            continue;
        }
        let cut = pieces.take().unwrap_or_else(|| text::pieces(text));
        let finds = cut
            .iter()
            .any(|piece| matches!(piece, Piece::Text(text) if find(text).is_some()));
        found |= finds;
        pieces = Some(match finds {
            true => cut
                .into_iter()
                .flat_map(|piece| replaced(piece, find, rule.placeholder))
                .collect(),
            false => cut,
        });
    }
    pieces
        .filter(|_| found)
        .map(|pieces| pieces.iter().map(Piece::as_str).collect())
}

/// A piece with every match replaced.
fn replaced<'a>(piece: Piece<'a>, find: fn(&str) -> Option<Range<usize>>, placeholder: &'static str) -> Vec<Piece<'a>> {
    let Piece::Text(mut rest) = piece else {
        return vec![piece];
    };
    let mut pieces = Vec::new();
    while let Some(range) = find(rest) {
        if range.start > 0 {
            pieces.push(Piece::Text(&rest[..range.start]));
        }
        pieces.push(Piece::Placeholder(placeholder));
        rest = &rest[range.end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}
