//! The path of a page in the one form in which it is stored, shown and asked for.
//!
//! What a browser sends and what an analyst types go through the same steps, so that a page has one name:
//!
//! 1. everything from the first `?` or `#` on is dropped;
//! 2. percent signs are decoded once; a `%` that no two hexadecimal digits follow stands for itself, as in browsers;
//! 3. `.` and `..` segments are resolved, trailing slashes are removed (not from the root); case and `//` are kept,
//!    because to a server they can be different pages;
//! 4. the text is scrubbed (see [`crate::scrub`]);
//! 5. `%`, `?` and `#` are written `%25`, `%3F` and `%23` again, and nothing else is.
//!
//! Step 5 is what makes the stored form its own name: without it, a path that holds a percent sign would be decoded
//! a second time when it is asked for, and its page would not be found.

use std::borrow::Cow;
use std::fmt;

use crate::scrub::scrub_path;

/// Longest path in bytes, both after decoding and as stored. A longer one is malformed: real paths are far shorter,
/// and cutting it would join different pages under one name.
pub const PATH_BYTES_MAX: usize = 1_024;

/// A path in its stored form: starts with `/`, at most [`PATH_BYTES_MAX`] bytes, no query, no control character,
/// scrubbed. Normalising it again changes nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PagePath(String);

/// Why a text is not the path of a page. No variant repeats the text: it may hold what must not be logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// It is empty or a full URL; host and user-info are never taken.
    #[error("a path starts with a slash")]
    NotAbsolute,
    /// See [`PATH_BYTES_MAX`].
    #[error("a path is longer than {PATH_BYTES_MAX} bytes")]
    TooLong,
    /// The decoded bytes are not text.
    #[error("a path is not UTF-8 once it is decoded")]
    NotUtf8,
    /// A control character, plain or encoded. Replacing it would join pages, showing it could forge a log line.
    #[error("a path holds a control character")]
    Control,
}

