//! Beacons over many connections, at a rate, with a count of their own: what was admitted, what was refused, and what
//! nobody answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::house::SITE;

/// How often permits for a rate are given out.
const PACE: Duration = Duration::from_millis(5);
/// Beacons of one connection before its pages are those of another.
const PAGES_EACH: u64 = 10_000;
/// Longest wait for one answer.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    /// Beacons per second over all connections; as many as are answered where `None`.
    pub(crate) rate_per_s: Option<u64>,
    /// Clicks in each beacon, at different places.
    pub(crate) places: u16,
}

/// What became of it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) admitted: u64,
    /// 429 and 503.
    pub(crate) refused: u64,
    /// Any other answer: there must be none.
    pub(crate) other: u64,
    /// Sent, and not answered: counted or not, at most once.
    pub(crate) unanswered: u64,
    /// How long the answers took, milliseconds, sorted once all are in.
    pub(crate) admitted_ms: Vec<u64>,
    pub(crate) refused_ms: Vec<u64>,
    pub(crate) took: Duration,
}

/// Load, running until it is told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    senders: JoinSet<Tally>,
    begun: Instant,
    admitted: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Load {
    pub(crate) fn start(plan: Plan) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let permits = Arc::new(Semaphore::new(0));
        let (admitted, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let mut senders = JoinSet::new();
        if let Some(rate) = plan.rate_per_s {
            senders.spawn(pace(permits.clone(), rate, stop.clone()));
        }
        for number in 0..plan.connections {
            let sender = Sender {
                address: plan.address,
                beacon: Beacon::new(plan.places, number),
                permits: plan.rate_per_s.map(|_| permits.clone()),
                stop: stop.clone(),
                admitted: admitted.clone(),
                refused: refused.clone(),
                tally: Tally::default(),
            };
            senders.spawn(sender.run());
        }
        let begun = Instant::now();
        Load {
            stop,
            senders,
            begun,
            admitted,
            refused,
        }
    }

    /// How many were refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// How many were admitted so far.
    pub(crate) fn admitted(&self) -> u64 {
        self.admitted.load(Ordering::SeqCst)
    }

    /// Ends it and waits for the last answers.
    pub(crate) async fn end(mut self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let took = self.begun.elapsed();
        let mut all = Tally::default();
        while let Some(tally) = self.senders.join_next().await {
            let tally = tally.expect("a sender that does not panic");
            all.admitted += tally.admitted;
            all.refused += tally.refused;
            all.other += tally.other;
            all.unanswered += tally.unanswered;
            all.admitted_ms.extend(tally.admitted_ms);
            all.refused_ms.extend(tally.refused_ms);
        }
        all.sort();
        all.took = took;
        all
    }
}

impl Tally {
    /// Notes one answer.
    pub(crate) fn note(&mut self, status: u16, took: Duration) {
        let took_ms = took.as_millis() as u64;
        match status {
            204 => {
                self.admitted += 1;
                self.admitted_ms.push(took_ms);
            }
            // 408: nobody came to read its head in time. Nothing of it was taken either.
            408 | 429 | 503 => {
                self.refused += 1;
                self.refused_ms.push(took_ms);
            }
            _ => self.other += 1,
        }
    }

    /// Sorts the times.
    pub(crate) fn sort(&mut self) {
        self.admitted_ms.sort_unstable();
        self.refused_ms.sort_unstable();
    }

    /// Answers per second.
    pub(crate) fn per_s(&self) -> u64 {
        let answers = (self.admitted + self.refused) as f64;
        (answers / self.took.as_secs_f64()) as u64
    }
}

