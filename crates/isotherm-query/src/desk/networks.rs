//! From where a site's answers may be asked for, besides what each token says itself. For tokens that may administer the site.

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::site::{administrator, changing, done, parsed};
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::token::check_networks;

/// The networks from which a site's answers may be asked for.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Networks {
    /// Each an address or a CIDR; empty for any.
    allow_ip: Vec<String>,
}

/// The networks from which a site's answers may be asked for, all of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNetworks {
    /// Each an address or a CIDR such as `203.0.113.0/24`, at most 64; empty for any. Who says it must be in one of them.
    allow_ip: Vec<String>,
}

/// `GET …/networks`.
pub(super) async fn networks(
    request: HttpRequest,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = administrator(&settings, &request)?;
    let allow_ip = desk.0.networks(&own.site).await?;
    Ok(HttpResponse::Ok().json(Networks { allow_ip }))
}

/// `PUT …/networks {"allow_ip"}`: the ones before are replaced.
pub(super) async fn set_networks(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let own = changing(&settings, &request)?;
    let NewNetworks { allow_ip } = parsed(&body)?;
    refuse_wrong(&allow_ip)?;
    // From the command line a list may leave its maker out, but here nobody could take it back.
    if !allow_ip.is_empty() && !settings.access.comes_from(&allow_ip, request.head()) {
        return Err(Problem::parameter(
            "allow_ip",
            "this list would lock you out: the address that you come from is in none of these networks; add it, and nothing is \
             changed until then",
        ));
    }
    done(desk.0.set_networks(&allow_ip, &own).await?)
}

/// Refuses a list that cannot hold, by the place of what is wrong in it: an address is not repeated.
pub(super) fn refuse_wrong(allow_ip: &[String]) -> Result<(), Problem> {
    let none = |text: &String| check_networks(std::slice::from_ref(text)).is_err();
    if let Some(at) = allow_ip.iter().position(none) {
        let fault = "neither an address nor a network such as 203.0.113.0/24";
        return Err(Problem::entry("allow_ip", at, fault));
    }
    check_networks(allow_ip).map_err(|_| Problem::parameter("allow_ip", "name at most 64 addresses or networks"))
}
