//! `/`: where an analyst starts, and the overlay for living pages. Files that `dashboard/` builds; everything they show comes
//! from the API and has passed the gate.

use std::future::ready;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    ContentType, ETAG, HeaderMap, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::{Compat, Compress};
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_service::ops::Admits;

/// What the pages may load and do: themselves, their API, and the pictures and files they made of answers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// `Cross-Origin-Resource-Policy` of what pages of measured sites may load as well.
const ANY_SITE: &str = "cross-origin";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// A file, and the same packed as brotli when it was built.
#[derive(Clone, Copy)]
struct File {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    packed: &'static [u8],
    /// Who may load it: `same-origin`, or pages of measured sites as well.
    shared_with: &'static str,
}

macro_rules! file {
    ($path:literal, $name:literal, $content_type:expr, $shared_with:literal) => {
        File {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../../dashboard/dist/", $name)),
            packed: include_bytes!(concat!("../../../dashboard/dist/", $name, ".br")),
            shared_with: $shared_with,
        }
    };
}

const FILES: [File; 6] = [
    file!("/", "index.html", HTML, "same-origin"),
    file!("/dashboard.css", "dashboard.css", STYLE, "same-origin"),
    file!("/dashboard.js", "dashboard.js", SCRIPT, "same-origin"),
    file!("/dashboard-world.js", "dashboard-world.js", SCRIPT, "same-origin"),
    file!("/dashboard-icon.svg", "dashboard-icon.svg", PICTURE, "same-origin"),
    file!("/isotherm-overlay.js", "isotherm-overlay.js", SCRIPT, "cross-origin"),
];

/// Adds the dashboard's routes; its own files are for `analysts` alone.
pub(crate) fn configure(config: &mut web::ServiceConfig, analysts: Option<Admits>) {
    for file in FILES {
        // The overlay is loaded by measured pages; what it shows is asked for.
        let analysts = analysts.clone().filter(|_| file.shared_with != ANY_SITE);
        let answer = || {
            let analysts = analysts.clone();
            let answer = move |request: HttpRequest| {
                let admitted = analysts.as_ref().is_none_or(|analysts| analysts(request.head()));
                ready(match admitted {
                    true => response(&file, request.headers()),
                    false => refusal(),
                })
            };
            web::route().to(answer)
        };
        config.service(
            web::resource(file.path)
                // What is packed stays so; for browsers that ask for gzip, as all do without TLS, it is packed now.
                .wrap(Compat::new(Compress::default()))
                .route(answer().method(Method::GET))
                .route(answer().method(Method::HEAD)),
        );
    }
}

fn refusal() -> HttpResponse {
    HttpResponse::Forbidden()
        .content_type(ContentType::plaintext())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body("The dashboard may not be opened from this network.\n")
}

fn response(file: &File, asked: &HeaderMap) -> HttpResponse {
    let tag = tag(file.bytes);
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .content_type(file.content_type)
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, tag))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header(("Cross-Origin-Resource-Policy", file.shared_with))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
    if file.shared_with == ANY_SITE {
        // Scripts import it as a module, which browsers load from elsewhere only where that is allowed.
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    }
    if known {
        return response.finish();
    }
    if takes_brotli(asked) {
        return response.insert_header((CONTENT_ENCODING, "br")).body(file.packed);
    }
    response.body(file.bytes)
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    asked
        .get_all(ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.split_once(';').unwrap_or((coding, "")))
        .any(|(coding, weight)| coding.trim() == "br" && weight.trim() != "q=0")
}

/// Names the content: another build has another tag.
fn tag(bytes: &[u8]) -> String {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(bytes);
    format!("\"{hash:016x}\"")
}
