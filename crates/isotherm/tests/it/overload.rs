//! Three times what it can take: memory stays flat, a refusal is quick, what was accepted is counted.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use isotherm_testkit::wait_until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::task::JoinSet;

use crate::crowd::Crowd;
use crate::house::{House, engine_pid, metric, ops};
use crate::load::{Load, Plan, Tally, p99};

/// How long capacity is measured.
const MEASURE: Duration = Duration::from_secs(3);
/// How long three times of it is offered, seconds; `ISOTHERM_OVERLOAD_S` makes it longer.
const OVERLOAD_S: u64 = 8;
/// The service runs this many of 100 parts of the time; `ISOTHERM_OVERLOAD_PERCENT` makes it fewer, for a binary that takes
/// more than the crowd beside it on the same cores could triple.
const RUNS_PERCENT: u32 = 100;
/// One of those parts.
const PART: Duration = Duration::from_micros(200);
/// Connections that keep the service as busy as it can be, and not so many that it has to refuse any.
const BUSY: usize = 64;
/// Connections of the other test.
const CONNECTIONS: usize = 64;
/// Connections of the crowd.
const CROWD: usize = 1_000;
/// What the service may hold resident at any time, bytes: all queues full.
const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// How long a refusal may take, as a share of the time in which all of the crowd would be served once: refusing is to be
/// quicker than serving, and half a second is what a busy test machine adds.
const REFUSED_SHARE: f64 = 1.5;
const REFUSED_MS_MORE: f64 = 500.0;
/// Beacons that were refused because their worker was late.
const CROWDED_OUT: &str = "isotherm_beacons_crowded_out_total";

#[tokio::test(flavor = "multi_thread")]
async fn three_times_too_much_is_refused_quickly_and_what_was_accepted_is_counted() {
    let house = House::alone("").await;
    let (role, run) = house.up().await;
    house.add_site();
    let slower = Slower::begin(role.pid(), from_environment("ISOTHERM_OVERLOAD_PERCENT", RUNS_PERCENT));
    let plan = Plan {
        address: run.listen,
        connections: BUSY,
        rate_per_s: None,
        places: 1,
    };
    let measured = crowd(plan, MEASURE).await;
    assert_eq!(measured.refused, 0, "a busy service refuses nobody");
    let capacity_per_s = measured.per_s();

    let seconds = from_environment("ISOTHERM_OVERLOAD_S", OVERLOAD_S);
    let plan = Plan {
        connections: CROWD,
        rate_per_s: Some(3 * capacity_per_s),
        ..plan
    };
    let mut crowds = JoinSet::new();
    crowds.spawn(crowd(plan, Duration::from_secs(seconds)));
    let mut memory_bytes = Vec::new();
    let overload = loop {
        if let Some(ended) = crowds.try_join_next() {
            break ended.expect("a crowd");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        memory_bytes.push(role.memory_bytes());
    };
    let crowded_out = metric(run, CROWDED_OUT).await.unwrap_or(0.0);
    let admitted = measured.admitted + overload.admitted;
    let unanswered = measured.unanswered + overload.unanswered;
    let counted = house.all_counted(admitted, admitted + unanswered).await;

    let peak_bytes = memory_bytes.iter().copied().max().unwrap_or(0);
    report(&json!({
        "what": "overload", "capacity_per_s": capacity_per_s, "offered_per_s": 3 * capacity_per_s,
        "answered_per_s": overload.per_s(), "admitted": overload.admitted, "refused": overload.refused,
        "unanswered": overload.unanswered, "counted": counted, "admitted_p99_ms": p99(&overload.admitted_ms),
        "refused_p99_ms": p99(&overload.refused_ms), "crowded_out": crowded_out, "memory_peak_bytes": peak_bytes,
    }));
    assert_eq!(measured.other + overload.other, 0);
    assert!(overload.admitted > 0, "it goes on working");
    assert!(overload.refused > 0 && crowded_out > 0.0, "what is too much is refused");
    assert!(peak_bytes <= MEMORY_BYTES_MAX, "{peak_bytes} bytes resident");
    let served_ms = 1_000.0 * CROWD as f64 / capacity_per_s as f64;
    let refused_ms = p99(&overload.refused_ms) as f64;
    assert!(
        refused_ms <= REFUSED_SHARE * served_ms + REFUSED_MS_MORE,
        "{refused_ms} ms, where all would be served within {served_ms} ms"
    );
    assert_flat(&memory_bytes);
    let again = crowd(
        Plan {
            connections: BUSY,
            ..plan
        },
        Duration::from_secs(1),
    )
    .await;
    assert!(again.admitted > again.refused, "it recovers by itself: {again:?}");
    drop(slower);
    role.stops().await;
}

fn from_environment<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    let given = std::env::var(name).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(otherwise)
}

