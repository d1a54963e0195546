//! Rules by position: after some words of a path stands a person or a secret, whatever it looks like.

use std::ops::Range;

use super::Setting;
use super::text::leading_placeholder;

/// Words before a person.
const PERSON_WORDS: [&str; 23] = [
    "user",
    "users",
    "u",
    "profile",
    "profiles",
    "member",
    "members",
    "account",
    "accounts",
    "my-account",
    "customer",
    "customers",
    "employee",
    "employees",
    "guest",
    "guests",
    "patient",
    "patients",
    "person",
    "student",
    "students",
    "subscriber",
    "subscribers",
];

/// Words before a secret that opens something for one person.
const SECRET_WORDS: [&str; 22] = [
    "invite",
    "invites",
    "invitation",
    "invitations",
    "reset",
    "reset-password",
    "password-reset",
    "verify",
    "verify-email",
    "verification",
    "confirm",
    "confirm-email",
    "confirmation",
    "unsubscribe",
    "activate",
    "activation",
    "magic",
    "magic-link",
    "share",
    "shared",
    "token",
    "tokens",
];

/// Words that name a page of everybody, also after the words above.
const PAGE_WORDS: [&str; 41] = [
    "address",
    "addresses",
    "billing",
    "complete",
    "contact",
    "delete",
    "done",
    "edit",
    "email",
    "error",
    "expired",
    "faq",
    "favorites",
    "help",
    "home",
    "index.html",
    "login",
    "logout",
    "me",
    "new",
    "notifications",
    "orders",
    "password",
    "payment",
    "preferences",
    "privacy",
    "profile",
    "register",
    "returns",
    "reviews",
    "security",
    "sent",
    "service",
    "settings",
    "signin",
    "signup",
    "stories",
    "subscriptions",
    "success",
    "support",
    "testimonials",
];

/// Where what is replaced stands.
pub(super) enum Standing {
    /// After a word of [`PERSON_WORDS`].
    PersonWord,
    /// After a word of [`SECRET_WORDS`].
    SecretWord,
    /// After `@` or `~`, the first character of a segment.
    Sign,
}

impl Standing {
    /// What to replace in a segment that follows `word_before`.
    pub(super) fn find(&self, segment: &str, word_before: &str, setting: Setting) -> Option<Range<usize>> {
        let end = || segment.find(|c| closes(c, setting)).unwrap_or(segment.len());
        let after = |words: &[&str]| {
            let range = 0..is_one_of(words, word_before).then(end)?;
            (!range.is_empty() && !is_page_word(&segment[range.clone()])).then_some(range)
        };
        match self {
            Standing::PersonWord => after(&PERSON_WORDS),
            Standing::SecretWord => after(&SECRET_WORDS),
            // A lone sign names nobody.
            Standing::Sign => Some(1..segment.starts_with(['@', '~']).then(end)?).filter(|range| !range.is_empty()),
        }
    }
}

/// What a following segment takes for the word before it.
pub(super) fn last_word(segment: &str, setting: Setting) -> &str {
    segment
        .rsplit(|c| closes(c, setting) || opens(c, setting))
        .next()
        .unwrap_or(segment)
}

/// Whether a found text is already nothing but placeholders, the rule's own first.
pub(super) fn is_done(found: &str, placeholder: &str) -> bool {
    let Some(mut rest) = found.strip_prefix(placeholder) else {
        return false;
    };
    while let Some(next) = leading_placeholder(rest) {
        rest = &rest[next.len()..];
    }
    rest.is_empty()
}

/// A word that is no name: of all the lists, so that `/user/reset/x` hides `x`.
fn is_page_word(text: &str) -> bool {
    is_one_of(&PERSON_WORDS, text) || is_one_of(&SECRET_WORDS, text) || is_one_of(&PAGE_WORDS, text)
}

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A character of a selector that ends a path inside it.
fn closes(c: char, setting: Setting) -> bool {
    setting == Setting::Selector && matches!(c, '"' | '\'' | ']' | ')' | '>' | '?' | '#' | '&' | ',' | ' ')
}

/// A character of a selector after which a path begins.
fn opens(c: char, setting: Setting) -> bool {
    setting == Setting::Selector && matches!(c, '=' | '(' | '[')
}
