//! `isotherm up` as a user starts it, under a steady load: how soon a click can be queried, how soon a beacon is answered,
//! and what memory it takes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use isotherm_engine::EngineHandle;

use crate::client::{Prepared, once, paced, prepare};
use crate::numbers::Times;
use crate::process::{Memory, Running, cpu_s, memory, pinned};
use crate::random::Random;
use crate::serving::COLLECT;
use crate::visitors::{Body, ORIGIN, SITE, Visitors};

/// Beacons a second.
pub(crate) const PER_S: u32 = 1_000;
/// For how long.
pub(crate) const RUN: Duration = Duration::from_secs(30);
/// Connections over which they come.
pub(crate) const CONNECTIONS: usize = 64;
/// How long it stands idle before its memory is looked at.
pub(crate) const IDLE: Duration = Duration::from_secs(20);
/// Time between two probes: not a divisor of any delay of ours, so that probes meet every moment of it.
pub(crate) const PROBE_EVERY: Duration = Duration::from_millis(97);
/// Time between two questions for probes.
pub(crate) const ASK_EVERY: Duration = Duration::from_millis(20);
/// The site of the probes: its rows are found without reading others.
const PROBE_SITE: &str = "probe";
/// Different requests that take turns.
const REQUESTS: usize = 20_000;
/// Starting, and counting what was sent, may take this long.
const DEADLINE: Duration = Duration::from_secs(60);
/// Columns of the probes' grid, a cell each.
const PROBE_COLUMNS: u32 = 512;

/// What was found.
pub(crate) struct Whole {
    /// From posting a beacon to the first answer of the store that has its cell.
    pub(crate) queryable: Times,
    /// From when a beacon was due to its 204.
    pub(crate) answered: Times,
    /// Both processes, idle and the most under load.
    pub(crate) idle: (Memory, Memory),
    /// The service and the engine, the most under load.
    pub(crate) loaded: (Memory, Memory),
    /// CPU-seconds per second under load: service, engine.
    pub(crate) cpu: (f64, f64),
    /// Beacons answered 204, and places in them.
    pub(crate) done: u64,
    /// Beacons answered anything else.
    pub(crate) refused: u64,
    /// Places in the beacons that were answered 204.
    pub(crate) places: u64,
    /// Places that the store counts in the end.
    pub(crate) counted: u64,
}

/// `isotherm up`, its engine, and how to ask it.
struct Up {
    service: Running,
    address: SocketAddr,
    engine: EngineHandle,
    client: reqwest::Client,
}

/// Starts `up`, lets it stand, loads it, looks.
pub(crate) async fn measure(dir: &Path, isotherm: &Path) -> anyhow::Result<Whole> {
    let up = Up::start(dir, isotherm).await?;
    tokio::time::sleep(IDLE).await;
    let idle = up.memory()?;
    let requests = Arc::new(requests());
    let cpu_before = up.cpu()?;
    let started = Instant::now();
    let (sent, probes, loaded) = tokio::join!(
        paced(up.address, &requests, CONNECTIONS, (PER_S, RUN)),
        up.probe(),
        up.watch_memory()
    );
    let (mut sent, probes) = (sent?, probes?);
    let (cpu, wall_s) = (up.cpu()?, started.elapsed().as_secs_f64());
    let counted = up.counted(sent.places).await?;
    Ok(Whole {
        queryable: Times::new(probes),
        answered: sent.times(),
        idle,
        loaded: loaded?,
        cpu: ((cpu.0 - cpu_before.0) / wall_s, (cpu.1 - cpu_before.1) / wall_s),
        done: sent.done,
        refused: sent.refused,
        places: sent.places,
        counted,
    })
}

fn requests() -> Vec<Prepared> {
    let (mut visitors, mut random) = (Visitors::new(11), Random::new(12));
    (0..REQUESTS)
        .map(|_| prepare(COLLECT, &visitors.body(), &mut random))
        .collect()
}

impl Up {
    async fn start(dir: &Path, isotherm: &Path) -> anyhow::Result<Up> {
        std::fs::create_dir_all(dir)?;
        let (config, data) = (dir.join("isotherm.toml"), dir.join("data"));
        std::fs::write(&config, "[ingest]\ntrusted_proxies = [\"127.0.0.1\"]\n")?;
        let mut command = pinned(isotherm);
        command
            .arg("up")
            .arg("--config")
            .arg(&config)
            .arg("--data-dir")
            .arg(&data);
        let output = std::fs::File::create(dir.join("up.log"))?;
        let child = command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(output);
        let service = Running(child.spawn().context("cannot start `isotherm up`")?);
        let address = listening(data.join("run.json")).await?;
        for (site, origin) in [(SITE, ORIGIN), (PROBE_SITE, ORIGIN)] {
            let mut add = Command::new(isotherm);
            add.args(["site", "add", site, "--origin", origin, "--data-dir"])
                .arg(&data);
            let added = add.stdout(Stdio::null()).status()?;
            anyhow::ensure!(added.success(), "`isotherm site add` failed");
        }
        let engine = EngineHandle::load(&data.join("engine"))?.context("the engine left no credentials")?;
        Ok(Up {
            service,
            address,
            engine,
            client: reqwest::Client::new(),
        })
    }

