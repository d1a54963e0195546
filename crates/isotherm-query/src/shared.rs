//! Who comes with a share link: how a link is opened, and what it then shows.
//!
//! The link's secret, and its password where it has one, are given once, in the body of a request. What comes back is kept
//! in the page's memory and ends soon; nothing is stored in the browser. It holds as long as the link does: a revoked or
//! expired link is closed at once, on every machine. Nobody notes who opened it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::lock::Mutex as Turn;
use isotherm_core::control::Share;
use isotherm_core::gate::Audience;
use isotherm_core::{Day, Hour, IdKey, SiteKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::session::ThresholdsInForce;
use crate::desk::site::parsed;
use crate::desk::{Desk, guard};
use crate::problem::Problem;
use crate::question::{Asked, Question};
use crate::role::QuerySettings;
use crate::signed::Signer;
use crate::{date, share, token};

/// What is handed out for a link ends after this time, seconds; the page opens the link again then.
const OPEN_S: u64 = 60 * 60;
/// Passwords that may be tried on a link per hour in one process, wherever they come from. Above it: 429 until the next
/// hour, also for who knows it.
const PASSWORDS_PER_HOUR: u32 = 30;
/// Links whose attempts are remembered. Above it all are forgotten; an installation has a few links.
const TRIED_MAX: usize = 10_000;

/// Whoever asks, and what opens to them.
pub(crate) struct Opened {
    /// The site.
    pub(crate) site: SiteKey,
    /// The link that they came by; `None` for the site's own token.
    pub(crate) share: Option<Share>,
}

/// What was handed out says.
#[derive(Serialize, Deserialize)]
struct Claim {
    /// The link's public name.
    share: String,
    /// Second since 1970 at which it ends.
    until_s: u64,
}

/// A link that is to be opened.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenLink {
    secret: String,
    #[serde(default)]
    password: Option<String>,
}

/// A link that was opened.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OpenedLink {
    /// To be sent as `Authorization: Bearer …`, for an hour.
    bearer: String,
    site: String,
    /// `site`, or `page` for one page of it.
    #[schemars(extend("enum" = ["site", "page"]))]
    shows: &'static str,
    /// The page's path, where it is one page and enough page views stand behind its name.
    page: Option<String>,
    /// Last day (UTC) on which the link opens anything.
    expires: String,
    /// What answers are held against.
    thresholds: ThresholdsInForce,
}

impl Opened {
    /// Whose eyes an answer is for.
    pub(crate) fn audience(&self) -> Audience {
        match self.share {
            Some(_) => Audience::Shared,
            None => Audience::OwnToken,
        }
    }

    /// Narrows a question to what may be asked: by link, of its page alone, and of nothing that is not sealed.
    pub(crate) fn narrow(&self, question: &mut Question) -> Result<(), Problem> {
        let Some(share) = &self.share else {
            return Ok(());
        };
        question.filter.sealed_only = true;
        let page = match &question.asked {
            Asked::Pages => None,
            Asked::Heatmap((_, page), _) | Asked::Scroll((_, page)) | Asked::Elements((_, page)) => Some(*page),
            Asked::Countries(page) | Asked::Viewports(page) | Asked::Timeseries(page) => {
                page.as_ref().map(|(_, page)| *page)
            }
            Asked::Compare(..) | Asked::Status => return Err(Problem::NotShared),
        };
        if share.page.is_some() && page != share.page {
            return Err(Problem::NotShared);
        }
        Ok(())
    }
}

