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
//! number of rules and of rounds is constant.
//!
//! What no rule knows (a name in a headline) is not seen here: such a path stays hidden until ten page views have it.

mod email;
mod net;
mod number;
mod position;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::borrow::Cow;
use std::ops::Range;

use position::Standing;
use text::Piece;

/// Rounds per segment. One is the rule; a second one happens when a replacement uncovers another match.
pub const ROUNDS_MAX: usize = 4;

/// One line of the table.
pub struct Rule {
    /// Name in examples and documents.
    pub id: &'static str,
    /// What it replaces, for people.
    pub replaces: &'static str,
    /// What stands there afterwards.
    pub placeholder: &'static str,
    /// Whether the script applies it too, before anything leaves the page. Ingest applies all, always.
    pub browser: bool,
    seeks: Seeks,
}

/// How a rule finds what it replaces.
enum Seeks {
    /// By where the segment stands.
    Standing(Standing),
    /// By what stands in it: the first match in a text, as a byte range.
    Text(fn(&str) -> Option<Range<usize>>),
}

/// Every rule, in order.
pub const RULES: [Rule; 15] = [
    standing(
        "name",
        "the segment after /user/, /u/, /profile/, /member/, /account/ and their like",
        ":name",
        Standing::PersonWord,
    ),
    standing(
        "secret",
        "the segment after /invite/, /reset/, /verify/, /confirm/, /unsubscribe/ and their like",
        ":token",
        Standing::SecretWord,
    ),
    standing(
        "handle",
        "what follows @ or ~ at the start of a segment",
        ":name",
        Standing::Sign,
    ),
    in_browser(
        "email",
        "an e-mail address, plain or with its @ percent-encoded any number of times",
        ":email",
        email::plain,
    ),
    at_ingest(
        "email-base64",
        "an e-mail address in base64, also inside a longer base64 text",
        ":email",
        email::base64,
    ),
    in_browser(
        "jwt",
        "a signed token: three base64url parts, the first begins eyJ",
        ":token",
        token::jwt,
    ),
    in_browser("uuid", "a UUID with dashes", ":uuid", token::uuid),
    at_ingest(
        "ulid",
        "a ULID: 26 characters of Crockford's base32",
        ":ulid",
        token::ulid,
    ),
    in_browser(
        "iban",
        "an IBAN with a right check sum, closed or in groups of four",
        ":iban",
        number::iban,
    ),
    in_browser(
        "card",
        "13 to 19 digits with a right Luhn digit, closed or in groups",
        ":card",
        number::card,
    ),
    in_browser(
        "phone",
        "a number with + or 00, a trunk 0 and 9 to 12 digits in groups, or 3-3-4 digits",
        ":phone",
        number::phone,
    ),
    in_browser("ip", "an IPv4 or IPv6 address", ":ip", net::address),
    in_browser(
        "hex",
        "a word with 16 or more hexadecimal digits in a row",
        ":token",
        token::hex,
    ),
    at_ingest(
        "random",
        "20 or more characters that change between digits, small and capital letters as random ones do",
        ":token",
        token::random,
    ),
    in_browser(
        "number",
        "6 or more digits in a row, or 9 or more in groups; dates and years stay",
        ":number",
        number::long,
    ),
];

/// Every placeholder, and the only texts that are taken for one in the input.
pub const PLACEHOLDERS: [&str; 10] = [
    ":email", ":uuid", ":ulid", ":token", ":number", ":phone", ":iban", ":card", ":ip", ":name",
];

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
    let mut scrubbed = String::new();
    let mut changed = false;
    let mut word_before = String::new();
    for (index, segment) in text.split('/').enumerate() {
        if index > 0 {
            scrubbed.push('/');
        }
        let start = scrubbed.len();
        changed |= scrub_segment(&mut scrubbed, segment, &word_before, (setting, wanted));
        // An empty segment does not part a name from the word before it: servers read // as /.
        if scrubbed.len() > start {
            word_before = position::last_word(&scrubbed[start..], setting).to_owned();
        }
    }
    if changed {
        Cow::Owned(scrubbed)
    } else {
        Cow::Borrowed(text)
    }
}

/// Appends a segment to `out`, scrubbed; whether anything was replaced.
fn scrub_segment(
    out: &mut String,
    segment: &str,
    word_before: &str,
    (setting, wanted): (Setting, fn(&Rule) -> bool),
) -> bool {
    for rule in RULES.iter().filter(|rule| wanted(rule)) {
        let Seeks::Standing(ref standing) = rule.seeks else {
            continue;
        };
        let Some(range) = standing.find(segment, word_before, setting) else {
            continue;
        };
        let found = &segment[range.clone()];
        let done = position::is_done(found, rule.placeholder);
        out.push_str(&segment[..range.start]);
        out.push_str(if done { found } else { rule.placeholder });
        return scrub_text(out, &segment[range.end..], wanted) || !done;
    }
    scrub_text(out, segment, wanted)
}

/// Appends a text to `out`, scrubbed by what stands in it; whether anything was replaced.
fn scrub_text(out: &mut String, text: &str, wanted: fn(&Rule) -> bool) -> bool {
    if text::is_plain(text) {
        out.push_str(text);
        return false;
    }
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
    let mut pieces = text::pieces(text);
    let mut found = false;
    for rule in RULES.iter().filter(|rule| wanted(rule)) {
        let Seeks::Text(find) = rule.seeks else {
            continue;
        };
        if pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Text(text) if find(text).is_some()))
        {
            found = true;
            pieces = pieces
                .into_iter()
                .flat_map(|piece| replaced(piece, find, rule.placeholder))
                .collect();
        }
    }
    found.then(|| pieces.iter().map(Piece::as_str).collect())
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

/// A rule by position. The script applies these too: they are short, and they know best.
const fn standing(id: &'static str, replaces: &'static str, placeholder: &'static str, standing: Standing) -> Rule {
    Rule {
        id,
        replaces,
        placeholder,
        browser: true,
        seeks: Seeks::Standing(standing),
    }
}

/// A rule by text that the script applies too.
const fn in_browser(
    id: &'static str,
    replaces: &'static str,
    placeholder: &'static str,
    find: fn(&str) -> Option<Range<usize>>,
) -> Rule {
    Rule {
        id,
        replaces,
        placeholder,
        browser: true,
        seeks: Seeks::Text(find),
    }
}

/// A rule by text that ingest alone applies: too long for a small script.
const fn at_ingest(
    id: &'static str,
    replaces: &'static str,
    placeholder: &'static str,
    find: fn(&str) -> Option<Range<usize>>,
) -> Rule {
    Rule {
        id,
        replaces,
        placeholder,
        browser: false,
        seeks: Seeks::Text(find),
    }
}
