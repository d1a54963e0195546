//! The table: what is replaced, by what, and by whom.

use std::ops::Range;

use super::position::Standing;
use super::text::Profile;
use super::{email, encoded, net, number, random, token};

/// One line of the table.
pub struct Rule {
    /// Name in examples and documents.
    pub id: &'static str,
    /// What stands there afterwards.
    pub placeholder: &'static str,
    /// What it replaces, for people.
    pub replaces: &'static str,
    /// Whether the script does a part of it before anything leaves the page: the examples of this rule that
    /// schemas/examples/scrub.json marks `browser`. Ingest applies all rules, always.
    pub browser: bool,
    /// Whether it looks into encoded text; what it finds there is not looked into again.
    pub(super) decodes: bool,
    pub(super) seeks: Seeks,
}

/// How a rule finds what it replaces.
pub(super) enum Seeks {
    /// By where the segment stands.
    Standing(Standing),
    /// By what stands in a whole path, over its slashes.
    Across {
        /// The first match.
        find: Find,
    },
    /// By what stands in it.
    Text {
        /// What a text must have for `find` to find anything, from one pass over it that all rules share.
        needs: Needs,
        /// The first match in a text, as a byte range.
        find: Find,
    },
}

/// How a match in a text is found: the first one, as a byte range.
pub(super) type Find = fn(&str) -> Option<Range<usize>>;

/// A condition on a text.
type Needs = fn(&Profile) -> bool;

/// Every rule, in order.
pub const RULES: [Rule; 17] = [
    Rule {
        seeks: Seeks::Across {
            find: random::across_slashes,
        },
        ..standing(
            "random-base64",
            ":token",
            Standing::Sign,
            "random base64 that its slashes cut into segments",
        )
    },
    standing(
        "name",
        ":name",
        Standing::PersonWord,
        "the segment after /user/, /u/, /profile/, /member/, /account/ and their like",
    ),
    standing(
        "secret",
        ":token",
        Standing::SecretWord,
        "the segment after /invite/, /reset/, /verify/, /confirm/, /unsubscribe/ and their like",
    ),
    standing(
        "handle",
        ":name",
        Standing::Sign,
        "what follows @ or ~ at the start of a segment",
    ),
    in_the_script_too(text(
        "email",
        ":email",
        |has| has.signs > 0,
        email::plain,
        "an e-mail address, plain or with its @ percent-encoded any number of times",
    )),
    text(
        "jwt",
        ":token",
        |has| has.capitals > 0 && has.dots > 0,
        token::jwt,
        "a signed token: three base64url parts, the first begins eyJ",
    ),
    decoding(text(
        "email-base64",
        ":email",
        |has| has.longest_run >= 12 && has.capitals + has.digits > 0,
        email::base64,
        "an e-mail address in base64, also inside a longer base64 text",
    )),
    decoding(text(
        "encoded",
        ":token",
        |has| has.longest_run >= 8 && has.capitals + has.digits > 0,
        encoded::hidden,
        "anything that another rule would find, in base64 or hexadecimal",
    )),
    in_the_script_too(text(
        "uuid",
        ":uuid",
        |has| has.dashes >= 4 && has.bytes >= 36,
        token::uuid,
        "a UUID with dashes",
    )),
    text(
        "ulid",
        ":ulid",
        |has| has.digits > 0 && has.longest_word >= 26,
        token::ulid,
        "a ULID: 26 characters of Crockford's base32",
    ),
    text(
        "iban",
        ":iban",
        |has| has.digits >= 2 && has.bytes >= 15,
        number::iban,
        "an IBAN with a right check sum, closed or in groups of four",
    ),
    text(
        "card",
        ":card",
        |has| has.digits >= 13,
        number::card,
        "13 to 19 digits with a right Luhn digit, closed or in groups",
    ),
    text(
        "phone",
        ":phone",
        |has| has.digits >= 7,
        number::phone,
        "a number with + or 00, a trunk 0 and 9 to 12 digits in groups, or 3-3-4 digits",
    ),
    text(
        "ip",
        ":ip",
        |has| has.dots >= 3 || has.colons >= 2,
        net::address,
        "an IPv4 or IPv6 address",
    ),
    in_the_script_too(text(
        "hex",
        ":token",
        |has| has.longest_word >= 16,
        token::hex,
        "a word with 16 or more hexadecimal digits in a row",
    )),
    text(
        "random",
        ":token",
        |has| has.longest_run >= 16,
        random::random,
        "16 or more characters whose neighbours are those of random ones and not of words",
    ),
    in_the_script_too(text(
        "number",
        ":number",
        |has| has.digits >= 6,
        number::long,
        "6 or more digits in a row, or 9 or more in groups; dates and years stay",
    )),
];

/// Every placeholder, and the only texts that are taken for one in the input.
pub const PLACEHOLDERS: [&str; 10] = [
    ":email", ":uuid", ":ulid", ":token", ":number", ":phone", ":iban", ":card", ":ip", ":name",
];

/// A rule by position.
const fn standing(id: &'static str, placeholder: &'static str, standing: Standing, replaces: &'static str) -> Rule {
    Rule {
        id,
        placeholder,
        replaces,
        browser: false,
        decodes: false,
        seeks: Seeks::Standing(standing),
    }
}

/// A rule by text.
const fn text(id: &'static str, placeholder: &'static str, needs: Needs, find: Find, replaces: &'static str) -> Rule {
    Rule {
        id,
        placeholder,
        replaces,
        browser: false,
        decodes: false,
        seeks: Seeks::Text { needs, find },
    }
}

/// The same rule, of which the script does a part.
const fn in_the_script_too(rule: Rule) -> Rule {
    Rule { browser: true, ..rule }
}

/// A rule that looks into encoded text.
const fn decoding(rule: Rule) -> Rule {
    Rule { decodes: true, ..rule }
}
