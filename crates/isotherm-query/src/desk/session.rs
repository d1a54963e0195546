//! The dashboard's session: tokens are given once, the browser keeps a cookie that scripts cannot read.
//!
//! The cookie says which sites are open by which of their tokens and until when, signed. Whoever gives a further token adds
//! its site. Each site is open as long as its own token: a revoked or expired token closes its site at once, on every
//! machine, and leaves the others open. Nothing of one site is ever judged by the token of another.

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::control::Token;
use isotherm_core::day::Day;
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{IdKey, SiteKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard;
use super::site::parsed;
use crate::date;
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::signed::Signer;
use crate::token;

/// Name of the cookie. The prefix makes browsers refuse it without `Secure`, from another path, or for a domain.
pub(crate) const COOKIE: &str = "__Host-isotherm_session";
/// A session ends this time after its first login, seconds; the reader logs in again. A working day. A further login does
/// not prolong it.
pub(crate) const SESSION_S: u64 = 12 * 60 * 60;
/// Longest body of a login, bytes: a token and its quotes. A longer one is refused.
pub(crate) const LOGIN_BYTES_MAX: usize = 256;

/// Most sites of a session. A further one is refused until the reader logs out. With keys of 32 characters the cookie then
/// has 2,300 bytes; browsers keep 4,096.
pub(crate) const SESSION_SITES_MAX: usize = 32;

/// What the cookie says.
#[derive(Serialize, Deserialize)]
struct Claim {
    /// A site's key and the public name of the token that opens it; one token per site, the last opened last.
    tokens: Vec<(String, String)>,
    /// Second since 1970 at which it ends.
    until_s: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    token: String,
}

/// Who is logged in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Session {
    /// The site that was opened last.
    site: String,
    /// What may be done with it.
    #[schemars(extend("enum" = ["read", "admin"]))]
    scope: &'static str,
    /// All that are open, at most 32, each as long as its own token; the one that was opened last is the last.
    sites: Vec<OpenSite>,
    /// Last day (UTC) on which it may still be in use.
    expires: String,
    /// What answers are held against.
    thresholds: ThresholdsInForce,
}

/// The numbers below which nothing is shown, as this installation has them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Thresholds")]
pub(crate) struct ThresholdsInForce {
    /// Page views that must stand behind a place.
    k: u64,
    /// Page views that must stand behind a page.
    page_views: u64,
}

impl From<Thresholds> for ThresholdsInForce {
    fn from(thresholds: Thresholds) -> ThresholdsInForce {
        ThresholdsInForce {
            k: thresholds.k(),
            page_views: thresholds.page_views(),
        }
    }
}

/// A site that a session opens.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct OpenSite {
    site: String,
    #[schemars(extend("enum" = ["read", "admin"]))]
    scope: &'static str,
}

/// `GET`: the session of this browser, or 204 where there is none.
pub(crate) async fn look(request: HttpRequest, settings: web::Data<QuerySettings>) -> HttpResponse {
    let claim = claimed(&request, &settings);
    match claim.and_then(|claim| described(&claim, &request, &settings)) {
        Some(session) => HttpResponse::Ok().json(session),
        None => HttpResponse::NoContent().finish(),
    }
}

/// `POST {"token"}`: opens a session, or a further site in the one that is open.
pub(crate) async fn open(request: HttpRequest, body: web::Bytes, settings: web::Data<QuerySettings>) -> HttpResponse {
    match log_in(&request, &body, &settings) {
        Ok((session, cookie)) => HttpResponse::Ok().cookie(cookie).json(session),
        Err(problem) => problem.response(),
    }
}

/// `DELETE`: ends it in this browser, with all of its sites.
pub(crate) async fn close(request: HttpRequest) -> HttpResponse {
    if !guard::is_our_own(&request) {
        return Problem::Forbidden.response();
    }
    let mut gone = cookie(String::new(), 0);
    gone.make_removal();
    HttpResponse::NoContent().cookie(gone).finish()
}

/// The session and its cookie.
fn log_in(request: &HttpRequest, body: &[u8], settings: &QuerySettings) -> Result<(Session, Cookie<'static>), Problem> {
    if !guard::is_our_own(request) {
        return Err(Problem::Forbidden);
    }
    if let Err(seconds) = settings.access.may_try(request.head()) {
        return Err(Problem::TooMany { seconds });
    }
    let given: LogIn = Some(body)
        .filter(|body| body.len() <= LOGIN_BYTES_MAX)
        .and_then(|body| parsed(body).ok())
        .ok_or_else(|| Problem::parameter("token", "send {\"token\": \"iso_…\"}"))?;
    let known = Some(given.token.as_str())
        .filter(|secret| token::is_well_formed(secret))
        .and_then(|secret| settings.access.token(&token::hash(secret)));
    let token = known
        .filter(|token| token.is_valid_on(today(settings)) && settings.access.site_exists(&token.site))
        .ok_or(Problem::Unauthorized)?;
    if !admits(settings, &token, request) {
        return Err(Problem::Forbidden);
    }
    let now_s = settings.clock.unix_ms() / 1_000;
    let claim = with(&token, claimed(request, settings), settings, now_s)?;
    let value = signer(&settings.id_key).sign(&claim).ok_or(Problem::Internal)?;
    let session = described(&claim, request, settings).ok_or(Problem::Internal)?;
    Ok((session, cookie(value, claim.until_s - now_s)))
}

