//! Forward-only, numbered migrations, embedded in the binary. Each statement can be repeated, so a migration that was cut
//! off is simply run again; two at once do the same work twice.

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fault::StoreFault;
use crate::settings::{SettingsError, StoreSettings, answer};

/// The migrations by number, 1, 2, 3…
const MIGRATIONS: [(u32, &str, &str); 11] = [
    (1, "counts", include_str!("../migrations/0001_counts.sql")),
    (
        2,
        "names_and_control",
        include_str!("../migrations/0002_names_and_control.sql"),
    ),
    (3, "arrivals", include_str!("../migrations/0003_arrivals.sql")),
    (4, "dead_letters", include_str!("../migrations/0004_dead_letters.sql")),
    (5, "sealing", include_str!("../migrations/0005_sealing.sql")),
    (6, "erasure", include_str!("../migrations/0006_erasure.sql")),
    (7, "access", include_str!("../migrations/0007_access.sql")),
    (8, "audit", include_str!("../migrations/0008_audit.sql")),
    (9, "site_access", include_str!("../migrations/0009_site_access.sql")),
    (10, "coarsening", include_str!("../migrations/0010_coarsening.sql")),
    (11, "shares", include_str!("../migrations/0011_shares.sql")),
];

/// The schema that this build knows.
pub const SCHEMA_VERSION: u32 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Bytes of the key of page and anchor ids.
const ID_KEY_BYTES: usize = 16;

/// What a migration did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// The schema before; 0 for none.
    pub from: u32,
    /// The numbers of the migrations that were applied now.
    pub applied: Vec<u32>,
}

/// Why a migration stopped.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum MigrateError {
    /// The settings cannot be right.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A newer build wrote this database.
    #[error("the database has schema {found}, this build knows {SCHEMA_VERSION}; use the newer build")]
    Newer {
        /// The schema found.
        found: u32,
    },
    /// A build from before the first release wrote this database: its sealed counts have another form, and nothing takes them over.
    #[error(
        "the database was made by a build from before the first release, whose sealed counts have another form; start with an empty database"
    )]
    Unreleased,
    /// The server did not do it.
    #[error("migration {number}: {fault}")]
    Fault {
        /// The migration, 0 before the first.
        number: u32,
        /// What went wrong.
        fault: StoreFault,
    },
    /// No random bytes for the id key.
    #[error("the system gives no random bytes for the id key")]
    NoRandom,
}

#[derive(Row, Serialize)]
struct MigrationRow<'a> {
    number: u32,
    name: &'a str,
}

#[derive(Row, Serialize, Deserialize)]
struct SettingRow {
    id: String,
    value: String,
}

/// Brings the database to this build's schema; makes it, and the id key, where they are missing.
pub async fn migrate(settings: &StoreSettings) -> Result<Migrated, MigrateError> {
    settings.validate()?;
    let before = |fault| MigrateError::Fault { number: 0, fault };
    // The name was validated: it needs no quoting.
    let make = format!("CREATE DATABASE IF NOT EXISTS {}", settings.database);
    answer(settings.server_client().query_raw(&make).execute())
        .await
        .map_err(before)?;
    let client = settings.client();
    answer(
        client
            .query_raw(include_str!("../migrations/0000_schema_migrations.sql"))
            .execute(),
    )
    .await
    .map_err(before)?;
    let from = version(&client).await.map_err(before)?;
    if has_unreleased_form(&client).await.map_err(before)? {
        return Err(MigrateError::Unreleased);
    }
    if from > SCHEMA_VERSION {
        return Err(MigrateError::Newer { found: from });
    }
    let mut applied = Vec::new();
    for (number, name, sql) in MIGRATIONS.into_iter().filter(|(number, _, _)| *number > from) {
        apply(&client, MigrationRow { number, name }, sql)
            .await
            .map_err(|fault| MigrateError::Fault { number, fault })?;
        applied.push(number);
    }
    make_id_key(&client).await?;
    Ok(Migrated { from, applied })
}

/// The schema of the database; 0 where nothing was applied.
pub(crate) async fn version(client: &Client) -> Result<u32, StoreFault> {
    answer(
        client
            .query_raw("SELECT max(number) FROM schema_migrations")
            .fetch_one::<u32>(),
    )
    .await
}

/// Whether sealed counts have a row for each place, or their places as they are read.
async fn has_unreleased_form(client: &Client) -> Result<bool, StoreFault> {
    let columns = "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'days'
        AND (name = 'n' OR name = 'places.n' AND default_kind = '')";
    Ok(answer(client.query_raw(columns).fetch_one::<u64>()).await? > 0)
}

async fn apply(client: &Client, row: MigrationRow<'_>, sql: &str) -> Result<(), StoreFault> {
    for statement in statements(sql) {
        answer(client.query_raw(statement).execute()).await?;
    }
    answer(async {
        let mut insert = client.insert::<MigrationRow<'_>>("schema_migrations").await?;
        insert.write(&row).await?;
        insert.end().await
    })
    .await
}

/// Statements end with a semicolon at the end of a line; no text of ours holds one there.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}

/// Writes the id key unless there is one. Two migrations at once use one deduplication token, so one key wins.
async fn make_id_key(client: &Client) -> Result<(), MigrateError> {
    let fault = |fault| MigrateError::Fault {
        number: SCHEMA_VERSION,
        fault,
    };
    let count = "SELECT count() FROM settings WHERE id = 'id_key'";
    if answer(client.query_raw(count).fetch_one::<u64>())
        .await
        .map_err(fault)?
        > 0
    {
        return Ok(());
    }
    let mut key = [0; ID_KEY_BYTES];
    getrandom::fill(&mut key).map_err(|_| MigrateError::NoRandom)?;
    let row = SettingRow {
        id: "id_key".into(),
        value: key.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    answer(async {
        let mut insert = client
            .insert::<SettingRow>("settings")
            .await?
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", "id_key");
        insert.write(&row).await?;
        insert.end().await
    })
    .await
    .map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_and_can_be_repeated() {
        for (index, (number, name, sql)) in MIGRATIONS.into_iter().enumerate() {
            assert_eq!(number as usize, index + 1, "{name}");
            for statement in statements(sql) {
                // What a column is or says may be set again; what is made must not be there yet.
                let again = ["IF NOT EXISTS", "MODIFY COLUMN", "COMMENT COLUMN"];
                assert!(
                    again.iter().any(|words| statement.contains(words)),
                    "{name}: {statement}"
                );
            }
        }
    }
}
