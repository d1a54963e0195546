//! A small HTTP/1.1 client that sends prepared requests over keep-alive connections, one at a time on each.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::numbers::Times;
use crate::random::Random;
use crate::visitors::{Body, ORIGIN};

/// A response's head is longer than this only by mistake; then the run fails.
const HEAD_BYTES_MAX: usize = 4_096;
/// Requests that may wait for a free connection; more than a second's worth means that the server does not keep up.
const WAITING_MAX: usize = 4_096;

/// A request, ready to be sent.
pub(crate) struct Prepared {
    bytes: Vec<u8>,
    /// Places in its beacon.
    pub(crate) places: u64,
}

/// What a run of requests came to.
#[derive(Default)]
pub(crate) struct Sent {
    /// Answers 204.
    pub(crate) done: u64,
    /// Places in the beacons that were answered 204.
    pub(crate) places: u64,
    /// Any other answer.
    pub(crate) refused: u64,
    /// From when each should have been sent to its answer; of paced runs only.
    pub(crate) times: Vec<Duration>,
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Makes a POST of a beacon as a browser behind a proxy sends it: origin, user agent, a forwarded documentation address.
pub(crate) fn prepare(path: &str, body: &Body, random: &mut Random) -> Prepared {
    let bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {ORIGIN}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
         AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\nAccept: */*\r\nAccept-Language: \
         en-GB,en;q=0.9\r\nContent-Type: text/plain;charset=UTF-8\r\nX-Forwarded-For: {}\r\nContent-Length: {}\r\n\r\n{}",
        address(random),
        body.text.len(),
        body.text
    );
    Prepared {
        bytes: bytes.into_bytes(),
        places: body.places,
    }
}

/// A documentation address. Most are of version 6, where there are enough that no limit per address is met.
fn address(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("192.0.2.{}", 1 + random.below(254)),
        1 => format!("203.0.113.{}", 1 + random.below(254)),
        _ => format!("2001:db8:{:x}:{:x}::1", random.below(1 << 16), random.below(1 << 16)),
    }
}

/// Sends as fast as answers come, over `connections` connections, for a time.
pub(crate) async fn closed_loop(
    to: SocketAddr,
    requests: &Arc<Vec<Prepared>>,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<Sent> {
    let over = Arc::new(AtomicBool::new(false));
    let mut loops = JoinSet::new();
    for number in 0..connections {
        let (requests, over) = (requests.clone(), over.clone());
        let mut connection = Connection::open(to).await?;
        loops.spawn(async move {
            let (mut sent, mut next) = (Sent::default(), number * requests.len() / connections);
            while !over.load(Ordering::Relaxed) {
                let request = &requests[next % requests.len()];
                next += 1;
                sent.count(connection.send(request).await?, request);
            }
            io::Result::Ok(sent)
        });
    }
    tokio::time::sleep(duration).await;
    over.store(true, Ordering::Relaxed);
    Sent::of(loops).await
}

/// Sends `per_s` requests a second for a time, however fast answers come; the time of each counts from when it was due.
pub(crate) async fn paced(
    to: SocketAddr,
    requests: &Arc<Vec<Prepared>>,
    connections: usize,
    (per_s, duration): (u32, Duration),
) -> anyhow::Result<Sent> {
    let (due, queue) = mpsc::channel::<(Instant, usize)>(WAITING_MAX);
    let queue = Arc::new(Mutex::new(queue));
    let mut loops = JoinSet::new();
    for _ in 0..connections {
        let (requests, queue) = (requests.clone(), queue.clone());
        let mut connection = Connection::open(to).await?;
        loops.spawn(async move {
            let mut sent = Sent::default();
            loop {
                let next = queue.lock().await.recv().await;
                let Some((at, number)) = next else {
                    return io::Result::Ok(sent);
                };
                let request = &requests[number % requests.len()];
                let status = connection.send(request).await?;
                sent.times.push(at.elapsed());
                sent.count(status, request);
            }
        });
    }
    let (started, step) = (Instant::now(), Duration::from_secs(1) / per_s);
    let count = (f64::from(per_s) * duration.as_secs_f64()) as u32;
    for number in 0..count {
        let at = started + step * number;
        tokio::time::sleep_until(at.into()).await;
        let sent = due.send((at, number as usize)).await;
        sent.context("every connection broke")?;
    }
    drop(due);
    Sent::of(loops).await
}

/// Sends one request over a connection of its own; says whether it was answered 204.
pub(crate) async fn once(to: SocketAddr, request: &Prepared) -> anyhow::Result<bool> {
    let mut connection = Connection::open(to).await?;
    Ok(connection.send(request).await? == 204)
}

impl Sent {
    /// The times, in order.
    pub(crate) fn times(&mut self) -> Times {
        Times::new(std::mem::take(&mut self.times))
    }

    fn count(&mut self, status: u16, request: &Prepared) {
        if status == 204 {
            self.done += 1;
            self.places += request.places;
        } else {
            self.refused += 1;
        }
    }

    async fn of(mut loops: JoinSet<io::Result<Sent>>) -> anyhow::Result<Sent> {
        let mut all = Sent::default();
        while let Some(sent) = loops.join_next().await {
            let sent = sent?.context("a connection of the load broke")?;
            all.done += sent.done;
            all.places += sent.places;
            all.refused += sent.refused;
            all.times.extend(sent.times);
        }
        Ok(all)
    }
}

impl Connection {
    async fn open(to: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: vec![0; HEAD_BYTES_MAX],
        })
    }

    /// Sends a request and reads the answer's head; an answer with a body is read to its end.
    async fn send(&mut self, request: &Prepared) -> io::Result<u16> {
        self.stream.write_all(&request.bytes).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(io::Error::other(
                    "the server closed a connection, or its answer is too long",
                ));
            }
            filled += read;
            let answer = &self.buffer[..filled];
            let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let status = status(answer).ok_or_else(|| io::Error::other("an answer without a status"))?;
            if status == 204 || filled >= head + 4 + content_length(&answer[..head]) {
                return Ok(status);
            }
        }
    }
}

fn status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let line = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
