//! What ClickHouse has counted, cell by cell, and when each was first seen there.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use reqwest::Client;
use tokio::time::Instant;

use crate::load::{ROW, number_of};

/// How often a cell was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    pub(crate) n: u64,
    pub(crate) views: u64,
    pub(crate) seen_at: Instant,
}

/// The ClickHouse of a schedule, asked directly.
pub(crate) struct Counted {
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
    pub(crate) client: Client,
    /// By the beacon's number.
    pub(crate) cells: HashMap<usize, Cell>,
}

impl Counted {
    /// Asks anew about all cells.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        self.refresh_from(0).await
    }

    /// Asks about the cells of beacons from this number on.
    pub(crate) async fn refresh_from(&mut self, number: usize) -> anyhow::Result<()> {
        let sql = format!(
            "SELECT x, y, sum(live.n), sum(live.views) FROM {}.live WHERE kind = 'grid' AND layer = 4 AND y >= {} \
             GROUP BY x, y HAVING {ROW} * y + x >= {number} FORMAT TSV",
            self.database,
            number / ROW
        );
        let text = self.ask(sql).await?;
        let now = Instant::now();
        for line in text.lines() {
            let mut numbers = line.split('\t').map(str::parse::<u64>);
            let mut next = || numbers.next().context("a column is missing")?.context("not a number");
            let (x, y, n, views) = (next()?, next()?, next()?, next()?);
            let cell = Cell { n, views, seen_at: now };
            let known = self.cells.entry(number_of(x as usize, y as usize)).or_insert(cell);
            (known.n, known.views) = (n, views);
        }
        Ok(())
    }

    /// Forgets the schedule's tables.
    pub(crate) async fn drop_database(&self) -> anyhow::Result<()> {
        self.ask(format!("DROP DATABASE IF EXISTS {}", self.database)).await?;
        Ok(())
    }

    async fn ask(&self, sql: String) -> anyhow::Result<String> {
        let asked = self.client.post(&self.url).header("X-ClickHouse-User", &self.user);
        let answer = asked
            .header("X-ClickHouse-Key", &self.password)
            .body(sql)
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "ClickHouse answers {status}: {text}");
        Ok(text)
    }
}
