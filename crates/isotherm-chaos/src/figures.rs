//! What is measured on a cluster that has the machine to itself: answers, takeovers, one outage of the broker, a flood.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::load::{Fate, Load, Posted, Rate};
use crate::programme::quantile;
use crate::scenario::Role;
use crate::takeovers;
use crate::until::until;
use crate::world::World;

/// The load while figures are taken: some 400 beacons a second.
const RATE: Rate = Rate {
    senders: 6,
    pause: Duration::from_millis(25),
};
/// How long the quiet part lasts.
const QUIET: Duration = Duration::from_secs(20);
/// It begins so long after counting has caught up with the start: both aggregators have joined then.
const STEADY: Duration = Duration::from_secs(10);
/// The end of the quiet part, whose beacons may not be counted yet.
const SETTLES: Duration = Duration::from_secs(5);
/// Beacons of about a second: so many always wait.
const A_SECOND: usize = 400;
/// How long the broker is away.
const OUTAGE: Duration = Duration::from_secs(60);
/// The load that is far too much: so many connections to each ingest that never pause.
const FLOOD_RATE: Rate = Rate {
    senders: 500,
    pause: Duration::ZERO,
};
/// How long it lasts.
const FLOOD: Duration = Duration::from_secs(20);
/// How long everything may take to be counted.
const DEADLINE: Duration = Duration::from_secs(120);
/// Bytes of a raw write that is measured beside the answers: about one record.
const RAW_BYTES: usize = 4 << 10;
/// Pause between raw writes, so that they measure the disk and do not fill it.
const RAW_PAUSE: Duration = Duration::from_millis(20);

/// What was measured, in milliseconds where nothing else is said.
#[derive(Clone, Copy, Default, Debug)]
pub struct Figures {
    /// From sending a click to finding it in ClickHouse: median and 99th percentile.
    pub queryable_ms: (f64, f64),
    /// The answer 204 while all is well.
    pub answer_ms: (f64, f64),
    /// The answer 204 while the broker is away.
    pub outage_answer_ms: (f64, f64),
    /// The answer 204 while what waited for the broker is shipped and counted.
    pub shipping_answer_ms: (f64, f64),
    /// Writing 4 KiB and fdatasync, raw, during the same outage.
    pub outage_raw_ms: (f64, f64),
    /// Seconds that the broker was away.
    pub outage_s: f64,
    /// Beacons a second that arrived.
    pub input_per_s: f64,
    /// Most memory that an ingest ever had, also while far more was asked of it than it can do, bytes.
    pub memory_bytes: u64,
    /// Beacons a second that were admitted and refused during that.
    pub flood_per_s: (f64, f64),
    /// The answer to what was refused then.
    pub flood_refused_ms: (f64, f64),
    /// Beacons a second that were counted from the broker's return until nothing waited.
    pub catch_up_per_s: f64,
    /// From the kill of one of two aggregators to the first newer insert on every page: median and 99th percentile.
    pub takeover_ms: (f64, f64),
    /// How many were killed for that.
    pub takeovers: usize,
}

