//! Restoring under a running service: it lends its data directory, goes on under the same process and addresses, and nothing
//! that it took is lost or doubled, also where the restore is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use isotherm_testkit::{temp_dir, wait_until};

use crate::installation::{Installation, PATIENCE, Page, cell, client};

const PAGE: Page<'static> = Page {
    site: "acme",
    path: "/p",
};

/// Clicks before the backup, and as many after it.
const CLICKS: u16 = 40;

/// What a load knows of its clicks.
#[derive(Default)]
struct Sent {
    admitted: BTreeSet<(u16, u16)>,
    /// Without an answer: they may be counted or not.
    unknown: BTreeSet<(u16, u16)>,
    /// Refused with 503.
    refused: u32,
}

impl Sent {
    async fn send(&mut self, installation: &Installation, number: u16) {
        match installation.send(&PAGE, cell(number)).await.as_str() {
            "admitted" => {
                self.admitted.insert(cell(number));
            }
            "no answer" => {
                self.unknown.insert(cell(number));
            }
            _ => self.refused += 1,
        }
    }

    /// All that was admitted is counted, once, and nothing else.
    async fn is_counted(&self, installation: &Installation) {
        assert_eq!(self.is_counted_or_lost(installation).await, 0, "something is lost");
    }

    /// The same where the log may have forgotten what was counted: then as much stands as lost. Says how much.
    async fn is_counted_or_lost(&self, installation: &Installation) -> u64 {
        let mut state = (BTreeMap::new(), 0);
        wait_until(PATIENCE, "all that was admitted is counted or lost", async || {
            let Some(cells) = installation.try_cells().await else {
                return false;
            };
            state = (cells, lost(installation));
            let missing = self.admitted.iter().filter(|cell| !state.0.contains_key(cell)).count();
            missing as u64 == state.1
        })
        .await;
        let (cells, lost) = state;
        assert!(cells.values().all(|n| *n == 1), "something is doubled");
        let known = |cell: &(u16, u16)| self.admitted.contains(cell) || self.unknown.contains(cell);
        assert!(cells.keys().all(known));
        lost
    }
}

/// Records that stand as lost in a ledger that is right.
fn lost(installation: &Installation) -> u64 {
    let verified = installation.json(&["verify"]);
    assert_eq!(verified["right"], true, "{verified}");
    let of = |lost: &serde_json::Value| number(&lost["records"]) + number(&lost["offsets"]);
    verified["lost"].as_array().expect("a list").iter().map(of).sum()
}

