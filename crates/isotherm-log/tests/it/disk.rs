//! Broken files and full disks.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use isotherm_core::Day;
use isotherm_core::ports::EventLog;
use isotherm_core::record::Intent;
use isotherm_log::{AppendError, OpenError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{BYTES_MANY, DrivenClock, bodies, copy_dir, open, read_all, record_files, try_open};

fn body(n: u64) -> Vec<u8> {
    let mut body = n.to_le_bytes().to_vec();
    body.resize(1000, 9);
    body
}

/// Three hours of 100 records each.
fn three_hours(dir: &Path, clock: &Arc<DrivenClock>) {
    let log = open(dir, clock);
    for hour in 0..3 {
        let group: Vec<_> = (0..100).map(|n| (0, body(hour * 100 + n))).collect();
        log.append(&group).expect("appended");
        clock.pass_hours(1);
    }
}

fn damage(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).expect("the file is there");
    let len = file.metadata().expect("metadata").len();
    for at in (8192..len).step_by(512) {
        file.write_all_at(&[0xa5; 32], at).expect("written");
    }
}

#[test]
fn a_damaged_hour_is_set_aside_and_the_rest_works() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    three_hours(dir.path(), &clock);
    damage(&record_files(dir.path())[1]);
    let log = open(dir.path(), &clock);
    assert_eq!((record_files(dir.path()).len(), log.stats().damaged_files), (2, 1));
    let mut reader = log.reader();
    assert_eq!(reader.bounds(0), Ok((0, 300)));
    let first: Vec<_> = reader.read(0, 0, usize::MAX).expect("read");
    assert_eq!(
        bodies(&first),
        (0..100).map(body).collect::<Vec<_>>(),
        "a read ends where something is missing"
    );
    let behind = reader.read(0, 100, usize::MAX).expect("read");
    assert_eq!((behind[0].offset, behind.len()), (200, 100));
    assert_eq!(log.append(&[(0, body(300))]).expect("appended").lasts, [(0, 300)]);
    clock.pass_hours(100);
    assert_eq!(
        log.expire().expect("upkeep").files,
        4,
        "damaged files are forgotten, too"
    );
    let left = std::fs::read_dir(dir.path()).expect("the directory").count();
    assert_eq!(left, 2, "lock and meta");
}

#[test]
fn offsets_of_a_damaged_newest_hour_are_never_given_again() {
    for truncated in [false, true] {
        let (dir, killed) = (
            tempfile::tempdir().expect("a directory"),
            tempfile::tempdir().expect("a directory"),
        );
        let clock = DrivenClock::new();
        three_hours(dir.path(), &clock);
        let log = open(dir.path(), &clock);
        log.append(&vec![(0, body(5)); 100]).expect("appended");
        let mut reader = log.reader();
        let intent = Intent {
            log_id: reader.log_id(),
            first: 0,
            last: 399,
            landing: Day(20_000),
            attempt: 0,
        };
        reader.commit(0, &intent).expect("committed");
        // A clean stop would note the end; a kill does not.
        copy_dir(dir.path(), killed.path());
        let newest = &record_files(killed.path())[3];
        if truncated {
            let file = OpenOptions::new().write(true).open(newest).expect("the file is there");
            file.set_len(file.metadata().expect("metadata").len() / 2)
                .expect("truncated");
        } else {
            damage(newest);
        }
        for _ in 0..2 {
            let log = open(killed.path(), &clock);
            let next = log.reader().bounds(0).expect("bounds").1;
            assert!(next >= 400, "{next}");
            assert_eq!(log.reader().read(0, 300, usize::MAX), Ok(vec![]));
        }
        let log = open(killed.path(), &clock);
        let last = log.append(&[(0, body(7))]).expect("appended").lasts[0].1;
        assert!((400..400 + 70_000).contains(&last), "{last}");
        assert_eq!(log.reader().read(0, 300, usize::MAX).expect("read")[0].offset, last);
    }
}

#[test]
fn a_file_that_ends_in_the_middle_of_a_page_keeps_what_was_accepted() {
    let (dir, killed) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    log.append(&vec![(0, body(5)); 100]).expect("appended");
    copy_dir(dir.path(), killed.path());
    let newest = &record_files(killed.path())[0];
    let file = OpenOptions::new().write(true).open(newest).expect("the file is there");
    let len = file.metadata().expect("metadata").len();
    file.write_all_at(&[0xa5; 3_000], len).expect("written");
    let log = open(killed.path(), &clock);
    assert_eq!(log.stats().damaged_files, 0);
    assert_eq!(log.reader().read(0, 0, usize::MAX).expect("read").len(), 100);
    assert_eq!(newest.metadata().expect("metadata").len() % 4_096, 0);
}

#[test]
fn offsets_of_removed_files_survive_a_kill() {
    let (dir, killed) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    log.append(&[(0, body(0)), (0, body(1))]).expect("appended");
    clock.pass_hours(1);
    log.reader().release(0, 1).expect("released");
    assert_eq!(log.expire().expect("upkeep").files, 1);
    copy_dir(dir.path(), killed.path());
    assert_eq!(open(killed.path(), &clock).reader().bounds(0), Ok((2, 2)));
}

