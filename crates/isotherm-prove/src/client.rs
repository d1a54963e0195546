//! What is sent: every canary with a beacon that is admitted, some with one that must be refused, all beside ordinary load.

use anyhow::ensure;
use futures_util::future::try_join_all;
use reqwest::Client;
use serde_json::json;

use crate::canary::{Canaries, Canary};
use crate::house::{House, MARKER, ORIGIN, SITE};

/// Connections with ordinary beacons.
const LOADS: usize = 4;
/// Connections with ordinary beacons behind the canaries: more at once than before, so that every buffer is used again.
const LOADS_BEHIND: usize = 4 * LOADS;
/// Ordinary beacons on each: before, between and behind the canaries.
const BEACONS_EACH: usize = 60;
/// How often the first request is sent: its page has more than the 10 page views that publish a text.
const FIRST_TIMES: usize = 12;
/// Every so many canaries are sent once more with a signal against measuring.
const REFUSED_EVERY: usize = 5;

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// How many requests were refused because that was the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused(pub usize);

/// Sends everything; how many page views must be counted.
///
/// # Errors
/// A request was not admitted, or one that says no was.
pub async fn send_all(house: &House, canaries: &Canaries) -> anyhow::Result<(usize, Refused)> {
    let loads = try_join_all((0..LOADS).map(|load| ordinary(house, load)));
    let (loads, sent) = tokio::join!(loads, send_canaries(house, canaries));
    let (sent, refused) = sent?;
    if let Some(topic) = &house.topic {
        topic.poison(canaries.payload.whole.as_bytes())?;
    }
    // Behind them once more, on connections of their own: what buffers held is overwritten or closed.
    let behind = try_join_all((0..LOADS_BEHIND).map(|load| ordinary(house, load))).await?;
    Ok((loads?.iter().chain(&behind).sum::<usize>() + sent, refused))
}

async fn send_canaries(house: &House, canaries: &Canaries) -> anyhow::Result<(usize, Refused)> {
    // A client of its own: its connections are closed when it goes.
    let client = Client::builder().no_proxy().build()?;
    let (mut sent, mut refused) = (0, 0);
    for (number, request) in canaries.requests.iter().enumerate() {
        let times = if number == 0 { FIRST_TIMES } else { 1 };
        for _ in 0..times {
            let outcome = post(house, &client, request, None).await?;
            ensure!(outcome == "admitted", "canary {number}: {outcome}");
            sent += 1;
        }
        if number % REFUSED_EVERY == 0 {
            let signal = if number % 2 == 0 { "DNT" } else { "Sec-GPC" };
            let outcome = post(house, &client, request, Some(signal)).await?;
            ensure!(
                outcome == "dnt" || outcome == "gpc",
                "canary {number} with a signal: {outcome}"
            );
            refused += 1;
        }
    }
    Ok((sent, Refused(refused)))
}

async fn post(house: &House, client: &Client, request: &[Canary; 7], signal: Option<&str>) -> anyhow::Result<String> {
    let [address, agent, cookie, referrer, language, path, anchor] = request;
    let mut asked = client
        .post(format!("{}/v1/collect", house.public))
        .header("Origin", ORIGIN)
        .header("Content-Type", "text/plain")
        .header("X-Forwarded-For", &address.whole)
        .header("User-Agent", &agent.whole)
        .header("Cookie", &cookie.whole)
        .header("Referer", &referrer.whole)
        .header("Accept-Language", &language.whole)
        .body(beacon(&path.whole, &anchor.whole));
    if let Some(signal) = signal {
        asked = asked.header(signal, "1");
    }
    let answer = asked.send().await?;
    let outcome = answer.headers().get("X-Isotherm-Outcome");
    Ok(outcome
        .and_then(|value| value.to_str().ok())
        .unwrap_or("none")
        .to_owned())
}

async fn ordinary(house: &House, load: usize) -> anyhow::Result<usize> {
    send_views(house, (MARKER, "#buy"), load, BEACONS_EACH).await
}

/// Sends so many page views of a page, each with a click at an anchor, by one of several visitors.
///
/// # Errors
/// One was not admitted.
pub async fn send_views(
    house: &House,
    (path, anchor): (&str, &str),
    visitor: usize,
    count: usize,
) -> anyhow::Result<usize> {
    let client = Client::builder().no_proxy().build()?;
    for number in 0..count {
        // As long as the longest canaries, so that whatever is used again is used whole.
        let filler = "x".repeat(64 + number % 64);
        let answer = client
            .post(format!("{}/v1/collect", house.public))
            .header("Origin", ORIGIN)
            .header("Content-Type", "text/plain")
            .header("X-Forwarded-For", format!("192.0.2.{}", 1 + visitor))
            .header("User-Agent", AGENT)
            .header("Cookie", &filler)
            .header("Referer", format!("https://acme.example/{filler}"))
            .header("Accept-Language", "en")
            .body(beacon(path, anchor))
            .send()
            .await?;
        let outcome = answer.headers().get("X-Isotherm-Outcome");
        ensure!(
            outcome.is_some_and(|value| value == "admitted"),
            "an ordinary beacon was not admitted"
        );
    }
    Ok(count)
}

fn beacon(path: &str, anchor: &str) -> String {
    json!({
        "v": 1, "site": SITE, "path": path, "w": 1440, "h": 900, "touch": false, "view": true, "scroll": 4, "scrolled": 0,
        "places": [{"layer": "click", "cell": [25, 16], "anchor": anchor, "sub": [4, 4], "n": 1, "first": 31}],
    })
    .to_string()
}
