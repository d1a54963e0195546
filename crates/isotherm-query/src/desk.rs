//! What the dashboard needs besides answers: a session instead of a token in the page, and the ways to administer a site.

pub(crate) mod guard;
pub(crate) mod session;

use actix_web::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::DefaultHeaders;
use actix_web::web;

use crate::role::QuerySettings;

/// Puts the dashboard's own resources into an actix application. Before [`crate::configure`], which takes all paths below
/// a site.
pub fn configure(config: &mut web::ServiceConfig, settings: web::Data<QuerySettings>) {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "private, no-store"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"));
    config.service(
        web::scope("/api/v1/session").app_data(settings).wrap(headers).service(
            web::resource("")
                .route(web::get().to(session::look))
                .route(web::post().to(session::open))
                .route(web::delete().to(session::close)),
        ),
    );
}
