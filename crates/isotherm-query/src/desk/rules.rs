//! A site's page rules: which pages are not measured, and which are counted as one. For tokens that may administer the site.

use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::{PageRule, RuleAction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::site::{administrator, changing, done, parsed};
use crate::problem::Problem;
use crate::role::QuerySettings;

/// A page rule. The first that matches a page holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rule")]
pub(crate) struct Listed<'a> {
    /// A path in which `*` stands for a segment or a part of one, and `**` at the end for all the rest.
    pattern: &'a str,
    action: Action,
}

/// What becomes of pages that match: `drop`, they are not measured; `group`, they are counted as one, under the pattern.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RuleAction")]
pub(crate) enum Action {
    Drop,
    Group,
}

/// A page rule to be added; one with the same pattern is replaced.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    /// A path in which `*` stands for a segment or a part of one, and `**` at the end for all the rest.
    pattern: String,
    action: Action,
    /// Whether it comes before all others.
    #[serde(default)]
    first: bool,
}

/// What is removed, in the query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removed {
    pattern: String,
}

/// `GET …/rules`.
pub(super) async fn list(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = administrator(&settings, &request)?;
    let site = desk.0.site(&own.site).await?.ok_or(Problem::Forbidden)?;
    let listed: Vec<Listed<'_>> = site.rules.iter().map(Listed::from).collect();
    Ok(HttpResponse::Ok().json(listed))
}

/// `POST …/rules {"pattern", "action", "first"}`.
pub(super) async fn add(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let new: NewRule = parsed(&body)?;
    let action = match new.action {
        Action::Drop => RuleAction::Drop,
        Action::Group => RuleAction::Group,
    };
    let rule = PageRule::parse(&new.pattern, action).map_err(refused)?;
    let first = new.first;
    let changed = desk.0.change_rules(&RuleChange::Add { rule, first }, &own).await?;
    done(changed.map_err(refused)?)
}

/// `DELETE …/rules?pattern=…`: by the query, because a pattern has slashes.
pub(super) async fn remove(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let wanted = web::Query::<Removed>::from_query(request.query_string());
    let wanted = wanted.map_err(|_| Problem::parameter("pattern", "is needed, once and nothing else"))?;
    let pattern = wanted.into_inner().pattern;
    let changed = desk.0.change_rules(&RuleChange::Remove { pattern }, &own).await?;
    done(changed.map_err(refused)?)
}

fn refused(error: RuleError) -> Problem {
    Problem::parameter("pattern", error.to_string())
}

impl<'a> From<&'a PageRule> for Listed<'a> {
    fn from(rule: &'a PageRule) -> Listed<'a> {
        Listed {
            pattern: &rule.pattern,
            action: match rule.action {
                RuleAction::Drop => Action::Drop,
                RuleAction::Group => Action::Group,
            },
        }
    }
}
