//! What the roles say by themselves about a store that is not as it must be: a ledger that is wrong, and settings that were
//! changed.

use std::process::{Command, Output};
use std::time::Duration;

use isotherm_testkit::{ClickHouseServer, wait_until};

use crate::house::{House, Role, Run, metric, ops, sql};

/// The ledger is checked first 10 s after the start, then every 5 minutes.
const CHECKED_WITHIN: Duration = Duration::from_secs(330);
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// A batch of a log that nobody reads, as its ledger row.
fn batch(first: u64, last: u64) -> String {
    let records = last - first + 1;
    format!(
        "INSERT INTO isotherm.live (landing, kind, page, anchor, control) VALUES \
         (today(), 'ledger', 0, {first}, [(77, 0, {first}, {last}, 0, 0, {records}, 0, 0, 0, 0, 0, 0, 0, 0, 0)])"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_becomes_wrong_is_a_metric_and_an_alarm() {
    let server = ClickHouseServer::start().await.expect("a server");
    let house = House::new(&House::store_section(&server, &server.url)).await;
    let (up, run) = house.up().await;
    assert_eq!(metric(run, "isotherm_verify_problems").await, Some(0.0));
    // The second counts again what the first counted.
    sql(&server, &batch(0, 9)).await;
    sql(&server, &batch(5, 9)).await;
    wait_until(CHECKED_WITHIN, "the overlap is found", async || {
        metric(run, "isotherm_verify_problems").await == Some(1.0)
    })
    .await;
    let age_s = metric(run, "isotherm_verify_age_seconds").await.expect("an age");
    assert!((0.0..CHECKED_WITHIN.as_secs_f64()).contains(&age_s), "{age_s}");
    let (status, said) = ops(run, "/readyz").await;
    assert!(
        said.contains("alarm: ledger: the ledger is wrong in 1 places"),
        "{said}"
    );
    assert_eq!(status, 200, "an alarm takes nothing out of service");
    up.stops().await;
}

/// Where a role that collects nothing serves its operations.
async fn operations(role: &mut Role) -> Run {
    role.says("operations are served").await;
    let said = role.said();
    let named = said.split("ops=").nth(1).expect("an address");
    let address = named.split_whitespace().next().expect("an address");
    let ops = address.parse().expect("an address");
    Run { listen: ops, ops }
}

async fn alarms(run: Run) -> Vec<String> {
    let (_, said) = ops(run, "/readyz").await;
    let lines = said.lines().filter(|line| line.starts_with("alarm: store: "));
    lines.map(str::to_owned).collect()
}

/// Waits until each changed setting is an alarm of its own.
async fn alarmed(run: Run, role: &str) {
    let mut last = Vec::new();
    wait_until(
        SAID_WITHIN,
        &format!("{role} has an alarm for each finding"),
        async || {
            last = alarms(run).await;
            last.len() == 2
        },
    )
    .await;
    for setting in [
        "non_replicated_deduplication_window = 200000 or more",
        "fsync_after_insert = 1 or more",
    ] {
        assert!(last.iter().any(|line| line.contains(setting)), "{role}: {last:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_were_changed_are_alarms_of_every_role_that_uses_the_store() {
    let server = ClickHouseServer::start().await.expect("a server");
    let store = House::store_section(&server, &server.url);
    let house = House::new(&store).await;
    house.must(&["migrate"]);
    let changed =
        "ALTER TABLE isotherm.live MODIFY SETTING non_replicated_deduplication_window = 10000, fsync_after_insert = 0";
    sql(&server, changed).await;

    let (up, run) = house.up().await;
    alarmed(run, "up").await;
    sql(
        &server,
        "ALTER TABLE isotherm.live MODIFY SETTING non_replicated_deduplication_window = 200000, fsync_after_insert = 1",
    )
    .await;
    wait_until(2 * SAID_WITHIN, "what was mended is no alarm", async || {
        alarms(run).await.is_empty()
    })
    .await;
    up.stops().await;

    sql(&server, changed).await;
    let mut query = house.start(&["query", "--listen", "127.0.0.1:0"]);
    alarmed(operations(&mut query).await, "query").await;
    query.stops().await;
    // No broker is needed to look at the store.
    house.configure(&format!(
        "{store}[kafka]\nbrokers = \"127.0.0.1:1\"\ntopic = \"nowhere\"\n"
    ));
    let mut aggregate = house.start(&["aggregate"]);
    alarmed(operations(&mut aggregate).await, "aggregate").await;
    aggregate.stops().await;
}

/// What `check-config` and `doctor` say, with their exit codes.
fn checked(house: &House) -> (Output, Output) {
    let mut check = Command::new(env!("CARGO_BIN_EXE_isotherm"));
    let check = check.arg("check-config").arg(&house.config).output();
    (check.expect("the binary runs"), house.run(&["doctor"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn that_answers_are_read_by_one_who_can_write_is_said_and_takes_nothing_out_of_service() {
    let server = ClickHouseServer::start().await.expect("a server");
    let store = House::store_section(&server, &server.url);
    let house = House::new(&store).await;
    house.must(&["migrate"]);
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let advice = "answers are read by the user that owns the database";
    let (check, doctor) = checked(&house);
    assert!(check.status.success(), "it is no mistake");
    for said in [text(&check), text(&doctor)] {
        let line = said.lines().find(|line| line.starts_with("safer")).expect("it is said");
        assert!(line.contains(advice) && line.contains("read_user"), "{line}");
    }
    let (mut up, run) = house.up().await;
    up.says(advice).await;
    assert_eq!((ops(run, "/readyz").await.0, alarms(run).await), (200, Vec::new()));
    up.stops().await;

    let (user, password) = server.reader().expect("it runs");
    house.configure(&format!(
        "{store}read_user = \"{user}\"\nread_password = \"{password}\"\n"
    ));
    let (check, doctor) = checked(&house);
    assert!(check.status.success());
    for said in [text(&check), text(&doctor)] {
        assert!(!said.contains("safer") && !said.contains("read_user"), "{said}");
    }
    assert!(text(&doctor).contains("ok    store answers"));
}
