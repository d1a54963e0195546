//! Deleting out of the sealed tables, whole page-months only, so that every number left still speaks of whole cohorts.
//!
//! A page-month is what was made of a page in one month: a cohort belongs to the month of the landing that closed it, in
//! `days` and by country alike. A range of days takes every page-month with a cohort that has a day in it.

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;

use super::deleting::{OF_PAGES, count_sql, delete_sql};
use super::{Eraser, Reach};
use crate::fault::StoreFault;
use crate::seals::Seals;
use crate::settings::answer;

/// A table, in the order in which they are deleted: `days` and `waiting_days` last, because they say what goes.
struct Table {
    name: &'static str,
    /// What of it goes besides being of the pages.
    condition: &'static str,
    /// Its part in the balance of seals.
    part: &'static str,
    /// Page views and interactions of a row.
    sums: (&'static str, &'static str),
    /// Which rows count: of published attempts, and not written down as gone for another reason. Those are deleted with the
    /// rest, but are out of their seal's balance already.
    counts: &'static str,
}

const OF_MONTHS: &str = "({all:UInt8} = 1 OR has({months:Array(UInt16)}, toUInt16(toStartOfMonth(landing))))";
const OF_MONTH: &str = "({all:UInt8} = 1 OR has({months:Array(UInt16)}, toUInt16(month)))";
const OF_GROUPS: &str =
    "({all:UInt8} = 1 OR has({groups:Array(String)}, concat(toString(page), '-', toString(viewport))))";
const OF_GROUPS_OR_MONTH: &str = "({all:UInt8} = 1 OR if(toUInt16(month) = 0, \
    has({groups:Array(String)}, concat(toString(page), '-', toString(viewport))), has({months:Array(UInt16)}, toUInt16(month))))";

/// As `verify_sealed.sql` takes them: what is written down as expired or summed up has left, whether it is deleted yet or not.
const COUNTRIES_THERE: &str = "has({published:Array(UInt64)}, seal_attempt) AND month >= \
    (SELECT max(balance_changes.kept_from) FROM balance_changes WHERE site = {site:String} AND part = 'rounded')";
const DAYS_THERE: &str = "has({published:Array(UInt64)}, seal_attempt) AND (last_day >= \
    (SELECT max(balance_changes.kept_from) FROM balance_changes WHERE site = {site:String} AND part = 'days_out') \
    OR (seal_attempt IN (SELECT seal_attempt FROM seals WHERE has(coarsened, {site:String})) \
    AND seal_attempt NOT IN (SELECT seal_attempt FROM balance_changes \
        WHERE site = {site:String} AND part = 'days_out' AND cause != 'erased')))";

const OF_ROW: (&str, &str) = ("views", "n");
const OF_PLACES: (&str, &str) = ("arraySum(places.views)", "arraySum(places.n)");

const TABLES: [Table; 4] = [
    Table {
        name: "countries",
        condition: OF_MONTH,
        part: "'rounded'",
        sums: OF_PLACES,
        counts: COUNTRIES_THERE,
    },
    Table {
        name: "waiting_countries",
        condition: OF_GROUPS_OR_MONTH,
        part: "if(toUInt16(month) = 0, 'waiting_countries_out', 'months_out')",
        sums: OF_ROW,
        counts: "seal_attempt = {newest_seal:UInt64}",
    },
    Table {
        name: "waiting_days",
        condition: OF_GROUPS,
        part: "'waiting_days_out'",
        sums: OF_ROW,
        counts: "seal_attempt = {newest_seal:UInt64}",
    },
    Table {
        name: "days",
        condition: OF_MONTHS,
        part: "'days_out'",
        sums: OF_PLACES,
        counts: DAYS_THERE,
    },
];

/// Page-months and waiting groups of a reach.
struct Units {
    months: Vec<u16>,
    groups: Vec<String>,
}

#[derive(Row, Deserialize)]
struct SumRow {
    rows: u64,
    seen: u64,
    done: u64,
}

