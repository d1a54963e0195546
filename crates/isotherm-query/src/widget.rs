//! `GET /widget/{site}/countries.svg`: a map of where a site's page views come from, for anybody, where its owner says so.
//!
//! It speaks of cohorts only, of the whole months among the last twelve, and passes the gate as every answer does. Loading it
//! counts nothing. A picture is kept for a while, and one at a time is made, so that however many load it the store is asked
//! now and then.

mod svg;

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{Compat, Compress};
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, dev, web};
use futures_util::lock::Mutex;
use isotherm_core::cohort::months_before;
use isotherm_core::gate::Audience;
use isotherm_core::reading::Filter;
use isotherm_core::{Day, SiteKey};

use crate::answer::Answer;
use crate::etag;
use crate::problem::Problem;
use crate::question::{Asked, Question};
use crate::role::{QuerySettings, ask_in_time_as};
pub(crate) use svg::Size;

/// Where it lies.
pub(crate) const WIDGET: &str = "/widget/{site}/countries.svg";
/// Whole months besides the running one that a picture speaks of.
const MONTHS: u16 = 12;
/// How long a picture is kept before it is made again, ms. Months change slowly.
const KEPT_MS: u64 = 10 * 60 * 1_000;
/// How long browsers and proxies may keep it.
const CACHE: &str = "public, max-age=3600";
/// Most pictures that are kept; above, all are dropped and made again. Two sizes of 500 public sites.
const KEPT_MAX: usize = 1_000;

/// Pictures by site and size, each with the ms since 1970 until which it is kept.
type Kept = BTreeMap<(SiteKey, Size), (u64, Vec<u8>)>;

/// The pictures that one service keeps.
#[derive(Default)]
pub struct Pictures(Mutex<Kept>);

/// Its resource, for `GET` and `HEAD`.
pub(crate) fn resource(settings: web::Data<QuerySettings>) -> impl dev::HttpServiceFactory {
    web::resource(WIDGET)
        .app_data(settings)
        .route(web::get().to(answer))
        .route(web::route().method(Method::HEAD).to(answer))
        .wrap(Compat::new(Compress::default()))
}

async fn answer(request: HttpRequest, settings: web::Data<QuerySettings>) -> Result<HttpResponse, Problem> {
    let site = request.match_info().get("site").and_then(SiteKey::parse);
    // A site that is not public looks like none.
    let public = |site: &SiteKey| settings.access.site_exists(site) && settings.access.shows_countries(site);
    let site = site.filter(public).ok_or(Problem::NotFound)?;
    let size = size(request.query_string())?;
    let picture = kept(&settings, &site, size).await?;
    let mut head = HttpResponse::Ok();
    head.insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, CACHE))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        // It stands on pages of other origins.
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"));
    Ok(etag::answer(&request, (head, picture)))
}

/// `size=full` or `size=badge`, and nothing else.
fn size(query: &str) -> Result<Size, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|_| Problem::parameter("query", "is not a list of `name=value`"))?;
    let mut size = Size::Full;
    for (name, value) in pairs.into_inner() {
        size = match (name.as_str(), value.as_str()) {
            ("size", "full") => Size::Full,
            ("size", "badge") => Size::Badge,
            ("size", _) => return Err(Problem::parameter("size", "is not `full` or `badge`")),
            _ => return Err(Problem::parameter(&name, "is not a parameter of the widget")),
        };
    }
    Ok(size)
}

async fn kept(settings: &QuerySettings, site: &SiteKey, size: Size) -> Result<Vec<u8>, Problem> {
    let now_ms = settings.clock.unix_ms();
    // Held while one is made, so that no crowd of loads asks the store the same.
    let mut all = settings.pictures.0.lock().await;
    let known = all
        .get(&(site.clone(), size))
        .filter(|(until_ms, _)| now_ms < *until_ms);
    if let Some((_, picture)) = known {
        return Ok(picture.clone());
    }
    let picture = made(settings, site, size).await?;
    if all.len() >= KEPT_MAX {
        all.clear();
    }
    all.insert((site.clone(), size), (now_ms + KEPT_MS, picture.clone()));
    Ok(picture)
}

async fn made(settings: &QuerySettings, site: &SiteKey, size: Size) -> Result<Vec<u8>, Problem> {
    let today = Day::of_unix_ms(settings.clock.unix_ms());
    let question = Question {
        filter: Filter {
            site: site.clone(),
            from: months_before(today, MONTHS),
            to: today,
            viewport: None,
            country: None,
            sealed_only: true,
        },
        asked: Asked::Countries(None),
        top_px: 0,
    };
    match ask_in_time_as(Audience::Shared, settings, &question).await? {
        Answer::Countries(shown) => Ok(svg::picture(&shown, size).into_bytes()),
        _ => Err(Problem::Internal),
    }
}
