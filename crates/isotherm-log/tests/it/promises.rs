//! One promise per test.

use std::time::{Duration, Instant};

use isotherm_core::Day;
use isotherm_core::ports::EventLog;
use isotherm_core::record::{Intent, LogId};
use isotherm_log::{AppendError, LOG_HOURS_MAX, OpenError};

use crate::support::{BYTES_MANY, DrivenClock, bodies, copy_dir, open, read_all, record_files, try_open, unframe};

fn body(n: u64) -> Vec<u8> {
    n.to_le_bytes().to_vec()
}

#[test]
fn a_second_opener_is_refused_and_told_the_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    let Err(refused) = try_open(dir.path(), 2, BYTES_MANY, &clock) else {
        panic!("opened twice")
    };
    assert!(matches!(refused, OpenError::InUse { .. }));
    assert!(refused.to_string().contains(dir.path().to_str().expect("text")));
    let reader = log.reader();
    drop(log);
    assert!(
        try_open(dir.path(), 2, BYTES_MANY, &clock).is_err(),
        "a reader holds it, too"
    );
    drop(reader);
    open(dir.path(), &clock);
}

#[test]
fn another_number_of_partitions_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    drop(open(dir.path(), &clock));
    let Err(refused) = try_open(dir.path(), 3, BYTES_MANY, &clock) else {
        panic!("opened with another number")
    };
    assert!(
        matches!(
            refused,
            OpenError::Partitions {
                stored: 2,
                asked: 3,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn offsets_go_on_over_openings_and_lanes_differ() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let (mut openings, mut log_ids) = (Vec::new(), Vec::new());
    for n in 0..3 {
        let log = open(dir.path(), &clock);
        let appended = log
            .append(&[(0, body(n)), (1, body(n)), (0, body(n))])
            .expect("appended");
        assert_eq!(appended.lasts, [(0, 2 * n + 1), (1, n)]);
        let mut reader = log.reader();
        assert_eq!(reader.bounds(0), Ok((0, 2 * n + 2)));
        openings.push(reader.opening());
        log_ids.push(reader.log_id());
        assert!(openings.iter().all(|opening| reader.knows_opening(*opening)));
        assert!(!reader.knows_opening(0));
    }
    assert!(openings[0] != openings[1] && openings[1] != openings[2]);
    assert!(log_ids.iter().all(|log_id| *log_id == log_ids[0]));
    let entries = read_all(&mut open(dir.path(), &clock).reader(), 0, 0);
    let names: Vec<_> = entries.iter().map(|entry| unframe(&entry.bytes).0).collect();
    assert_eq!(
        names.iter().map(|name| name.seq).collect::<Vec<_>>(),
        [1, 2, 1, 2, 1, 2]
    );
    assert!(names[0].lane == names[1].lane && names[1].lane != names[2].lane && names[3].lane != names[4].lane);
}

#[test]
fn the_floor_is_the_lowest_seq_not_released() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    assert_eq!(log.floor(0), 1);
    log.append(&[(0, body(0)), (0, body(1)), (0, body(2))])
        .expect("appended");
    let mut reader = log.reader();
    reader.release(0, 1).expect("released");
    assert_eq!(log.floor(0), 3);
    log.append(&[(0, body(3))]).expect("appended");
    let entries = read_all(&mut reader, 0, 0);
    let floors: Vec<u64> = entries.iter().map(|entry| unframe(&entry.bytes).0.floor).collect();
    assert_eq!(floors, [1, 1, 1, 3]);
    clock.pass_hours(1);
    log.append(&[(0, body(4))]).expect("appended");
    assert_eq!(log.floor(0), 1, "a new hour is a new lane");
    reader.release(0, u64::MAX).expect("released");
    assert_eq!(log.floor(0), 2);
}

#[test]
fn counted_hours_go_and_the_current_one_stays() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    for n in 0..3 {
        log.append(&[(0, body(n))]).expect("appended");
        clock.pass_hours(1);
    }
    assert_eq!(record_files(dir.path()).len(), 3);
    let mut reader = log.reader();
    reader.release(0, 0).expect("released");
    assert_eq!(record_files(dir.path()).len(), 2);
    assert_eq!(reader.bounds(0), Ok((1, 3)));
    reader.release(0, 2).expect("released");
    assert_eq!(
        record_files(dir.path()).len(),
        1,
        "the last is still the one being written"
    );
    assert_eq!(log.expire().expect("upkeep").records, 0);
    assert_eq!(record_files(dir.path()).len(), 0, "its hour is over");
    assert_eq!(reader.bounds(0), Ok((3, 3)));
    assert_eq!(log.stats().records, 0);
    drop((log, reader));
    let log = open(dir.path(), &clock);
    assert_eq!(
        log.append(&[(0, body(3))]).expect("appended").lasts,
        [(0, 3)],
        "no offset is given twice"
    );
}

#[test]
fn records_go_seventy_hours_after_their_hour_counted_or_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    log.append(&[(0, body(0)), (0, body(1)), (1, body(2))])
        .expect("appended");
    clock.pass_hours(1);
    log.append(&[(0, body(3))]).expect("appended");
    let mut reader = log.reader();
    reader.release(0, 0).expect("released");
    clock.pass_hours(u64::from(LOG_HOURS_MAX) - 1);
    assert_eq!(log.expire().expect("upkeep").files, 0);
    clock.pass_hours(1);
    let expired = log.expire().expect("upkeep");
    assert_eq!((expired.records, expired.files), (2, 1), "one of three was counted");
    assert_eq!(log.stats().expired_records, 2, "the loss is said");
    assert_eq!(reader.bounds(0), Ok((2, 3)));
    assert_eq!(bodies(&reader.read(0, 0, 4096).expect("read")), [body(3)]);
    assert_eq!(reader.read(1, 0, 4096).expect("read"), []);
    drop((log, reader));
    clock.pass_hours(100);
    let log = open(dir.path(), &clock);
    assert_eq!(record_files(dir.path()).len(), 0, "opening forgets, too");
    assert_eq!(log.stats().expired_records, 1, "and says so");
    assert_eq!(log.reader().bounds(0), Ok((3, 3)));
    assert_eq!(log.reader().bounds(1), Ok((1, 1)));
}

