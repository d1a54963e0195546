//! The aggregating part of `up`, and the role of a cluster.

use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::runner::Runner;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, EventLog};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseCounts, StoreSettings};

use crate::arguments::RoleArguments;
use crate::config::Config;
use crate::installation::Installation;

/// Starts the thread that aggregates one log into one store.
pub(crate) fn start<L>(log: L, store: &StoreSettings, key: IdKey, config: &Config, (tasks, ops): (&Tasks, &Ops))
where
    L: EventLog + Assignment + Send + 'static,
{
    let metrics = AggregateMetrics::default();
    ops.register(|registry| metrics.register(registry));
    let runner = Runner {
        log,
        store: ClickHouseCounts::new(store, tokio::runtime::Handle::current()),
        clock: Box::new(SystemClock),
        key,
        limits: config.aggregate.limits,
        metrics,
    };
    let (stop, ops) = (tasks.stop_signal(), ops.clone());
    tasks.spawn_thread("aggregate", move || {
        if let Err(halt) = runner.run(&stop) {
            tracing::error!(reason = %halt, "aggregating has stopped; collecting goes on");
            ops.set_ready("aggregate", Err(halt.to_string()));
        }
    });
}

/// `isotherm aggregate`.
pub(crate) async fn run(arguments: RoleArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let _store = super::external_store(&installation)?;
    anyhow::bail!("this role reads a topic: set [kafka] brokers in the configuration")
}
