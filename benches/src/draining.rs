//! From the log to the store: the real aggregator works off a full log on disk into the embedded engine.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::runner::Runner;
use isotherm_aggregate::worker::BatchLimits;
use isotherm_core::admit::{Interaction, Sites};
use isotherm_core::day::Hour;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::Clock;
use isotherm_engine::{Engine, EngineSettings, assets};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseCounts, StoreSettings, migrate};
use isotherm_wire::record::pack;
use tokio_util::sync::CancellationToken;

use crate::numbers::Runs;
use crate::process::{SERVER_CORE, cpu_s};
use crate::serving::{PARTITIONS, open_log};
use crate::visitors::{self, Visitors};

/// Beacons in the log.
pub(crate) const BEACONS: usize = 900_000;
/// Beacons of a commit.
pub(crate) const GROUP: usize = 256;
/// Runs, each with a new log and a new engine.
pub(crate) const RUNS: usize = 3;
/// A run that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(120);
/// How long the engine may go on merging what was inserted.
const MERGE_DEADLINE: Duration = Duration::from_secs(10);

/// What was found.
pub(crate) struct Draining {
    /// Million places per CPU-second, until all of them are in the ledger.
    pub(crate) places_m: Runs,
    /// The same with the merging that the engine does afterwards.
    pub(crate) merged_m: Runs,
    /// CPU-seconds of the aggregator.
    pub(crate) own_s: Runs,
    /// CPU-seconds of the engine.
    pub(crate) engine_s: Runs,
    /// Million places per second of wall time, on two cores.
    pub(crate) wall_m: Runs,
    /// Places in the log.
    pub(crate) places: u64,
    /// Count rows inserted.
    pub(crate) rows: u64,
    /// Batches.
    pub(crate) batches: u64,
}

/// Packed groups of beacons.
struct Load {
    groups: Vec<Vec<(u16, Vec<u8>)>>,
    places: u64,
}

struct Drained {
    own_s: f64,
    engine_s: f64,
    merged_s: f64,
    wall_s: f64,
    rows: u64,
    batches: u64,
}

/// Measures some runs.
pub(crate) async fn measure(dir: &Path, isotherm: &Path) -> anyhow::Result<Draining> {
    let load = load()?;
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let dir = dir.join(format!("drain-{number}"));
        runs.push(run(&dir, isotherm, &load).await?);
        std::fs::remove_dir_all(&dir)?;
    }
    let last = runs.last().context("no run")?;
    let (rows, batches) = (last.rows, last.batches);
    let of = |number: &dyn Fn(&Drained) -> f64| Runs::new(runs.iter().map(number));
    let places_m = load.places as f64 / 1e6;
    Ok(Draining {
        places_m: of(&|run| places_m / (run.own_s + run.engine_s)),
        merged_m: of(&|run| places_m / (run.own_s + run.engine_s + run.merged_s)),
        own_s: of(&|run| run.own_s),
        engine_s: of(&|run| run.engine_s),
        wall_m: of(&|run| places_m / run.wall_s),
        places: load.places,
        rows,
        batches,
    })
}

async fn run(dir: &Path, isotherm: &Path, load: &Load) -> anyhow::Result<Drained> {
    let log = open_log(&dir.join("log"))?;
    for group in &load.groups {
        log.append(group)?;
    }
    let engine = start_engine(dir.join("engine"), isotherm).await?;
    let handle = engine.handle();
    let store = StoreSettings::new(&handle.url, &handle.user, &handle.password);
    migrate(&store).await?;
    let metrics = AggregateMetrics::default();
    let runner = Runner {
        log: log.reader(),
        store: ClickHouseCounts::new(&store, tokio::runtime::Handle::current()),
        clock: Box::new(SystemClock),
        key: IdKey::new([7; 16]),
        limits: BatchLimits::default(),
        metrics: metrics.clone(),
        health: Box::new(|_| {}),
        seed: 1,
    };
    let (me, stop, started) = (std::process::id(), CancellationToken::new(), Instant::now());
    let (own, engine_before) = (cpu_s(me)?, cpu_s(handle.pid)?);
    let running = {
        let stop = stop.clone();
        std::thread::spawn(move || runner.run(&stop))
    };
    // A runner that has halted counts no more; the deadline ends the wait for it.
    while metrics.interactions.get() < BEACONS as u64 && started.elapsed() < DEADLINE && !running.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let wall_s = started.elapsed().as_secs_f64();
    let (own_s, engine_s) = (cpu_s(me)? - own, cpu_s(handle.pid)? - engine_before);
    stop.cancel();
    let ended = running.join();
    anyhow::ensure!(matches!(ended, Ok(Ok(()))), "the aggregator halted");
    anyhow::ensure!(
        metrics.interactions.get() == BEACONS as u64,
        "counted {} of {BEACONS} beacons",
        metrics.interactions.get()
    );
    let merged_s = until_quiet(handle.pid).await?;
    engine.stop().await;
    Ok(Drained {
        own_s,
        engine_s,
        merged_s,
        wall_s,
        rows: metrics.rows.get(),
        batches: metrics.batches.get(),
    })
}

/// CPU-seconds that the engine still spends until it rests.
async fn until_quiet(pid: u32) -> anyhow::Result<f64> {
    let (before, started) = (cpu_s(pid)?, Instant::now());
    let mut last = before;
    while started.elapsed() < MERGE_DEADLINE {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = cpu_s(pid)?;
        if now - last < 0.05 {
            break;
        }
        last = now;
    }
    Ok(last - before)
}

/// The embedded engine with its usual settings, on the servers' core.
async fn start_engine(dir: PathBuf, isotherm: &Path) -> anyhow::Result<Engine> {
    let child = ["taskset".into(), "-c".into(), SERVER_CORE.into()];
    let mut child = Vec::from(child);
    child.extend([isotherm.as_os_str().to_owned(), "engine-child".into()]);
    let settings = EngineSettings::new(dir, assets::find(assets::ENGINE)?, child);
    Ok(Engine::start(settings).await?)
}

/// Beacons, parsed, admitted, grouped and packed as collecting does it.
fn load() -> anyhow::Result<Load> {
    let sites: Sites = visitors::sites()?
        .into_iter()
        .map(|site| (site.key.clone(), site))
        .collect();
    let (mut visitors, key) = (Visitors::new(6), IdKey::new([7; 16]));
    let hour = Hour::of_unix_ms(SystemClock.unix_ms());
    let mut load = Load {
        groups: Vec::new(),
        places: 0,
    };
    let mut left = BEACONS;
    while left > 0 {
        let mut partitions: Vec<Vec<Interaction>> = vec![Vec::new(); usize::from(PARTITIONS)];
        for _ in 0..left.min(GROUP) {
            let interaction = visitors.interaction(&sites)?;
            load.places += interaction.places.len() as u64;
            let partition = key.page(&interaction.site, &interaction.page).partition(PARTITIONS);
            partitions[usize::from(partition)].push(interaction);
        }
        left -= left.min(GROUP);
        let packed = (0..)
            .zip(&partitions)
            .filter(|(_, interactions)| !interactions.is_empty());
        load.groups.push(
            packed
                .map(|(partition, interactions)| (partition, pack(hour, interactions)))
                .collect(),
        );
    }
    Ok(load)
}
