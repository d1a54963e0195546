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
mod encoded;
mod net;
mod number;
mod percent;
mod position;
mod random;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::borrow::Cow;
use std::ops::Range;

use rules::{Find, Seeks};
use text::{Piece, Profile};

pub use rules::{PLACEHOLDERS, RULES, Rule};

/// Rounds per segment. One is the rule; a second one happens when a replacement uncovers another match.
pub const ROUNDS_MAX: usize = 4;

/// A path, decoded, without what is personal. Borrowed where nothing was found.
pub fn scrub_path(path: &str) -> Cow<'_, str> {
    scrub_deep(path, Setting::Path)
}

/// A selector (ids, names, attribute values) without what is personal. Borrowed where nothing was found.
pub fn scrub_anchor(anchor: &str) -> Cow<'_, str> {
    scrub_deep(anchor, Setting::Selector)
}

/// Scrubbed by all rules, and by what it says once it is percent-decoded to the end: a text that hides something there
/// becomes the decoded text, scrubbed. One in which nothing is found stays as it is, percent signs and all.
fn scrub_deep(text: &str, setting: Setting) -> Cow<'_, str> {
    let mut current = Cow::Borrowed(text);
    for _ in 0..ROUNDS_MAX {
        let next = match percent::decoded(&current) {
            Some(decoded) => match scrub(&decoded, setting) {
                Cow::Owned(found) => Some(found),
                Cow::Borrowed(_) => owned(scrub(&current, setting)),
            },
            None => owned(scrub(&current, setting)),
        };
        match next {
            Some(next) if next != *current => current = Cow::Owned(next),
            _ => return current,
        }
    }
    Cow::Borrowed(if setting == Setting::Path { "/:token" } else { ":token" })
}

fn owned(scrubbed: Cow<'_, str>) -> Option<String> {
    match scrubbed {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// Where a segment may begin and end: in a selector also at quotes and brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    Path,
    Selector,
}

/// The text scrubbed once.
fn scrub(text: &str, setting: Setting) -> Cow<'_, str> {
    match across(text) {
        Some(joined) => Cow::Owned(scrub_segments(&joined, setting).into_owned()),
        None => scrub_segments(text, setting),
    }
}

/// What the rules find that look over slashes; `None` if nothing.
fn across(text: &str) -> Option<String> {
    let mut finds = RULES.iter().filter_map(|rule| match rule.seeks {
        Seeks::Across { find } if find(text).is_some() => Some((find, rule.placeholder)),
        _ => None,
    });
    // One rule looks over slashes; a second one would have to see what the first one left.
    let (find, placeholder) = finds.next()?;
    let cut = text::pieces(text)
        .into_iter()
        .flat_map(|piece| replaced(piece, find, placeholder));
    Some(cut.map(|piece| piece.as_str().to_owned()).collect())
}

/// The text scrubbed segment by segment.
fn scrub_segments(text: &str, setting: Setting) -> Cow<'_, str> {
    let mut scrubbed = String::with_capacity(text.len());
    let mut changed = false;
    let mut before = 0..0;
    for (index, segment) in text.split('/').enumerate() {
        if index > 0 {
            scrubbed.push('/');
        }
        let start = scrubbed.len();
        let word_before = position::last_word(&scrubbed[before.clone()], setting);
        let standing = find_by_standing(segment, word_before, setting);
        let rest = match standing {
            Some((range, replacement)) => {
                changed |= segment[range.clone()] != *replacement;
                scrubbed.push_str(&segment[..range.start]);
                scrubbed.push_str(replacement);
                &segment[range.end..]
            }
            None => segment,
        };
        changed |= scrub_text(&mut scrubbed, rest, setting);
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
fn find_by_standing<'a>(segment: &'a str, word_before: &str, setting: Setting) -> Option<(Range<usize>, &'a str)> {
    RULES.iter().find_map(|rule| {
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
fn scrub_text(out: &mut String, text: &str, setting: Setting) -> bool {
    let mut current = Cow::Borrowed(text);
    for _ in 0..ROUNDS_MAX {
        match round(&current, setting) {
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
fn round(text: &str, setting: Setting) -> Option<String> {
    let profile = Profile::of(text);
    let mut pieces = None;
    let mut found = false;
    for rule in &RULES {
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
    if setting == Setting::Path && text.contains([':', '@', '%']) {
        let cut = pieces.take().unwrap_or_else(|| text::pieces(text));
        let (cut, joined) = with_local_rests(cut);
        found |= joined;
        pieces = Some(cut);
    }
    pieces
        .filter(|_| found)
        .map(|pieces| pieces.iter().map(Piece::as_str).collect())
}

/// Takes what belongs to an e-mail address away from the text before it; whether there was any.
fn with_local_rests(mut pieces: Vec<Piece<'_>>) -> (Vec<Piece<'_>>, bool) {
    let mut joined = false;
    for at in 1..pieces.len() {
        if let (Piece::Text(text), Piece::Placeholder(":email")) = (&pieces[at - 1], &pieces[at]) {
            let rest = email::local_rest(text);
            joined |= rest > 0;
            pieces[at - 1] = Piece::Text(&text[..text.len() - rest]);
        }
    }
    (pieces, joined)
}

/// A piece with every match replaced.
fn replaced<'a>(piece: Piece<'a>, find: Find, placeholder: &'static str) -> Vec<Piece<'a>> {
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
