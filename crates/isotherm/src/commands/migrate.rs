//! `isotherm migrate`: the schema, and the topic. With `--adopt-log`, going on with a log that the ledger does not know.

use anyhow::Context;
use isotherm_core::day::Day;
use isotherm_core::ports::{Clock, CountStore};
use isotherm_core::record::LogId;
use isotherm_log_kafka::adopt;
use isotherm_log_kafka::topic::ensure;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseCounts, StoreSettings, migrate};

use super::output::line;
use crate::arguments::MigrateArguments;
use crate::installation::Installation;
use crate::roles::collecting::open_log;

/// Brings the store to this version's schema, then makes or checks the topic.
pub(crate) async fn run(arguments: MigrateArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_or_make_store().await?;
    let done = run_with(&installation, &store.settings, arguments.adopt_log).await;
    store.close().await;
    done
}

async fn run_with(installation: &Installation, store: &StoreSettings, adopt_log: bool) -> anyhow::Result<()> {
    let migrated = migrate(store).await?;
    line(format!(
        "store: schema {} before, {} migrations applied",
        migrated.from,
        migrated.applied.len()
    ));
    if installation.config.kafka.brokers.is_empty() {
        return if adopt_log { begin_new_log(installation) } else { Ok(()) };
    }
    let kafka = installation.kafka()?;
    let ensured = ensure(&kafka).await?;
    let what = if ensured.created {
        "made"
    } else {
        "is there and as it must be"
    };
    line(format!(
        "topic `{}`: {what}, {} partitions",
        kafka.topic, kafka.partitions
    ));
    if adopt_log {
        adopt_topic(installation, store).await?;
    }
    Ok(())
}

/// Commits, for each partition, that what the ledger has counted is counted.
async fn adopt_topic(installation: &Installation, store: &StoreSettings) -> anyhow::Result<()> {
    let (settings, store) = (installation.kafka_reader()?, store.clone());
    let runtime = tokio::runtime::Handle::current();
    let adopted = tokio::task::spawn_blocking(move || {
        let today = Day::of_unix_ms(SystemClock.unix_ms());
        let log_id = adopt(&settings, &[], today)?;
        let ends = ends(&store, runtime, log_id, settings.kafka.partitions)?;
        adopt(&settings, &ends, today)?;
        anyhow::Ok(ends)
    });
    for (partition, last) in adopted.await?? {
        line(format!("partition {partition}: goes on behind offset {last}"));
    }
    line("topic adopted; offsets that it no longer holds will be counted as lost");
    Ok(())
}

fn ends(
    store: &StoreSettings,
    runtime: tokio::runtime::Handle,
    log_id: LogId,
    partitions: u16,
) -> anyhow::Result<Vec<(u16, u64)>> {
    let mut counts = ClickHouseCounts::new(store, runtime);
    let mut ends = Vec::new();
    for partition in 0..partitions {
        let end = counts.ledger_end(log_id, partition)?;
        ends.extend(end.map(|end| (partition, end.last)));
    }
    Ok(ends)
}

/// A log on disk that is an older copy of itself cannot be told from its later self record by record: it is removed, and
/// the next start makes a new one, which begins a ledger of its own.
fn begin_new_log(installation: &Installation) -> anyhow::Result<()> {
    let dir = installation.log_dir();
    let log = open_log(installation)?;
    let waiting = log.stats().records;
    drop(log);
    std::fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    line(format!(
        "log: removed with {waiting} records that were not counted; the next start begins a new one"
    ));
    Ok(())
}