/// A process that is halted a part of the time, as if its machine were slower than that of the crowd. Dropping it ends that.
struct Slower(Arc<AtomicBool>);

impl Slower {
    fn begin(pid: u32, runs_percent: u32) -> Slower {
        let over = Arc::new(AtomicBool::new(runs_percent >= 100));
        let (pid, stop) = (Pid::from_raw(pid.cast_signed()).expect("a process"), over.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                kill_process(pid, Signal::STOP).expect("halted");
                std::thread::sleep(PART * (100 - runs_percent));
                kill_process(pid, Signal::CONT).expect("goes on");
                std::thread::sleep(PART * runs_percent);
            }
        });
        Slower(over)
    }
}

impl Drop for Slower {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn crowd(plan: Plan, duration: Duration) -> Tally {
    let crowd = tokio::task::spawn_blocking(move || Crowd::new(plan).run(duration));
    crowd.await.expect("a crowd")
}

/// The last quarter holds no more than the second, but for noise.
fn assert_flat(memory_bytes: &[u64]) {
    let quarter = memory_bytes.len() / 4;
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    let (early, late) = (
        most(&memory_bytes[quarter..2 * quarter]),
        most(&memory_bytes[3 * quarter..]),
    );
    assert!(
        late <= early + early / 4 + (32 << 20),
        "memory grows: {early} bytes, then {late}"
    );
}

/// One JSON line for who measures, where `ISOTHERM_REPORT` names a file.
fn report(line: &serde_json::Value) {
    let Some(path) = std::env::var_os("ISOTHERM_REPORT") else {
        return;
    };
    let file = std::fs::File::options().create(true).append(true).open(path);
    writeln!(file.expect("a report"), "{line}").expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_log_refuses_at_once_keeps_what_it_took_and_takes_again_by_itself() {
    // The smallest log there is, and nobody who counts: ClickHouse is stopped.
    let house = House::alone("[log]\nbytes_max = 16777216\n[aggregate]\nflush_delay_ms = 50\n").await;
    let (role, run) = house.up().await;
    house.add_site();
    let engine = engine_pid(&house);
    kill_process(engine, Signal::STOP).expect("stopped");
    let load = Load::start(Plan {
        address: run.listen,
        connections: CONNECTIONS,
        rate_per_s: None,
        places: 64,
    });
    let refused = wait_until(Duration::from_secs(120), "the log is full", async || {
        metric(run, "isotherm_beacons_total{outcome=\"unavailable\"}").await > Some(0.0)
    });
    refused.await;
    wait_until(Duration::from_secs(10), "it is not ready", async || {
        let (status, text) = ops(run, "/readyz").await;
        status == 503 && text.contains("collect: log is full")
    })
    .await;
    kill_process(engine, Signal::CONT).expect("continued");
    let before = load.admitted();
    wait_until(Duration::from_secs(60), "it takes beacons again", async || {
        load.admitted() > before
    })
    .await;
    let tally = load.end().await;
    assert_eq!(tally.other, 0);
    assert!(tally.refused > 0);
    house
        .all_counted(tally.admitted, tally.admitted + tally.unanswered)
        .await;
    wait_until(Duration::from_secs(10), "it is ready", async || {
        ops(run, "/readyz").await.0 == 200
    })
    .await;
    role.stops().await;
}
