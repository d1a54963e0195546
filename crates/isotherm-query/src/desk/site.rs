//! A site's settings and tokens. Reading the settings takes any of its tokens; the rest takes one that may administer.

use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::Day;
use isotherm_core::control::{Scope, Token};
use isotherm_core::site::Origin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::networks::refuse_wrong;
use super::{Desk, guard};
use crate::access;
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::token::{Listed, Terms, TermsError, issue};

/// Longest body of a request that changes or asks something, bytes. A longer one is refused.
const BODY_BYTES_MAX: usize = 8 * 1024;

/// Most origins of a site. More are refused: every beacon's is compared with them.
const ORIGINS_MAX: usize = 64;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Site")]
pub(crate) struct Settings<'a> {
    site: &'a str,
    origins: Vec<&'a str>,
    script_tag: String,
    /// Whether anybody may see the picture of the site's countries.
    public_countries: bool,
    /// Where that picture lies.
    countries_url: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WidgetSetting {
    /// Whether anybody may see the picture of the site's countries.
    public_countries: bool,
}

/// The origins of a site, all of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrigins {
    /// Each `https://HOST`, with `:PORT` where it is another; at least one, at most 64.
    origins: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    #[serde(default)]
    scope: NewScope,
    #[serde(default)]
    allow_ip: Vec<String>,
    #[serde(default)]
    expires: Option<String>,
}

/// A token that was just made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeToken {
    /// The name by which it is listed and revoked.
    id: String,
    /// The secret, shown this once and stored nowhere.
    token: String,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NewScope {
    #[default]
    Read,
    Admin,
}

/// `GET …/settings`.
pub(super) async fn settings(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let token = access::who(&settings, &request)?;
    let site = desk.0.site(&token.site).await?.ok_or(Problem::Forbidden)?;
    Ok(HttpResponse::Ok().json(Settings {
        site: site.key.as_str(),
        origins: site.origins.iter().map(|origin| origin.as_str()).collect(),
        script_tag: format!(
            r#"<script defer src="{}/isotherm.js" data-site="{}"></script>"#,
            desk.0.public_url(),
            site.key.as_str()
        ),
        public_countries: settings.access.shows_countries(&site.key),
        countries_url: format!("{}/widget/{}/countries.svg", desk.0.public_url(), site.key.as_str()),
    }))
}

/// `POST …/widget {"public_countries"}`.
pub(super) async fn set_widget(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let wanted: WidgetSetting = parsed(&body)?;
    desk.0.show_countries(wanted.public_countries, &own).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT …/origins {"origins"}`: whose pages may send, from now on; the ones before are replaced.
pub(super) async fn set_origins(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let new: NewOrigins = parsed(&body)?;
    if !(1..=ORIGINS_MAX).contains(&new.origins.len()) {
        let fault = "name 1 to 64 origins such as https://shop.example";
        return Err(Problem::parameter("origins", fault));
    }
    let fault = "not an origin such as https://shop.example, with :PORT where it is another, and nothing behind";
    let origin = |(at, text): (usize, &String)| Origin::parse(text).ok_or_else(|| Problem::entry("origins", at, fault));
    let origins: Result<Vec<Origin>, Problem> = new.origins.iter().enumerate().map(origin).collect();
    done(desk.0.set_origins(&origins?, &own).await?)
}

/// `GET …/tokens`.
pub(super) async fn tokens(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = administrator(&settings, &request)?;
    let tokens = desk.0.tokens(&own.site).await?;
    let listed: Vec<Listed> = tokens.iter().map(Listed::from).collect();
    Ok(HttpResponse::Ok().json(listed))
}

/// `POST …/tokens {"scope", "allow_ip", "expires"}`: answers the secret, this once.
pub(super) async fn make_token(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let new: NewToken = parsed(&body)?;
    refuse_wrong(&new.allow_ip)?;
    let terms = Terms {
        scope: match new.scope {
            NewScope::Read => Scope::Read,
            NewScope::Admin => Scope::Admin,
        },
        allow_ip: new.allow_ip,
        expires: new.expires,
    };
    let today = Day::of_unix_ms(settings.clock.unix_ms());
    let (fresh, token) = issue(&own.site, &terms, today).map_err(refused)?;
    desk.0.put_token(&token, &own).await?;
    Ok(HttpResponse::Created().json(MadeToken {
        id: fresh.id,
        token: fresh.secret,
    }))
}

/// `DELETE …/tokens/{id}`.
pub(super) async fn revoke_token(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let id = request.match_info().get("id").unwrap_or_default();
    // Another site's token is as unknown here as none.
    let known = desk.0.tokens(&own.site).await?.iter().any(|token| token.id == id);
    if !known {
        return Err(Problem::NotFound);
    }
    desk.0.revoke_token(id, &own).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whoever may administer the site.
pub(super) fn administrator(settings: &QuerySettings, request: &HttpRequest) -> Result<Token, Problem> {
    let token = access::who(settings, request)?;
    match token.scope {
        Scope::Admin => Ok(token),
        Scope::Read => Err(Problem::ReadOnly),
    }
}

pub(super) fn changing(settings: &QuerySettings, request: &HttpRequest) -> Result<Token, Problem> {
    if !guard::is_our_own(request) {
        return Err(Problem::Forbidden);
    }
    administrator(settings, request)
}

/// A site that went meanwhile is told as one that never was.
pub(super) fn done(is_there: bool) -> Result<HttpResponse, Problem> {
    match is_there {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(Problem::Forbidden),
    }
}

/// A body of ours: JSON within its bound, without unknown members.
pub(crate) fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Problem::parameter("body", "is too long"));
    }
    let wrong = || Problem::parameter("body", "is not the JSON that docs/api.md describes");
    // An array would be taken for an object's members in their order.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if !is_object {
        return Err(wrong());
    }
    serde_json::from_slice(body).map_err(|_| wrong())
}

fn refused(error: TermsError) -> Problem {
    let name = match error {
        TermsError::Network(_) | TermsError::Networks => "allow_ip",
        TermsError::Expires(_) => "expires",
        TermsError::NoRandom => return Problem::Internal,
    };
    Problem::parameter(name, error.to_string())
}
