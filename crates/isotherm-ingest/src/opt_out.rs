//! The visitor's opt-out page. A plain form, so that it works without JavaScript; the cookie's value is constant.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use isotherm_core::DropReason;
use isotherm_core::consent::consent;

use crate::head::signals;

const PAGE: &str = include_str!("opt_out.html");
/// 400 days, the longest that browsers keep a cookie (RFC 6265bis, section 5.5).
const SET: &str = "__Host-isotherm_optout=1; Path=/; Secure; SameSite=None; Max-Age=34560000";
const CLEAR: &str = "__Host-isotherm_optout=; Path=/; Secure; SameSite=None; Max-Age=0";

/// `GET /opt-out`: says what holds in this browser and offers the other.
pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    let (state, action, button) = match consent(&signals(&request)) {
        Ok(()) => (
            "You are counted, anonymously, on sites that use Isotherm.",
            "/opt-out",
            "Don’t count me",
        ),
        Err(DropReason::OptedOut) => (
            "You have opted out: this browser is not counted.",
            "/opt-in",
            "Count me again",
        ),
        Err(_) => (
            "Your browser asks not to be tracked: you are not counted.",
            "/opt-out",
            "Opt out with a cookie as well",
        ),
    };
    let text = PAGE
        .replace("{{state}}", state)
        .replace("{{action}}", action)
        .replace("{{button}}", button);
    private(HttpResponse::Ok())
        .content_type("text/html; charset=utf-8")
        .body(text)
}

/// `POST /opt-out`: sets the cookie. Whoever asks for it gets it: saying no needs no proof.
pub(crate) async fn opt_out() -> HttpResponse {
    back_to_page(SET)
}

/// `POST /opt-in`: removes the cookie, only from this page's own form: no other site may opt a visitor in.
pub(crate) async fn opt_in(request: HttpRequest) -> HttpResponse {
    if !is_from_own_page(&request) {
        return private(HttpResponse::Forbidden())
            .content_type("text/plain; charset=utf-8")
            .body("opting in works from the opt-out page only\n");
    }
    back_to_page(CLEAR)
}

fn is_from_own_page(request: &HttpRequest) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let same_site = match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => true,
    };
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    same_site && origin.is_some_and(|(_, from)| !host.is_empty() && from.eq_ignore_ascii_case(host))
}

fn back_to_page(cookie: &'static str) -> HttpResponse {
    private(HttpResponse::SeeOther())
        .insert_header((header::LOCATION, HeaderValue::from_static("/opt-out")))
        .insert_header((header::SET_COOKIE, HeaderValue::from_static(cookie)))
        .finish()
}

fn private(mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    response
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .insert_header((header::VARY, HeaderValue::from_static("Cookie, DNT, Sec-GPC")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ));
    response
}