impl Eraser {
    /// Rows of a request in the sealed tables.
    pub(super) async fn count_sealed(&self, reach: &Reach<'_>) -> Result<u64, StoreFault> {
        let units = self.units(reach).await?;
        let mut rows = 0;
        for table in &TABLES {
            let sql = count_sql(table.name, &format!("{OF_PAGES} AND {}", table.condition));
            rows += self.count(with_units(self.about(&sql, reach), reach, &units)).await?;
        }
        Ok(rows)
    }

    /// Deletes them; says how many they were.
    pub(super) async fn delete_sealed(&self, reach: &Reach<'_>) -> Result<u64, StoreFault> {
        let seals = Seals::read(&self.client).await?;
        let units = self.units(reach).await?;
        let mut deleted = 0;
        for table in &TABLES {
            let condition = format!("{OF_PAGES} AND {}", table.condition);
            let there = self.about(&count_sql(table.name, &condition), reach);
            let rows = self.count(with_units(there, reach, &units)).await?;
            if rows == 0 {
                continue;
            }
            self.balance(table, reach, (&units, &seals)).await?;
            let delete = self.about(&delete_sql(table.name, &condition), reach);
            answer(with_units(delete, reach, &units).execute()).await?;
            self.finish_deletions().await?;
            deleted += rows;
        }
        Ok(deleted)
    }

    /// Writes down by seal what will leave a table. Nobody but a seal writes these tables, and none begins before this is over: a
    /// repeat before the rows are gone finds the same rows, has the same token, and is written once. Another request, or one after
    /// another seal, may find as much again.
    async fn balance(
        &self,
        table: &Table,
        reach: &Reach<'_>,
        (units, seals): (&Units, &Seals),
    ) -> Result<(), StoreFault> {
        let of_table = format!(
            "FROM {} WHERE {OF_PAGES} AND {} AND {}",
            table.name, table.condition, table.counts
        );
        let (views, n) = table.sums;
        let sums = format!("sum(if(kind = 'page' AND layer = 1, {views}, 0)) AS seen, sum({n}) AS done {of_table}");
        let ask = |sql: &str| seals.bind(with_units(self.about(sql, reach), reach, units));
        let sum: SumRow = answer(ask(&format!("SELECT count() AS rows, {sums}")).fetch_one()).await?;
        if sum.rows == 0 {
            return Ok(());
        }
        let first = reach.pages.first().copied().unwrap_or(0);
        let token = format!(
            "{}-{}-{}-{}-{first}-{}-{}-{}",
            table.name,
            reach.site,
            reach.id,
            seals.newest_attempt(),
            sum.rows,
            sum.seen,
            sum.done
        );
        let change = format!(
            "INSERT INTO balance_changes (landing, seal_attempt, site, part, cause, kept_from, views, n)
            SELECT seals.landing, gone.seal_attempt, gone.site, gone.part, 'erased', toDate(0), gone.seen, gone.done
            FROM
            (
                SELECT seal_attempt, site, {} AS part, {sums}
                GROUP BY seal_attempt, site, part
            ) AS gone
            INNER JOIN seals ON seals.seal_attempt = gone.seal_attempt",
            table.part
        );
        let change = ask(&change)
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", token);
        answer(change.execute()).await
    }

    async fn units(&self, reach: &Reach<'_>) -> Result<Units, StoreFault> {
        if reach.is_unlimited() {
            let (months, groups) = (Vec::new(), Vec::new());
            return Ok(Units { months, groups });
        }
        let months = self.about(include_str!("../../queries/erase_months.sql"), reach);
        let groups = self.about(include_str!("../../queries/erase_groups.sql"), reach);
        Ok(Units {
            months: answer(months.fetch_all()).await?,
            groups: answer(groups.fetch_all()).await?,
        })
    }
}

fn with_units(query: Query, reach: &Reach<'_>, units: &Units) -> Query {
    query
        .param("all", u8::from(reach.is_unlimited()))
        .param("months", &units.months)
        .param("groups", &units.groups)
}
