//! `isotherm migrate`: the schema, and the topic.

use isotherm_store_clickhouse::migrate;

use super::output::line;
use crate::arguments::MigrateArguments;
use crate::installation::Installation;

/// Brings the store to this version's schema, then makes or checks the topic.
pub(crate) async fn run(arguments: MigrateArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let migrated = migrate(&store.settings).await;
    store.close().await;
    let migrated = migrated?;
    let applied = migrated.applied.len();
    line(format!(
        "store: schema {} before, {applied} migrations applied",
        migrated.from
    ));
    Ok(())
}
