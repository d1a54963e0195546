//! A process that is killed while it appends: what it reported is there, in order, once.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use isotherm_core::ports::EventLog;

use crate::support::{DrivenClock, open, read_all, unframe};

const KILLS: u64 = 10;

#[test]
fn what_a_killed_process_reported_is_there_once() {
    let dir = tempfile::tempdir().expect("a directory");
    // Per partition, the bodies reported so far.
    let mut reported: [Vec<u64>; 2] = Default::default();
    for kill in 0..KILLS {
        let first = reported.iter().flatten().max().map_or(0, |last| last + 1000);
        let lines = run_and_kill(dir.path(), first, Duration::from_millis(40 + 37 * kill));
        let log = open(dir.path(), &DrivenClock::new());
        let mut reader = log.reader();
        for partition in 0..2_u16 {
            let entries = read_all(&mut reader, partition, 0);
            let (_, next) = reader.bounds(partition).expect("bounds");
            assert!(
                (0..next).eq(entries.iter().map(|entry| entry.offset)),
                "no gap, no repeat"
            );
            let found: Vec<u64> = entries
                .iter()
                .map(|entry| u64::from_le_bytes(unframe(&entry.bytes).1[..8].try_into().expect("8 bytes")))
                .collect();
            let expected = &mut reported[usize::from(partition)];
            expected.extend(lines.iter().filter(|n| *n % 2 == u64::from(partition)));
            // At most one group was on its way: it may be there whole, unreported.
            assert!(
                found.starts_with(expected),
                "partition {partition} lost something reported"
            );
            assert!(
                found.len() <= expected.len() + GROUP as usize / 2,
                "something came twice"
            );
            *expected = found;
        }
        assert!(
            reported[0].len() == reported[1].len(),
            "a group is there whole or not at all"
        );
        assert_eq!(log.stats().damaged_files, 0);
    }
    assert!(reported[0].len() > KILLS as usize);
}

/// Records of a group.
const GROUP: u64 = 6;

/// Runs a child that appends, kills it after a while, and returns the numbers it reported as appended.
fn run_and_kill(dir: &Path, first: u64, after: Duration) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "crash::appending_child", "--nocapture"])
        .env("ISOTHERM_LOG_CHILD_DIR", dir)
        .env("ISOTHERM_LOG_CHILD_FIRST", first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let output = child.stdout.take().expect("it is piped");
    let reading = std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        let (mut numbers, mut killer) = (Vec::new(), None);
        for line in lines {
            // Only whole lines end in a dot; the kill may cut the last one.
            let Some(number) = line.strip_prefix("appended ").and_then(|rest| rest.strip_suffix('.')) else {
                continue;
            };
            let start: u64 = number.parse().expect("a number");
            numbers.extend(start..start + GROUP);
            let since = killer.get_or_insert_with(Instant::now);
            if since.elapsed() >= after {
                child.kill().expect("SIGKILL");
            }
        }
        child.wait().expect("it ended");
        numbers
    });
    reading.join().expect("the reading thread ends")
}

#[test]
fn appending_child() {
    let Some(dir) = std::env::var_os("ISOTHERM_LOG_CHILD_DIR") else {
        return;
    };
    let first = std::env::var("ISOTHERM_LOG_CHILD_FIRST").expect("where to begin");
    let mut n: u64 = first.parse::<u64>().expect("a number").next_multiple_of(GROUP);
    let log = open(Path::new(&dir), &DrivenClock::new());
    let mut out = std::io::stdout();
    out.write_all(b"\n").expect("the parent reads");
    loop {
        let group: Vec<(u16, Vec<u8>)> = (n..n + GROUP)
            .map(|n| {
                let mut body = n.to_le_bytes().to_vec();
                body.resize(200 + (n % 5000) as usize, 1);
                ((n % 2) as u16, body)
            })
            .collect();
        log.append(&group).expect("appended");
        out.write_all(format!("appended {n}.\n").as_bytes())
            .expect("the parent reads");
        n += GROUP;
    }
}
