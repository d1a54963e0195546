//! What is dropped, and when: attempts that did not win as soon as their landing is sealed, and what a seal replaced once no
//! question can still be reading it.

use clickhouse::Row;
use isotherm_core::cohort::calendar;
use isotherm_core::control::{Erased, ErasureState};
use isotherm_core::day::Day;
use serde::Deserialize;

use super::{SealError, Sealer};
use crate::erase::Eraser;
use crate::seals::Seals;
use crate::settings::IDS_AT_ONCE;

/// What a seal replaced is kept this long after publishing, in seconds. No question runs longer than a minute.
const KEPT_S: u32 = 600;
/// The number of an attempt is remembered this long after it began, in seconds, so that what it writes although it has lost
/// is deleted as well. No attempt works longer.
const ATTEMPT_S_MAX: u32 = 24 * 3_600;

/// Tables whose rows an attempt that did not win leaves behind.
const TABLES: [&str; 4] = ["days", "countries", "ledger", "seal_balances"];
/// Notes of attempts, one partition for each.
const NOTES: [&str; 3] = ["seal_plan", "seal_joins", "seal_countries"];
/// Tables that each seal writes whole, one partition for each attempt.
const WAITING: [&str; 2] = ["waiting_days", "waiting_countries"];

/// What was dropped.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tidied {
    /// Partitions of `live`.
    pub landings: Vec<Day>,
    /// Attempts that did not win, or whose notes were left over.
    pub attempts: u64,
}

#[derive(Row, Deserialize)]
struct AttemptRow {
    seal_attempt: u64,
    landing: u16,
    started: u32,
}

impl Sealer {
    /// Drops what is not needed any more. Done before every seal, and by itself now and then.
    pub async fn tidy(&self) -> Result<Tidied, SealError> {
        self.finish_erasures().await?;
        let seals = Seals::read(&self.client).await?;
        let mut tidied = Tidied::default();
        self.drop_attempts(&seals, &mut tidied).await?;
        let until = self.now_s().saturating_sub(KEPT_S);
        if seals.newest().is_some() && seals.newest_published_s() <= until {
            self.drop_waiting(&seals).await?;
        }
        if let Some(newest) = seals.published_until(until) {
            self.drop_landings(newest, &mut tidied).await?;
        }
        self.drop_expired(&seals, until).await?;
        Ok(tidied)
    }

    /// What an erasure wrote down as gone is deleted before a seal moves it, or finds it too old and writes it down again.
    async fn finish_erasures(&self) -> Result<(), SealError> {
        let eraser = Eraser::of(self.client.clone());
        for erasure in eraser.erasures().await? {
            // A site that was added again keeps what it has since.
            let is_over = erasure.what == Erased::Site && erasure.state >= ErasureState::Counted;
            if erasure.state < ErasureState::Final && !is_over {
                eraser.pass(erasure.id).await?;
            }
        }
        Ok(())
    }

    /// Attempts at landings that are sealed: no statement of theirs counts any more.
    async fn drop_attempts(&self, seals: &Seals, tidied: &mut Tidied) -> Result<(), SealError> {
        let sql =
            "SELECT seal_attempt, toUInt16(landing) AS landing, toUnixTimestamp(started) AS started FROM seal_attempts";
        let attempts: Vec<AttemptRow> = self.ask("seal_attempts_read", self.client.query_raw(sql)).await?;
        let ended: Vec<AttemptRow> = attempts.into_iter().filter(|row| seals.holds(row.landing)).collect();
        if ended.is_empty() {
            return Ok(());
        }
        let dead: Vec<u64> = ended
            .iter()
            .map(|row| row.seal_attempt)
            .filter(|attempt| !seals.names(*attempt))
            .collect();
        if !dead.is_empty() {
            for table in TABLES {
                self.delete_attempts(table, &dead).await?;
            }
            for table in WAITING {
                self.drop_partitions(table, &dead).await?;
            }
        }
        let all: Vec<u64> = ended.iter().map(|row| row.seal_attempt).collect();
        for table in NOTES {
            self.drop_partitions(table, &all).await?;
        }
        let forget_before = self.now_s().saturating_sub(ATTEMPT_S_MAX);
        let forgotten: Vec<u64> = ended
            .iter()
            .filter(|row| row.started < forget_before)
            .map(|row| row.seal_attempt)
            .collect();
        if !forgotten.is_empty() {
            self.delete_attempts("seal_attempts", &forgotten).await?;
        }
        tidied.attempts = ended.len() as u64;
        Ok(())
    }

    /// Drops what attempts wrote into a table that has a partition for each.
    async fn drop_partitions(&self, table: &str, attempts: &[u64]) -> Result<(), SealError> {
        let sql = format!("SELECT DISTINCT seal_attempt FROM {table}");
        let there: Vec<u64> = self.ask("seal_partitions", self.client.query_raw(&sql)).await?;
        for attempt in there.into_iter().filter(|attempt| attempts.contains(attempt)) {
            // A number: it needs no quoting.
            let sql = format!("ALTER TABLE {table} DROP PARTITION {attempt}");
            self.execute("drop_partition", self.client.query_raw(&sql)).await?;
        }
        Ok(())
    }

    /// What waited before the newest seal, which wrote all that waits anew.
    async fn drop_waiting(&self, seals: &Seals) -> Result<(), SealError> {
        let older: Vec<u64> = seals
            .attempts()
            .iter()
            .copied()
            .filter(|attempt| *attempt != seals.newest_attempt())
            .collect();
        for table in WAITING {
            self.drop_partitions(table, &older).await?;
        }
        Ok(())
    }

    async fn drop_landings(&self, newest: u16, tidied: &mut Tidied) -> Result<(), SealError> {
        let sql = "SELECT DISTINCT toUInt16(landing) AS number FROM live WHERE landing <= toDate({newest:UInt16}) ORDER BY number";
        let query = self.client.query_raw(sql).param("newest", newest);
        let landings: Vec<u16> = self.ask("seal_landings_read", query).await?;
        for landing in landings.into_iter().map(Day) {
            let (year, month, day) = calendar(landing);
            let sql = format!("ALTER TABLE live DROP PARTITION ID '{year:04}{month:02}{day:02}'");
            self.execute("drop_landing", self.client.query_raw(&sql)).await?;
            tidied.landings.push(landing);
        }
        Ok(())
    }

    async fn delete_attempts(&self, table: &str, attempts: &[u64]) -> Result<(), SealError> {
        for some in attempts.chunks(IDS_AT_ONCE) {
            self.delete_some_attempts(table, some).await?;
        }
        Ok(())
    }

    /// Deletes their rows, if there are any: a deletion costs many times what the question costs.
    async fn delete_some_attempts(&self, table: &str, attempts: &[u64]) -> Result<(), SealError> {
        let of_them = "has({attempts:Array(UInt64)}, seal_attempt)";
        let sql = format!("SELECT count() FROM {table} WHERE {of_them}");
        let rows = self.client.query_raw(&sql).param("attempts", attempts);
        let rows: Vec<u64> = self.ask("seal_dead_rows", rows).await?;
        if rows.iter().sum::<u64>() == 0 {
            return Ok(());
        }
        let sql = format!("ALTER TABLE {table} DELETE WHERE {of_them} SETTINGS mutations_sync = 1");
        let query = self.client.query_raw(&sql).param("attempts", attempts);
        self.execute("delete_attempts", query).await
    }
}
