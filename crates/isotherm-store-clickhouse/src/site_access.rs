//! What owners say about access to their sites. The newest version of a site counts.

use clickhouse::{Client, Row};
use isotherm_core::control::SiteAccess;
use isotherm_core::reading::ReadError;
use isotherm_core::site::SiteKey;
use serde::{Deserialize, Serialize};

use crate::control::{damaged, write};
use crate::fault::StoreFault;
use crate::settings::answer;

#[derive(Row, Serialize, Deserialize)]
struct AccessRow {
    site: String,
    version: u64,
    allow_ip: Vec<String>,
    public_countries: bool,
}

pub(crate) async fn all(client: &Client) -> Result<Vec<SiteAccess>, ReadError> {
    let access = |row: AccessRow| {
        Some(SiteAccess {
            site: SiteKey::parse(&row.site)?,
            allow_ip: row.allow_ip,
            public_countries: row.public_countries,
        })
    };
    let all: Option<Vec<SiteAccess>> = rows(client).await?.into_iter().map(access).collect();
    all.ok_or_else(|| damaged("site_access"))
}

pub(crate) async fn put(client: &Client, access: &SiteAccess) -> Result<(), StoreFault> {
    let known = rows(client).await?;
    let newest = known.iter().find(|row| row.site == access.site.as_str());
    let row = AccessRow {
        site: access.site.as_str().into(),
        version: newest.map_or(1, |row| row.version + 1),
        allow_ip: access.allow_ip.clone(),
        public_countries: access.public_countries,
    };
    write(client, "site_access", &[row]).await
}

async fn rows(client: &Client) -> Result<Vec<AccessRow>, StoreFault> {
    let query = client.query_raw(include_str!("../queries/site_access.sql"));
    answer(query.fetch_all()).await
}
