//! The audit trail: acts of those who administer and uses of their tokens, with their day; and what the schema stores, for
//! the page that says so.

use clickhouse::{Client, Row};
use isotherm_core::control::AdminAct;
use isotherm_core::day::Day;
use serde::{Deserialize, Serialize};

use crate::control::write;
use crate::fault::StoreFault;
use crate::settings::{StoreSettings, answer};

#[derive(Row, Serialize, Deserialize)]
struct AuditRow {
    day: u16,
    who: String,
    act: String,
    site: String,
    subject: String,
}

#[derive(Row, Serialize)]
struct UseRow {
    id: String,
    day: u16,
}

/// A column as the database has it.
#[derive(Row, Serialize, Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StoredColumn {
    /// The table.
    pub table: String,
    /// The column.
    pub name: String,
    /// Its type in the database's words.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Every column of every table, in the order of their names and places.
pub async fn stored_columns(settings: &StoreSettings) -> Result<Vec<StoredColumn>, StoreFault> {
    let sql = include_str!("../queries/stored_columns.sql");
    answer(settings.client().query_raw(sql).fetch_all()).await
}

pub(crate) async fn note(client: &Client, acts: &[AdminAct]) -> Result<(), StoreFault> {
    let row = |act: &AdminAct| AuditRow {
        day: act.day.0,
        who: act.who.clone(),
        act: act.act.clone(),
        site: act.site.clone(),
        subject: act.subject.clone(),
    };
    let rows: Vec<AuditRow> = acts.iter().map(row).collect();
    write(client, "audit", &rows).await
}

pub(crate) async fn note_uses(client: &Client, ids: &[String], day: Day) -> Result<(), StoreFault> {
    let used = |id: &String| UseRow {
        id: id.clone(),
        day: day.0,
    };
    let rows: Vec<UseRow> = ids.iter().map(used).collect();
    write(client, "token_uses", &rows).await
}

pub(crate) async fn acts(client: &Client) -> Result<Vec<AdminAct>, StoreFault> {
    let rows: Vec<AuditRow> = answer(client.query_raw(include_str!("../queries/audit.sql")).fetch_all()).await?;
    let act = |row: AuditRow| AdminAct {
        day: Day(row.day),
        who: row.who,
        act: row.act,
        site: row.site,
        subject: row.subject,
    };
    Ok(rows.into_iter().map(act).collect())
}
