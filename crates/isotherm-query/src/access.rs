//! Login, and the two snapshots that the role reads: who may ask, and what arrived lately.

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::http::header::AUTHORIZATION;
use isotherm_core::control::{Share, Token, TokenHash};
use isotherm_core::{Day, Hour, Outcome, SiteKey};

use crate::desk::session;
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::shared::{self, Opened};
use crate::token;

/// Tokens and sites as they are now: in memory, kept fresh by whoever starts the role, never waited for.
pub trait Access: Send + Sync {
    /// The token with this hash, unless it was revoked.
    fn token(&self, hash: &TokenHash) -> Option<Token>;
    /// The token with this public name, unless it was revoked; what a session names.
    fn token_named(&self, id: &str) -> Option<Token> {
        let _ = id;
        None
    }
    /// The share link with this hash, unless it was revoked.
    fn share(&self, hash: &TokenHash) -> Option<Share> {
        let _ = hash;
        None
    }
    /// The share link with this public name, unless it was revoked.
    fn share_named(&self, id: &str) -> Option<Share> {
        let _ = id;
        None
    }
    /// Says that a token opened something, so that its owner can see which are needed.
    fn note_use(&self, token: &Token) {
        let _ = token;
    }
    /// Whether one more attempt to log in may be made from where this request comes; else the seconds to wait.
    ///
    /// # Errors
    /// Seconds until the next attempt, at least 1.
    fn may_try(&self, request: &RequestHead) -> Result<(), u64> {
        let _ = request;
        Ok(())
    }
    /// Whether the site is there. A site that was removed is answered for no longer, at once.
    fn site_exists(&self, site: &SiteKey) -> bool;
    /// Whether anybody may see the picture of the site's countries, because its owner says so.
    fn shows_countries(&self, site: &SiteKey) -> bool {
        let _ = site;
        false
    }
    /// Whether the site's answers may be asked for from where this request comes, as far as its owner's list goes.
    fn admits_to_site(&self, site: &SiteKey, request: &RequestHead) -> bool {
        let _ = (site, request);
        true
    }
    /// Whether this request comes from one of these networks. Only the implementation knows addresses.
    fn comes_from(&self, networks: &[String], request: &RequestHead) -> bool {
        let _ = (networks, request);
        false
    }
    /// Whether the token may be used from where this request comes. Only the implementation knows addresses; without
    /// one, a token that is bound to networks opens nothing.
    fn admits_peer(&self, token: &Token, request: &RequestHead) -> bool {
        let _ = request;
        token.allow_ip.is_empty()
    }
}

/// What arrived lately for a site.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SiteStatus {
    /// Beacons by outcome. An outcome that is not listed stands for 0.
    pub outcomes: Vec<(Outcome, u64)>,
    /// The hour from which on they are counted, where known.
    pub since: Option<Hour>,
    /// The hour in which the last beacon was admitted.
    pub last_admitted: Option<Hour>,
}

/// Where `status` is read: in memory, never waited for.
pub trait StatusSource: Send + Sync {
    /// What arrived lately for the site; empty where nothing did.
    fn status(&self, site: &SiteKey) -> SiteStatus;
}

/// The site that this request may read, which is always the one it names, and whether it comes by a share link.
///
/// No token, link and session, or none that is known: 401. One of another site, of a removed one, or used from a network that
/// it is not for: 403, all alike, so that nobody learns which sites there are.
pub(crate) fn open(settings: &QuerySettings, request: &HttpRequest) -> Result<Opened, Problem> {
    // What is handed out for a link has a dot in it; no token has.
    match bearer_text(request).filter(|text| text.contains('.')) {
        Some(claim) => shared::of_claim(settings, request, claim),
        None => who(settings, request).map(|token| Opened {
            site: token.site,
            share: None,
        }),
    }
}

/// The token that this request carries, or by which its session opens the site that it names.
pub(crate) fn who(settings: &QuerySettings, request: &HttpRequest) -> Result<Token, Problem> {
    let access = settings.access.as_ref();
    let named = request.match_info().get("site").and_then(SiteKey::parse);
    // A request with a token is judged by the token alone, also where the browser adds a session.
    let token = if request.headers().contains_key(AUTHORIZATION) {
        let known = bearer(request).and_then(|secret| access.token(&token::hash(secret)));
        known.ok_or(Problem::Unauthorized)?
    } else {
        session::of_cookie(request, named.as_ref(), settings)?
    };
    if !token.is_valid_on(Day::of_unix_ms(settings.clock.unix_ms())) {
        return Err(Problem::Unauthorized);
    }
    let named = named.ok_or(Problem::Forbidden)?;
    if token.site != named || !access.site_exists(&named) || !access.admits_peer(&token, request.head()) {
        return Err(Problem::Forbidden);
    }
    access.note_use(&token);
    Ok(token)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    bearer_text(request).filter(|secret| token::is_well_formed(secret))
}

/// What exactly one `Authorization: Bearer` field holds (RFC 6750, section 2.1).
fn bearer_text(request: &HttpRequest) -> Option<&str> {
    let mut fields = request.headers().get_all(AUTHORIZATION);
    let field = fields.next()?;
    if fields.next().is_some() {
        return None;
    }
    let (scheme, secret) = field.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}
