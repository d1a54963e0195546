//! The aggregating part of `up`, and the role of a cluster.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::runner::Runner;
use isotherm_aggregate::worker::BatchLimits;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, Clock, EventLog, LogError};
use isotherm_log_kafka::{KafkaReader, ReaderSettings};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseControl, ClickHouseCounts, StoreSettings};
use tokio_util::sync::CancellationToken;

use super::stop_signal;
use crate::arguments::RoleArguments;
use crate::control::{Control, RETRY_EVERY};
use crate::erasing;
use crate::installation::Installation;
use crate::store_watch;

/// How long after the stop signal answers of the store are waited for. The ledger says at the next start what landed.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3);

/// The machine's time; in a test build another day if a test wants midnight between two processes.
struct AggregateClock;

impl Clock for AggregateClock {
    fn unix_ms(&self) -> u64 {
        SystemClock.unix_ms() + isotherm_fault::clock_ahead_ms()
    }
}

/// Starts the thread that aggregates one log into one store. `halted` is cancelled if it cannot go on by itself.
pub(crate) fn start<L>(
    log: L,
    (store, key): (&StoreSettings, IdKey),
    installation: &Installation,
    (tasks, ops): (&Tasks, &Ops),
    halted: CancellationToken,
) where
    L: EventLog + Assignment + Send + 'static,
{
    super::sealing::start(installation, store, (tasks, ops));
    let metrics = AggregateMetrics::default();
    ops.register(|registry| metrics.register(registry));
    let (give_up, ended) = (CancellationToken::new(), CancellationToken::new());
    let health = ops.clone();
    let runner = Runner {
        log,
        store: ClickHouseCounts::new(store, tokio::runtime::Handle::current()).giving_up(give_up.clone()),
        clock: Box::new(AggregateClock),
        key,
        limits: limits(installation),
        metrics,
        health: Box::new(move |state| health.set_ready("aggregate", state)),
        // Different in each process, which is all that pauses need.
        seed: SystemClock.unix_ms() ^ (u64::from(std::process::id()) << 32),
    };
    let (stop, ops) = (tasks.stop_signal(), ops.clone());
    let over = ended.clone().drop_guard();
    tasks.spawn_thread("aggregate", move || {
        let _over = over;
        if let Err(halt) = runner.run(&stop) {
            tracing::error!(reason = %halt, "aggregating has stopped; collecting goes on");
            ops.set_ready("aggregate", Err(halt.to_string()));
            halted.cancel();
        }
    });
    let stop = tasks.stop_signal();
    tasks.spawn("give up", async move {
        tokio::select! {
            () = ended.cancelled() => {}
            () = async { stop.cancelled().await; tokio::time::sleep(GIVE_UP_AFTER).await; } => give_up.cancel(),
        }
    });
}

/// `isotherm aggregate`.
pub(crate) async fn run(arguments: RoleArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = super::external_store(&installation)?;
    let settings = installation.kafka_reader()?;
    let (tasks, ops) = (Tasks::new(), Ops::new());
    super::start_ops(&installation, &ops, &tasks)?;
    ops.set_ready("aggregate", Err("has not begun to read the topic".into()));
    store_watch::keep_checking(&store, &tasks, &ops);
    let halted = CancellationToken::new();
    let beginning = async {
        let control = Control::of_sites(Arc::new(ClickHouseControl::new(&store)), None);
        let key = control.open_patiently().await;
        let reader = open_patiently(&settings).await?;
        start(reader, (&store, key), &installation, (&tasks, &ops), halted.clone());
        erasing::keep_erasing_in_cluster(&installation, &store, &tasks);
        ops.set_ready("aggregate", Ok(()));
        tracing::info!("aggregating");
        // Runs until it is told to stop, or cannot go on.
        halted.cancelled().await;
        anyhow::Ok(())
    };
    let ended = tokio::select! {
        ended = beginning => ended.and_then(|()| bail!("aggregating has stopped; the log says why")),
        signalled = stop_signal() => signalled,
    };
    tracing::info!("stopping");
    tasks.stop().await;
    ended
}

/// Joins the group; waits as long as no broker answers.
async fn open_patiently(settings: &ReaderSettings) -> anyhow::Result<KafkaReader> {
    loop {
        let asked = settings.clone();
        let opened = tokio::task::spawn_blocking(move || KafkaReader::open(&asked)).await?;
        match opened {
            Ok(reader) => return Ok(reader),
            Err(LogError::Unavailable(reason)) => {
                tracing::warn!(reason, "kafka does not answer yet");
                tokio::time::sleep(RETRY_EVERY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Most bytes of a batch for the embedded engine, whatever is configured. Records of this size make a block that it takes
/// within its memory even where nothing makes more rows of its bytes; a larger one could be refused for ever. Twice as
/// much was refused once in a dozen runs, and taken at the second try.
const EMBEDDED_BATCH_BYTES_MAX: usize = 1 << 20;

fn limits(installation: &Installation) -> BatchLimits {
    let limits = installation.config.aggregate.limits;
    let embedded = installation.config.clickhouse.store().is_none();
    BatchLimits {
        bytes_max: match embedded {
            true => limits.bytes_max.min(EMBEDDED_BATCH_BYTES_MAX),
            false => limits.bytes_max,
        },
        ..limits
    }
}