#[test]
fn damage_found_while_reading_costs_one_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    for hour in 0..3 {
        let group: Vec<_> = (0..100).map(|n| (0, body(hour * 100 + n))).collect();
        log.append(&group).expect("appended");
        clock.pass_hours(1);
    }
    damage(&record_files(dir.path())[1]);
    let mut reader = log.reader();
    assert_eq!(reader.read(0, 100, usize::MAX).expect("read")[0].offset, 200);
    assert_eq!(
        bodies(&reader.read(0, 0, usize::MAX).expect("read")),
        (0..100).map(body).collect::<Vec<_>>()
    );
    assert_eq!(log.stats().damaged_files, 1);
    assert_eq!(log.append(&[(0, body(300))]).expect("appended").lasts, [(0, 300)]);
}

/// A failed commit may have reached the disk. Such a file is made here from two moments of one opening.
#[test]
fn what_landed_of_a_refused_group_is_taken_back_by_the_next_file() {
    let (dir, later) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let clock = DrivenClock::new();
    let log = open(dir.path(), &clock);
    log.append(&[(0, body(0))]).expect("appended");
    copy_dir(dir.path(), later.path());
    log.append(&[(0, body(1)), (1, body(1))]).expect("appended");
    let landed = &record_files(dir.path())[0];
    let log = open(later.path(), &clock);
    log.append(&[(0, body(2))]).expect("appended");
    drop(log);
    std::fs::copy(landed, &record_files(later.path())[0]).expect("a copy");
    let log = open(later.path(), &clock);
    assert_eq!(bodies(&read_all(&mut log.reader(), 0, 0)), [body(0), body(2)]);
    assert_eq!(read_all(&mut log.reader(), 1, 0), []);
    assert_eq!(log.append(&[(0, body(3))]).expect("appended").lasts, [(0, 2)]);
}

#[test]
fn a_damaged_or_missing_meta_is_said_clearly() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = DrivenClock::new();
    three_hours(dir.path(), &clock);
    let meta = dir.path().join("meta.redb");
    std::fs::write(&meta, b"nothing that was ever written here").expect("written");
    let Err(refused) = try_open(dir.path(), 2, BYTES_MANY, &clock) else {
        panic!("opened with a damaged meta")
    };
    assert!(matches!(refused, OpenError::Meta { .. }), "{refused}");
    std::fs::remove_file(&meta).expect("removed");
    let Err(refused) = try_open(dir.path(), 2, BYTES_MANY, &clock) else {
        panic!("opened without its meta")
    };
    assert!(
        refused.to_string().contains("missing beside files of records"),
        "{refused}"
    );
}

/// The limit holds for the whole process, so the test runs in one of its own, which the shell starts with the signal
/// for too large files ignored: then a write beyond the limit fails as it does on a full disk.
#[test]
fn a_disk_that_takes_no_more_refuses_and_heals_by_itself() {
    let dir = tempfile::tempdir().expect("a directory");
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; exec \"$0\" --exact disk::limited_child --nocapture",
        ])
        .arg(std::env::current_exe().expect("this binary"))
        .env("ISOTHERM_LOG_LIMITED_DIR", dir.path())
        .status()
        .expect("the shell starts");
    assert!(status.success());
}

#[test]
fn limited_child() {
    let Some(dir) = std::env::var_os("ISOTHERM_LOG_LIMITED_DIR") else {
        return;
    };
    let clock = DrivenClock::new();
    let unlimited = getrlimit(Resource::Fsize);
    let limit = |bytes: Option<u64>| {
        let current = bytes.or(unlimited.current);
        setrlimit(Resource::Fsize, Rlimit { current, ..unlimited }).expect("a soft limit may be set");
    };
    let log = open(Path::new(&dir), &clock);
    let mut reader = log.reader();
    let mut accepted = Vec::new();
    let mut append = |n: u64| {
        let result = log.append(&[(0, body(n)), (0, body(n))]);
        if let Ok(appended) = &result {
            accepted.extend([n, n]);
            assert_eq!(appended.lasts, [(0, accepted.len() as u64 - 1)]);
        }
        result
    };
    append(0).expect("appended");
    // A little room: some groups fit, then the file is full, and a new one takes over.
    limit(Some(2 << 20));
    let mut refusals = 0;
    for n in 1..2000 {
        refusals += u64::from(append(n).is_err());
    }
    assert!(refusals >= 1, "the limit was never met");
    // No room at all, not even for a new file.
    limit(Some(4096));
    for n in 2000..2010 {
        assert!(matches!(append(n), Err(AppendError::Unavailable(_))));
    }
    assert!(matches!(log.check_room(), Err(AppendError::Unavailable(_))));
    let held = read_all(&mut reader, 0, 0).len();
    limit(None);
    assert_eq!(log.check_room(), Ok(()));
    append(3000).expect("it healed by itself");
    let expected: Vec<Vec<u8>> = accepted.iter().map(|n| body(*n)).collect();
    assert!(held <= expected.len());
    assert!(bodies(&read_all(&mut reader, 0, 0)) == expected);
    drop((log, reader));
    let log = open(Path::new(&dir), &clock);
    assert!(
        bodies(&read_all(&mut log.reader(), 0, 0)) == expected,
        "the same after opening again"
    );
    assert_eq!(log.stats().damaged_files, 0);
}
