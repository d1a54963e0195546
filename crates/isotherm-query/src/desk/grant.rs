//! Grants: what lets the overlay on a site's page ask for that page's heat, and nothing else.
//!
//! A grant is signed and stored nowhere. It is bound to site, page, origin and days, and ends soon; where it was asked for so,
//! it is also good for the pages of the site that are routes of the opened one. It stands in the fragment of the page's
//! address, which browsers send to nobody.

use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_core::IdKey;
use isotherm_core::path::PagePath;
use isotherm_core::site::{Origin, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::site::parsed;
use super::{Desk, guard};
use crate::access;
use crate::problem::Problem;
use crate::role::QuerySettings;
use crate::signed::Signer;

/// A grant ends after this time, seconds; the page is opened from the dashboard again then.
const GRANT_S: u64 = 60 * 60;

/// What a grant says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Grant {
    /// The token that made it: a grant ends with it.
    pub(super) token: String,
    pub(super) site: String,
    pub(super) page: String,
    /// The origin whose page may use it.
    pub(super) origin: String,
    /// The days of the dashboard's view, `YYYY-MM-DD`.
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    /// Whether it is good for the pages that the opened one becomes by a change of its route.
    #[serde(default)]
    pub(super) routes: bool,
    /// Second since 1970 at which it ends.
    pub(super) until_s: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedGrant")]
pub(crate) struct Wanted {
    page: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    /// Which of the site's origins, where it has several; the first of them otherwise.
    #[serde(default)]
    origin: Option<String>,
    /// The address of one such page, where the path is none: it is masked, of a group or a variant, or a route behind the #.
    #[serde(default)]
    address: Option<String>,
    /// Whether heat follows when the opened page changes its route.
    #[serde(default)]
    routes: bool,
}

/// Where heat is drawn.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Granted {
    /// The page's address, with the grant in its fragment.
    url: String,
}

/// The signer of grants.
pub(super) fn signer(key: &IdKey) -> Signer {
    Signer::new(key, "grant")
}

/// `POST …/grants {"page", "from", "to", "origin", "address", "routes"}`: the address under which the page shows its heat.
pub(super) async fn make(
    request: HttpRequest,
    body: web::Bytes,
    settings: web::Data<QuerySettings>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    if !guard::is_our_own(&request) {
        return Err(Problem::Forbidden);
    }
    let token = access::who(&settings, &request)?;
    let wanted: Wanted = parsed(&body)?;
    // As it is stored, so that the address is one of the site's pages and nothing else.
    let page = PagePath::normalise(&wanted.page).map_err(|_| Problem::parameter("page", "is no path of a page"))?;
    let site = desk.0.site(&token.site).await?.ok_or(Problem::Forbidden)?;
    let named = wanted.address.as_deref().map(|text| named(text, &page, &site));
    let named = named.transpose()?;
    let origin = match &named {
        Some(address) => address.origin,
        None => origin(&wanted, &site)?,
    };
    let grant = Grant {
        token: token.id,
        site: site.key.as_str().to_owned(),
        page: page.as_str().to_owned(),
        origin: origin.as_str().to_owned(),
        from: wanted.from,
        to: wanted.to,
        routes: wanted.routes,
        until_s: settings.clock.unix_ms() / 1_000 + GRANT_S,
    };
    let text = signer(&settings.id_key).sign(&grant).ok_or(Problem::Internal)?;
    let mark = format!("isotherm-heat={text}");
    let url = match named {
        Some(address) => address.marked(&mark),
        None => format!("{}{}#{mark}", grant.origin, encoded(&grant.page)),
    };
    Ok(HttpResponse::Created().json(Granted { url }))
}

fn origin<'a>(wanted: &Wanted, site: &'a Site) -> Result<&'a Origin, Problem> {
    let is_wanted = |origin: &&Origin| wanted.origin.as_deref().is_none_or(|wanted| wanted == origin.as_str());
    let found = site.origins.iter().find(is_wanted);
    found.ok_or_else(|| Problem::parameter("origin", "is none of the site's"))
}

/// The address that was named, which must be one of this page.
fn named<'a>(text: &'a str, page: &PagePath, site: &'a Site) -> Result<Address<'a>, Problem> {
    let address = Address::parse(text, site)
        .ok_or_else(|| Problem::parameter("address", "is no address on one of the site's origins"))?;
    match address.is_counted_as(page, site) {
        true => Ok(address),
        false => Err(Problem::parameter("address", format!("is not counted as `{page}`"))),
    }
}

/// A stored path as it stands in an address. It is decoded but for `%25`, `%3F` and `%23`, which stay as they are.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte);
    let text = path.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    text.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_addresses_have_it() {
        assert_eq!(encoded("/a b/ü\"<"), "/a%20b/%C3%BC%22%3C");
        assert_eq!(encoded("/100%25/what%3F/c%23"), "/100%25/what%3F/c%23");
        assert_eq!(encoded("/product/a-b_c.html"), "/product/a-b_c.html");
    }
}