/// The session that is open, if one is, with the site of a further token. A token of a site that is open takes the place of
/// the one before.
fn with(token: &Token, open: Option<Claim>, settings: &QuerySettings, now_s: u64) -> Result<Claim, Problem> {
    let open = open.filter(|claim| claim.stands(settings));
    let until_s = open.as_ref().map_or(now_s + SESSION_S, |claim| claim.until_s);
    let others = open.iter().flat_map(|claim| claim.standing(settings));
    let others = others.filter(|other| other.site != token.site);
    let mut tokens: Vec<(String, String)> = others.map(|other| named(&other)).collect();
    if tokens.len() >= SESSION_SITES_MAX {
        let fault = format!("a session holds at most {SESSION_SITES_MAX} sites; log out and begin with this one");
        return Err(Problem::parameter("token", fault));
    }
    tokens.push(named(token));
    Ok(Claim { tokens, until_s })
}

fn named(token: &Token) -> (String, String) {
    (token.site.as_str().to_owned(), token.id.clone())
}

impl Claim {
    /// Whether it opens anything.
    fn stands(&self, settings: &QuerySettings) -> bool {
        self.standing(settings).next().is_some()
    }

    /// Its tokens that are not revoked and have not ended, of sites that are there; from wherever they may be used.
    fn standing<'a>(&'a self, settings: &'a QuerySettings) -> impl Iterator<Item = Token> + 'a {
        let today = today(settings);
        let tokens = self.tokens.iter().filter_map(|named| token_of(named, settings));
        tokens.filter(move |token| token.is_valid_on(today) && settings.access.site_exists(&token.site))
    }
}

/// The token that a session names for a site, unless it was revoked.
fn token_of((site, id): &(String, String), settings: &QuerySettings) -> Option<Token> {
    let token = settings.access.token_named(id);
    token.filter(|token| token.site.as_str() == site)
}

/// The token by which the request's cookie opens this site. Whether the token is still good here and now is for the caller
/// to see.
///
/// # Errors
/// Without a session that opens anything, or where the site's own token is gone: 401. A session of other sites: 403.
pub(crate) fn of_cookie(
    request: &HttpRequest,
    site: Option<&SiteKey>,
    settings: &QuerySettings,
) -> Result<Token, Problem> {
    let claim = claimed(request, settings).ok_or(Problem::Unauthorized)?;
    let own = claim
        .tokens
        .iter()
        .find(|(key, _)| site.is_some_and(|site| site.as_str() == key));
    match own {
        Some(named) => token_of(named, settings).ok_or(Problem::Unauthorized),
        None if claim.stands(settings) => Err(Problem::Forbidden),
        None => Err(Problem::Unauthorized),
    }
}

/// What the request's cookie says, until it ends. Exactly one cookie of that name counts.
fn claimed(request: &HttpRequest, settings: &QuerySettings) -> Option<Claim> {
    let cookies = request.cookies().ok()?;
    let mut named = cookies.iter().filter(|cookie| cookie.name() == COOKIE);
    let only = named.next().filter(|_| named.next().is_none())?;
    let claim: Claim = signer(&settings.id_key).open(only.value())?;
    let is_open = settings.clock.unix_ms() / 1_000 < claim.until_s;
    is_open.then_some(claim)
}

fn signer(key: &IdKey) -> Signer {
    Signer::new(key, "session")
}

fn today(settings: &QuerySettings) -> Day {
    Day::of_unix_ms(settings.clock.unix_ms())
}

fn admits(settings: &QuerySettings, token: &Token, request: &HttpRequest) -> bool {
    settings.access.admits_peer(token, request.head())
}

fn cookie(value: String, life_s: u64) -> Cookie<'static> {
    // No name of a page or person is in it; the longest life is the session's own.
    Cookie::build(COOKIE, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(CookieAge::seconds(life_s.cast_signed()))
        .finish()
}

/// What is open of a session from where the request comes; `None` where nothing is.
fn described(claim: &Claim, request: &HttpRequest, settings: &QuerySettings) -> Option<Session> {
    let tokens = claim
        .standing(settings)
        .filter(|token| admits(settings, token, request));
    let sites: Vec<OpenSite> = tokens
        .map(|token| OpenSite {
            site: token.site.as_str().to_owned(),
            scope: token::Terms::scope_name(token.scope),
        })
        .collect();
    let last = sites.last()?.clone();
    Some(Session {
        site: last.site,
        scope: last.scope,
        sites,
        expires: date::text(Day::of_unix_ms(claim.until_s * 1_000)),
        thresholds: settings.thresholds.into(),
    })
}
