//! Readers of one group: who works on what, and who may not.

use isotherm_core::Day;
use isotherm_core::ports::{Assignment, EventLog, LogError};
use isotherm_core::record::Intent;
use isotherm_log_kafka::{AdoptError, KafkaReader, adopt};

use crate::support::{MOMENT, delete_before, held, open_whole, produce, read_until, topic_of, until};

fn intent(log: &KafkaReader, first: u64) -> Intent {
    Intent {
        log_id: log.log_id(),
        first,
        last: first + 9,
        landing: Day(20_778),
        attempt: 0,
    }
}

#[test]
fn two_readers_split_the_partitions_and_hand_over() {
    let settings = topic_of("split", 4);
    let mut one = open_whole(&settings);
    let before = held(&mut one);
    let mut two = KafkaReader::open(&settings).expect("a second reader");
    until("each has two partitions", || {
        one.wait(MOMENT);
        two.wait(MOMENT);
        // The first one's caller has not looked at its assignment since.
        held(&mut two).len() == 2
    });
    let taken = held(&mut two);
    let (moved, _) = taken.first_key_value().expect("two of them");
    let stale = intent(&one, 0);
    assert_eq!(
        one.commit(*moved, &stale),
        Err(LogError::Fenced),
        "it is the other's now"
    );
    assert_eq!(one.read(*moved, 0, 1), Err(LogError::Fenced));
    assert_eq!(one.intent(*moved), Err(LogError::Fenced));

    let kept = held(&mut one);
    assert_eq!(kept.len(), 2);
    for (partition, epoch) in &kept {
        assert!(!taken.contains_key(partition), "partition {partition} is held twice");
        assert_eq!(before[partition], *epoch, "who keeps a partition is not disturbed");
        let intended = intent(&one, 10);
        assert_eq!(one.commit(*partition, &intended), Ok(()));
    }
    let intended = intent(&two, 20);
    assert_eq!(two.commit(*moved, &intended), Ok(()));
    produce(&settings.kafka, *moved, &[b"seen by the second".to_vec()]);
    assert_eq!(read_until(&mut two, *moved, 0, 1)[0].bytes, b"seen by the second");

    drop(two);
    until("the first has all again", || {
        one.wait(MOMENT);
        held(&mut one).len() == 4
    });
    let after = held(&mut one);
    assert!(after[moved] > before[moved], "it was somebody else's in between");
    assert_eq!(one.intent(*moved), Ok(Some(intended)), "the successor finds the intent");
    assert_eq!(read_until(&mut one, *moved, 0, 1).len(), 1);
}

#[test]
fn what_was_deleted_shows_as_a_gap_at_the_front() {
    let settings = topic_of("deleted", 1);
    let bodies: Vec<Vec<u8>> = (0..20).map(|n| vec![n]).collect();
    produce(&settings.kafka, 0, &bodies);
    let mut log = open_whole(&settings);
    assert_eq!(read_until(&mut log, 0, 0, 5)[0].offset, 0);
    delete_before(&settings.kafka, 0, 12);
    assert_eq!(log.bounds(0), Ok((12, 20)));
    let mut fresh = {
        drop(log);
        open_whole(&settings)
    };
    let entries = read_until(&mut fresh, 0, 3, 20);
    assert_eq!(
        entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(),
        (12..20).collect::<Vec<_>>()
    );
    assert_eq!(entries[0].bytes, [12]);
}

#[test]
fn a_topic_that_ends_before_the_ledger_is_not_silence() {
    let settings = topic_of("cut-off", 1);
    produce(&settings.kafka, 0, &[vec![1], vec![2]]);
    let mut log = open_whole(&settings);
    let mut said = String::new();
    until("it is said", || match log.read(0, 7, 100) {
        Ok(entries) => {
            assert_eq!(entries, []);
            log.wait(MOMENT);
            false
        }
        Err(LogError::Unavailable(text)) => {
            said = text;
            true
        }
        Err(error) => panic!("{error}"),
    });
    assert!(said.contains("ends at offset 2, before offset 7"), "{said}");
    assert_eq!(read_until(&mut log, 0, 0, 2).len(), 2, "and the rest can still be read");
}

#[test]
fn a_topic_is_adopted_only_while_nobody_works_on_it() {
    let settings = topic_of("adopted", 2);
    let log = open_whole(&settings);
    let refused = adopt(&settings, &[(0, 41)], Day(20_778));
    assert_eq!(refused, Err(AdoptError::InUse("adopted".to_owned())));
    let log_id = log.log_id();
    drop(log);
    assert_eq!(adopt(&settings, &[(0, 41)], Day(20_778)), Ok(log_id));
    let mut log = open_whole(&settings);
    let adopted = Intent {
        log_id,
        first: 41,
        last: 41,
        landing: Day(20_778),
        attempt: 0,
    };
    assert_eq!(log.intent(0), Ok(Some(adopted)));
    assert_eq!(log.intent(1), Ok(None));
}
