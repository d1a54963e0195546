//! The dashboard's session: a token is given once, the browser keeps a cookie that scripts cannot read.
//!
//! The cookie says which token opened it and until when, signed. It holds as long as the token does: a revoked or expired
//! token ends its sessions at once, on every machine.

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::IdKey;
use isotherm_core::control::Token;
use isotherm_core::day::Day;
use isotherm_core::ports::Clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard;
use super::site::parsed;
use crate::access::Access;
use crate::date;
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::signed::Signer;
use crate::token;

/// Name of the cookie. The prefix makes browsers refuse it without `Secure`, from another path, or for a domain.
pub(crate) const COOKIE: &str = "__Host-isotherm_session";
/// A session ends after this time, seconds; the reader logs in again. A working day.
pub(crate) const SESSION_S: u64 = 12 * 60 * 60;
/// Longest body of a login, bytes: a token and its quotes. A longer one is refused.
pub(crate) const LOGIN_BYTES_MAX: usize = 256;

/// What the cookie says.
#[derive(Serialize, Deserialize)]
struct Claim {
    /// The token's public name.
    token: String,
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
pub(crate) struct Session<'a> {
    site: &'a str,
    #[schemars(extend("enum" = ["read", "admin"]))]
    scope: &'static str,
    /// Last day (UTC) on which it may still be in use.
    expires: String,
}

/// `GET`: the session of this browser, or 204 where there is none.
pub(crate) async fn look(request: HttpRequest, settings: web::Data<QuerySettings>) -> HttpResponse {
    match open_session(
        &request,
        settings.access.as_ref(),
        &settings.id_key,
        settings.clock.as_ref(),
    ) {
        Some((token, until_s)) if admits(&settings, &token, &request) => {
            HttpResponse::Ok().json(described(&token, until_s))
        }
        _ => HttpResponse::NoContent().finish(),
    }
}

/// `POST {"token"}`: opens a session.
pub(crate) async fn open(request: HttpRequest, body: web::Bytes, settings: web::Data<QuerySettings>) -> HttpResponse {
    match log_in(&request, &body, &settings) {
        Ok((token, until_s, cookie)) => HttpResponse::Ok().cookie(cookie).json(described(&token, until_s)),
        Err(problem) => problem.response(),
    }
}

/// `DELETE`: ends it in this browser.
pub(crate) async fn close(request: HttpRequest) -> HttpResponse {
    if !guard::is_our_own(&request) {
        return Problem::Forbidden.response();
    }
    let mut gone = cookie(String::new());
    gone.make_removal();
    HttpResponse::NoContent().cookie(gone).finish()
}

/// The token, when the session ends in seconds since 1970, and its cookie.
fn log_in(
    request: &HttpRequest,
    body: &[u8],
    settings: &QuerySettings,
) -> Result<(Token, u64, Cookie<'static>), Problem> {
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
    let claim = Claim {
        token: token.id.clone(),
        until_s: settings.clock.unix_ms() / 1_000 + SESSION_S,
    };
    let value = signer(&settings.id_key).sign(&claim).ok_or(Problem::Internal)?;
    Ok((token, claim.until_s, cookie(value)))
}

/// The token whose session the request's cookie is.
pub(crate) fn of_cookie(request: &HttpRequest, access: &dyn Access, key: &IdKey, clock: &dyn Clock) -> Option<Token> {
    open_session(request, access, key, clock).map(|(token, _)| token)
}

/// The same, and when the session ends, in seconds since 1970. Exactly one cookie of that name counts.
fn open_session(request: &HttpRequest, access: &dyn Access, key: &IdKey, clock: &dyn Clock) -> Option<(Token, u64)> {
    let cookies = request.cookies().ok()?;
    let mut named = cookies.iter().filter(|cookie| cookie.name() == COOKIE);
    let only = named.next().filter(|_| named.next().is_none())?;
    let claim: Claim = signer(key).open(only.value())?;
    if clock.unix_ms() / 1_000 >= claim.until_s {
        return None;
    }
    let token = access.token_named(&claim.token)?;
    let is_valid = token.is_valid_on(Day::of_unix_ms(clock.unix_ms()));
    is_valid.then_some((token, claim.until_s))
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

fn cookie(value: String) -> Cookie<'static> {
    // No name of a page or person is in it; the longest life is the session's own.
    Cookie::build(COOKIE, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(CookieAge::seconds(SESSION_S.cast_signed()))
        .finish()
}

fn described(token: &Token, until_s: u64) -> Session<'_> {
    Session {
        site: token.site.as_str(),
        scope: token::Terms::scope_name(token.scope),
        expires: date::text(Day::of_unix_ms(until_s * 1_000)),
    }
}
