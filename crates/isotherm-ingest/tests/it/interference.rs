//! Non-interference: who visitors are does not reach what is stored. The same stream of page views is sent twice, from other
//! addresses of the same countries, with other user agents, cookies, referrers and languages; log and counts are the same
//! to the byte.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, rt, web};
use isotherm_aggregate::batch::{BatchHead, build};
use isotherm_core::Day;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Clock, Entry};
use isotherm_core::record::{Intent, Lane, Lanes, LogId, Offset, RecordHeader};
use isotherm_ingest::commit::{Append, AppendRefused, committer};
use isotherm_ingest::configure;
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_wire::record::frame;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::server::ingest_on;

const PARTITIONS: u16 = 4;
/// Runs; `ISOTHERM_INTERFERENCE_RUNS` asks for more.
const RUNS: u32 = 200;
/// Most page views of a stream.
const VISITS_MAX: usize = 12;

const WIDTHS: [[u16; 3]; 6] = [
    [1, 320, 479],
    [480, 600, 767],
    [768, 900, 1_023],
    [1_024, 1_200, 1_279],
    [1_280, 1_440, 1_535],
    [1_536, 2_560, 16_384],
];
/// User agents of people; what they say of a device changes nothing.
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
];

/// What is done: it may be stored.
#[derive(Clone, Debug)]
struct Visit {
    country: u8,
    viewport: u8,
    path: u8,
    cell: (u8, u8),
    scroll: u8,
}

/// Who does it: it must not.
#[derive(Clone, Debug)]
struct Who {
    host: u8,
    width: u8,
    agent: u8,
    version: u16,
    cookie: String,
    referrer: String,
    language: String,
    touch: bool,
}

/// A mistake that is planted, to see that it is found and shrunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Planted {
    Nothing,
    /// The depth of a page view depends on the language: one of many ways in which a header could reach a row.
    Language,
    /// The last bit of the address chooses between two pages.
    Address,
}

fn visit() -> impl Strategy<Value = Visit> {
    (0..3_u8, 0..6_u8, 0..4_u8, (0..80_u8, 0..200_u8), 0..=100_u8).prop_map(
        |(country, viewport, path, cell, scroll)| Visit {
            country,
            viewport,
            path,
            cell,
            scroll,
        },
    )
}

fn who() -> impl Strategy<Value = Who> {
    let text = || "[a-z0-9=]{0,24}";
    (
        1..255_u8,
        0..3_u8,
        0..4_u8,
        100..200_u16,
        text(),
        text(),
        "[a-z]{0,8}",
        any::<bool>(),
    )
        .prop_map(|(host, width, agent, version, cookie, referrer, language, touch)| Who {
            host,
            width,
            agent,
            version,
            cookie,
            referrer,
            language,
            touch,
        })
}

/// Packed bodies with their partitions.
type Bodies = Vec<(u16, Vec<u8>)>;

/// A page view and the two who have it.
type Twice = (Visit, Who, Who);

/// What the log was asked to hold.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Bodies>>);

impl Append for Kept {
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(group);
        Ok(group
            .iter()
            .map(|(partition, _)| (*partition, kept.len() as u64))
            .collect())
    }
}

/// Always the same moment.
struct Noon;

impl Clock for Noon {
    fn unix_ms(&self) -> u64 {
        20_778 * 86_400_000 + 43_200_000
    }
}

/// Sends a stream through the real handlers and gives log and counts as text.
fn dump(visits: &[(Visit, Who)], planted: Planted) -> String {
    let kept = Kept::default();
    let (committer, commits) = committer(kept.clone(), Arc::new(Noon), IngestMetrics::default());
    let loop_thread = std::thread::spawn(move || commits.run());
    let dir = tempfile::tempdir().expect("a directory");
    let ingest = web::Data::new(ingest_on(dir.path(), committer, PARTITIONS));
    rt::System::new().block_on(async {
        let app = init_service(App::new().configure(|config| configure(config, ingest.clone()))).await;
        for (visit, who) in visits {
            let answer = call_service(&app, request(visit, who, planted).to_request()).await;
            let outcome = answer
                .headers()
                .get("X-Isotherm-Outcome")
                .map(|value| value.as_bytes().to_vec());
            assert_eq!(outcome.as_deref(), Some(&b"admitted"[..]));
        }
    });
    drop(ingest);
    loop_thread.join().expect("it ends with the last committer");
    let kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (0..PARTITIONS).map(|partition| counted(partition, &kept)).collect()
}

