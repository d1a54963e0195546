//! What the dashboard and the overlay need besides answers: a session instead of a token in the page, the ways to administer
//! a site, and grants for heat on living pages.

mod address;
pub(crate) mod grant;
pub(crate) mod guard;
pub(crate) mod networks;
pub(crate) mod overlay;
pub(crate) mod retention;
pub(crate) mod rules;
pub(crate) mod session;
pub(crate) mod shares;
pub(crate) mod site;

use actix_web::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::DefaultHeaders;
use actix_web::{Resource, web};
use isotherm_core::cohort::{Kept, Retention};
use isotherm_core::control::{Share, Token};
use isotherm_core::reading::Reading;
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::{Origin, Site};
use isotherm_core::{PageId, SiteKey};

use crate::role::QuerySettings;
use crate::shared;

/// A site's own affairs, as its owner may see and change them.
pub trait Affairs: Send + Sync {
    /// The site with its origins and rules; `None` where there is none.
    fn site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Option<Site>>;
    /// Its tokens that are not revoked.
    fn tokens<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Token>>;
    /// Stores a token made by the owner of another, `by`; it opens its site when this returns.
    fn put_token<'a>(&'a self, token: &'a Token, by: &'a Token) -> Reading<'a, ()>;
    /// Revokes a token on behalf of another, `by`; it opens nothing when this returns, nor after a restore.
    fn revoke_token<'a>(&'a self, id: &'a str, by: &'a Token) -> Reading<'a, ()>;
    /// Its share links that are not revoked.
    fn shares<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Share>>;
    /// Stores a link made by the owner of a token, `by`; it opens when this returns.
    fn put_share<'a>(&'a self, share: &'a Share, by: &'a Token) -> Reading<'a, ()>;
    /// Revokes a link on behalf of a token, `by`; it opens nothing when this returns, nor after a restore.
    fn revoke_share<'a>(&'a self, id: &'a str, by: &'a Token) -> Reading<'a, ()>;
    /// The paths of those of the site's pages that are published; others are left out.
    fn page_paths<'a>(&'a self, key: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>>;
    /// Says, on behalf of a token, `by`, whether anybody may see the picture of its site's countries.
    fn show_countries<'a>(&'a self, public: bool, by: &'a Token) -> Reading<'a, ()>;
    /// Replaces, on behalf of a token, `by`, the origins of its site; false where the site is not there any more.
    fn set_origins<'a>(&'a self, origins: &'a [Origin], by: &'a Token) -> Reading<'a, bool>;
    /// Changes, on behalf of a token, `by`, the page rules of its site; false where the site is not there any more.
    fn change_rules<'a>(&'a self, change: &'a RuleChange, by: &'a Token) -> Reading<'a, Result<bool, RuleError>>;
    /// Networks from which the site's answers may be asked for; none for any.
    fn networks<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<String>>;
    /// Replaces them, on behalf of a token, `by`, for its site; false where the site is not there any more.
    fn set_networks<'a>(&'a self, networks: &'a [String], by: &'a Token) -> Reading<'a, bool>;
    /// How long the site's sealed counts are kept, and of when they are.
    fn retention<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Retention>;
    /// Says, on behalf of a token, `by`, how long those of its site are kept; false where the site is not there any more.
    fn set_retention<'a>(&'a self, kept: Kept, by: &'a Token) -> Reading<'a, bool>;
    /// Where pages find the service, e.g. `https://heat.example`.
    fn public_url(&self) -> String;
}

/// The affairs as the application holds them.
pub struct Desk(pub Box<dyn Affairs>);

/// Puts the dashboard's own resources into an actix application. Before [`crate::configure`], which takes all paths below
/// a site.
pub fn configure(config: &mut web::ServiceConfig, settings: web::Data<QuerySettings>, desk: web::Data<Desk>) {
    let resource = |path: &str| -> Resource { web::resource(path).app_data(settings.clone()).app_data(desk.clone()) };
    let of_site = |name: &str| resource(&format!("/api/v1/sites/{{site}}/{name}"));
    configure_settings(config, of_site);
    config
        .service(
            resource("/api/v1/session")
                .route(web::get().to(session::look))
                .route(web::post().to(session::open))
                .route(web::delete().to(session::close))
                .wrap(headers()),
        )
        .service(
            of_site("tokens")
                .route(web::get().to(site::tokens))
                .route(web::post().to(site::make_token))
                .wrap(headers()),
        )
        .service(
            of_site("tokens/{id}")
                .route(web::delete().to(site::revoke_token))
                .wrap(headers()),
        )
        .service(
            of_site("shares")
                .route(web::get().to(shares::list))
                .route(web::post().to(shares::make))
                .wrap(headers()),
        )
        .service(
            of_site("shares/{id}")
                .route(web::delete().to(shares::revoke))
                .wrap(headers()),
        )
        .service(
            resource("/api/v1/shared")
                .route(web::post().to(shared::open))
                .wrap(headers()),
        )
        .service(of_site("grants").route(web::post().to(grant::make)).wrap(headers()))
        .service(resource("/api/v1/overlay").route(web::post().to(overlay::answer)));
}

/// What a site is to the service, and how its owner changes it.
fn configure_settings(config: &mut web::ServiceConfig, of_site: impl Fn(&str) -> Resource) {
    config
        .service(of_site("settings").route(web::get().to(site::settings)).wrap(headers()))
        .service(
            of_site("origins")
                .route(web::put().to(site::set_origins))
                .wrap(headers()),
        )
        .service(
            of_site("rules")
                .route(web::get().to(rules::list))
                .route(web::post().to(rules::add))
                .route(web::delete().to(rules::remove))
                .wrap(headers()),
        )
        .service(
            of_site("networks")
                .route(web::get().to(networks::networks))
                .route(web::put().to(networks::set_networks))
                .wrap(headers()),
        )
        .service(
            of_site("retention")
                .route(web::get().to(retention::retention))
                .route(web::put().to(retention::set_retention))
                .wrap(headers()),
        )
        .service(
            of_site("widget")
                .route(web::post().to(site::set_widget))
                .wrap(headers()),
        );
}

fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((CACHE_CONTROL, "private, no-store"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
}
