//! The user agent in a type that can do nothing with it but say whether it is a bot.

use std::marker::PhantomData;

use actix_web::HttpRequest;
use actix_web::http::header;
use zeroize::Zeroize;

use crate::bots;

/// Bytes of a user agent that are looked at. What stands behind them is not read: no browser's is that long.
const AGENT_BYTES_MAX: usize = 1_024;

/// The user agent of one request, for one call.
///
/// It implements neither `Debug`, `Display`, `Clone`, `Hash`, `PartialEq` nor any serialisation, it is bound to the call and
/// to the thread, and our copy of its bytes is overwritten when it is dropped.
pub struct UserAgent<'call> {
    /// UTF-8, in a buffer that never grew: growing would leave a copy behind.
    text: Vec<u8>,
    /// Neither `'static` nor `Send`: what cannot leave the call cannot be kept.
    bound: PhantomData<(&'call (), *const ())>,
}

impl<'call> UserAgent<'call> {
    /// All fields of a request in turn; what is no text is read as far as it is.
    pub fn all_of(request: &'call HttpRequest) -> impl Iterator<Item = UserAgent<'call>> {
        let fields = request.headers().get_all(header::USER_AGENT);
        fields.map(|value| UserAgent::of(value.as_bytes()))
    }

    /// Whether it is a crawler or an automated browser.
    pub fn is_bot(&self) -> bool {
        // It is UTF-8 since it was made.
        std::str::from_utf8(&self.text).is_ok_and(bots::is_bot)
    }

    fn of(bytes: &[u8]) -> UserAgent<'call> {
        let mut text = bytes[..bytes.len().min(AGENT_BYTES_MAX)].to_vec();
        if std::str::from_utf8(&text).is_err() {
            // In place, for the same reason. What names a bot is ASCII.
            text.iter_mut()
                .filter(|byte| !byte.is_ascii())
                .for_each(|byte| *byte = b'?');
        }
        UserAgent {
            text,
            bound: PhantomData,
        }
    }

    /// Overwrites it. The compiler may not leave that out.
    fn wipe(&mut self) {
        self.text.as_mut_slice().zeroize();
    }
}

impl Drop for UserAgent<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_zeros_once_it_is_wiped() {
        for bytes in [
            &b"Mozilla/5.0 (X11)"[..],
            "Mozilla/5.0 (\u{e9}t\u{e9})".as_bytes(),
            b"Mozilla/5.0 (\xff)",
        ] {
            let mut agent = UserAgent::of(bytes);
            assert_eq!(agent.text.len(), bytes.len());
            assert!(agent.text.starts_with(b"Mozilla"));
            agent.wipe();
            assert_eq!(agent.text, vec![0; bytes.len()]);
        }
        assert!(std::mem::needs_drop::<UserAgent<'_>>());
    }

    #[test]
    fn what_is_no_text_or_too_long_is_read_as_far_as_it_is() {
        let of = |bytes: &[u8]| UserAgent::of(bytes).is_bot();
        assert!(of(b"\xff Googlebot/2.1 \xfe"));
        assert!(of(&[&vec![b' '; AGENT_BYTES_MAX - 12][..], b"Googlebot/2.1"].concat()));
        assert!(!of(&[&vec![b' '; AGENT_BYTES_MAX][..], b"Googlebot/2.1"].concat()));
        let split = [&vec![b'a'; AGENT_BYTES_MAX - 1][..], "\u{e9}".as_bytes()].concat();
        assert!(!of(&split) && !of(b""));
    }
}
