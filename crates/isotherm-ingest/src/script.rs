//! `GET /isotherm.js`: the script, or a stub for visitors who opted out. Never shared between the two.
//! `GET /isotherm.vN.js`: a frozen version, the same bytes for ever, for tags that name its hash.
//! `GET /isotherm-inspect.js`: what the script loads behind `#isotherm-inspect`, to show what it sends.
//! `GET /isotherm-optout.js`: the opt-out that needs nothing else of Isotherm, for sites to copy to their own host.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::DropReason;
use isotherm_core::consent::consent;

use crate::head::signals;

/// The script, as `make build` bundles it.
const SCRIPT: &[u8] = include_bytes!("../../../js-snippet/dist/isotherm.js");
/// The same, packed as brotli when it was built: half as many bytes.
const PACKED: &[u8] = include_bytes!("../../../js-snippet/dist/isotherm.js.br");
/// What a visitor sees behind `#isotherm-inspect`.
const INSPECT: &[u8] = include_bytes!("../../../js-snippet/dist/isotherm-inspect.js");
/// What keeps a site's opt-out by itself, where the script is blocked.
const OPT_OUT: &[u8] = include_bytes!("../../../js-snippet/dist/optout.js");
/// What a visitor gets who said no. It gives its reason as `OPTED_OUT`.
const STUB: &str = include_str!("../../../js-snippet/dist/stub.js");
/// The reason that the stub gives for doing nothing, as `status()` has it.
const OPTED_OUT: &str = "\"opted_out\"";

/// A frozen version: its number, the script, and the script packed as brotli.
type Frozen = (u32, &'static [u8], &'static [u8]);

/// The frozen versions that there are. `npm run freeze` makes one at a release.
const FROZEN: &[Frozen] = &include!(concat!(env!("OUT_DIR"), "/frozen.rs"));

pub(crate) async fn script(request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    let bytes = match consent(&signals(&request)) {
        Ok(()) if takes_brotli(&request) => {
            // `Vary` need not name the coding: only the browser itself may keep the answer, and it takes what it took.
            response.insert_header((header::CONTENT_ENCODING, "br"));
            Bytes::from_static(PACKED)
        }
        Ok(()) => Bytes::from_static(SCRIPT),
        Err(no) => stub(no).into(),
    };
    response
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")))
        .insert_header((header::VARY, HeaderValue::from_static("Cookie, DNT, Sec-GPC")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(bytes)
}

/// The same for everybody and for ever: who pins it by its hash would get nothing else to run. It asks for consent in the
/// browser, and a beacon sent against a no is refused like any other.
pub(crate) async fn frozen(request: HttpRequest, version: web::Path<u32>) -> HttpResponse {
    version_of(FROZEN, *version, takes_brotli(&request))
}

fn version_of(frozen: &[Frozen], version: u32, takes_brotli: bool) -> HttpResponse {
    let Some((_, bytes, packed)) = frozen.iter().find(|(number, ..)| *number == version) else {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body(no_such_version(frozen));
    };
    let mut response = HttpResponse::Ok();
    let bytes = match takes_brotli {
        true => {
            response.insert_header((header::CONTENT_ENCODING, "br"));
            packed
        }
        false => bytes,
    };
    response
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(*bytes)
}

/// What is said of a version that there is not.
fn no_such_version(frozen: &[Frozen]) -> String {
    match frozen.iter().map(|(number, ..)| number).max() {
        Some(newest) => format!("There is no such version of the script; the newest is /isotherm.v{newest}.js\n"),
        None => "No version of the script is frozen yet; use /isotherm.js\n".to_owned(),
    }
}

/// The same for everybody. The script imports it as a module, which browsers load from elsewhere only where that is allowed.
pub(crate) async fn inspect() -> HttpResponse {
    same_for_everybody(INSPECT)
}

/// The same for everybody: who runs it asks nothing of this service.
pub(crate) async fn opt_out() -> HttpResponse {
    same_for_everybody(OPT_OUT)
}

fn same_for_everybody(script: &'static [u8]) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(script)
}

fn takes_brotli(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.split_once(';').unwrap_or((coding, "")))
        .any(|(coding, weight)| coding.trim() == "br" && weight.trim() != "q=0")
}

/// The stub with the reason for which this visitor gets it: the script and the counters use the same words.
fn stub(no: DropReason) -> String {
    STUB.replacen(OPTED_OUT, &format!("\"{}\"", no.label()), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_a_version_that_is_not_there_is_told_the_newest() {
        assert!(no_such_version(&[]).contains("use /isotherm.js"));
        let text = no_such_version(&[(1, b"", b""), (3, b"", b"")]);
        assert!(text.contains("/isotherm.v3.js"), "{text}");
    }

    #[actix_web::test]
    async fn a_frozen_version_is_the_same_bytes_for_everybody_and_for_ever() {
        let frozen: [Frozen; 2] = [(1, b"one", b"packed one"), (2, b"two", b"packed two")];
        for (takes_brotli, coding, bytes) in [(false, None, "two"), (true, Some("br"), "packed two")] {
            let response = version_of(&frozen, 2, takes_brotli);
            let field = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            assert_eq!(response.status(), 200);
            assert_eq!(field("content-encoding"), coding);
            assert_eq!(field("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(field("access-control-allow-origin"), Some("*"));
            assert_eq!((field("vary"), field("set-cookie")), (Some("Accept-Encoding"), None));
            let body = actix_web::body::to_bytes(response.into_body()).await.expect("a body");
            assert_eq!(body, bytes);
        }
        assert_eq!(version_of(&frozen, 3, true).status(), 404);
    }

    #[test]
    fn the_stub_tells_the_reason_for_which_it_is_served() {
        assert_eq!(stub(DropReason::OptedOut), STUB);
        for (no, reason) in [(DropReason::Dnt, "dnt"), (DropReason::Gpc, "gpc")] {
            assert!(stub(no).contains(&format!("reason:\"{reason}\"")), "{reason}");
        }
    }
}