#[test]
fn a_file_from_a_wrong_clocks_future_is_not_kept_longer() {
    let dir = tempfile::tempdir().expect("a directory");
    let (clock, wrong) = (DrivenClock::new(), DrivenClock::new());
    wrong.pass_hours(10_000);
    open(dir.path(), &wrong).append(&[(0, body(0))]).expect("appended");
    let log = open(dir.path(), &clock);
    assert_eq!(bodies(&read_all(&mut log.reader(), 0, 0)), [body(0)]);
    clock.pass_hours(u64::from(LOG_HOURS_MAX) + 1);
    assert_eq!(log.expire().expect("upkeep").records, 1);
}

#[test]
fn a_full_log_refuses_and_takes_again_after_a_release() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let bytes_max = 4 << 20;
    let log = try_open(dir.path(), 2, bytes_max, &clock).expect("the log opens");
    let group: Vec<(u16, Vec<u8>)> = (0..100).map(|n| (n % 2, vec![7; 1000])).collect();
    let mut taken = 0;
    let refused = loop {
        match log.append(&group) {
            Ok(appended) => taken += appended.records,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, AppendError::Full { bytes_max });
    assert!(taken >= 2000, "{taken} records of 1 kB in 4 MiB");
    assert!(log.stats().bytes <= bytes_max + (1 << 20));
    assert_eq!(log.stats().records, taken);
    assert_eq!(log.append(&group), Err(AppendError::Full { bytes_max }));
    assert_eq!(log.check_room(), Err(AppendError::Full { bytes_max }));
    let mut reader = log.reader();
    reader.release(0, u64::MAX).expect("released");
    assert_eq!(
        log.append(&group),
        Err(AppendError::Full { bytes_max }),
        "half of it is still needed"
    );
    reader.release(1, u64::MAX).expect("released");
    assert_eq!(log.check_room(), Ok(()));
    let appended = log.append(&group).expect("room again");
    assert_eq!(appended.lasts, [(0, taken / 2 + 49), (1, taken / 2 + 49)]);
    assert_eq!(reader.bounds(0), Ok((taken / 2, taken / 2 + 50)));
}

#[test]
fn intents_survive_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    let copy = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    let mut reader = log.reader();
    assert_eq!(reader.intent(1), Ok(None));
    let intent = Intent {
        log_id: reader.log_id(),
        first: 3,
        last: 9,
        landing: Day(20_000),
        attempt: 2,
    };
    let later = Intent { attempt: 3, ..intent };
    reader.commit(1, &intent).expect("committed");
    reader.commit(1, &later).expect("committed");
    copy_dir(dir.path(), copy.path());
    let survivor = open(copy.path(), &clock);
    assert_eq!(survivor.reader().intent(1), Ok(Some(later)));
    assert_eq!(survivor.reader().intent(0), Ok(None));
    assert_ne!(later.log_id, LogId(0));
    assert!(reader.intent(2).is_err(), "there is no third partition");
}

#[test]
fn a_group_with_an_unknown_partition_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path(), &DrivenClock::new());
    assert_eq!(
        log.append(&[(0, body(0)), (2, body(1))]),
        Err(AppendError::NoSuchPartition(2))
    );
    assert_eq!(log.stats().records, 0);
    assert_eq!(log.append(&[]), Err(AppendError::Empty));
    assert_eq!(record_files(dir.path()).len(), 0);
}

#[test]
fn a_waiting_reader_wakes_at_an_append() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path(), &DrivenClock::new());
    let seen = log.appends().seen();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let start = Instant::now();
            (log.appends().wait(seen, Duration::from_secs(60)), start.elapsed())
        });
        log.append(&[(0, body(0))]).expect("appended");
        let (now, took) = waiting.join().expect("the waiting thread ends");
        assert_eq!(now, seen + 1);
        assert!(took < Duration::from_secs(30));
    });
    assert_eq!(
        log.appends().wait(seen + 1, Duration::ZERO),
        seen + 1,
        "a timeout ends it, too"
    );
}

#[test]
fn readers_and_writers_work_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    let total = 200;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..total {
                log.append(&[(0, body(n))]).expect("appended");
                if n % 50 == 49 {
                    clock.pass_hours(1);
                }
            }
        });
        let mut reader = log.reader();
        let (mut at, deadline) = (0, Instant::now() + Duration::from_secs(60));
        while at < total {
            assert!(Instant::now() < deadline, "stuck at {at}");
            let seen = log.appends().seen();
            let entries = reader.read(0, at, 100).expect("read");
            for entry in &entries {
                assert_eq!((entry.offset, unframe(&entry.bytes).1), (at, &body(at)[..]));
                at += 1;
            }
            match entries.last() {
                Some(last) => reader.release(0, last.offset).expect("released"),
                None => drop(log.appends().wait(seen, Duration::from_secs(1))),
            }
        }
    });
    log.expire().expect("upkeep");
    assert_eq!(record_files(dir.path()).len(), 0);
}