/// A running service with counted clicks, a backup of them, and as many counted clicks behind it.
async fn backed_up(root: &Path) -> (Installation, String, Sent) {
    let mut house = Installation::new(&root.join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    house.start().await;
    let mut sent = Sent::default();
    for number in 0..CLICKS {
        sent.send(&house, number).await;
    }
    house.wait_for_cells(sent.admitted.len()).await;
    let backup = root.join("backup").to_str().expect("UTF-8").to_owned();
    house.json(&["backup", &backup]);
    for number in CLICKS..2 * CLICKS {
        sent.send(&house, number).await;
    }
    assert_eq!(sent.admitted.len(), usize::from(2 * CLICKS));
    house.wait_for_cells(sent.admitted.len()).await;
    (house, backup, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_is_restored_under_load_and_counts_everything_once() {
    let root = temp_dir();
    let (house, backup, mut sent) = backed_up(root.path()).await;
    // Done since the backup: one must be gone with it, the other must not come back with it.
    house.json(&["site", "add", "zebra", "--origin", "https://zebra.example"]);
    let tokens = house.json(&["token", "list"]);
    let of_acme = tokens.as_array().expect("tokens").iter().find(|t| t["site"] == "acme");
    let id = of_acme.expect("a token")["id"].as_str().expect("an id").to_owned();
    house.json(&["token", "revoke", &id]);
    let before = house.run_file();

    let (house, stop) = (Arc::new(house), Arc::new(AtomicBool::new(false)));
    let load = {
        let (house, stop) = (house.clone(), stop.clone());
        #[expect(clippy::disallowed_methods, reason = "a test's own load")]
        tokio::spawn(async move {
            let mut number = 2 * CLICKS;
            while !stop.load(Ordering::SeqCst) {
                sent.send(&house, number).await;
                number += 1;
            }
            (sent, number)
        })
    };
    let restored = {
        let (house, backup) = (house.clone(), backup.clone());
        tokio::task::spawn_blocking(move || house.json(&["restore", &backup, "--replace"])).await
    };
    let restored = restored.expect("a restore");
    // What the command changed holds for collecting when it returns.
    let zebra = Page { site: "zebra", ..PAGE };
    assert_eq!(house.send(&zebra, cell(0)).await, "unknown_site");
    stop.store(true, Ordering::SeqCst);
    let (mut sent, number) = load.await.expect("the load");
    assert_eq!(
        (&restored["right"], &restored["applied"]),
        (&true.into(), &1.into()),
        "{restored}"
    );
    assert!(sent.refused > 0, "while the tables were exchanged it said so");
    assert_eq!(house.run_file(), before, "process and addresses stay");
    assert_eq!(house.json(&["token", "list"]).as_array().map(Vec::len), Some(0));
    sent.send(&house, number).await;
    assert!(sent.admitted.contains(&cell(number)), "it goes on collecting");
    sent.is_counted(&house).await;
    assert!(!house.dir.join("engine.restoring").exists());
    // What was done since the backup is undone or done again, and stays written down; what the backup knew is there once.
    let acts = house.json(&["audit", "list"]);
    for (what, site, subject) in [
        ("site add", "acme", ""),
        ("site add", "zebra", ""),
        ("token revoke", "acme", id.as_str()),
        ("restore", "", ""),
    ] {
        let of = |act: &&serde_json::Value| {
            act["act"] == what && act["site"] == site && (subject.is_empty() || act["subject"] == subject)
        };
        let times = acts.as_array().expect("a list").iter().filter(of).count();
        assert_eq!(times, 1, "{what} {site}: {acts}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_one_store_or_the_other_and_the_next_one_mends_it() {
    let root = temp_dir();
    let (mut house, backup, mut sent) = backed_up(root.path()).await;
    // From the hand-over on, what is left to do takes about a second.
    let moments = [None, Some(0), Some(150), Some(400), Some(900)];
    for (number, after_ms) in (2 * CLICKS..).zip(moments) {
        let mut restore = house.begin(&["restore", &backup, "--replace"]);
        wait_until(PATIENCE, "the restore is in the middle", async || {
            assert!(restore.try_wait().expect("its state").is_none(), "it ended");
            match after_ms {
                None => house.dir.join("engine.restoring/tables/data").exists(),
                Some(_) => answers(&house).await == Some(503),
            }
        })
        .await;
        tokio::time::sleep(Duration::from_millis(after_ms.unwrap_or(0))).await;
        restore.kill().expect("killed");
        restore.wait().expect("its end");
        wait_until(PATIENCE, "the service collects again", async || {
            answers(&house).await == Some(200)
        })
        .await;
        sent.send(&house, number).await;
        // A log that was put down has forgotten what was counted: gone with the tables of which a restore takes the place.
        sent.is_counted_or_lost(&house).await;
    }
    assert_eq!(sent.refused, 0, "it collected again each time");
    let restored = house.json(&["restore", &backup, "--replace"]);
    assert_eq!(restored["right"], true, "{restored}");
    assert!(!house.dir.join("engine.restoring").exists(), "nothing is left over");
    let lost = sent.is_counted_or_lost(&house).await;
    // Nor does a start leave anything there.
    house.kill();
    std::fs::create_dir_all(house.dir.join("engine.restoring/tables")).expect("made");
    house.start().await;
    assert!(!house.dir.join("engine.restoring").exists());
    assert_eq!(sent.is_counted_or_lost(&house).await, lost);
}

async fn answers(house: &Installation) -> Option<u16> {
    let answer = client().get(format!("{}/isotherm.js", house.public())).send().await;
    Some(answer.ok()?.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_the_store_away_who_cannot_write_beside_it() {
    let root = temp_dir();
    let mut house = Installation::new(&root.path().join("data"));
    house.start().await;
    let run = house.run_file().expect("run.json");
    let url = format!("http://{}/-/hand-over", run["ops"].as_str().expect("an address"));
    let answer = client().post(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 409);
    assert_eq!(answers(&house).await, Some(200));
    assert_eq!(house.pid().map(u64::from), run["pid"].as_u64());
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().expect("a number")
}
