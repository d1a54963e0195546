//! How long a site's sealed counts are kept as they are. For tokens that may administer the site; what would go at once has to
//! be named.

use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::cohort::{Kept, Older, RETENTION_MONTHS_MAX, RETENTION_MONTHS_MIN};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::site::{administrator, changing, done, parsed};
use crate::date;
use crate::problem::Problem;
use crate::role::QuerySettings;

/// How long a site's sealed counts are kept as they are.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Retention {
    /// Whole months besides the running one.
    months: u16,
    then: Then,
    /// The oldest day of which there are sealed counts; null where there are none.
    oldest: Option<String>,
    /// The newest day that is sealed, from which months are counted back; null before the first.
    sealed_to: Option<String>,
}

/// What becomes of older counts: `delete`, or `coarsen`, they become whole months, 64 px squares and elements.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Older")]
pub(crate) enum Then {
    Delete,
    Coarsen,
}

/// Another retention.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRetention {
    /// Whole months besides the running one, 3 to 1,200.
    months: u32,
    then: Then,
    /// The first day that stays as it is, `YYYY-MM-DD`. Needed where counts of before would be lost, so that nobody loses
    /// them by a slip.
    #[serde(default)]
    lost_before: Option<String>,
}

/// `GET …/retention`.
pub(super) async fn retention(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = administrator(&settings, &request)?;
    let known = desk.0.retention(&own.site).await?;
    Ok(HttpResponse::Ok().json(Retention {
        months: known.kept.months,
        then: match known.kept.older {
            Older::Deleted => Then::Delete,
            Older::Coarsened => Then::Coarsen,
        },
        oldest: known.oldest.map(date::text),
        sealed_to: known.newest.map(date::text),
    }))
}

/// `PUT …/retention {"months", "then", "lost_before"}`.
pub(super) async fn set_retention(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let new: NewRetention = parsed(&body)?;
    let kept = new.kept()?;
    let lost_before = desk.0.retention(&own.site).await?.lost_with(kept).map(date::text);
    if let Some(day) = lost_before.filter(|day| new.lost_before.as_ref() != Some(day)) {
        let fault = format!("sealed counts of before {day} would be lost for good; say so with \"{day}\" here");
        return Err(Problem::parameter("lost_before", fault));
    }
    done(desk.0.set_retention(kept, &own).await?)
}

impl NewRetention {
    fn kept(&self) -> Result<Kept, Problem> {
        let months = u16::try_from(self.months).ok();
        let months = months.filter(|months| (RETENTION_MONTHS_MIN..=RETENTION_MONTHS_MAX).contains(months));
        let wrong = || {
            let fault = format!("is a number of months from {RETENTION_MONTHS_MIN} to {RETENTION_MONTHS_MAX}");
            Problem::parameter("months", fault)
        };
        Ok(Kept {
            months: months.ok_or_else(wrong)?,
            older: match self.then {
                Then::Delete => Older::Deleted,
                Then::Coarsen => Older::Coarsened,
            },
        })
    }
}
