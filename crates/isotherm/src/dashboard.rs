//! `/`: where an analyst starts.

use actix_web::{HttpResponse, web};

const PAGE: &str = include_str!("dashboard.html");

/// Adds the dashboard's routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(page));
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header((
            "Content-Security-Policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob:; connect-src 'self'; \
             form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
        ))
        .body(PAGE)
}
