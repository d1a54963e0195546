//! The load: beacons over HTTP, each a click into a cell of its own, and the independent count of what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use reqwest::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Cells in a row of the grid.
pub(crate) const ROW: usize = 1024;
/// Pages over which the load is spread, so that every partition has its part.
pub(crate) const PAGES: usize = 16;
/// Beacons that click on one element before the next one comes.
const ELEMENT_BEACONS: usize = 160;
/// An ingest that does not answer within this time leaves a beacon's fate open.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Pause of a sender after a beacon that nobody took.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);
/// The site of the load.
pub(crate) const SITE: &str = "chaos-shop";
/// Its origin.
pub(crate) const ORIGIN: &str = "https://shop.example";

/// What became of a beacon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Answered as admitted.
    Admitted,
    /// Answered otherwise, or never sent.
    Refused,
    /// Sent and not answered.
    Unknown,
}

/// A beacon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posted {
    pub(crate) fate: Fate,
    pub(crate) sent_at: Instant,
    /// How long the answer took.
    pub(crate) took: Duration,
}

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Connections to each ingest, each with one beacon on its way.
    pub(crate) senders: usize,
    /// Pause of a sender between two beacons.
    pub(crate) pause: Duration,
}

/// Load on some ingests.
pub(crate) struct Load {
    shared: Arc<Shared>,
    senders: JoinSet<()>,
}

struct Shared {
    client: Client,
    posted: Mutex<Vec<Posted>>,
    stopped: AtomicBool,
}

impl Load {
    /// No load yet.
    pub(crate) fn none() -> Load {
        let shared = Arc::new(Shared {
            client: Client::new(),
            posted: Mutex::default(),
            stopped: AtomicBool::new(true),
        });
        Load {
            shared,
            senders: JoinSet::new(),
        }
    }

    /// Starts to send to the ingests at these ports.
    pub(crate) fn start(ports: &[u16], rate: Rate) -> anyhow::Result<Load> {
        let client = Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .build()
            .context("no HTTP client")?;
        let shared = Arc::new(Shared {
            client,
            posted: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let mut senders = JoinSet::new();
        for port in ports {
            for _ in 0..rate.senders {
                let (shared, url) = (shared.clone(), format!("http://127.0.0.1:{port}/v1/collect"));
                senders.spawn(async move {
                    while !shared.stopped.load(Ordering::Relaxed) {
                        let number = shared.take();
                        let fate = shared.post(&url, number).await;
                        let pause = if fate == Fate::Admitted {
                            rate.pause
                        } else {
                            REFUSED_PAUSE
                        };
                        sleep(pause).await;
                    }
                });
            }
        }
        Ok(Load { shared, senders })
    }

    /// Sends no more; returns when nothing is on its way.
    pub(crate) async fn stop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        while self.senders.join_next().await.is_some() {}
    }

    /// What became of the beacons so far, by number.
    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.shared.posted().clone()
    }

    /// How many were admitted so far.
    pub(crate) fn admitted(&self) -> usize {
        let posted = self.shared.posted();
        posted.iter().filter(|posted| posted.fate == Fate::Admitted).count()
    }
}

impl Shared {
    fn posted(&self) -> MutexGuard<'_, Vec<Posted>> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> usize {
        let mut posted = self.posted();
        posted.push(Posted {
            fate: Fate::Unknown,
            sent_at: Instant::now(),
            took: Duration::ZERO,
        });
        posted.len() - 1
    }

    async fn post(&self, url: &str, number: usize) -> Fate {
        let (page, x, y) = (number % PAGES, number % ROW, number / ROW);
        // A new element now and then, so that texts are published all the time.
        let letter = |power: u32| char::from(b'a' + (number / ELEMENT_BEACONS / 26_usize.pow(power) % 26) as u8);
        let element = format!("#offer-{}{}", letter(1), letter(0));
        let body = format!(
            r#"{{"v":1,"site":"{SITE}","path":"/load/{page}","w":1440,"h":900,"touch":false,"view":true,"scroll":50,"scrolled":0,"places":[{{"layer":"click","cell":[{x},{y}],"anchor":"{element}","sub":[4,4],"n":1,"first":31}}]}}"#
        );
        let asked = self
            .client
            .post(url)
            .header("content-type", "text/plain")
            .header("origin", ORIGIN);
        let asked = asked.header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        );
        // A documentation address per beacon, so that no rate per address is met.
        let address = format!("198.51.100.{}", 1 + number % 254);
        let sent_at = Instant::now();
        let fate = match asked.header("x-forwarded-for", address).body(body).send().await {
            Ok(answer) => {
                let outcome = answer.headers().get("x-isotherm-outcome");
                let admitted = answer.status() == 204 && outcome.is_some_and(|outcome| outcome == "admitted");
                if admitted { Fate::Admitted } else { Fate::Refused }
            }
            // Nobody was there to send it to.
            Err(error) if error.is_connect() => Fate::Refused,
            Err(_) => Fate::Unknown,
        };
        let took = sent_at.elapsed();
        self.posted()[number] = Posted { fate, sent_at, took };
        fate
    }
}

/// The number of the beacon with a cell.
pub(crate) fn number_of(x: usize, y: usize) -> usize {
    y * ROW + x
}
