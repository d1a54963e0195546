//! What this service says of itself to browsers that ask: its tracking status and that it honours Global Privacy Control.
//!
//! Sources: W3C Tracking Preference Expression, section 6.5 (tracking status representation); W3C Global Privacy Control,
//! section 5 (support resource).

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

/// `N`: this service does not track anybody, whatever the browser's preference.
const TRACKING_STATUS: &str = r#"{"tracking":"N","config":"/opt-out"}"#;
/// Honoured since the first version.
const GPC_SUPPORT: &str = r#"{"gpc":true,"lastUpdate":"2026-11-21"}"#;

pub(crate) async fn dnt() -> HttpResponse {
    resource("application/tracking-status+json", TRACKING_STATUS)
}

pub(crate) async fn gpc() -> HttpResponse {
    resource("application/json", GPC_SUPPORT)
}

/// The same for everybody, so anybody may keep it; it sets no cookie.
fn resource(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(text)
}