    fn cpu(&self) -> anyhow::Result<(f64, f64)> {
        Ok((cpu_s(self.service.pid())?, cpu_s(self.engine.pid)?))
    }

    fn memory(&self) -> anyhow::Result<(Memory, Memory)> {
        Ok((memory(self.service.pid())?, memory(self.engine.pid)?))
    }

    /// The most memory of each while the load lasts.
    async fn watch_memory(&self) -> anyhow::Result<(Memory, Memory)> {
        let (started, mut most) = (Instant::now(), (Memory::default(), Memory::default()));
        while started.elapsed() < RUN {
            let (service, engine) = self.memory()?;
            most = (most.0.max(service), most.1.max(engine));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(most)
    }

    /// Sends beacons with a cell of their own each and asks the store for them; the time of each from its posting.
    async fn probe(&self) -> anyhow::Result<Vec<Duration>> {
        let count = (RUN.as_secs_f64() / PROBE_EVERY.as_secs_f64()) as u32;
        let sent = tokio::sync::Mutex::new(HashMap::new());
        let sending = async {
            let (mut random, started) = (Random::new(13), Instant::now());
            for number in 0..count {
                tokio::time::sleep_until((started + PROBE_EVERY * number).into()).await;
                let request = prepare(COLLECT, &probe(number), &mut random);
                sent.lock().await.insert(number, Instant::now());
                anyhow::ensure!(once(self.address, &request).await?, "a probe was not admitted");
            }
            Ok(())
        };
        let asking = async {
            let (mut found, mut times, started) = (Vec::new(), Vec::new(), Instant::now());
            while times.len() < count as usize {
                anyhow::ensure!(started.elapsed() < RUN + DEADLINE, "a probe was never counted");
                tokio::time::sleep(ASK_EVERY).await;
                let rows = format!(
                    "SELECT toUInt32(y) * {PROBE_COLUMNS} + x FROM isotherm.live WHERE kind = 'grid' AND site = \
                     '{PROBE_SITE}' FORMAT TSV"
                );
                let answer = self.ask(&rows).await?;
                let now = Instant::now();
                found.clear();
                found.extend(answer.lines().filter_map(|line| line.parse::<u32>().ok()));
                let mut waiting = sent.lock().await;
                times.extend(found.iter().filter_map(|number| Some(now - waiting.remove(number)?)));
            }
            Ok(times)
        };
        let (sent, times) = tokio::join!(sending, asking);
        sent?;
        times
    }

    /// Places of the load that the store counts, once they are as many as were sent.
    async fn counted(&self, sent: u64) -> anyhow::Result<u64> {
        let started = Instant::now();
        loop {
            let sum = format!("SELECT sum(n) FROM isotherm.live WHERE kind = 'grid' AND site = '{SITE}' FORMAT TSV");
            let counted = self.ask(&sum).await?.trim().parse()?;
            if counted >= sent || started.elapsed() > DEADLINE {
                return Ok(counted);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Asks the embedded engine as the reading user, as answers do.
    async fn ask(&self, sql: &str) -> anyhow::Result<String> {
        let request = self.client.post(&self.engine.url).body(sql.to_owned());
        let request = request.header("X-ClickHouse-User", &self.engine.read_user);
        let answer = request
            .header("X-ClickHouse-Key", &self.engine.read_password)
            .send()
            .await?;
        anyhow::ensure!(answer.status().is_success(), "the engine answered {}", answer.status());
        Ok(answer.text().await?)
    }
}

/// A beacon with one place in a cell of its own.
fn probe(number: u32) -> Body {
    let (x, y) = (number % PROBE_COLUMNS, number / PROBE_COLUMNS);
    Body {
        text: format!(
            r#"{{"v":1,"site":"{PROBE_SITE}","path":"/probe","w":1440,"h":900,"touch":false,"view":true,"scroll":40,"scrolled":0,"places":[{{"layer":"click","cell":[{x},{y}],"n":1,"first":1}}]}}"#
        ),
        places: 1,
    }
}

/// Where the service says it listens, once it does.
async fn listening(run: PathBuf) -> anyhow::Result<SocketAddr> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        if let Ok(text) = std::fs::read(&run)
            && let Ok(run) = serde_json::from_slice::<serde_json::Value>(&text)
        {
            return Ok(run["listen"].as_str().context("run.json has no `listen`")?.parse()?);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("`isotherm up` did not come up in {DEADLINE:?}")
}
