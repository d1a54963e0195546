//! A site's share links. Only who may administer it sees, makes and revokes them.

use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::site::{administrator, changing, parsed};
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::share::{self, Listed, Terms, TermsError};

/// A link that is to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// The path of the one page that it shows; without it, all of the site.
    #[serde(default)]
    page: Option<String>,
    /// The last UTC day on which it opens anything, within 366 days.
    expires: String,
    /// What who opens it must know besides the link, 8 to 128 characters.
    #[serde(default)]
    password: Option<String>,
}

/// A link that was just made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeShare {
    /// The name by which it is listed and revoked.
    id: String,
    /// The link, shown this once; its secret is stored nowhere.
    url: String,
}

/// `GET …/shares`.
pub(super) async fn list(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = administrator(&settings, &request)?;
    let shares = desk.0.shares(&own.site).await?;
    let pages: Vec<_> = shares.iter().filter_map(|share| share.page).collect();
    let paths = desk.0.page_paths(&own.site, &pages).await?;
    let listed = shares.iter().map(|share| {
        let path = paths.iter().find(|(page, _)| share.page == Some(*page));
        Listed::of(share, path.map(|(_, path)| path.clone()))
    });
    Ok(HttpResponse::Ok().json(listed.collect::<Vec<_>>()))
}

/// `POST …/shares {"page", "expires", "password"}`: answers the link, this once.
pub(super) async fn make(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let new: NewShare = parsed(&body)?;
    let terms = Terms {
        page: new.page,
        expires: new.expires,
        password: new.password,
        made_by: own.id.clone(),
    };
    let today = Day::of_unix_ms(settings.clock.unix_ms());
    let (site, key) = (own.site.clone(), settings.id_key.clone());
    // A password's hash takes some 20 ms of a core; the thread that answers others is not the one to make it.
    let made = web::block(move || share::issue(&site, &terms, &key, today)).await;
    let (secret, share) = made.map_err(|_| Problem::Internal)?.map_err(refused)?;
    desk.0.put_share(&share, &own).await?;
    Ok(HttpResponse::Created().json(MadeShare {
        id: share.id,
        url: share::url(&desk.0.public_url(), &secret),
    }))
}

/// `DELETE …/shares/{id}`.
pub(super) async fn revoke(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let id = request.match_info().get("id").unwrap_or_default();
    // Another site's link is as unknown here as none.
    if !desk.0.shares(&own.site).await?.iter().any(|share| share.id == id) {
        return Err(Problem::NotFound);
    }
    desk.0.revoke_share(id, &own).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn refused(error: TermsError) -> Problem {
    let name = match error {
        TermsError::Page => "page",
        TermsError::Expires => "expires",
        TermsError::Password => "password",
        TermsError::NoRandom => return Problem::Internal,
    };
    Problem::parameter(name, error.to_string())
}
