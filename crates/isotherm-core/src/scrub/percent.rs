//! What a text says once all its percent-encodings are taken off, to any depth that sites reach by mistake.

/// Rounds of decoding. `%2540` takes one, however many `25` stand in it; text whose every byte was encoded three times
/// takes three. What is still encoded then is not looked into further.
const ROUNDS_MAX: usize = 4;

/// The text decoded, or `None` if nothing in it is encoded. What does not decode to text, control characters and what
/// is left after [`ROUNDS_MAX`] become U+FFFD: the result has no percent-encoding, and is read, hardly ever stored.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut current = once(text)?;
    for _ in 1..ROUNDS_MAX {
        match once(&current) {
            Some(next) => current = next,
            None => return Some(current),
        }
    }
    Some(if once(&current).is_some() {
        current.replace('%', "\u{FFFD}")
    } else {
        current
    })
}

/// One round: `%hh`, `%25hh`, `%2525hh`… each in one step.
fn once(text: &str) -> Option<String> {
    super::text::step(text.len());
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut found = false;
    let mut at = 0;
    while at < bytes.len() {
        match escape(&bytes[at..]) {
            Some((byte, length)) => {
                found = true;
                decoded.push(byte);
                at += length;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    found.then(|| String::from_utf8_lossy(&decoded).chars().map(clean).collect())
}

/// The byte with which a text begins in percent-encoding, and how many bytes that takes. Each `25` is read once more
/// where no digits follow the last one, so the work is twice the length at most.
fn escape(bytes: &[u8]) -> Option<(u8, usize)> {
    if bytes.first() != Some(&b'%') {
        return None;
    }
    let depth = bytes[1..].chunks_exact(2).take_while(|pair| *pair == b"25").count();
    super::text::step(depth);
    let digits = |at: usize| std::str::from_utf8(bytes.get(at..at + 2)?).ok();
    let byte = |at: usize| {
        let digits = digits(at).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok()
    };
    let deep = byte(1 + 2 * depth).map(|byte| (byte, 3 + 2 * depth));
    deep.or_else(|| (depth > 0).then_some((b'%', 1 + 2 * depth)))
}