fn request(visit: &Visit, who: &Who, planted: Planted) -> TestRequest {
    let network = ["192.0.2", "198.51.100", "203.0.113"][usize::from(visit.country)];
    let width = WIDTHS[usize::from(visit.viewport)][usize::from(who.width)];
    let (mut path, mut scroll) = (
        ["/", "/shop", "/shop/teapot", "/account/:email"][usize::from(visit.path)],
        visit.scroll,
    );
    match planted {
        Planted::Nothing => {}
        Planted::Language => scroll = (scroll + who.language.len() as u8).min(100),
        Planted::Address => path = ["/", "/odd"][usize::from(who.host % 2)],
    }
    let body = serde_json::json!({
        "v": 1, "site": "acme", "path": path, "w": width, "h": 900, "touch": who.touch, "view": true, "scroll": scroll,
        "scrolled": 0,
        "places": [{"layer": "click", "cell": [visit.cell.0, visit.cell.1], "anchor": "#buy", "sub": [4, 4], "n": 1, "first": 31}],
    });
    let agent = format!("{} Extra/{}", AGENTS[usize::from(who.agent)], who.version);
    TestRequest::post()
        .uri("/v1/collect")
        .peer_addr(([127, 0, 0, 1], 4_000).into())
        .insert_header(("Origin", "https://acme.example"))
        .insert_header(("Content-Type", "text/plain"))
        .insert_header(("X-Forwarded-For", format!("{network}.{}", who.host)))
        .insert_header(("User-Agent", agent))
        .insert_header(("Cookie", format!("a={}", who.cookie)))
        .insert_header(("Referer", format!("https://acme.example/?{}", who.referrer)))
        .insert_header(("Accept-Language", format!("de-x-{}", who.language)))
        .set_payload(body.to_string())
}

/// The records of a partition as the log frames them, and the block that they are folded into.
fn counted(partition: u16, kept: &[(u16, Vec<u8>)]) -> String {
    let mut entries = Vec::new();
    for (_, body) in kept.iter().filter(|(of, _)| *of == partition) {
        let offset = entries.len() as u64;
        let header = RecordHeader {
            lane: Lane(7),
            partition,
            seq: offset + 1,
            floor: 1,
        };
        entries.push(Entry {
            offset,
            bytes: frame(&header, body),
        });
    }
    let Some(last) = entries.last().map(|entry| entry.offset) else {
        return String::new();
    };
    let log: Vec<_> = entries.iter().map(|entry| &entry.bytes).collect();
    let intent = Intent {
        log_id: LogId(1),
        first: 0,
        last,
        landing: Day(20_778),
        attempt: 0,
    };
    let head = BatchHead {
        intent,
        partition,
        opening: 1,
    };
    let batch = build(head, &entries, &Lanes::default(), &IdKey::new([7; 16]));
    format!("{log:?}\n{:?}\n{:?}\n", batch.block, batch.texts)
}

fn run(runs: u32, planted: Planted) -> Result<(), TestError<Vec<Twice>>> {
    let config = Config {
        cases: runs,
        failure_persistence: None,
        ..Config::default()
    };
    let streams = prop::collection::vec((visit(), who(), who()), 1..VISITS_MAX);
    TestRunner::new(config).run(&streams, |stream| {
        let one: Vec<_> = stream
            .iter()
            .map(|(visit, who, _)| (visit.clone(), who.clone()))
            .collect();
        let other: Vec<_> = stream
            .iter()
            .map(|(visit, _, who)| (visit.clone(), who.clone()))
            .collect();
        let same = dump(&one, planted) == dump(&other, planted);
        // No text of the streams: a failure is shown by the runner, shrunk.
        same.then_some(())
            .ok_or_else(|| TestCaseError::fail("log or counts differ"))
    })
}

#[test]
fn who_visitors_are_does_not_reach_log_or_counts() {
    let runs = std::env::var("ISOTHERM_INTERFERENCE_RUNS").map_or(RUNS, |runs| runs.parse().expect("a number"));
    if let Err(error) = run(runs, Planted::Nothing) {
        panic!("{error}");
    }
}

#[test]
fn a_planted_dependence_is_found_and_shrunk_to_one_page_view() {
    for planted in [Planted::Language, Planted::Address] {
        let found = run(RUNS, planted);
        let Err(TestError::Fail(_, stream)) = found else {
            panic!("{planted:?} was not found: {found:?}");
        };
        assert_eq!(stream.len(), 1, "{planted:?}");
        let (visit, one, other) = &stream[0];
        // All that is not needed for the difference has shrunk to its least.
        assert_eq!((visit.country, visit.viewport, visit.path), (0, 0, 0), "{planted:?}");
        assert_eq!((one.cookie.len(), other.cookie.len()), (0, 0), "{planted:?}");
    }
}
