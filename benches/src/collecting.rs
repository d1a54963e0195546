//! Durable collecting against doing nothing: requests per CPU-second of the same server process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::client::{Prepared, closed_loop, prepare};
use crate::numbers::Runs;
use crate::process::{Running, cpu_s, pinned};
use crate::random::Random;
use crate::serving::{COLLECT, NOTHING};
use crate::visitors::Visitors;

/// Connections that are kept open.
pub(crate) const CONNECTIONS: usize = 128;
/// Runs of each handler, taking turns.
pub(crate) const RUNS: usize = 7;
/// Length of a run.
pub(crate) const RUN: Duration = Duration::from_secs(3);
/// Before the first run, so that pages, caches and connections are warm.
const WARM_UP: Duration = Duration::from_secs(1);
/// Different requests that take turns.
const REQUESTS: usize = 20_000;

/// What was found.
pub(crate) struct Collecting {
    /// Requests per CPU-second of the handler that does nothing.
    pub(crate) nothing: Runs,
    /// Requests per CPU-second, durable.
    pub(crate) durable: Runs,
    /// The second divided by the first, run by run.
    pub(crate) ratio: Runs,
    /// Durable requests per second of wall time.
    pub(crate) durable_per_s: Runs,
    /// Mean bytes of a body.
    pub(crate) body_bytes: f64,
}

/// Measures both, taking turns.
pub(crate) async fn measure(dir: &Path) -> anyhow::Result<Collecting> {
    let (server, address) = start(dir)?;
    let (mut visitors, mut random) = (Visitors::new(1), Random::new(2));
    let bodies: Vec<_> = (0..REQUESTS).map(|_| visitors.body()).collect();
    let mut prepared = |path| {
        let requests = bodies.iter().map(|body| prepare(path, body, &mut random));
        Arc::new(requests.collect::<Vec<_>>())
    };
    let (nothing, durable) = (prepared(NOTHING), prepared(COLLECT));
    for requests in [&nothing, &durable] {
        closed_loop(address, requests, CONNECTIONS, WARM_UP).await?;
    }
    let (mut nothings, mut durables, mut ratios, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (without, _) = run(&server, address, &nothing).await?;
        let (with, per_s) = run(&server, address, &durable).await?;
        nothings.push(without);
        durables.push(with);
        ratios.push(with / without);
        rates.push(per_s);
    }
    Ok(Collecting {
        nothing: Runs::new(nothings),
        durable: Runs::new(durables),
        ratio: Runs::new(ratios),
        durable_per_s: Runs::new(rates),
        body_bytes: bodies.iter().map(|body| body.text.len() as f64).sum::<f64>() / REQUESTS as f64,
    })
}

/// Requests per CPU-second and per second.
async fn run(server: &Running, address: SocketAddr, requests: &Arc<Vec<Prepared>>) -> anyhow::Result<(f64, f64)> {
    let before = cpu_s(server.pid())?;
    let sent = closed_loop(address, requests, CONNECTIONS, RUN).await?;
    let cpu = cpu_s(server.pid())? - before;
    anyhow::ensure!(sent.refused == 0, "{} requests were not answered 204", sent.refused);
    Ok((sent.done as f64 / cpu, sent.done as f64 / RUN.as_secs_f64()))
}

/// Starts this program's own server on the servers' core.
fn start(dir: &Path) -> anyhow::Result<(Running, SocketAddr)> {
    let mut command = pinned(&std::env::current_exe()?);
    command.arg("serve").arg("--dir").arg(dir).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start the server")?;
    let out = child.stdout.take().context("the server has no output")?;
    let server = Running(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let address = line.trim().parse().context("the server did not say where it listens")?;
    Ok((server, address))
}
