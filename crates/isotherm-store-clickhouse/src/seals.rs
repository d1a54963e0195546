//! Which landings are sealed, and by which attempts. Read before every question, so that one question sees one state:
//! all its parts get the same list as parameters.

use clickhouse::query::Query;
use clickhouse::{Client, Row};
use serde::Deserialize;

use crate::fault::StoreFault;
use crate::settings::answer;

/// The published seals in landing order.
#[derive(Default)]
pub(crate) struct Seals {
    landings: Vec<u16>,
    attempts: Vec<u64>,
}

#[derive(Row, Deserialize)]
struct SealRow {
    landing: u16,
    seal_attempt: u64,
}

impl Seals {
    pub(crate) async fn read(client: &Client) -> Result<Seals, StoreFault> {
        let query = client.query_raw(include_str!("../queries/seals.sql"));
        let rows: Vec<SealRow> = answer(query.fetch_all()).await?;
        Ok(Seals {
            landings: rows.iter().map(|row| row.landing).collect(),
            attempts: rows.iter().map(|row| row.seal_attempt).collect(),
        })
    }

    pub(crate) fn holds(&self, landing: u16) -> bool {
        self.landings.contains(&landing)
    }

    /// Adds what every statement over counts or the ledger asks for: the sealed landings, the attempts that were
    /// published, and the newest of them with its landing (0 where nothing is sealed).
    pub(crate) fn bind(&self, query: Query) -> Query {
        query
            .param("sealed_landings", &self.landings)
            .param("published", &self.attempts)
            .param("newest_seal", self.attempts.last().copied().unwrap_or(0))
            .param("newest_landing", self.landings.last().copied().unwrap_or(0))
    }
}
