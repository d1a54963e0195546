//! Whose turn it is: one at a time, whoever asks, and on after it ran out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use isotherm_core::control::ControlStore;
use isotherm_store_clickhouse::{ClickHouseControl, StoreFault, Turn};

use crate::support::TestStore;

#[test]
fn of_many_that_ask_at_once_one_has_the_turn_and_the_next_when_it_is_over() {
    let store = Arc::new(TestStore::new("turns_many"));
    let (at_work, most, worked) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..10 {
                    let Some(turn) = store.wait(Turn::take(&store.settings)).expect("an answer") else {
                        continue;
                    };
                    let work = async {
                        most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        at_work.fetch_sub(1, Ordering::SeqCst);
                        worked.fetch_add(1, Ordering::SeqCst);
                    };
                    assert_eq!(store.wait(turn.with(work)), Ok(()));
                }
            });
        }
    });
    assert_eq!(most.into_inner(), 1, "never two at once");
    assert!(worked.into_inner() > 0);
    let rows = store.one("SELECT count() FROM settings WHERE id = 'turn'");
    assert!((2..=80).contains(&rows), "{rows} rows");
    assert!(store.wait(ClickHouseControl::new(&store.settings).id_key()).is_ok());
}

#[test]
fn a_turn_of_a_process_that_died_runs_out_and_its_owner_learns_it() {
    let store = TestStore::new("turns_left");
    let take = || store.wait(Turn::take(&store.settings)).expect("an answer");
    let left = take().expect("nobody has it");
    assert!(take().is_none(), "it lasts");
    // Time passes.
    store.run(
        "ALTER TABLE settings UPDATE value = arrayStringConcat([splitByChar(' ', value)[1], splitByChar(' ', value)[2], '1'], ' ')
        WHERE id = 'turn' SETTINGS mutations_sync = 2",
    );
    let next = take().expect("it ran out");
    let too_long = left.with(async { tokio::time::sleep(Duration::from_secs(60)).await });
    assert!(matches!(store.wait(too_long), Err(StoreFault::Unavailable(_))));
    assert!(take().is_none(), "the end of the one leaves the other's alone");
    assert_eq!(store.wait(next.end()), Ok(()));
    assert!(take().is_some());
}