/// Measures all of it.
pub(crate) async fn measure(mut world: World) -> anyhow::Result<Figures> {
    let mut cluster = Cluster::prepare(&world, "chaos_figures", Role::Ingest.beside()).await?;
    for party in &mut cluster.parties {
        party.start(None)?;
    }
    cluster.add_site().await?;
    cluster.ingests_answer().await?;
    let mut load = Load::start(&cluster.ports(), RATE)?;
    until(DEADLINE, "beacons are counted", async || {
        cluster.counted.refresh().await?;
        Ok((!cluster.counted.cells.is_empty()).then_some(()))
    })
    .await?;
    catch_up(&mut cluster, &load).await?;
    sleep(STEADY).await;
    let began = Instant::now();
    while began.elapsed() < QUIET {
        cluster.counted.refresh().await?;
        sleep(Duration::from_millis(50)).await;
    }
    // The last seconds may not be counted yet and would leave out the slow ones.
    let quiet = began..began + (QUIET - SETTLES);
    let mut figures = Figures {
        outage_s: OUTAGE.as_secs_f64(),
        ..Figures::default()
    };
    let posted = load.posted();
    figures.answer_ms = answers(&posted, quiet.clone());
    figures.queryable_ms = queryable(&posted, quiet, &cluster)?;

    let takeovers = takeovers::measure(&mut cluster, &load).await?;
    figures.takeovers = takeovers.len();
    figures.takeover_ms = percentiles(takeovers);

    world.kafka.kill().await;
    let (away, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let (file, stopped) = (cluster.dir.join("raw"), stop.clone());
    let raw = tokio::task::spawn_blocking(move || raw_writes(&file, &stopped));
    sleep(OUTAGE).await;
    stop.store(true, Ordering::Relaxed);
    figures.outage_raw_ms = percentiles(raw.await??);
    let back = Instant::now();
    let posted = load.posted();
    figures.outage_answer_ms = answers(&posted, away..back);
    figures.input_per_s = admitted(&posted, away..back) as f64 / (back - away).as_secs_f64();
    cluster.counted.refresh().await?;
    let counted_before = cluster.counted.cells.len();
    world.kafka.restart().await?;
    let back = Instant::now();
    let (caught_up, counted) = catch_up(&mut cluster, &load).await?;
    figures.catch_up_per_s = (counted - counted_before) as f64 / caught_up.as_secs_f64();
    figures.shipping_answer_ms = answers(&load.posted(), back..back + caught_up);
    load.stop().await;
    flood(&cluster, &mut figures).await?;
    for party in &mut cluster.parties {
        party.stop().await?;
    }
    cluster.verify().await?;
    Ok(figures)
}

/// Asks far more of both ingests than they can do, and looks at what they answer and need.
async fn flood(cluster: &Cluster, figures: &mut Figures) -> anyhow::Result<()> {
    let mut load = Load::start(&cluster.ports(), FLOOD_RATE)?;
    sleep(FLOOD).await;
    load.stop().await;
    let posted = load.posted();
    let refused = posted.iter().filter(|posted| posted.fate == Fate::Refused);
    let refused: Vec<f64> = refused.map(|posted| posted.took.as_secs_f64() * 1e3).collect();
    let seconds = FLOOD.as_secs_f64();
    figures.flood_per_s = (load.admitted() as f64 / seconds, refused.len() as f64 / seconds);
    figures.flood_refused_ms = percentiles(refused);
    for index in cluster.of_role(Role::Ingest) {
        let pid = cluster.parties[index].pid().context("an ingest has ended under load")?;
        figures.memory_bytes = figures.memory_bytes.max(peak_bytes(pid)?);
    }
    Ok(())
}

/// The most memory that a process ever had, bytes.
fn peak_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.context("the system does not say")?.trim().trim_end_matches(" kB");
    Ok(kib.parse::<u64>()? << 10)
}

/// From now until what waits is what a second brings; says how many are counted then. Reconnecting is part of it: a clock that began
/// with the first count seen would leave out the largest batch.
async fn catch_up(cluster: &mut Cluster, load: &Load) -> anyhow::Result<(Duration, usize)> {
    let back = Instant::now();
    until(DEADLINE, "counting has caught up", async || {
        let admitted = load.admitted();
        cluster.counted.refresh().await?;
        let counted = cluster.counted.cells.len();
        Ok((counted + A_SECOND >= admitted).then(|| (back.elapsed(), counted)))
    })
    .await
}

fn answers(posted: &[Posted], during: std::ops::Range<Instant>) -> (f64, f64) {
    let admitted = posted.iter().filter(|posted| posted.fate == Fate::Admitted);
    let during = admitted.filter(|posted| during.contains(&posted.sent_at));
    percentiles(during.map(|posted| posted.took.as_secs_f64() * 1e3).collect())
}

fn admitted(posted: &[Posted], during: std::ops::Range<Instant>) -> usize {
    let admitted = posted.iter().filter(|posted| posted.fate == Fate::Admitted);
    admitted.filter(|posted| during.contains(&posted.sent_at)).count()
}

fn queryable(posted: &[Posted], during: std::ops::Range<Instant>, cluster: &Cluster) -> anyhow::Result<(f64, f64)> {
    let mut all = Vec::new();
    for (number, posted) in posted.iter().enumerate() {
        if posted.fate == Fate::Admitted && during.contains(&posted.sent_at) {
            let cell = cluster.counted.cells.get(&number);
            let cell = cell.context("a beacon of the quiet part is not counted after five seconds")?;
            all.push((cell.seen_at - posted.sent_at).as_secs_f64() * 1e3);
        }
    }
    ensure!(!all.is_empty(), "there was no quiet part");
    Ok(percentiles(all))
}

/// Milliseconds of each raw write with fdatasync until it is told to stop.
fn raw_writes(path: &Path, stop: &AtomicBool) -> std::io::Result<Vec<f64>> {
    let mut file = File::create(path)?;
    let mut all = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = std::time::Instant::now();
        file.write_all(&[7; RAW_BYTES])?;
        file.sync_data()?;
        all.push(began.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(RAW_PAUSE);
    }
    Ok(all)
}

/// Median and 99th percentile.
fn percentiles(mut all: Vec<f64>) -> (f64, f64) {
    all.sort_unstable_by(f64::total_cmp);
    (quantile(&all, 500), quantile(&all, 990))
}
