//! `/`: where an analyst starts. Static files; everything they show comes from the API and has passed the gate.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

/// What the page may load and do: itself, its API, and the pictures it made of answers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self'; \
                      form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Adds the dashboard's routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let page = include_str!("dashboard/index.html");
    let style = include_str!("dashboard/dashboard.css");
    let script = include_str!("dashboard/dashboard.js");
    for (path, content_type, text) in [
        ("/", "text/html; charset=utf-8", page),
        ("/dashboard.css", "text/css; charset=utf-8", style),
        ("/dashboard.js", "text/javascript; charset=utf-8", script),
    ] {
        let answer = move || web::route().to(async move || file(content_type, text));
        config.service(
            web::resource(path)
                .route(answer().method(Method::GET))
                .route(answer().method(Method::HEAD)),
        );
    }
}

fn file(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .body(text)
}
