//! `GET /isotherm.js`: the script, or a stub for visitors who opted out. Never shared between the two.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use isotherm_core::consent::consent;

use crate::head::signals;

/// The script, as `make build` bundles it.
const SCRIPT: &[u8] = include_bytes!("../../../js-snippet/dist/isotherm.js");
/// What an opted-out visitor gets.
const STUB: &[u8] = include_bytes!("../../../js-snippet/dist/stub.js");

pub(crate) async fn script(request: HttpRequest) -> HttpResponse {
    let bytes = match consent(&signals(&request)) {
        Ok(()) => SCRIPT,
        Err(_) => STUB,
    };
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")))
        .insert_header((header::VARY, HeaderValue::from_static("Cookie, DNT, Sec-GPC")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(bytes)
}
