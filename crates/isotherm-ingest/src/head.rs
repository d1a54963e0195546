//! What is read of a request's head, and no more. Nothing here outlives the call it is read for.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use isotherm_core::Country;
use isotherm_core::admit::BodyHead;
use isotherm_core::consent::Signals;
use isotherm_core::site::Origin;
use isotherm_geo::Peer;

use crate::Ingest;
use crate::agent::UserAgent;

/// What the head says about who sends, reduced to what decisions need before anything is awaited.
pub(crate) struct Sender {
    /// The visitor's country.
    pub country: Country,
    /// Whether the user agent is a crawler or an automated browser.
    pub bot: bool,
    /// The page's origin.
    pub origin: Option<Origin>,
}

/// The consent signals.
pub(crate) fn signals(request: &HttpRequest) -> Signals<'_> {
    let all = |name: HeaderName| request.headers().get_all(name).map(|value| value.as_bytes()).collect();
    Signals {
        dnt: all(header::DNT),
        gpc: all(HeaderName::from_static("sec-gpc")),
        cookie: all(header::COOKIE),
    }
}

/// What the head declares of the body.
pub(crate) fn body_head(request: &HttpRequest) -> BodyHead<'_> {
    let one = |name: HeaderName| request.headers().get(name).map(|value| value.as_bytes());
    let length = one(header::CONTENT_LENGTH).and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    // Several fields are one list (RFC 9110, section 5.3): any encoding in it but identity decides.
    let encodings = request.headers().get_all(header::CONTENT_ENCODING);
    let mut encodings = encodings.map(|value| value.as_bytes());
    let content_encoding = encodings.find(|value| !value.trim_ascii().eq_ignore_ascii_case(b"identity"));
    BodyHead {
        content_type: one(header::CONTENT_TYPE),
        content_encoding,
        content_length: length,
    }
}

/// Takes one request from the address's bucket and reduces the head to a `Sender`; the address ends here.
/// `Err` holds the seconds to wait.
pub(crate) fn sender(request: &HttpRequest, ingest: &Ingest) -> Result<Sender, u64> {
    let forwarded = request
        .headers()
        .get_all(header::X_FORWARDED_FOR)
        .map(|value| value.as_bytes());
    #[expect(
        clippy::disallowed_methods,
        reason = "handed to isotherm-geo unread, the only place that looks inside"
    )]
    let peer = request.peer_addr().map(Peer::from);
    let address = ingest.trusted_proxies.client_address(peer, forwarded);
    let country = match &address {
        Some(address) => {
            ingest.address_limiter.check(address).map_err(|wait| wait.seconds)?;
            ingest.countries.country(address)
        }
        None => Country::UNKNOWN,
    };
    let bot = UserAgent::all_of(request).any(|agent| agent.is_bot());
    Ok(Sender {
        country,
        bot,
        origin: origin(request),
    })
}

/// The page's origin; of several fields none is believed.
fn origin(request: &HttpRequest) -> Option<Origin> {
    let mut fields = request.headers().get_all(header::ORIGIN);
    let origin = fields.next()?.to_str().ok().and_then(Origin::parse);
    origin.filter(|_| fields.next().is_none())
}
