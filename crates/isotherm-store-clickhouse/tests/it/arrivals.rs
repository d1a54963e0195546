//! Arrivals: sums of all that was added, and gone after their time.

use isotherm_core::arrival::{ArrivalRow, ArrivalStore};
use isotherm_core::{DropReason, Hour, Outcome};
use isotherm_store_clickhouse::ClickHouseArrivals;

use crate::support::{TestStore, site};

/// The hour that the server's clock shows.
fn this_hour(store: &TestStore) -> Hour {
    let hours = store.one("SELECT toUInt64(intDiv(toUnixTimestamp(now()), 3600))");
    Hour(u32::try_from(hours).expect("an hour"))
}

fn row(key: &str, hour: Hour, outcome: Outcome, n: u64) -> ArrivalRow {
    ArrivalRow {
        site: site(key),
        hour,
        outcome,
        n,
    }
}

#[test]
fn what_ingests_add_is_summed_by_site_hour_and_outcome() {
    let store = TestStore::new("arrivals");
    let arrivals = ClickHouseArrivals::new(&store.settings);
    let add = |rows: &[ArrivalRow]| store.wait(arrivals.add(rows)).expect("added");
    let lately = |since| store.wait(arrivals.lately(since)).expect("an answer");
    let now = this_hour(&store);
    let before = Hour(now.0 - 1);
    let origin = Outcome::Dropped(DropReason::Origin);
    assert_eq!(lately(Hour(0)), []);
    add(&[]);
    // Two ingests may say the same: both count.
    for _ in 0..2 {
        add(&[
            row("acme", before, Outcome::Admitted, 3),
            row("acme", now, Outcome::Admitted, 4),
            row("acme", now, origin, 1),
        ]);
    }
    add(&[row("zebra", now, Outcome::Admitted, u64::from(u32::MAX) + 1)]);
    let of_now = [
        row("acme", now, Outcome::Admitted, 8),
        row("acme", now, origin, 2),
        row("zebra", now, Outcome::Admitted, u64::from(u32::MAX) + 1),
    ];
    assert_eq!(lately(now), of_now);
    let all: Vec<ArrivalRow> = [row("acme", before, Outcome::Admitted, 6)]
        .into_iter()
        .chain(of_now)
        .collect();
    assert_eq!(lately(before), all);
}

#[test]
fn every_outcome_comes_back_as_it_was_added_and_an_unknown_one_is_left_out() {
    let store = TestStore::new("arrivals_outcomes");
    let arrivals = ClickHouseArrivals::new(&store.settings);
    let now = this_hour(&store);
    let mut rows: Vec<ArrivalRow> = Outcome::ALL
        .into_iter()
        .zip(1..)
        .map(|(outcome, n)| row("acme", now, outcome, n))
        .collect();
    store.wait(arrivals.add(&rows)).expect("added");
    store.run("INSERT INTO arrivals VALUES ('acme', toStartOfHour(now('UTC')), 'of a newer build', 9)");
    rows.sort_by_key(|row| row.outcome.label());
    assert_eq!(store.wait(arrivals.lately(now)), Ok(rows));
}

#[test]
fn arrivals_are_gone_two_days_after_their_day() {
    let store = TestStore::new("arrivals_ttl");
    let arrivals = ClickHouseArrivals::new(&store.settings);
    let now = this_hour(&store);
    let hours_ago = |days: u32| row("acme", Hour(now.0 - 24 * days), Outcome::Admitted, u64::from(days) + 1);
    for days in 0..=4 {
        store.wait(arrivals.add(&[hours_ago(days)])).expect("added");
    }
    // What the server does by itself within the hour.
    store.run("OPTIMIZE TABLE arrivals FINAL");
    let left = store.wait(arrivals.lately(Hour(0))).expect("an answer");
    assert_eq!(left, [hours_ago(2), hours_ago(1), hours_ago(0)]);
}
