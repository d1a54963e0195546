//! Erasing pages and removing sites on a running service, with records in the log that were not counted yet.

use std::time::Duration;

use isotherm_testkit::{temp_dir, wait_until};
use serde_json::Value;

use crate::installation::{Installation, PATIENCE, Page, cell};

const fn page(path: &'static str) -> Page<'static> {
    Page { site: "acme", path }
}

async fn send(installation: &Installation, page: &Page<'_>, cells: std::ops::Range<u16>) {
    for number in cells {
        assert_eq!(installation.send(page, cell(number)).await, "admitted");
    }
}

async fn number(installation: &Installation, sql: &str) -> u64 {
    installation.sql(sql).await.parse().expect("a number")
}

fn state(installation: &Installation, id: &Value) -> String {
    let listed = installation.json(&["erase", "--status"]);
    let of_id = listed.as_array().expect("a list").iter().find(|row| row["id"] == *id);
    of_id.expect("the erasure")["state"]
        .as_str()
        .expect("a state")
        .to_owned()
}

async fn wait_until_counted(installation: &Installation, id: &Value) {
    wait_until(PATIENCE, "all from before is counted and gone", async || {
        state(installation, id) == "counted"
    })
    .await;
}

const PAGES: &str = "SELECT uniqExact(page) FROM live WHERE kind >= 'page'";
const TEXTS: &str = "SELECT arrayStringConcat(arraySort(groupUniqArray(path)), ' ') FROM pages";

#[tokio::test(flavor = "multi_thread")]
async fn erased_pages_are_refused_at_once_gone_from_tables_and_go_again_when_the_log_is_counted() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    installation.start().await;
    let (kept, gone, quiet) = (page("/kept"), page("/gone"), page("/quiet"));
    send(&installation, &kept, 0..12).await;
    send(&installation, &gone, 12..24).await;
    send(&installation, &quiet, 24..27).await;
    installation.wait_for_cells(27).await;
    wait_until(PATIENCE, "two texts are published", async || {
        installation.sql(TEXTS).await == "/gone /kept"
    })
    .await;
    let backup = root.path().join("backup");
    let backup = backup.to_str().expect("UTF-8");
    installation.json(&["backup", backup]);

    // A pattern reaches what is published, a path also what never was.
    let pattern = installation.json(&["erase", "--site", "acme", "--path", "/go*"]);
    let exact = installation.json(&["erase", "--site", "acme", "--path", "/quiet?x=1"]);
    assert!(pattern["rows_deleted"].as_u64() > Some(0) && exact["rows_deleted"].as_u64() > Some(0));
    assert_eq!(number(&installation, PAGES).await, 1);
    assert_eq!(installation.sql(TEXTS).await, "/kept");
    assert_eq!(installation.send(&gone, cell(40)).await, "rule");
    assert_eq!(installation.send(&quiet, cell(40)).await, "rule");
    assert_eq!(installation.send(&kept, cell(41)).await, "admitted");
    let anchors = "SELECT uniqExact(anchor) FROM anchors";
    assert_eq!(
        number(&installation, anchors).await,
        1,
        "the kept page uses the selector"
    );
    wait_until_counted(&installation, &exact["id"]).await;
    assert!(installation.run(&["verify"]).status.success());

    // A journal without any path, and with the pattern.
    let journal = std::fs::read_to_string(installation.dir.join("journal.jsonl")).expect("a journal");
    assert!(journal.contains("/go*") && !journal.contains("quiet"));

    // The older backup, restored, with all of the log beside it: both pages come back and go again.
    installation.kill();
    let restored = installation.json(&["restore", backup, "--replace"]);
    assert_eq!(
        (&restored["applied"], &restored["right"]),
        (&2.into(), &true.into()),
        "{restored}"
    );
    let acts = installation.json(&["audit", "list"]);
    let of = |act: &&Value| act["act"] == "erase";
    let erased = acts.as_array().expect("a list").iter().filter(of).count();
    assert_eq!(erased, 2, "who erased since the backup stays written down");
    installation.start().await;
    assert_eq!(installation.send(&quiet, cell(42)).await, "rule", "refused again");
    wait_until_counted(&installation, &exact["id"]).await;
    wait_until_counted(&installation, &pattern["id"]).await;
    assert_eq!(number(&installation, PAGES).await, 1);
    assert_eq!(installation.sql(TEXTS).await, "/kept");
    assert_eq!(installation.cells().await.len(), 13, "what was kept is there once");
    assert!(installation.run(&["verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_site_that_is_added_again_inherits_nothing_and_loses_nothing() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    installation.start().await;
    send(&installation, &page("/p"), 0..20).await;
    // Killed before all is counted: the log holds the rest.
    installation.kill();
    let removed = installation.run(&["site", "remove", "acme"]);
    assert!(removed.status.success());
    let left = number_in_log(&installation);
    if left {
        let refusal = installation.refusal(&["site", "add", "acme", "--origin", "https://acme.example"]);
        assert!(refusal.contains("the log still holds"), "{refusal}");
    }
    installation.start().await;
    let again = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    assert_eq!(again["site"], "acme");
    assert_eq!(installation.cells().await.len(), 0, "nothing of the old site");
    send(&installation, &page("/p"), 100..105).await;
    installation.wait_for_cells(5).await;
    // Several looks of the eraser later they are still there.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let cells = installation.cells().await;
    assert_eq!((cells.len(), cells.values().sum::<u64>()), (5, 5));
    assert!(installation.run(&["verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_text_was_deleted_is_listed_again_by_the_same_process_when_it_is_seen_again() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let add = ["site", "add", "acme", "--origin", "https://acme.example"];
    installation.json(&add);
    installation.start().await;
    send(&installation, &page("/again"), 0..12).await;
    let listed = async || installation.sql(TEXTS).await == "/again";
    wait_until(PATIENCE, "the text is published", listed).await;
    installation.json(&["site", "remove", "acme"]);
    assert_eq!(installation.sql(TEXTS).await, "");
    installation.json(&add);
    send(&installation, &page("/again"), 20..32).await;
    wait_until(PATIENCE, "the text is published again", async || {
        // The visitors of a page that is seen at all.
        send(&installation, &page("/again"), 32..33).await;
        listed().await
    })
    .await;
}

/// Whether the ledger has counted less than the log took; best effort, the test holds either way.
fn number_in_log(installation: &Installation) -> bool {
    let verified = installation.json(&["verify"]);
    let counted: u64 = verified["partitions"].as_array().map_or(0, |partitions| {
        partitions.iter().filter_map(|p| p["interactions"].as_u64()).sum()
    });
    counted < 20
}

#[tokio::test]
async fn what_cannot_be_erased_is_refused_with_a_reason() {
    let root = temp_dir();
    let installation = Installation::new(&root.path().join("data"));
    installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let refused = |arguments: &[&str], why: &str| {
        let said = installation.refusal(&[&["erase"], arguments].concat());
        assert!(said.contains(why), "{why}: {said}");
    };
    refused(&[], "say what to erase");
    refused(&["--site", "zebra", "--path", "/p"], "there is no site");
    refused(&["--site", "acme", "--path", "p"], "no path");
    refused(&["--site", "acme", "--path", "*/p"], "begins with a slash");
    refused(&["--site", "acme", "--path", "/p", "--from", "2026-02-30"], "no day");
    refused(
        &[
            "--site",
            "acme",
            "--path",
            "/p",
            "--from",
            "2026-03-01",
            "--to",
            "2026-02-01",
        ],
        "is after",
    );
    let months = installation.json(&[
        "erase",
        "--site",
        "acme",
        "--path",
        "/p",
        "--from",
        "2026-02-10",
        "--to",
        "2026-03-01",
    ]);
    assert_eq!(
        months["months"],
        serde_json::json!({"from": "2026-02-01", "to": "2026-03-31"})
    );
    let listed = installation.json(&["erase", "--status"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    installation.json(&["erase", "--resume"]);
}
