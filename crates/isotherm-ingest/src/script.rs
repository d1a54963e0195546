//! `GET /isotherm.js`: the script, or a stub for visitors who opted out. Never shared between the two.
//! `GET /isotherm-inspect.js`: what the script loads behind `#isotherm-inspect`, to show what it sends.
//! `GET /isotherm-optout.js`: the opt-out that needs nothing else of Isotherm, for sites to copy to their own host.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
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
    fn the_stub_tells_the_reason_for_which_it_is_served() {
        assert_eq!(stub(DropReason::OptedOut), STUB);
        for (no, reason) in [(DropReason::Dnt, "dnt"), (DropReason::Gpc, "gpc")] {
            assert!(stub(no).contains(&format!("reason:\"{reason}\"")), "{reason}");
        }
    }
}
