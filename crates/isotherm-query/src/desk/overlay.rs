//! `POST /api/v1/overlay`: all that the overlay on a page draws, in one answer, opened by a grant alone.
//!
//! The request is one that browsers send without asking first, its answer is readable by the grant's own origin only, and no
//! cookie is looked at.

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::path::PagePath;
use isotherm_core::{Day, SiteKey};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Desk;
use super::grant::{self, Grant};
use super::site::parsed;
use crate::problem::Problem;
use crate::question::{Endpoint, Question, Setting};
use crate::role::{QuerySettings, ask_in_time};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AskedByOverlay")]
pub(crate) struct Asked {
    grant: String,
    #[serde(default)]
    layer: String,
    #[serde(default)]
    viewport: String,
    #[serde(default)]
    country: String,
    /// The path that the opened page has become by a change of its route; only for a grant that allows it.
    #[serde(default)]
    route: Option<String>,
}

/// What the overlay draws.
pub(crate) const PARTS: [Endpoint; 2] = [Endpoint::Heatmap, Endpoint::Scroll];

pub(crate) async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> HttpResponse {
    match granted(&request, &body, &settings, &desk).await {
        Ok((grant, value)) => HttpResponse::Ok()
            .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, grant.origin))
            .insert_header((VARY, "Origin"))
            .insert_header((CACHE_CONTROL, "private, no-store"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .json(value),
        Err(problem) => problem.response(),
    }
}

async fn granted(
    request: &HttpRequest,
    body: &[u8],
    settings: &QuerySettings,
    desk: &Desk,
) -> Result<(Grant, Value), Problem> {
    let asked: Asked = parsed(body)?;
    let (mut grant, site) = opened(request, &asked, settings)?;
    if let Some(route) = &asked.route {
        grant.page = routed(route, &grant, &site, desk).await?;
    }
    let mut value = serde_json::Map::new();
    for endpoint in PARTS {
        let setting = Setting {
            endpoint,
            site: site.clone(),
            today: Day::of_unix_ms(settings.clock.unix_ms()),
            id_key: &settings.id_key,
        };
        let question = Question::parse(&query(&grant, &asked, endpoint), setting)?;
        let answer = ask_in_time(settings, &question).await?;
        let answer = serde_json::to_value(&answer).map_err(|_| Problem::Internal)?;
        value.insert(endpoint.name().to_owned(), answer);
    }
    Ok((grant, Value::Object(value)))
}

/// The grant and its site, if it is good now, here and on this origin.
fn opened(request: &HttpRequest, asked: &Asked, settings: &QuerySettings) -> Result<(Grant, SiteKey), Problem> {
    let grant: Grant = grant::signer(&settings.id_key)
        .open(&asked.grant)
        .ok_or(Problem::Unauthorized)?;
    let now_ms = settings.clock.unix_ms();
    let today = Day::of_unix_ms(now_ms);
    let site = SiteKey::parse(&grant.site).ok_or(Problem::Unauthorized)?;
    // A grant ends with the token that made it.
    let token = settings
        .access
        .token_named(&grant.token)
        .filter(|token| token.site == site && token.is_valid_on(today));
    let ended = now_ms / 1_000 >= grant.until_s || token.is_none() || !settings.access.site_exists(&site);
    if ended {
        return Err(Problem::Unauthorized);
    }
    // A grant is good where its token is.
    if !token.is_some_and(|token| settings.access.admits_peer(&token, request.head())) {
        return Err(Problem::Forbidden);
    }
    let mut origins = request.headers().get_all(ORIGIN);
    let own = origins.next().is_some_and(|origin| origin == grant.origin.as_str()) && origins.next().is_none();
    if !own {
        return Err(Problem::Forbidden);
    }
    Ok((grant, site))
}

/// The page as which a route is counted. One that a rule leaves out has no counts under its own name either.
async fn routed(route: &str, grant: &Grant, key: &SiteKey, desk: &Desk) -> Result<String, Problem> {
    if !grant.routes {
        return Err(Problem::Forbidden);
    }
    let path = PagePath::normalise(route).map_err(|_| Problem::parameter("route", "is no path of a page"))?;
    let site = desk.0.site(key).await?.ok_or(Problem::Unauthorized)?;
    Ok(site.page_of(path.clone()).unwrap_or(path).into_string())
}

/// The same question as a query of the API, so that it is read by the same rules.
fn query(grant: &Grant, asked: &Asked, endpoint: Endpoint) -> String {
    let layer = if endpoint == Endpoint::Heatmap {
        asked.layer.as_str()
    } else {
        ""
    };
    let pairs = [
        ("page", grant.page.as_str()),
        ("from", grant.from.as_deref().unwrap_or_default()),
        ("to", grant.to.as_deref().unwrap_or_default()),
        ("viewport", &asked.viewport),
        ("country", &asked.country),
        ("layer", layer),
    ];
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let texts: Vec<String> = given
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    texts.join("&")
}

fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = value.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    text.collect()
}
