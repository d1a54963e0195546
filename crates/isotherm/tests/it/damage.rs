//! A log whose end was not what was written, and a disk without room: said in words, nothing doubled, what is lost stands in
//! the ledger, and the service goes on by itself.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use isotherm_testkit::{temp_dir, wait_until};
use rustix::process::{Pid, Signal, kill_process};

use crate::installation::{Installation, PATIENCE, Page, cell, client};

const PAGE: Page<'static> = Page {
    site: "acme",
    path: "/p",
};

/// What may become of the end of a file when the machine fails.
#[derive(Clone, Copy, Debug)]
enum Torn {
    /// Its last bytes are others.
    Garbled,
    /// More follows than was written.
    Longer,
    /// Its last bytes are missing.
    Cut,
    /// Only its beginning is left.
    Beginning,
}

/// Bytes that are hit at the end.
const TAIL_BYTES: u64 = 3_000;
/// Bytes of the beginning that is left.
const BEGINNING_BYTES: u64 = 5_000;

impl Torn {
    fn tear(self, path: &Path) {
        let mut file = File::options().write(true).open(path).expect("a file of the log");
        let bytes = file.metadata().expect("its length").len();
        let noise = |many: u64| (0..many).map(|n| (n * 37 % 251) as u8).collect::<Vec<u8>>();
        match self {
            Torn::Garbled => {
                file.seek(SeekFrom::Start(bytes - TAIL_BYTES)).expect("found");
                file.write_all(&noise(TAIL_BYTES)).expect("written");
            }
            Torn::Longer => {
                file.seek(SeekFrom::End(0)).expect("found");
                file.write_all(&noise(TAIL_BYTES)).expect("written");
            }
            Torn::Cut => file.set_len(bytes - TAIL_BYTES).expect("cut"),
            Torn::Beginning => file.set_len(BEGINNING_BYTES).expect("cut"),
        }
    }
}

async fn send(installation: &Installation, numbers: std::ops::Range<u16>) {
    for number in numbers {
        assert_eq!(installation.send(&PAGE, cell(number)).await, "admitted");
    }
}

/// The file of the log that was written last.
fn newest(installation: &Installation) -> PathBuf {
    let files = fs::read_dir(installation.dir.join("log"))
        .expect("the log")
        .map(|file| file.expect("a file").path());
    let records = files.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".redb") && name != "meta.redb"
    });
    let written = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).expect("its time");
    records.max_by_key(written).expect("a file of records")
}

fn engine(installation: &Installation) -> Pid {
    let handle = fs::read(installation.dir.join("engine/engine.json")).expect("a running engine");
    let handle: serde_json::Value = serde_json::from_slice(&handle).expect("JSON");
    let pid = handle["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    Pid::from_raw(pid.expect("a process id")).expect("a process id")
}

/// Waits until so many cells are counted, each once, and sees that nothing is lost.
async fn all_counted(installation: &Installation, admitted: u16) {
    installation.wait_for_cells(usize::from(admitted)).await;
    let cells = installation.cells().await;
    assert!(cells.values().all(|n| *n == 1), "something is doubled");
    assert_eq!((cells.len(), lost(installation)), (usize::from(admitted), 0));
}

/// What is said of a file whose end is not a whole page, and of one that cannot be read.
const CUT_OFF: &str = "a log file ended in the middle of a page; that end is cut off";
const SET_ASIDE: &str = "log file is damaged and was set aside; its uncounted records are lost";

/// What became of a torn file: cells that are missing now and were not before, and records that newly stand as lost.
struct Aftermath<'a> {
    torn: Torn,
    missing: &'a [u16],
    newly_lost: u64,
    said: &'a str,
}

