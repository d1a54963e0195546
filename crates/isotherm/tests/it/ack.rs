//! `ack = "kafka"`: what is answered 204 is in the topic. While the brokers are away nothing is taken but what was on its
//! way when they went, and that is counted once.

use std::time::Duration;

use isotherm_testkit::{ClickHouseServer, Kafka, wait_until};

use crate::house::House;
use crate::load::{Load, Plan};

/// Longest wait for the brokers, milliseconds.
const PATIENCE_MS: u64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn without_brokers_beacons_are_refused_before_they_are_taken_and_none_counts_twice() {
    let server = ClickHouseServer::start().await.expect("a server");
    let mut kafka = Kafka::start().await.expect("a broker");
    let house = House::new(&format!(
        "ack = \"kafka\"\n{}[kafka]\nbrokers = \"{}\"\ntopic = \"acknowledged\"\n",
        House::store_section(&server, &server.url),
        kafka.bootstrap()
    ))
    .await;
    house.must(&["migrate"]);
    house.add_site();
    let mut ingest = house.start(&["ingest"]);
    let run = ingest.serving().await;
    let plan = Plan {
        address: run.listen,
        connections: 8,
        rate_per_s: Some(100),
        places: 1,
    };
    let load = Load::start(plan);
    wait_until(Duration::from_secs(60), "beacons are admitted", async || {
        load.admitted() >= 200
    })
    .await;
    kafka.kill().await;
    wait_until(Duration::from_secs(60), "beacons are refused at once", async || {
        load.refused() >= 200
    })
    .await;
    kafka.restart().await.expect("a broker again");
    let before = load.admitted();
    wait_until(Duration::from_secs(60), "beacons are admitted again", async || {
        load.admitted() >= before + 200
    })
    .await;
    let tally = load.end().await;
    assert_eq!(tally.other, 0);
    // On their way when the broker went: one beacon of each connection, and perhaps a second one until the first of them
    // found out.
    let waited = tally.refused_ms.iter().filter(|ms| **ms + 500 >= PATIENCE_MS).count() as u64;
    assert!((1..=16).contains(&waited), "{waited} beacons waited in vain");
    let aggregate_dir = house.data_dir.with_extension("aggregate");
    let mut aggregate = house.start_in(&aggregate_dir, &["aggregate"]);
    aggregate.says("aggregating").await;
    let counted = house
        .all_counted(tally.admitted + waited, tally.admitted + waited + tally.unanswered)
        .await;
    assert!(
        counted < tally.admitted + tally.refused,
        "what was refused at once was not taken"
    );
    aggregate.stops().await;
    ingest.stops().await;
}
