//! Eight ways in which a text gets into a path.

use std::fmt::Write;

/// One of them.
pub(crate) struct Encoding {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// What it is, for the document.
    pub(crate) what: &'static str,
    /// The text as it stands in the URL that the browser sends.
    pub(crate) write: fn(&str) -> String,
}

/// All eight.
pub(crate) const ENCODINGS: [Encoding; 8] = [
    Encoding {
        name: "plain",
        what: "as a URL parser leaves it: only what the WHATWG path percent-encode set names is escaped",
        write: plain,
    },
    Encoding {
        name: "component",
        what: "as `encodeURIComponent` does, hexadecimal digits in capitals",
        write: component,
    },
    Encoding {
        name: "every byte",
        what: "every byte percent-encoded, hexadecimal digits in small letters",
        write: every_byte,
    },
    Encoding {
        name: "twice",
        what: "`encodeURIComponent` of `encodeURIComponent`",
        write: |text| component(&component(text)),
    },
    Encoding {
        name: "form",
        what: "as a form does (`application/x-www-form-urlencoded`): a space is a plus",
        write: form,
    },
    Encoding {
        name: "base64url",
        what: "RFC 4648, section 5, without padding",
        write: |text| base64(text.as_bytes(), b"-_"),
    },
    Encoding {
        name: "base64",
        what: "RFC 4648, section 4, with padding, then `encodeURIComponent`",
        write: |text| component(&padded(base64(text.as_bytes(), b"+/"))),
    },
    Encoding {
        name: "hex",
        what: "RFC 4648, section 8, in small letters",
        write: |text| hex(text.as_bytes()),
    },
];

/// Base64 without padding.
pub(crate) fn base64(bytes: &[u8], last_two: &[u8; 2]) -> String {
    let mut alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').collect();
    alphabet.extend(last_two);
    let letter = |bits: u32| char::from(alphabet[bits as usize & 63]);
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        text.extend((0..=chunk.len()).map(|at| letter(bits >> (18 - 6 * at))));
    }
    text
}

/// Base64 with the padding that it needs.
pub(crate) fn padded(base64: String) -> String {
    let padding = (4 - base64.len() % 4) % 4;
    base64 + &"=".repeat(padding)
}

/// Two digits per byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Percent-decoded once.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).expect("what was encoded here is text")
}

/// Percent-encodes the bytes that are not `kept`.
fn escaped(text: &str, kept: fn(u8) -> bool) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if kept(byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// What a page's own script would write without a thought, and the URL parser then escapes; a slash, a question mark and
/// a number sign are escaped as well, or they would not be part of this text.
fn plain(text: &str) -> String {
    escaped(text, |byte| byte.is_ascii_graphic() && !b"\"#<>?`{}^%/".contains(&byte))
}

/// ECMA-262, encodeURIComponent.
fn component(text: &str) -> String {
    escaped(text, |byte| {
        byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
    })
}

fn every_byte(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        // Writing into a string cannot fail.
        let _ = write!(out, "%{byte:02x}");
        out
    })
}

/// WHATWG URL, section 5.2.
fn form(text: &str) -> String {
    escaped(text, |byte| byte.is_ascii_alphanumeric() || b"*-._ ".contains(&byte)).replace(' ', "+")
}
