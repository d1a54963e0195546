//! The visitor's opt-out page. A plain form, so that it works without JavaScript; the cookie's value is constant.
//!
//! The page reads its own effect back: a form leads to a redirect, and the page behind it says whether the cookie arrived.
//! With a second host name it also says whether the cookie would arrive from inside other sites: on the way back the
//! browser passes the second host, which sets a cookie there as its own site's; a frame of the second host in the page then
//! sees it or does not. A browser that keeps third parties apart hands the frame nothing.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use isotherm_core::DropReason;
use isotherm_core::consent::consent;

use crate::Ingest;
use crate::head::signals;
use crate::texts::{fill, text};

const PAGE: &str = include_str!("opt_out.html");
const REACH_PAGE: &str = include_str!("opt_out_reach.html");
/// 400 days, the longest that browsers keep a cookie (RFC 6265bis, section 5.5).
const SET: &str = "__Host-isotherm_optout=1; Path=/; Secure; SameSite=None; Max-Age=34560000";
/// The same for one site alone: kept under the site in whose page it was set (CHIPS).
const SET_HERE: &str = "__Host-isotherm_optout=1; Path=/; Secure; SameSite=None; Max-Age=34560000; Partitioned";
const CLEAR: &str = "__Host-isotherm_optout=; Path=/; Secure; SameSite=None; Max-Age=0";
/// On the second host only, for the minute in which the page asks whether it arrives.
const SET_REACH: &str = "__Host-isotherm_reach=1; Path=/; Secure; SameSite=None; Max-Age=60";
const REACH: &[u8] = b"__Host-isotherm_reach=1";

/// How the service is reached from outside under two names, for the test of the opt-out's reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hosts {
    /// The base URL of the opt-out page.
    pub first: String,
    /// The base URL of the same service under another site's name.
    pub second: String,
}

/// `GET /opt-out`: says what holds in this browser and offers the other.
pub(crate) async fn page(request: HttpRequest, ingest: Data<Ingest>) -> HttpResponse {
    let held = consent(&signals(&request));
    let (state, action, button) = match held {
        Ok(()) => ("state_counted", "/opt-out", "button_opt_out"),
        Err(DropReason::OptedOut) => ("state_opted_out", "/opt-in", "button_opt_in"),
        Err(_) => ("state_signal", "/opt-out", "button_cookie_as_well"),
    };
    let effect = match request.query_string() {
        "asked=out" => effect(held, ingest.hosts.as_ref()),
        _ => String::new(),
    };
    let values = [
        ("state", text(state)),
        ("action", action),
        ("button", text(button)),
        ("effect", &effect),
    ];
    let frames = ingest.hosts.as_ref().map(|hosts| hosts.second.as_str());
    private(HttpResponse::Ok(), &policy(frames, "'none'"))
        .content_type("text/html; charset=utf-8")
        .body(fill(PAGE, &values))
}

/// `POST /opt-out`: sets the cookie. Whoever asks for it gets it: saying no needs no proof.
pub(crate) async fn opt_out(ingest: Data<Ingest>) -> HttpResponse {
    let back = match &ingest.hosts {
        Some(hosts) => format!("{}/opt-out/reach?set", hosts.second),
        None => "/opt-out?asked=out".to_owned(),
    };
    redirect(&back, SET)
}

/// `POST /opt-out/here`: the opt-out for the one site in whose page this is asked.
pub(crate) async fn opt_out_here() -> HttpResponse {
    private(HttpResponse::NoContent(), &policy(None, "'none'"))
        .insert_header((header::SET_COOKIE, HeaderValue::from_static(SET_HERE)))
        .finish()
}

