//! Reads back from the server what exactly-once and durability rest on: what the migrations and the profile set once may
//! have been changed since, or may be overruled by the server.

use std::fmt;

use clickhouse::{Client, Row};
use serde::Deserialize;

use crate::counts::INSERT_SETTINGS;
use crate::fault::StoreFault;
use crate::migrate::{SCHEMA_VERSION, version};
use crate::settings::{StoreSettings, answer};

/// Settings besides those of every insert that must have a value where the server knows them.
const OTHER_SETTINGS: [(&str, &[&str]); 3] = [
    ("deduplicate_insert", &["enable", "backward_compatible_choice"]),
    ("log_queries", &["0"]),
    ("insert_quorum", &["0"]),
];

/// What the table of counts must be made with: what the migrations set.
const LIVE_SETTINGS: [(&str, u64); 4] = [
    ("non_replicated_deduplication_window", 200_000),
    ("fsync_after_insert", 1),
    ("fsync_part_directory", 1),
    ("min_rows_to_fsync_after_merge", 1),
];

/// The order of the table of counts, which inserts and questions rely on.
const LIVE_ORDER: &str = "ORDER BY (kind, site, page, layer, viewport, day, anchor, y, x, country)";

/// Something about the store that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// The database was never migrated, or not by this build.
    Schema {
        /// The schema found; 0 for none.
        found: u32,
    },
    /// A setting is overruled for our user.
    Setting {
        /// Its name.
        name: String,
        /// The value in force.
        found: String,
        /// The value that it must have.
        expected: String,
    },
    /// A table is not made as it must be.
    Table {
        /// The table.
        table: &'static str,
        /// What is missing in its definition.
        expected: String,
    },
    /// The reading user can write.
    ReaderCanWrite,
    /// The reading user cannot read.
    ReaderCannotRead {
        /// Why, in the server's words for it.
        because: String,
    },
    /// No reading user is named: answers are read by the owner, who can write.
    OwnerReads,
}

impl Finding {
    /// Whether all works as it is, and only could be safer.
    pub fn is_advice(&self) -> bool {
        matches!(self, Finding::OwnerReads)
    }
}

#[derive(Row, Deserialize)]
struct SettingRow {
    name: String,
    value: String,
}

#[derive(Row, Deserialize)]
struct TableRow {
    name: String,
    engine_full: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Schema { found } => {
                write!(
                    f,
                    "the database has schema {found}, this build needs {SCHEMA_VERSION}: run `isotherm migrate`"
                )
            }
            Finding::Setting { name, found, expected } => write!(
                f,
                "setting {name} is {found} and must be {expected}: change it in the profile of the user in `[clickhouse] user`"
            ),
            Finding::Table { table, expected } => {
                write!(
                    f,
                    "table {table} is not made with {expected}: set it back with ALTER TABLE {table} MODIFY SETTING"
                )
            }
            Finding::ReaderCanWrite => {
                write!(
                    f,
                    "the user in `[clickhouse] read_user` can write: give its profile readonly = 2 and SELECT rights only, as \
                     deploy/clickhouse-users.xml does"
                )
            }
            Finding::ReaderCannotRead { because } => {
                write!(
                    f,
                    "the user in `[clickhouse] read_user` cannot read, so there are no answers: {because}; it needs SELECT on \
                     the database, and its password in `read_password`"
                )
            }
            Finding::OwnerReads => {
                write!(
                    f,
                    "answers are read by the user that owns the database, which can write: make one that may only read \
                     (deploy/clickhouse-users.xml) and name it in `[clickhouse] read_user` and `read_password`"
                )
            }
        }
    }
}

/// Compares the server with what we rely on; empty when all is well.
pub async fn check(settings: &StoreSettings) -> Result<Vec<Finding>, StoreFault> {
    let client = settings.client();
    let tables: Vec<TableRow> = answer(
        client
            .query_raw(include_str!("../queries/table_settings.sql"))
            .fetch_all(),
    )
    .await?;
    if !tables.iter().any(|table| table.name == "schema_migrations") {
        return Ok(vec![Finding::Schema { found: 0 }]);
    }
    let mut findings = Vec::new();
    let found = version(&client).await?;
    if found != SCHEMA_VERSION {
        findings.push(Finding::Schema { found });
    }
    findings.extend(wrong_settings(&client).await?);
    findings.extend(wrong_tables(&tables));
    findings.extend(wrong_reader(settings).await?);
    Ok(findings)
}

/// Asks with the very settings that inserts send, so what comes back is what holds for them.
async fn wrong_settings(client: &Client) -> Result<Vec<Finding>, StoreFault> {
    let mut expected: Vec<(&str, Vec<&str>)> = INSERT_SETTINGS
        .iter()
        .map(|(name, value)| (*name, vec![*value]))
        .collect();
    expected.extend(OTHER_SETTINGS.iter().map(|(name, values)| (*name, values.to_vec())));
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let mut query = client
        .query_raw(include_str!("../queries/settings.sql"))
        .param("names", names);
    for (name, value) in INSERT_SETTINGS {
        query = query.with_setting(name, value);
    }
    let rows: Vec<SettingRow> = answer(query.fetch_all()).await?;
    let wrong = |row: SettingRow| {
        let (_, values) = expected.iter().find(|(name, _)| *name == row.name)?;
        (!values.contains(&row.value.as_str())).then(|| Finding::Setting {
            name: row.name.clone(),
            found: row.value.clone(),
            expected: values.join(" or "),
        })
    };
    Ok(rows.into_iter().filter_map(wrong).collect())
}

fn wrong_tables(tables: &[TableRow]) -> Vec<Finding> {
    let live = tables
        .iter()
        .find(|table| table.name == "live")
        .map_or("", |table| &table.engine_full);
    let mut findings = Vec::new();
    let mut missing = |expected: String| {
        findings.push(Finding::Table {
            table: "live",
            expected,
        })
    };
    if !live.starts_with("MergeTree ") {
        missing("ENGINE = MergeTree".into());
    }
    if !live.contains(LIVE_ORDER) {
        missing(LIVE_ORDER.into());
    }
    for (name, at_least) in LIVE_SETTINGS {
        let value = live.split_once(&format!("{name} = ")).and_then(|(_, rest)| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse::<u64>().ok()
        });
        if value.is_none_or(|value| value < at_least) {
            missing(format!("{name} = {at_least} or more"));
        }
    }
    findings
}

/// An insert of no rows is refused to a user that may only read, and does nothing to one that may write.
async fn wrong_reader(settings: &StoreSettings) -> Result<Option<Finding>, StoreFault> {
    if settings.read_user.is_none() {
        return Ok(Some(Finding::OwnerReads));
    }
    let reader = settings.read_client();
    let try_to = async |sql: &str| match answer(reader.query_raw(sql).execute()).await {
        Ok(()) => Ok(None),
        Err(StoreFault::Refused(because) | StoreFault::NotAllowed(because)) => Ok(Some(because)),
        Err(unavailable) => Err(unavailable),
    };
    if let Some(because) = try_to("SELECT 1 FROM erased LIMIT 0").await? {
        return Ok(Some(Finding::ReaderCannotRead { because }));
    }
    let refused = try_to("INSERT INTO erased SELECT * FROM erased WHERE 0").await?;
    Ok(refused.is_none().then_some(Finding::ReaderCanWrite))
}
