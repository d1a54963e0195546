//! Sends simulated visitors through the public endpoint: quickly as a first history, or a few per second for ever.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::layout::{Layout, LayoutError};
use crate::visitors::{Beacon, Visit, visit};

/// Page views under way at once. More would only wait in the collecting side's queue.
const UNDER_WAY_MAX: usize = 16;
/// One request may take this long, in s; group commits take milliseconds.
const REQUEST_TIMEOUT_S: u64 = 15;
/// Pause after an answer of 429 or without a `Retry-After`, in ms.
const PAUSE_MS: u64 = 250;
/// Longest pause that a `Retry-After` can ask for, in s.
const PAUSE_S_MAX: u64 = 5;
/// A beacon is given up after this many tries. With the pauses above that is half a minute and more.
const TRIES_MAX: u32 = 40;

/// Where simulated visitors go, and which.
#[derive(Clone, Debug)]
pub struct FillSettings {
    /// Base URL of the collecting side, without a path, e.g. `http://127.0.0.1:8080`.
    pub collect_url: String,
    /// Origin of the shop, as browsers would say it, e.g. `http://127.0.0.1:8081`. The site must allow it.
    pub origin: String,
    /// Site key.
    pub site: String,
    /// Decides everything about the visitors.
    pub seed: u64,
    /// Number of the first visitor. A trickle after a fill starts where the fill ended.
    pub first_visitor: u64,
    /// Page views to send (`fill` only).
    pub page_views: u64,
    /// After this long no new page view is begun (`fill` only).
    pub time_max: Duration,
}

/// How far a fill is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Page views sent.
    pub page_views: u64,
    /// Page views wanted.
    pub page_views_wanted: u64,
    /// Beacons sent.
    pub beacons: u64,
}

/// What a fill did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filled {
    /// Page views sent and answered with 204.
    pub page_views: u64,
    /// Beacons sent and answered with 204.
    pub beacons: u64,
    /// Pauses after an answer of 429 or 503, or after no answer.
    pub pauses: u64,
    /// Number of the next visitor.
    pub next_visitor: u64,
}

/// Why simulated visitors could not be sent.
#[derive(Debug, Error)]
pub enum FillError {
    /// The embedded layout cannot be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// No HTTP client could be made.
    #[error("no HTTP client could be made")]
    Client(#[source] reqwest::Error),
    /// The collecting side did not take a beacon, however often it was tried.
    #[error("the collecting side took no beacon in {TRIES_MAX} tries: is it running, and is its disk full?")]
    Unavailable,
    /// The collecting side refused a beacon.
    #[error("a simulated beacon was refused with status {status} ({outcome})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Outcome, where the collecting side says it.
        outcome: String,
    },
}

/// Sends `settings.page_views` page views as fast as they are taken, at most for `settings.time_max`, and tells how far
/// it is after each.
pub async fn fill(settings: FillSettings, mut progress: impl FnMut(Progress)) -> Result<Filled, FillError> {
    let sender = Sender::new(&settings)?;
    let end = Instant::now() + settings.time_max;
    let first = settings.first_visitor;
    let mut under_way = stream::iter(first..first.saturating_add(settings.page_views))
        .take_while(|_| std::future::ready(Instant::now() < end))
        .map(|index| sender.send(index))
        .buffer_unordered(UNDER_WAY_MAX);
    let mut filled = Filled {
        next_visitor: first,
        ..Filled::default()
    };
    while let Some(sent) = under_way.next().await {
        let sent = sent?;
        filled.page_views += 1;
        filled.beacons += sent.beacons;
        filled.pauses += sent.pauses;
        filled.next_visitor += 1;
        progress(Progress {
            page_views: filled.page_views,
            page_views_wanted: settings.page_views,
            beacons: filled.beacons,
        });
    }
    debug!(
        page_views = filled.page_views,
        beacons = filled.beacons,
        pauses = filled.pauses,
        "filled"
    );
    Ok(filled)
}