/// `GET /opt-out/reach`: on the second host. With `set` it leaves its cookie and leads back; without, as a frame in the
/// opt-out page, it says whether that cookie arrived.
pub(crate) async fn reach(request: HttpRequest, ingest: Data<Ingest>) -> HttpResponse {
    let Some(hosts) = &ingest.hosts else {
        return private(HttpResponse::NotFound(), &policy(None, "'none'")).finish();
    };
    if request.query_string() == "set" {
        return redirect(&format!("{}/opt-out?asked=out", hosts.first), SET_REACH);
    }
    let arrived = signals(&request)
        .cookie
        .iter()
        .flat_map(|field| field.split(|byte| *byte == b';'))
        .any(|pair| pair.trim_ascii() == REACH);
    let reach = if arrived { "reach_all" } else { "reach_separate" };
    private(HttpResponse::Ok(), &policy(None, &hosts.first))
        .content_type("text/html; charset=utf-8")
        .body(fill(REACH_PAGE, &[("reach", text(reach))]))
}

/// `POST /opt-in`: removes the cookie, only from this page's own form: no other site may opt a visitor in.
pub(crate) async fn opt_in(request: HttpRequest) -> HttpResponse {
    if !is_from_own_page(&request) {
        return private(HttpResponse::Forbidden(), &policy(None, "'none'"))
            .content_type("text/plain; charset=utf-8")
            .body(format!("{}\n", text("refused")));
    }
    redirect("/opt-out", CLEAR)
}

/// What the page says right after the form: whether the cookie arrived, and how far it reaches.
fn effect(held: Result<(), DropReason>, hosts: Option<&Hosts>) -> String {
    // A signal of the browser is looked at before the cookie and hides whether it arrived; then neither matters.
    match held {
        Ok(()) => format!("<p>{}</p>\n", text("asked_lost")),
        Err(DropReason::OptedOut) => format!("<p>{}</p>\n{}", text("asked_kept"), reach_of(hosts)),
        Err(_) => String::new(),
    }
}

fn reach_of(hosts: Option<&Hosts>) -> String {
    let heading = format!("<h2>{}</h2>\n", text("reach_heading"));
    match hosts {
        None => format!("{heading}<p>{}</p>\n", text("reach_untested")),
        Some(hosts) => format!(
            "{heading}<p>{}</p>\n<iframe src=\"{}/opt-out/reach\" title=\"{}\"></iframe>\n",
            text("reach_intro"),
            hosts.second,
            text("reach_frame_title")
        ),
    }
}

/// Exactly one `Origin`, that of the host asked, and no word of the browser that the request comes from elsewhere.
fn is_from_own_page(request: &HttpRequest) -> bool {
    let only = |name: HeaderName| {
        let mut fields = request.headers().get_all(name);
        let first = fields.next().map(|value| value.to_str().unwrap_or("not text"));
        first.filter(|_| fields.next().is_none())
    };
    let fetch_sites = request.headers().get_all(HeaderName::from_static("sec-fetch-site"));
    let same_site = fetch_sites.into_iter().all(|value| value.as_bytes() == b"same-origin");
    let host = only(header::HOST).unwrap_or_default();
    let origin = only(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    same_site && origin.is_some_and(|(_, from)| !host.is_empty() && from.eq_ignore_ascii_case(host))
}

fn redirect(to: &str, cookie: &'static str) -> HttpResponse {
    private(HttpResponse::SeeOther(), &policy(None, "'none'"))
        .insert_header((header::LOCATION, to))
        .insert_header((header::SET_COOKIE, HeaderValue::from_static(cookie)))
        .finish()
}

/// No script, and nothing from elsewhere but the frame of the second host, to which the form's answer also leads.
fn policy(frames: Option<&str>, ancestors: &str) -> String {
    let frames = frames.unwrap_or("'none'");
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; frame-src {frames}; form-action 'self' {frames}; frame-ancestors {ancestors}; base-uri 'none'"
    )
    .replace("'self' 'none'", "'self'")
}

fn private(mut response: HttpResponseBuilder, policy: &str) -> HttpResponseBuilder {
    response
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .insert_header((header::VARY, HeaderValue::from_static("Cookie, DNT, Sec-GPC")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response
}
