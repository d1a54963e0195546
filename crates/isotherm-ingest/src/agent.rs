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
    text: String,
    /// Neither `'static` nor `Send`: what cannot leave the call cannot be kept.
    bound: PhantomData<(&'call (), *const ())>,
}

impl<'call> UserAgent<'call> {
    /// All fields of a request in turn; what is no text is read as far as it is.
    pub fn all_of(request: &'call HttpRequest) -> impl Iterator<Item = UserAgent<'call>> {
        request.headers().get_all(header::USER_AGENT).map(|value| {
            let bytes = value.as_bytes();
            UserAgent {
                text: String::from_utf8_lossy(&bytes[..bytes.len().min(AGENT_BYTES_MAX)]).into_owned(),
                bound: PhantomData,
            }
        })
    }

    /// Whether it is a crawler or an automated browser.
    pub fn is_bot(&self) -> bool {
        bots::is_bot(&self.text)
    }
}

impl Drop for UserAgent<'_> {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}
