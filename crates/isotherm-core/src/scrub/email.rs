//! E-mail addresses, plain and in base64.

use std::ops::Range;

use super::text::{is_word, runs, step};

/// Shortest base64 text that is looked into, in characters: nine bytes hold the shortest address.
const BASE64_CHARS_MIN: usize = 12;

/// Names of fields whose value is an address. Before any other `=`, what stands there counts as part of the address.
const FIELDS: [&str; 30] = [
    "email",
    "mail",
    "e-mail",
    "address",
    "to",
    "from",
    "cc",
    "bcc",
    "user",
    "username",
    "login",
    "account",
    "name",
    "id",
    "q",
    "s",
    "query",
    "search",
    "ref",
    "sid",
    "list",
    "key",
    "contact",
    "recipient",
    "sender",
    "subject",
    "u",
    "m",
    "e",
    "r",
];

/// The first e-mail address: `local@host`, where the `@` may be percent-encoded, also more than once.
pub(super) fn plain(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // Local parts do not reach over the sign before: together the passes to the left read each byte once.
    let mut floor = 0;
    while let Some(sign) = next_sign(bytes, floor) {
        let local = bytes[floor..sign.start]
            .iter()
            .rev()
            .take_while(|byte| is_local(**byte))
            .count();
        step(local);
        let host = host_length(&text[sign.end..]);
        if local > 0 && host > 0 {
            return Some(sign.start - local..sign.end + host);
        }
        floor = sign.end;
    }
    None
}

/// The first base64 text (either alphabet) that says an e-mail address, alone or among other printable text.
pub(super) fn base64(text: &str) -> Option<Range<usize>> {
    for run in runs(text, is_base64) {
        if run.len() < BASE64_CHARS_MIN {
            continue;
        }
        if says_email(&text[run.clone()]) {
            let padding = text[run.end..].bytes().take(2).take_while(|byte| *byte == b'=').count();
            return Some(run.start..run.end + padding);
        }
        let mut words = runs(&text[run.clone()], |byte| byte.is_ascii_alphanumeric());
        if let Some(word) =
            words.find(|word| word.len() >= BASE64_CHARS_MIN && says_email(&text[run.clone()][word.clone()]))
        {
            return Some(run.start + word.start..run.start + word.end);
        }
    }
    None
}

/// The next `@`, `%40`, `%2540`, `%252540`… at or after `from`.
fn next_sign(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while at < bytes.len() {
        step(1);
        if bytes[at] == b'@' {
            return Some(at..at + 1);
        }
        let start = at;
        at += 1;
        if bytes[start] == b'%' {
            while bytes[at..].starts_with(b"25") {
                at += 2;
            }
            if bytes[at..].starts_with(b"40") {
                return Some(start..at + 2);
            }
        }
    }
    None
}

/// The length of the host with which a text begins, 0 if there is none. A host has a label of letters only, which
/// `react@18.2.0` has not, and is not the density of a picture (`logo@2x.png`).
fn host_length(text: &str) -> usize {
    let run = text
        .bytes()
        .take_while(|byte| is_word(*byte) || matches!(byte, b'-' | b'.'))
        .count();
    step(run);
    let host = text[..run].trim_end_matches(['-', '.']);
    let first = host.split('.').next().unwrap_or(host);
    let is_density = first
        .strip_suffix('x')
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_letters = |label: &str| label.len() >= 2 && label.chars().all(char::is_alphabetic);
    let is_host = !is_density && (host.starts_with(char::is_alphabetic) || host.split('.').any(is_letters));
    if is_host { host.len() } else { 0 }
}

/// How many bytes at the end of a text belong to the local part of the address that follows it, because they end in a
/// sign that a local part may hold (`=`, `&`, `?`, `#`) and that no field's name stands before.
pub(super) fn local_rest(text: &str) -> usize {
    if !text.ends_with(is_parting) {
        return 0;
    }
    let rest = text.len()
        - text
            .trim_end_matches(|c: char| is_parting(c) || !c.is_ascii() || is_local(c as u8))
            .len();
    let run = &text[text.len() - rest..];
    let mut fields = run.match_indices('=').map(|(at, _)| at).rev();
    let field = fields.find(|at| is_field(&run[..*at]));
    rest - field.map_or(0, |at| at + 1)
}

/// Whether a text ends in the name of a field.
fn is_field(text: &str) -> bool {
    let name = text.rsplit(is_parting).next().unwrap_or(text);
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

const fn is_parting(c: char) -> bool {
    matches!(c, '=' | '&' | '?' | '#')
}

/// Whether base64 decodes to text with an address in it.
fn says_email(encoded: &str) -> bool {
    super::encoded::decode_base64(encoded).is_some_and(|decoded| plain(&decoded).is_some())
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_')
}

/// The characters of a local part (RFC 5322, 3.2.3, and letters beyond ASCII) without `=`, `&`, `?`, `#` and `/`,
/// which part the fields of an address from each other far more often than they stand in a mailbox.
const fn is_local(byte: u8) -> bool {
    is_word(byte)
        || matches!(
            byte,
            b'.' | b'_' | b'+' | b'-' | b'\'' | b'%' | b'!' | b'$' | b'*' | b'^' | b'`' | b'{' | b'|' | b'}' | b'~'
        )
}
