//! Whose turn it is among processes that share a store and must not work on its tables at once: those that delete out of
//! them, and those that seal.
//!
//! The turns are a chain of rows in `settings`, like the seals. Each row follows one other, and its deduplication token names
//! that one: of all that follow it, one is written, and whoever reads itself back has the turn. It lasts for a time by the
//! server's clock and is prolonged while work goes on; of a process that died, it runs out. Work that cannot prolong its
//! turn is given up well before that, so that a statement under way ends before anybody else begins.

use std::time::{Duration, Instant};

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};

use crate::control::write;
use crate::fault::StoreFault;
use crate::settings::{StoreSettings, answer};

/// How long a turn lasts that is not prolonged, in seconds.
const LASTS_S: u32 = 120;

/// How often it is prolonged.
const PROLONG_EVERY: Duration = Duration::from_secs(15);

/// Work is given up when the turn could not be prolonged for this long: a minute before it runs out.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// So many rows are kept before the older ones are deleted. A deletion costs more than the rows do.
const ROWS_KEPT: u64 = 64;

/// A turn that was taken. Who drops it without [`Turn::end`] leaves it to run out.
pub struct Turn {
    client: Client,
    me: u64,
    number: u64,
}

#[derive(Row, Deserialize)]
struct NewestRow {
    number: u64,
    holder: u64,
    until_s: u32,
    now_s: u32,
    rows: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct SettingRow {
    id: String,
    value: String,
}

impl Turn {
    /// Takes the turn if it is nobody's.
    pub async fn take(settings: &StoreSettings) -> Result<Option<Turn>, StoreFault> {
        let mut me = [0; 8];
        getrandom::fill(&mut me).map_err(|_| StoreFault::Unavailable("the system gives no random bytes".into()))?;
        let mut turn = Turn {
            client: settings.client().with_setting("async_insert", "0"),
            me: u64::from_le_bytes(me),
            number: 0,
        };
        let newest = turn.newest().await?;
        if newest.until_s > newest.now_s {
            return Ok(None);
        }
        let is_mine = turn.follow(&newest, newest.now_s.saturating_add(LASTS_S)).await?;
        Ok(is_mine.then_some(turn))
    }

    /// Does work as long as the turn lasts, and ends it.
    pub async fn with<T>(mut self, work: impl Future<Output = T>) -> Result<T, StoreFault> {
        let done = tokio::select! {
            done = work => done,
            () = self.prolong() => {
                return Err(StoreFault::Unavailable("its turn could not be prolonged; it is tried again".into()));
            }
        };
        // What was done is done; a turn that is not given back runs out by itself.
        let _ = self.end().await;
        Ok(done)
    }

    /// Gives the turn back before it runs out.
    pub async fn end(mut self) -> Result<(), StoreFault> {
        let newest = self.newest().await?;
        if newest.holder != self.me {
            return Ok(());
        }
        self.follow(&newest, 0).await?;
        if newest.rows > ROWS_KEPT {
            let sql = "ALTER TABLE settings DELETE WHERE id = 'turn' \
                AND toUInt64OrZero(splitByChar(' ', value)[1]) < {number:UInt64} SETTINGS mutations_sync = 1";
            answer(self.client.query_raw(sql).param("number", self.number).execute()).await?;
        }
        Ok(())
    }

    /// Prolongs it again and again; returns when it is lost, or may be soon.
    async fn prolong(&mut self) {
        let mut prolonged = Instant::now();
        loop {
            tokio::time::sleep(PROLONG_EVERY).await;
            let asked = Instant::now();
            match tokio::time::timeout(GIVE_UP_AFTER.saturating_sub(prolonged.elapsed()), self.prolong_once()).await {
                Ok(Ok(true)) => prolonged = asked,
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(_)) if prolonged.elapsed() >= GIVE_UP_AFTER => return,
                Ok(Err(_)) => {}
            }
        }
    }

    async fn prolong_once(&mut self) -> Result<bool, StoreFault> {
        let newest = self.newest().await?;
        if newest.holder != self.me || newest.until_s <= newest.now_s {
            return Ok(false);
        }
        self.follow(&newest, newest.now_s.saturating_add(LASTS_S)).await
    }

    /// Writes the row that follows another one; says whether it is this process's that was written.
    async fn follow(&mut self, newest: &NewestRow, until_s: u32) -> Result<bool, StoreFault> {
        self.number = newest.number + 1;
        let row = SettingRow {
            id: "turn".into(),
            value: format!("{} {} {until_s}", self.number, self.me),
        };
        let token = format!("turn-{}-{}", newest.number, newest.holder);
        let client = self.client.clone().with_setting("insert_deduplicate", "1");
        let client = client.with_setting("insert_deduplication_token", token);
        write(&client, "settings", &[row]).await?;
        let found = self.newest().await?;
        Ok((found.number, found.holder) == (self.number, self.me))
    }

    async fn newest(&self) -> Result<NewestRow, StoreFault> {
        let sql = include_str!("../queries/turn.sql");
        answer(self.client.query_raw(sql).fetch_one()).await
    }
}