/// The 99th percentile of sorted times, 0 of none.
pub(crate) fn p99(sorted_ms: &[u64]) -> u64 {
    sorted_ms
        .get((sorted_ms.len() * 99 / 100).min(sorted_ms.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0)
}

/// First beacons of one sender, each for another page, so that each has counts of its own and partitions get equal shares.
pub(crate) struct Beacon {
    request: Vec<u8>,
    /// Where the letters of the page's number stand.
    letters: [usize; 6],
    /// The number of the next page.
    page: u64,
}

impl Beacon {
    /// With so many clicks.
    pub(crate) fn new(places: u16, sender: usize) -> Beacon {
        // No two of them share a 64 px cell, so that each is a first touch at every level.
        let place = |n: u16| {
            let (x, y, anchor) = (4 * (n % 8), 4 * (n / 8), anchor(sender, n));
            format!(r#"{{"layer":"click","cell":[{x},{y}],"anchor":"{anchor}","sub":[4,4],"n":1,"first":31}}"#)
        };
        let places: Vec<String> = (0..places).map(place).collect();
        let body = format!(
            r#"{{"v":1,"site":"{SITE}","path":"/load/aa/aa/aa","w":1440,"touch":false,"h":900,"view":true,"scroll":63,"scrolled":0,"places":[{}]}}"#,
            places.join(",")
        );
        let head = format!(
            "POST /v1/collect HTTP/1.1\r\nHost: isotherm.example\r\nOrigin: https://acme.example\r\nUser-Agent: Mozilla/5.0 \
             (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let path = head.len() + body.find("/load/").expect("a path") + "/load/".len();
        Beacon {
            request: [head, body].concat().into_bytes(),
            letters: [0, 1, 3, 4, 6, 7].map(|letter| path + letter),
            page: sender as u64 * PAGES_EACH,
        }
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> &[u8] {
        let mut rest = self.page;
        for letter in self.letters {
            self.request[letter] = b'a' + (rest % 26) as u8;
            rest /= 26;
        }
        self.page += 1;
        &self.request
    }
}

/// A selector that no other sender and place has, as long as selectors get.
fn anchor(sender: usize, place: u16) -> String {
    const TAGS: [&str; 8] = [
        "main", "section", "article", "header", "footer", "figure", "aside", "form",
    ];
    let number = sender * 64 + usize::from(place);
    let tags: Vec<&str> = (0..8).map(|digit| TAGS[number >> (3 * digit) & 7]).collect();
    tags.join(" > ")
}

/// Gives out permits at a rate; those that nobody took within a second are gone, so that a pause is no burst later.
async fn pace(permits: Arc<Semaphore>, rate_per_s: u64, stop: Arc<AtomicBool>) -> Tally {
    let (begun, mut given) = (Instant::now(), 0);
    while !stop.load(Ordering::SeqCst) {
        tokio::time::sleep(PACE).await;
        let due = (begun.elapsed().as_secs_f64() * rate_per_s as f64) as u64;
        let room = rate_per_s.saturating_sub(permits.available_permits() as u64);
        permits.add_permits((due - given).min(room) as usize);
        given = due;
    }
    permits.close();
    Tally::default()
}

struct Sender {
    address: SocketAddr,
    beacon: Beacon,
    permits: Option<Arc<Semaphore>>,
    stop: Arc<AtomicBool>,
    admitted: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    tally: Tally,
}

impl Sender {
    async fn run(mut self) -> Tally {
        let mut connection = None;
        while !self.stop.load(Ordering::SeqCst) {
            if let Some(permits) = &self.permits {
                match permits.acquire().await {
                    Ok(permit) => permit.forget(),
                    Err(_closed) => break,
                }
            }
            let Some(stream) = connection.take().or(TcpStream::connect(self.address).await.ok()) else {
                // Nothing was sent; whoever should answer is away.
                tokio::time::sleep(PACE).await;
                continue;
            };
            connection = self.send(stream).await;
        }
        self.tally
    }

    /// Sends one beacon; gives the connection back where it can be used again.
    async fn send(&mut self, mut stream: TcpStream) -> Option<TcpStream> {
        let (begun, refused) = (Instant::now(), self.tally.refused);
        let answered = tokio::time::timeout(ANSWER_MAX, async {
            stream.write_all(self.beacon.next()).await.ok()?;
            status(&mut stream).await
        });
        let Ok(Some(status)) = answered.await else {
            self.tally.unanswered += 1;
            return None;
        };
        self.tally.note(status, begun.elapsed());
        match status {
            204 => self.admitted.fetch_add(1, Ordering::SeqCst),
            _ => self.refused.fetch_add(self.tally.refused - refused, Ordering::SeqCst),
        };
        Some(stream)
    }
}

/// Reads one answer whole and says its status.
async fn status(stream: &mut TcpStream) -> Option<u16> {
    let (mut held, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        if let Some((_, status)) = answer(&held) {
            return Some(status);
        }
        match stream.read(&mut piece).await.ok()? {
            0 => return None,
            read => held.extend_from_slice(&piece[..read]),
        }
    }
}

/// Length and status of the answer that begins here, once it is whole. A 204 that is not `admitted` is none of ours: 0.
pub(crate) fn answer(held: &[u8]) -> Option<(usize, u16)> {
    let head_end = held.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&held[..head_end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let whole = head_end + 4 + length.unwrap_or(0);
    if held.len() < whole {
        return None;
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let admitted = head.contains("x-isotherm-outcome: admitted");
    Some((whole, status.filter(|status| *status != 204 || admitted).unwrap_or(0)))
}
