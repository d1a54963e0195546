//! SIGTERM under load, with everything there and with everything away: each role ends in order within 10 s, and what was
//! admitted is counted after the next start.

use std::time::Duration;

use isotherm_testkit::{ClickHouseServer, Kafka, Proxy, Weather, wait_until};

use crate::house::{House, metric};
use crate::load::{Load, Plan};

/// Admitted before a role is stopped.
const SOME: u64 = 500;

async fn some_admitted(load: &Load) {
    wait_until(Duration::from_secs(60), "some beacons are admitted", async || {
        load.admitted() >= SOME
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn up_stops_under_load_and_counts_the_rest_after_the_next_start() {
    let house = House::new("").await;
    let (role, run) = house.up().await;
    house.add_site();
    let load = Load::start(Plan {
        address: run.listen,
        connections: 64,
        rate_per_s: None,
        places: 1,
    });
    some_admitted(&load).await;
    let took = role.stops().await;
    let tally = load.end().await;
    assert_eq!(tally.other, 0);
    let (role, _) = house.up().await;
    house
        .all_counted(tally.admitted, tally.admitted + tally.unanswered)
        .await;
    // Nobody sends any more: nothing is left to wait for but the engine.
    let idle = role.stops().await;
    assert!(
        took <= Duration::from_secs(10) && idle <= Duration::from_secs(5),
        "{took:?} and {idle:?}"
    );
}

/// A port that `url` names.
fn port(url: &str) -> u16 {
    url.rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_of_a_cluster_stop_in_time_while_nothing_answers_them() {
    let server = ClickHouseServer::start().await.expect("a server");
    let kafka = Kafka::start().await.expect("a broker");
    let store = Proxy::start(port(&server.url)).await.expect("a proxy");
    let cluster = format!(
        "{}[kafka]\nbrokers = \"{}\"\ntopic = \"stopping\"\n",
        House::store_section(&server, &format!("http://{}", store.address())),
        kafka.bootstrap()
    );
    let house = House::new(&cluster).await;
    house.must(&["migrate"]);
    house.add_site();
    let mut ingest = house.start(&["ingest"]);
    let run = ingest.serving().await;
    let aggregate_dir = house.data_dir.with_extension("aggregate");
    let mut aggregate = house.start_in(&aggregate_dir, &["aggregate"]);
    aggregate.says("aggregating").await;
    let query = house.start_in(
        &house.data_dir.with_extension("query"),
        &["query", "--listen", "127.0.0.1:0"],
    );
    let plan = Plan {
        address: run.listen,
        connections: 32,
        rate_per_s: Some(400),
        places: 1,
    };
    let load = Load::start(plan);
    some_admitted(&load).await;
    wait_until(Duration::from_secs(60), "something is counted", async || {
        house.counted() > Some(0)
    })
    .await;

    // ClickHouse says nothing any more, in the middle of whatever it was doing.
    store.set(Weather::Silent);
    aggregate.says("partitions assigned").await;
    let before = load.admitted();
    wait_until(
        Duration::from_secs(60),
        "it has more than a batch to count",
        async || load.admitted() >= before + 2 * SOME,
    )
    .await;
    aggregate.stops().await;
    query.stops().await;
    // Nor do the brokers.
    let mut kafka = kafka;
    kafka.stop().await;
    some_admitted(&load).await;
    ingest.stops().await;
    let tally = load.end().await;
    assert_eq!((tally.other, tally.refused), (0, 0));

    store.set(Weather::Clear);
    kafka.restart().await.expect("a broker again");
    let mut ingest = house.start(&["ingest"]);
    let run = ingest.serving().await;
    let aggregate = house.start_in(&aggregate_dir, &["aggregate"]);
    house
        .all_counted(tally.admitted, tally.admitted + tally.unanswered)
        .await;
    wait_until(Duration::from_secs(30), "nothing waits in the log", async || {
        metric(run, "isotherm_log_records").await == Some(0.0)
    })
    .await;
    aggregate.stops().await;
    ingest.stops().await;
}
