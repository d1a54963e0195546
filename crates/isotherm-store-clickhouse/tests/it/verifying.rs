//! The ledger check finds what was planted, and nothing else.

use std::sync::Arc;

use isotherm_core::cohort::closes_at_unix_ms;
use isotherm_core::ports::{CountStore, LostRow, PoisonReason, PoisonRow};
use isotherm_core::record::Lane;
use isotherm_store_clickhouse::{Problem, Sealer, verify};
use isotherm_testkit::memory::DrivenClock;

use crate::support::{LOG, TODAY, TOUCH, TestStore, Touch, block};

fn filled(database: &str, ranges: &[(u64, u64)]) -> TestStore {
    let store = TestStore::new(database);
    let mut counts = store.counts();
    for (first, last) in ranges {
        let touch = Touch {
            cell: (*first as u16, 1),
            ..TOUCH
        };
        counts.insert(&block(1, *first, *last, &[touch])).expect("inserted");
    }
    // Another partition is no neighbour.
    counts.insert(&block(2, 0, 600, &[TOUCH])).expect("inserted");
    store
}

fn problems(store: &TestStore) -> Vec<Problem> {
    store.wait(verify(&store.settings)).expect("verified").problems
}

#[test]
fn a_ledger_without_gap_or_overlap_is_right() {
    let store = filled("verify_right", &[(0, 9), (10, 10), (11, 30)]);
    let mut batch = block(1, 31, 40, &[TOUCH]);
    batch.lost = vec![
        LostRow {
            lane: None,
            first: 31,
            count: 4,
        },
        LostRow {
            lane: Some(Lane(6)),
            first: 2,
            count: 3,
        },
    ];
    batch.ledger.records = 6;
    store.counts().insert(&batch).expect("inserted");
    let report = store.wait(verify(&store.settings)).expect("verified");
    assert!(report.is_right(), "{:?}", report.problems);
    let seen: Vec<_> = report
        .partitions
        .iter()
        .map(|p| (p.partition, p.batches, p.first_offset, p.last_offset))
        .collect();
    assert_eq!(seen, [(1, 4, 0, 40), (2, 1, 0, 600)]);
    let lost: Vec<_> = report
        .lost
        .iter()
        .map(|l| (l.partition, l.records, l.offsets))
        .collect();
    assert_eq!(lost, [(1, 3, 4)]);
    assert_eq!(report.landings.len(), 1);
}

#[test]
fn a_missing_batch_is_a_gap() {
    let store = filled("verify_gap", &[(0, 9), (20, 30)]);
    assert_eq!(
        problems(&store),
        [Problem::Gap {
            log_id: LOG,
            partition: 1,
            first: 10,
            last: 19
        }]
    );
}

#[test]
fn a_missing_first_batch_is_a_gap_unless_its_offsets_are_lost() {
    let store = filled("verify_first", &[(5, 9), (10, 30)]);
    assert_eq!(
        problems(&store),
        [Problem::Gap {
            log_id: LOG,
            partition: 1,
            first: 0,
            last: 4
        }]
    );
    // What a log no longer holds at its first batch: that batch begins at 0 all the same.
    let store = filled("verify_first_lost", &[]);
    let mut batch = block(1, 0, 9, &[TOUCH]);
    batch.lost = vec![LostRow {
        lane: None,
        first: 0,
        count: 5,
    }];
    batch.ledger.records = 5;
    store.counts().insert(&batch).expect("inserted");
    assert_eq!(problems(&store), []);
}

#[test]
fn a_batch_that_does_not_account_for_its_offsets_is_a_wrong_sum_also_when_it_is_sealed() {
    let store = filled("verify_offsets", &[(0, 9)]);
    let mut batch = block(1, 10, 20, &[TOUCH]);
    (batch.ledger.records, batch.ledger.skipped) = (6, 3);
    batch.lost = vec![
        LostRow {
            lane: None,
            first: 10,
            count: 1,
        },
        // Of a lane: no offset of this batch.
        LostRow {
            lane: Some(Lane(6)),
            first: 2,
            count: 30,
        },
    ];
    store.counts().insert(&batch).expect("inserted");
    let wrong = [Problem::Offsets {
        log_id: LOG,
        partition: 1,
        first: 10,
        last: 20,
        found: 10,
    }];
    assert_eq!(problems(&store), wrong);
    let clock = Arc::new(DrivenClock::at(closes_at_unix_ms(TODAY)));
    let sealer = Sealer::new(&store.settings, clock);
    assert!(matches!(store.wait(sealer.seal_next()), Ok(Some(_))));
    assert_eq!(problems(&store), wrong);
}

