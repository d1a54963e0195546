//! The batch that makes the most rows of its bytes is one that the embedded engine takes within its memory: were it not,
//! the same batch would be tried for ever.

use std::sync::Arc;

use isotherm_core::admit::Interaction;
use isotherm_core::beacon::Reach;

use isotherm_core::ports::Clock;
use isotherm_core::{Country, Hour, PagePath, SiteKey, ViewportClass};
use isotherm_log::{DiskLog, LogSettings};
use isotherm_service::clock::SystemClock;
use isotherm_testkit::wait_until;
use isotherm_wire::record::{BODY_BYTES_TARGET, frame, pack, packed_bytes_about};

use crate::house::{COUNT_DEADLINE, COUNTED, House, SITE, metric};

/// More than one batch of the embedded engine holds.
const BYTES: usize = 3 << 20;
/// Partitions of an installation where nothing is said.
const PARTITIONS: u16 = 4;

/// A page view of a page of its own, with nothing but its fold and all of its reach: a few bytes, and more rows than
/// anything else of its size.
fn reached(number: u32) -> Interaction {
    let letter = |place: u32| char::from(b'a' + (number / 26_u32.pow(place) % 26) as u8);
    let path: String = [3, 2, 1, 0].map(letter).iter().collect();
    Interaction {
        site: SiteKey::parse(SITE).expect("a site key"),
        page: PagePath::normalise(&format!("/{path}")).expect("a path"),
        country: Country::UNKNOWN,
        viewport: ViewportClass::Desktop,
        view: true,
        fold_100px: Some(9),
        reach: Reach::new(0, 100).expect("a reach"),
        places: Vec::new(),
    }
}

/// Packed bodies of so many bytes, and how many page views are in them.
fn bodies() -> (Vec<(u16, Vec<u8>)>, u64) {
    let hour = Hour::of_unix_ms(SystemClock.unix_ms());
    let each = BODY_BYTES_TARGET / packed_bytes_about(&reached(0));
    let (mut bodies, mut bytes, mut next) = (Vec::new(), 0, 0);
    while bytes < BYTES {
        let interactions: Vec<Interaction> = (next..next + each as u32).map(reached).collect();
        let body = pack(hour, &interactions);
        bytes += body.len();
        next += each as u32;
        bodies.push((0, body));
    }
    (bodies, u64::from(next))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_batch_of_most_rows_is_taken_by_the_embedded_engine_however_large_batches_may_be() {
    // The largest that may be configured: with the embedded engine it is bounded all the same.
    let house = House::new("[aggregate]\nbatch_bytes_max = 67108864\n").await;
    let settings = LogSettings {
        dir: house.data_dir.join("log"),
        partitions: PARTITIONS,
        bytes_max: 1 << 30,
        frame,
        is_shipped: false,
    };
    let (bodies, page_views) = bodies();
    std::fs::create_dir_all(&settings.dir).expect("a folder");
    let log = DiskLog::open(settings, Arc::new(SystemClock)).expect("a log");
    log.append(&bodies).expect("appended");
    drop(log);
    let (role, run) = house.up().await;
    wait_until(COUNT_DEADLINE, "all of it is counted", async || {
        metric(run, COUNTED).await >= Some(page_views as f64)
    })
    .await;
    house.all_counted(page_views, page_views).await;
    let batches = metric(run, "isotherm_batches_total").await;
    assert!(batches >= Some(2.0), "{batches:?} batches: they are not bounded");
    assert!(!role.said().contains("MEMORY_LIMIT_EXCEEDED"), "{}", role.said());
    role.stops().await;
}