/// The link behind what was handed out for it, where it opens the site that the request names.
pub(crate) fn of_claim(settings: &QuerySettings, request: &HttpRequest, text: &str) -> Result<Opened, Problem> {
    let now_ms = settings.clock.unix_ms();
    let claim: Claim = signer(&settings.id_key).open(text).ok_or(Problem::Unauthorized)?;
    let share = settings
        .access
        .share_named(&claim.share)
        .filter(|share| now_ms / 1_000 < claim.until_s && share.is_valid_on(Day::of_unix_ms(now_ms)))
        .ok_or(Problem::Unauthorized)?;
    let named = request.match_info().get("site").and_then(SiteKey::parse);
    let opens = named.as_ref() == Some(&share.site) && is_open_here(settings, &share, request);
    match opens {
        true => Ok(Opened {
            site: share.site.clone(),
            share: Some(share),
        }),
        false => Err(Problem::Forbidden),
    }
}

/// `POST /api/v1/shared {"secret", "password"}`.
pub(crate) async fn open(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    if !guard::is_our_own(&request) {
        return Err(Problem::Forbidden);
    }
    if let Err(seconds) = settings.access.may_try(request.head()) {
        return Err(Problem::TooMany { seconds });
    }
    let given: OpenLink = parsed(&body)?;
    let now_ms = settings.clock.unix_ms();
    let known = Some(given.secret.as_str())
        .filter(|secret| share::is_well_formed(secret))
        .and_then(|secret| settings.access.share(&token::hash(secret)));
    let share = known
        .filter(|share| share.is_valid_on(Day::of_unix_ms(now_ms)) && settings.access.site_exists(&share.site))
        .ok_or(Problem::NoLink)?;
    if !is_open_here(&settings, &share, &request) {
        return Err(Problem::Forbidden);
    }
    if let Some(stored) = share.password.clone() {
        let password = given.password.ok_or(Problem::Password { given: false })?;
        try_password(&share, Hour::of_unix_ms(now_ms))?;
        check_password(stored, password).await?;
    }
    let claim = Claim {
        share: share.id.clone(),
        until_s: now_ms / 1_000 + OPEN_S,
    };
    let pages: Vec<_> = share.page.into_iter().collect();
    let path = desk
        .0
        .page_paths(&share.site, &pages)
        .await?
        .pop()
        .map(|(_, path)| path);
    Ok(HttpResponse::Ok().json(OpenedLink {
        bearer: signer(&settings.id_key).sign(&claim).ok_or(Problem::Internal)?,
        site: share.site.as_str().to_owned(),
        shows: if share.page.is_some() { "page" } else { "site" },
        page: path,
        expires: date::text(share.expires),
        thresholds: settings.thresholds.into(),
    }))
}

/// One password at a time: each takes 19 MiB and a core for some 20 ms, which strangers must not multiply.
async fn check_password(stored: String, given: String) -> Result<(), Problem> {
    static ONE: LazyLock<Turn<()>> = LazyLock::new(Turn::default);
    let _turn = ONE.lock().await;
    let right = web::block(move || share::is_password(&stored, &given)).await;
    match right.map_err(|_| Problem::Internal)? {
        true => Ok(()),
        false => Err(Problem::Password { given: true }),
    }
}

/// Takes one of the link's attempts of this hour.
fn try_password(share: &Share, hour: Hour) -> Result<(), Problem> {
    static TRIED: LazyLock<Mutex<HashMap<String, (Hour, u32)>>> = LazyLock::new(Mutex::default);
    // A count has no broken middle state.
    let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    if tried.len() >= TRIED_MAX {
        tried.clear();
    }
    let count = tried.entry(share.id.clone()).or_insert((hour, 0));
    if count.0 != hour {
        *count = (hour, 0);
    }
    if count.1 >= PASSWORDS_PER_HOUR {
        return Err(Problem::TooMany { seconds: 3_600 });
    }
    count.1 += 1;
    Ok(())
}

/// A site's own list of networks holds for its links as well.
fn is_open_here(settings: &QuerySettings, share: &Share, request: &HttpRequest) -> bool {
    settings.access.site_exists(&share.site) && settings.access.admits_to_site(&share.site, request.head())
}

fn signer(key: &IdKey) -> Signer {
    Signer::new(key, "share")
}
