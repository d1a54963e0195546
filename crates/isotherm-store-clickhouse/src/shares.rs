//! Share links. A link is one row, its revocation another; neither is ever changed.

use clickhouse::{Client, Row};
use isotherm_core::control::{Share, TokenHash};
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::reading::ReadError;
use isotherm_core::site::SiteKey;
use serde::{Deserialize, Serialize};

use crate::control::{damaged, write};
use crate::fault::StoreFault;
use crate::settings::answer;

/// Stands for all of a site where a page would stand.
const WHOLE_SITE: u64 = 0;

#[derive(Row, Serialize, Deserialize)]
struct ShareRow {
    id: String,
    revoked: u16,
    hash: [u8; 32],
    site: String,
    page: u64,
    created: u16,
    expires: u16,
    password: String,
    made_by: String,
}

#[derive(Row, Deserialize)]
struct PathRow {
    page: u64,
    path: String,
}

/// Those that are not revoked.
pub(crate) async fn all(client: &Client) -> Result<Vec<Share>, ReadError> {
    let share = |row: ShareRow| {
        Some(Share {
            id: row.id,
            hash: TokenHash(row.hash),
            site: SiteKey::parse(&row.site)?,
            page: (row.page != WHOLE_SITE).then_some(PageId(row.page)),
            created: Day(row.created),
            expires: Day(row.expires),
            password: Some(row.password).filter(|hash| !hash.is_empty()),
            made_by: row.made_by,
        })
    };
    let all: Option<Vec<Share>> = rows(client).await?.into_iter().map(share).collect();
    all.ok_or_else(|| damaged("shares"))
}

pub(crate) async fn put(client: &Client, share: &Share) -> Result<(), StoreFault> {
    let row = ShareRow {
        id: share.id.clone(),
        revoked: 0,
        hash: share.hash.0,
        site: share.site.as_str().into(),
        page: share.page.map_or(WHOLE_SITE, |page| page.0),
        created: share.created.0,
        expires: share.expires.0,
        password: share.password.clone().unwrap_or_default(),
        made_by: share.made_by.clone(),
    };
    write(client, "shares", &[row]).await
}

/// Revokes a link; says whether there was one.
pub(crate) async fn revoke(client: &Client, id: &str) -> Result<bool, StoreFault> {
    let known = rows(client).await?.into_iter().filter(|row| row.id == id).collect();
    Ok(revoke_rows(client, known).await? > 0)
}

/// Revokes all links of a site; says how many.
pub(crate) async fn revoke_all(client: &Client, site: &SiteKey) -> Result<u64, StoreFault> {
    let rows = rows(client).await?;
    let own = rows.into_iter().filter(|row| row.site == site.as_str()).collect();
    revoke_rows(client, own).await
}

/// The published paths of these pages.
pub(crate) async fn page_paths(
    client: &Client,
    site: &SiteKey,
    pages: &[PageId],
) -> Result<Vec<(PageId, String)>, StoreFault> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<u64> = pages.iter().map(|page| page.0).collect();
    let query = client.query_raw(include_str!("../queries/page_paths.sql"));
    let query = query.param("site", site.as_str()).param("ids", ids);
    let rows: Vec<PathRow> = answer(query.fetch_all()).await?;
    Ok(rows.into_iter().map(|row| (PageId(row.page), row.path)).collect())
}

async fn revoke_rows(client: &Client, known: Vec<ShareRow>) -> Result<u64, StoreFault> {
    let today: u16 = answer(client.query_raw("SELECT toUInt16(toDate(now(), 'UTC'))").fetch_one()).await?;
    let gone = |row: ShareRow| ShareRow {
        // Never the day that means not.
        revoked: today.max(1),
        hash: [0; 32],
        password: String::new(),
        ..row
    };
    let rows: Vec<ShareRow> = known.into_iter().map(gone).collect();
    write(client, "shares", &rows).await?;
    Ok(rows.len() as u64)
}

async fn rows(client: &Client) -> Result<Vec<ShareRow>, StoreFault> {
    answer(client.query_raw(include_str!("../queries/shares.sql")).fetch_all()).await
}