impl Aftermath<'_> {
    /// `waiting` are the clicks that were in the log when it was torn, in their order.
    fn check(&self, waiting: &std::ops::Range<u16>) {
        let Aftermath {
            torn,
            missing,
            newly_lost,
            said,
        } = self;
        let (is_cut_off, is_aside) = (said.contains(CUT_OFF), said.contains(SET_ASIDE));
        assert!(
            missing.iter().all(|number| waiting.contains(number)),
            "{torn:?}: what was counted before stays counted"
        );
        assert_eq!(is_aside, *newly_lost > 0, "{torn:?}: {newly_lost} lost");
        if is_aside {
            assert!(
                missing.len() as u64 <= *newly_lost,
                "{torn:?}: each of {missing:?} stands as lost"
            );
        } else {
            // The tear hit bytes that were on the disk durably. The file's last commit then looks like one that never ended,
            // and no other place says that it had: it alone may be gone, without a row. Sent one by one, it is one click.
            let last_commit = [waiting.end - 1];
            assert!(
                missing.is_empty() || **missing == last_commit,
                "{torn:?}: {missing:?} are gone without a row"
            );
        }
        match torn {
            Torn::Longer => assert_eq!(
                (is_cut_off, is_aside, missing.len()),
                (true, false, 0),
                "nothing that was accepted is missing"
            ),
            Torn::Cut => assert!(is_cut_off, "an end that is missing is said, whatever it held"),
            Torn::Garbled => {}
            Torn::Beginning => assert!(is_aside, "a file of which only the beginning is left cannot be read"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_a_torn_end_is_said_and_what_lay_before_it_is_counted_once_or_stands_as_lost() {
    let root = temp_dir();
    let mut house = Installation::new(&root.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    // Clicks admitted, of them missing, and records and offsets that stand as lost, until now.
    let (mut admitted, mut missing_before, mut lost_before) = (0, Vec::new(), 0);
    for torn in [Torn::Garbled, Torn::Longer, Torn::Cut, Torn::Beginning] {
        house.start().await;
        send(&house, admitted..admitted + 20).await;
        is_counted(&house, admitted + 19).await;
        // What comes now waits in the log.
        let engine = engine(&house);
        kill_process(engine, Signal::STOP).expect("stopped");
        let waiting = admitted + 20..admitted + 40;
        send(&house, waiting.clone()).await;
        house.kill();
        kill_process(engine, Signal::KILL).expect("killed");
        torn.tear(&newest(&house));

        house.start().await;
        send(&house, admitted + 40..admitted + 41).await;
        // Records are counted in their order: once the last is, all before it are, or never will be.
        is_counted(&house, admitted + 40).await;
        admitted += 41;
        let cells = house.cells().await;
        assert!(cells.values().all(|n| *n == 1), "something is doubled");
        let is_missing = |number: &u16| !cells.contains_key(&cell(*number));
        let missing: Vec<u16> = (0..admitted).filter(is_missing).collect();
        let newly: Vec<u16> = missing
            .iter()
            .filter(|n| !missing_before.contains(*n))
            .copied()
            .collect();
        let (lost, said) = (lost(&house), house.said());
        Aftermath {
            torn,
            missing: &newly,
            newly_lost: lost - lost_before,
            said: &said,
        }
        .check(&waiting);
        (missing_before, lost_before) = (missing, lost);
        house.kill();
    }
}

async fn is_counted(installation: &Installation, number: u16) {
    wait_until(PATIENCE, "the last click is counted", async || {
        let cells = installation.try_cells().await.unwrap_or_default();
        cells.contains_key(&cell(number))
    })
    .await;
}

/// Records and offsets that stand as lost in a ledger that is right: of a file that cannot be read, all that it may hold.
fn lost(installation: &Installation) -> u64 {
    let verified = installation.json(&["verify"]);
    assert_eq!(verified["right"], true, "{verified}");
    let lost = verified["lost"].as_array().expect("a list").iter();
    lost.map(|lost| number(&lost["records"]) + number(&lost["offsets"]))
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_what_was_accepted_before_and_after_it_is_counted() {
    let root = temp_dir();
    let mut house = Installation::new(&root.path().join("data"));
    house.start_on_small_disk().await;
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    send(&house, 0..30).await;
    all_counted(&house, 30).await;

    house.fill_disk();
    // What fits into pages that the log has already is still taken.
    let mut admitted = 30;
    wait_until(PATIENCE, "beacons are refused", async || {
        let outcome = house.send(&PAGE, cell(admitted)).await;
        assert!(["admitted", "unavailable"].contains(&outcome.as_str()), "{outcome}");
        admitted += u16::from(outcome == "admitted");
        outcome == "unavailable"
    })
    .await;
    let ops = house.run_file().expect("run.json")["ops"]
        .as_str()
        .expect("an address")
        .to_owned();
    let ready = async || {
        let answer = client().get(format!("http://{ops}/readyz")).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    };
    let mut said = String::new();
    wait_until(PATIENCE, "it says that there is no room", async || {
        let (status, text) = ready().await.unwrap_or_default();
        said = text;
        status == 503 && said.contains("collect: log is not available: ")
    })
    .await;
    assert!(
        said.contains("No space left on device") || said.contains("File too large"),
        "{said}"
    );
    assert!(house.said().contains("beacons could not be stored"), "{}", house.said());

    house.free_disk();
    wait_until(PATIENCE, "beacons are taken again", async || {
        let taken = house.send(&PAGE, cell(admitted)).await == "admitted";
        admitted += u16::from(taken);
        taken
    })
    .await;
    all_counted(&house, admitted).await;
    wait_until(PATIENCE, "it is ready", async || {
        ready().await.is_some_and(|(status, _)| status == 200)
    })
    .await;
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().expect("a number")
}
