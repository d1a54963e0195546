//! ClickHouse with too many parts, read-only, out of memory, killed, and killed inside `up`: collecting goes on, counting
//! waits and says why, and everything is counted once when it can be.

use std::time::Duration;

use isotherm_testkit::{ClickHouseServer, wait_until};

use rustix::process::{Signal, kill_process};

use crate::house::{COUNTED, House, Run, engine_pid, metric, ops, sql};
use crate::load::{Load, Plan};

/// How soon trouble is said, and how soon its end.
const SAID_WITHIN: Duration = Duration::from_secs(60);

async fn says(run: Run, wanted_status: u16, text: &str) {
    let mut last = String::new();
    wait_until(
        SAID_WITHIN,
        &format!("readiness says {wanted_status} {text}"),
        async || {
            let (status, said) = ops(run, "/readyz").await;
            last = said;
            status == wanted_status && last.contains(text)
        },
    )
    .await;
}

fn plan(run: Run, places: u16) -> Plan {
    Plan {
        address: run.listen,
        connections: 16,
        rate_per_s: Some(300),
        places,
    }
}

async fn admitted(load: &Load, many: u64) {
    wait_until(Duration::from_secs(60), "beacons are admitted", async || {
        load.admitted() >= many
    })
    .await;
}

/// What makes the real server refuse every block, what it says then, and what ends it.
const REFUSALS: [(&str, &str, &str); 3] = [
    (
        "ALTER TABLE isotherm.live MODIFY SETTING parts_to_throw_insert = 1",
        "252 (TOO_MANY_PARTS)",
        "ALTER TABLE isotherm.live RESET SETTING parts_to_throw_insert",
    ),
    (
        "ALTER TABLE isotherm.live MODIFY SETTING table_readonly = 1",
        "(TABLE_IS_PERMANENTLY_READ_ONLY)",
        "ALTER TABLE isotherm.live MODIFY SETTING table_readonly = 0",
    ),
    // Each block needs 4 GB more than it would.
    (
        "ALTER TABLE isotherm.live ADD CONSTRAINT hungry CHECK \
         length(arrayMap(i -> repeat('x', 1000000), range(toUInt64(4000 + n * 0)))) >= 0",
        "241 (MEMORY_LIMIT_EXCEEDED)",
        "ALTER TABLE isotherm.live DROP CONSTRAINT hungry",
    ),
];

/// How many batches landed.
const BATCHES: &str = "SELECT count() FROM isotherm.live WHERE kind = 'ledger'";

/// All that was admitted until now is counted.
async fn caught_up(run: Run, load: &Load) {
    let admitted = load.admitted() as f64;
    wait_until(SAID_WITHIN, "counting has caught up", async || {
        metric(run, COUNTED).await >= Some(admitted)
    })
    .await;
}

async fn something_counted(run: Run) {
    wait_until(SAID_WITHIN, "something is counted", async || {
        metric(run, COUNTED).await > Some(0.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_or_is_killed_is_waited_for_and_caught_up_with_in_few_batches() {
    let mut server = ClickHouseServer::start().await.expect("a server");
    let house = House::new(&House::store_section(&server, &server.url)).await;
    let (role, run) = house.up().await;
    house.add_site();
    let load = Load::start(plan(run, 4));
    something_counted(run).await;

    for (refuse, said, relent) in REFUSALS {
        sql(&server, refuse).await;
        says(run, 503, said).await;
        let before = load.admitted();
        admitted(&load, before + 100).await;
        sql(&server, relent).await;
        says(run, 200, "ready").await;
        caught_up(run, &load).await;
    }

    server.kill().await;
    says(run, 503, "aggregate: ").await;
    says(run, 503, "query: ").await;
    let before = load.admitted();
    admitted(&load, before + 600).await;
    server.restart().await.expect("a server again");
    let old: u64 = sql(&server, BATCHES).await.parse().expect("a number");
    says(run, 200, "ready").await;
    let tally = load.end().await;
    assert_eq!((tally.refused, tally.other), (0, 0), "collecting goes on");
    house
        .all_counted(tally.admitted, tally.admitted + tally.unanswered)
        .await;
    let new: u64 = sql(&server, BATCHES).await.parse().expect("a number");
    assert!(new - old <= 60, "{} batches for what waited", new - old);
    role.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_comes_back_and_a_second_service_is_turned_away() {
    let house = House::new("").await;
    let (role, run) = house.up().await;
    house.add_site();
    let load = Load::start(plan(run, 4));
    something_counted(run).await;
    let second = house.run(&["up", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success() && said.contains("is in use by another isotherm (process "),
        "{said}"
    );
    let engine = engine_pid(&house);
    kill_process(engine, Signal::KILL).expect("killed");
    wait_until(SAID_WITHIN, "the engine was started again", async || {
        std::fs::exists(house.data_dir.join("engine/engine.json")).unwrap_or(false) && engine_pid(&house) != engine
    })
    .await;
    let before = load.admitted();
    admitted(&load, before + 300).await;
    let tally = load.end().await;
    assert_eq!((tally.refused, tally.other), (0, 0), "collecting goes on");
    house
        .all_counted(tally.admitted, tally.admitted + tally.unanswered)
        .await;
    says(run, 200, "ready").await;
    role.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_only_read_counts_nothing_says_so_and_loses_nothing() {
    let server = ClickHouseServer::start().await.expect("a server");
    let owner = House::store_section(&server, &server.url);
    let house = House::new(&owner).await;
    let (role, run) = house.up().await;
    house.add_site();
    let load = Load::start(plan(run, 4));
    something_counted(run).await;
    let before = load.end().await;
    house
        .all_counted(before.admitted, before.admitted + before.unanswered)
        .await;
    role.stops().await;

    // The server's own user for answers: it has the right to SELECT and no other.
    let (user, password) = server.reader().expect("a running server");
    let reading = format!(
        "[clickhouse]\nurl = \"{}\"\nuser = \"{user}\"\npassword = \"{password}\"\n",
        server.url
    );
    house.configure(&reading);
    let refused = house.run(&["up", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("code 497 (ACCESS_DENIED)") || said.contains("(READONLY)"),
        "{said}"
    );
    assert!(said.contains("check the rights of `[clickhouse] user`"), "{said}");

    house.configure(&owner);
    let (role, run) = house.up().await;
    let load = Load::start(plan(run, 4));
    something_counted(run).await;
    let tally = load.end().await;
    let admitted = before.admitted + tally.admitted;
    house
        .all_counted(admitted, admitted + before.unanswered + tally.unanswered)
        .await;
    role.stops().await;
}