impl PagePath {
    /// The stored form of a path, in time linear in its length.
    ///
    /// # Errors
    /// [`PathError`] says what is wrong with it; such a path is malformed to ingest and a bad parameter to query.
    pub fn normalise(raw: &str) -> Result<PagePath, PathError> {
        if !raw.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        let path = raw.split(['?', '#']).next().unwrap_or(raw);
        let decoded = decode_once(path)?;
        if decoded.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        let stored = encode(scrub_path(&resolve(&decoded)));
        if stored.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        Ok(PagePath(stored))
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stored form, given away.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl AsRef<str> for PagePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Percent-decoded once; stops as soon as the result grows past [`PATH_BYTES_MAX`].
fn decode_once(path: &str) -> Result<Cow<'_, str>, PathError> {
    if !path.contains('%') {
        return if path.len() > PATH_BYTES_MAX {
            Err(PathError::TooLong)
        } else {
            Ok(Cow::Borrowed(path))
        };
    }
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len().min(PATH_BYTES_MAX));
    let mut at = 0;
    while at < bytes.len() {
        if decoded.len() == PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        match escaped_byte(&bytes[at..]) {
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
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| PathError::NotUtf8)
}

/// The byte that a leading `%hh` stands for.
fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Dot segments resolved and trailing slashes removed. The input starts with `/`, and so does the output.
fn resolve(path: &str) -> Cow<'_, str> {
    if !path.contains("/.") && !path.ends_with('/') {
        return Cow::Borrowed(path);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            // Above the root there is only the root, as in RFC 3986, 5.2.4.
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    while segments.last() == Some(&"") {
        segments.pop();
    }
    let mut resolved = String::with_capacity(path.len());
    for segment in &segments {
        resolved.push('/');
        resolved.push_str(segment);
    }
    if resolved.is_empty() {
        resolved.push('/');
    }
    Cow::Owned(resolved)
}

/// The characters that normalising gives a meaning, escaped.
fn encode(path: Cow<'_, str>) -> String {
    if !path.contains(['%', '?', '#']) {
        return path.into_owned();
    }
    let mut encoded = String::with_capacity(path.len() + 16);
    for character in path.chars() {
        match character {
            '%' => encoded.push_str("%25"),
            '?' => encoded.push_str("%3F"),
            '#' => encoded.push_str("%23"),
            _ => encoded.push(character),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(raw: &str) -> String {
        PagePath::normalise(raw)
            .unwrap_or_else(|error| panic!("{raw:?}: {error}"))
            .into_string()
    }

    #[test]
    fn a_page_has_one_name() {
        for (raw, expected) in [
            ("/", "/"),
            ("/shop", "/shop"),
            ("/shop/", "/shop"),
            ("/shop///", "/shop"),
            ("//", "/"),
            ("/Shop/Tea", "/Shop/Tea"),
            ("/a//b", "/a//b"),
            ("/a/./b/../c", "/a/c"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/a/%2e%2E/b", "/b"),
            ("/shop?utm_source=x#top", "/shop"),
            ("/shop#top?x", "/shop"),
            ("/tea%20pots", "/tea pots"),
            ("/caf%C3%A9", "/café"),
            ("/a%2Fb", "/a/b"),
            ("/100%", "/100%25"),
            ("/100%25", "/100%25"),
            ("/a%zz", "/a%25zz"),
            ("/what%3Fnow", "/what%3Fnow"),
            ("/c%23", "/c%23"),
            ("/a%2541", "/a%2541"),
            ("/jane%40example.com", "/:email"),
            ("/jane%2540example.com", "/:email"),
        ] {
            assert_eq!(stored(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for (raw, expected) in [
            ("", PathError::NotAbsolute),
            ("shop", PathError::NotAbsolute),
            ("https://shop.example/a", PathError::NotAbsolute),
            ("https://jane:secret@shop.example/a", PathError::NotAbsolute),
            ("?a=b", PathError::NotAbsolute),
            ("/a%00b", PathError::Control),
            ("/a\nb", PathError::Control),
            ("/a%0D%0Ab", PathError::Control),
            ("/a%C2%85b", PathError::Control),
            ("/a%ff", PathError::NotUtf8),
            ("/a%C3", PathError::NotUtf8),
        ] {
            assert_eq!(PagePath::normalise(raw), Err(expected), "{raw:?}");
        }
    }

    #[test]
    fn the_longest_path_is_taken_and_one_byte_more_is_not() {
        let longest = format!("/{}", "a ".repeat(PATH_BYTES_MAX / 2))[..PATH_BYTES_MAX].to_owned();
        assert_eq!(stored(&longest).len(), PATH_BYTES_MAX);
        assert_eq!(PagePath::normalise(&format!("{longest}a")), Err(PathError::TooLong));
        // Encoded three bytes count as the one they stand for, and the query does not count.
        assert_eq!(stored(&format!("{}?{longest}", longest.replace(' ', "%20"))), longest);
        // Escaping and scrubbing may lengthen a path; the bound holds for what is stored.
        assert_eq!(
            PagePath::normalise(&format!("/{}", "%".repeat(400))),
            Err(PathError::TooLong)
        );
        assert_eq!(PagePath::normalise(&"/u/a".repeat(250)), Err(PathError::TooLong));
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(raw in "/([a-z0-9A-Z/.%@:?#~_ é-]|%2[05F]|%40|%3F|/u/|\\.\\./){0,60}") {
            if let Ok(path) = PagePath::normalise(&raw) {
                prop_assert_eq!(PagePath::normalise(path.as_str()), Ok(path));
            }
        }

        #[test]
        fn any_text_is_a_bounded_path_or_an_error(raw in "\\PC{0,80}|/[\\x00-\\xff]{0,1100}") {
            if let Ok(path) = PagePath::normalise(&raw) {
                prop_assert!(path.as_str().starts_with('/'));
                prop_assert!(path.as_str().len() <= PATH_BYTES_MAX);
                prop_assert!(!path.as_str().contains(['?', '#']));
                prop_assert_eq!(PagePath::normalise(path.as_str()), Ok(path));
            }
        }
    }
}