/// Sends `page_views_per_s` page views per second until `stop` is cancelled. What goes wrong is logged, and it goes on:
/// the collecting side may be restarting.
pub async fn trickle(
    settings: FillSettings,
    page_views_per_s: f64,
    stop: CancellationToken,
) -> Result<Filled, FillError> {
    let sender = Sender::new(&settings)?;
    let period = Duration::from_secs_f64(1.0 / page_views_per_s.clamp(0.01, 1_000.0));
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut filled = Filled {
        next_visitor: settings.first_visitor,
        ..Filled::default()
    };
    let run = async {
        loop {
            ticks.tick().await;
            match sender.send(filled.next_visitor).await {
                Ok(sent) => {
                    filled.page_views += 1;
                    filled.beacons += sent.beacons;
                    filled.pauses += sent.pauses;
                }
                Err(error) => warn!(%error, "a simulated page view was not taken"),
            }
            filled.next_visitor += 1;
        }
    };
    tokio::select! {
        () = run => {}
        () = stop.cancelled() => {}
    }
    Ok(filled)
}

/// What sending one page view took.
#[derive(Default)]
struct Sent {
    beacons: u64,
    pauses: u64,
}

/// What one request came to.
enum Answer {
    Taken,
    Later(Duration),
}

struct Sender<'a> {
    settings: &'a FillSettings,
    layout: Layout,
    client: reqwest::Client,
    url: String,
}

impl Sender<'_> {
    fn new(settings: &FillSettings) -> Result<Sender<'_>, FillError> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(REQUEST_TIMEOUT_S))
            .build()
            .map_err(FillError::Client)?;
        Ok(Sender {
            settings,
            layout: Layout::embedded()?,
            client,
            url: format!("{}/v1/collect", settings.collect_url.trim_end_matches('/')),
        })
    }

    /// Sends the beacons of one visitor in order.
    async fn send(&self, index: u64) -> Result<Sent, FillError> {
        let mut sent = Sent::default();
        let Some(visit) = visit(&self.layout, &self.settings.site, (self.settings.seed, index)) else {
            return Ok(sent);
        };
        for beacon in &visit.beacons {
            let mut tries = 0;
            while let Answer::Later(pause) = self.request(&visit, beacon).await? {
                tries += 1;
                if tries == TRIES_MAX {
                    return Err(FillError::Unavailable);
                }
                sent.pauses += 1;
                tokio::time::sleep(pause).await;
            }
            sent.beacons += 1;
        }
        Ok(sent)
    }

    async fn request(&self, visit: &Visit, beacon: &Beacon) -> Result<Answer, FillError> {
        // A beacon is made of texts and numbers only: it cannot fail to become JSON.
        let body = serde_json::to_vec(beacon).expect("a beacon is plain data");
        let request = self
            .client
            .post(&self.url)
            .header("Content-Type", "text/plain;charset=UTF-8")
            .header("Origin", &self.settings.origin)
            .header("User-Agent", visit.user_agent)
            .header("X-Forwarded-For", &visit.address)
            .body(body);
        let Ok(answer) = request.send().await else {
            return Ok(Answer::Later(Duration::from_millis(PAUSE_MS)));
        };
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let outcome = header("X-Isotherm-Outcome").unwrap_or("admitted");
        match answer.status() {
            StatusCode::NO_CONTENT if outcome == "admitted" => Ok(Answer::Taken),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let asked_s = header("Retry-After").and_then(|value| value.parse::<u64>().ok());
                let pause = asked_s.map(|s| Duration::from_secs(s.min(PAUSE_S_MAX)));
                Ok(Answer::Later(pause.unwrap_or(Duration::from_millis(PAUSE_MS))))
            }
            status => Err(FillError::Refused {
                status: status.as_u16(),
                outcome: outcome.to_owned(),
            }),
        }
    }
}