#[test]
fn a_batch_inside_another_is_an_overlap() {
    let store = filled("verify_overlap", &[(0, 9), (10, 30), (12, 14), (31, 31)]);
    assert_eq!(
        problems(&store),
        [Problem::Overlap {
            log_id: LOG,
            partition: 1,
            first: 12,
            last: 14
        }]
    );
}

#[test]
fn a_batch_that_landed_twice_is_an_overlap() {
    let store = filled("verify_twice", &[(0, 9)]);
    let mut again = block(1, 0, 9, &[TOUCH]);
    again.ledger.intent.attempt = 1;
    store.counts().insert(&again).expect("inserted");
    assert_eq!(
        problems(&store),
        [Problem::Overlap {
            log_id: LOG,
            partition: 1,
            first: 0,
            last: 9
        }]
    );
}

#[test]
fn a_row_too_many_and_a_changed_number_are_wrong_sums() {
    let store = filled("verify_sum", &[(0, 9)]);
    store.run(&format!(
        "INSERT INTO live (landing, kind, site, n) VALUES ({}, 'grid', 'acme', 5)",
        TODAY.0
    ));
    let found = problems(&store);
    assert!(
        matches!(found[..], [Problem::Rows { expected, found, .. }, Problem::Sum { expected: n, found: m, .. }]
            if found == expected + 1 && m == n + 5),
        "{found:?}"
    );
    store.run("ALTER TABLE live DELETE WHERE kind = 'grid' AND x = 0 AND n = 5 SETTINGS mutations_sync = 2");
    assert_eq!(problems(&store), []);
    store.run("ALTER TABLE live UPDATE n = n + 1 WHERE kind = 'grid' AND site = 'acme' SETTINGS mutations_sync = 2");
    assert!(matches!(problems(&store)[..], [Problem::Sum { .. }]));
}

#[test]
fn an_undecodable_record_is_named_without_its_payload_and_lands_once_with_its_batch() {
    let store = filled("verify_poison", &[(0, 9)]);
    let mut batch = block(1, 10, 20, &[TOUCH]);
    let row = |offset, version, reason| PoisonRow {
        offset,
        version,
        reason,
    };
    batch.poison = vec![
        row(12, None, PoisonReason::Header),
        row(13, Some(9), PoisonReason::Version),
        row(17, Some(1), PoisonReason::Body),
    ];
    (batch.ledger.records, batch.ledger.poison) = (8, 3);
    for _ in 0..2 {
        store.counts().insert(&batch).expect("inserted");
    }
    let report = store.wait(verify(&store.settings)).expect("verified");
    assert!(report.is_right(), "{:?}", report.problems);
    let poison = report.poison.iter();
    let seen: Vec<_> = poison.map(|p| (p.partition, p.offset, p.version, p.reason)).collect();
    assert_eq!(seen, [(1, 17, 1, 3), (1, 13, 9, 2), (1, 12, 0, 1)]);
    assert!(report.poison.iter().all(|p| p.log_id == LOG.0 && p.landing == TODAY.0));
    // Copied at sealing, they are found in the ledger and no longer in live.
    let clock = Arc::new(DrivenClock::at(closes_at_unix_ms(TODAY)));
    let sealer = Sealer::new(&store.settings, clock);
    assert!(matches!(store.wait(sealer.seal_next()), Ok(Some(_))));
    let sealed = store.wait(verify(&store.settings)).expect("verified");
    assert_eq!(sealed.poison, report.poison);
    assert_eq!(sealed.problems, []);
    // A row that is missing is found.
    store.run("ALTER TABLE ledger DELETE WHERE kind = 'poison' AND lost_first = 13 SETTINGS mutations_sync = 2");
    assert_eq!(
        problems(&store),
        [Problem::DeadLetters {
            log_id: LOG,
            partition: 1,
            expected: 3,
            found: 2
        }]
    );
}
