//! Backups of a running service, taken under load, restored with and without the log beside them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use isotherm_testkit::temp_dir;

use crate::installation::{Installation, PATIENCE, Page, cell};

const PAGE: Page<'static> = Page {
    site: "acme",
    path: "/p",
};

/// Clicks that are counted before the backup begins.
const BEFORE: u16 = 60;

fn add_acme(installation: &Installation) -> String {
    let added = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    added["token"].as_str().expect("a token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_restored_with_nothing_doubled_and_with_the_log_nothing_lost() {
    let root = temp_dir();
    let mut first = Installation::new(&root.path().join("first"));
    add_acme(&first);
    first.start().await;
    for number in 0..BEFORE {
        assert_eq!(first.send(&PAGE, cell(number)).await, "admitted");
    }
    first.wait_for_cells(usize::from(BEFORE)).await;

    let backup = root.path().join("backup");
    let backup = backup.to_str().expect("UTF-8");
    let first = Arc::new(first);
    let stop = Arc::new(AtomicBool::new(false));
    let load = {
        let (first, stop) = (first.clone(), stop.clone());
        #[expect(clippy::disallowed_methods, reason = "a test's own load")]
        tokio::spawn(async move {
            let mut admitted = BTreeSet::new();
            let mut number = BEFORE;
            while !stop.load(Ordering::SeqCst) || number < BEFORE + 100 {
                if first.send(&PAGE, cell(number)).await == "admitted" {
                    admitted.insert(cell(number));
                }
                number += 1;
            }
            admitted
        })
    };
    let made = {
        let (first, backup) = (first.clone(), backup.to_owned());
        tokio::task::spawn_blocking(move || first.json(&["backup", &backup])).await
    };
    let made = made.expect("a backup");
    stop.store(true, Ordering::SeqCst);
    let mut admitted = load.await.expect("the load");
    admitted.extend((0..BEFORE).map(cell));
    assert!(made["tables"].as_u64().is_some_and(|tables| tables > 8), "{made}");
    assert!(first.refusal(&["backup", backup]).contains("overwrites nothing"));
    first.wait_for_cells(admitted.len()).await;
    let mut first = Arc::into_inner(first).expect("the load is over");
    first.kill();

    without_log(&root.path().join("fresh"), backup, &admitted).await;
    with_log(&mut first, backup, &admitted).await;
}

async fn without_log(dir: &std::path::Path, backup: &str, admitted: &BTreeSet<(u16, u16)>) {
    let mut fresh = Installation::new(dir);
    let restored = fresh.json(&["restore", backup]);
    assert_eq!(restored["right"], true, "{restored}");
    assert_eq!(restored["journal"], false);
    assert!(fresh.refusal(&["restore", backup]).contains("--replace"));
    fresh.start().await;
    let cells = fresh.cells().await;
    assert!((0..BEFORE).all(|number| cells.get(&cell(number)) == Some(&1)));
    assert!(cells.iter().all(|(cell, n)| *n == 1 && admitted.contains(cell)));
    let number = 7_000;
    assert_eq!(fresh.send(&PAGE, cell(number)).await, "admitted", "it collects");
    fresh.wait_for_cells(cells.len() + 1).await;
    assert!(fresh.run(&["verify"]).status.success());
}

async fn with_log(first: &mut Installation, backup: &str, admitted: &BTreeSet<(u16, u16)>) {
    assert!(first.refusal(&["restore", backup]).contains("--replace"));
    let restored = first.json(&["restore", backup, "--replace"]);
    assert_eq!(restored["right"], true, "{restored}");
    first.start().await;
    isotherm_testkit::wait_until(PATIENCE, "all that was admitted is counted again", async || {
        first.cells().await.len() >= admitted.len()
    })
    .await;
    let cells = first.cells().await;
    assert!(cells.values().all(|n| *n == 1), "something is doubled");
    assert_eq!(cells.into_keys().collect::<BTreeSet<_>>(), *admitted);
    let verified = first.json(&["verify"]);
    assert_eq!(verified["right"], true, "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_or_removed_since_a_backup_does_not_come_back_with_it() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let token = add_acme(&installation);
    installation.json(&["site", "add", "zebra", "--origin", "https://zebra.example"]);
    installation.start().await;
    assert_eq!(installation.send(&PAGE, cell(1)).await, "admitted");
    installation.wait_for_cells(1).await;
    let backup = root.path().join("backup");
    let backup = backup.to_str().expect("UTF-8");
    installation.json(&["backup", backup]);
    let tokens = installation.json(&["token", "list"]);
    let of_zebra = tokens.as_array().expect("tokens").iter().find(|t| t["site"] == "zebra");
    let id = of_zebra.expect("a token")["id"].as_str().expect("an id").to_owned();
    installation.json(&["token", "revoke", &id]);
    installation.json(&["site", "remove", "acme"]);
    installation.kill();

    let restored = installation.json(&["restore", backup, "--replace"]);
    assert_eq!(restored["applied"], 2, "{restored}");
    assert_eq!(restored["right"], true, "{restored}");
    assert_eq!(installation.json(&["token", "list"]).as_array().map(Vec::len), Some(0));
    let sites = installation.json(&["site", "list"]);
    assert_eq!(sites.as_array().map(Vec::len), Some(1), "{sites}");
    installation.start().await;
    assert_eq!(
        installation.cells().await.len(),
        0,
        "the removed site's counts are gone"
    );
    assert_eq!(installation.send(&PAGE, cell(2)).await, "unknown_site");
    drop(token);

    // Elsewhere the journal has to be brought along.
    let elsewhere = Installation::new(&root.path().join("elsewhere"));
    let journal = installation.dir.join("journal.jsonl");
    let journal = journal.to_str().expect("UTF-8");
    let restored = elsewhere.json(&["restore", backup, "--journal", journal]);
    assert_eq!(restored["applied"], 2, "{restored}");
    let forgetful = Installation::new(&root.path().join("forgetful"));
    let restored = forgetful.json(&["restore", backup]);
    assert_eq!((&restored["applied"], &restored["journal"]), (&0.into(), &false.into()));
    assert_eq!(forgetful.json(&["site", "list"]).as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_damaged_or_expired_or_foreign_backup_is_refused_with_a_reason_and_changes_nothing() {
    let root = temp_dir();
    let installation = Installation::new(&root.path().join("data"));
    add_acme(&installation);
    let backup = root.path().join("backups/one");
    let named = backup.to_str().expect("UTF-8");
    installation.json(&["backup", named]);
    let fresh = Installation::new(&root.path().join("fresh"));
    let refused = |why: &str| {
        let said = fresh.refusal(&["restore", named]);
        assert!(said.contains(why), "{why}: {said}");
        assert!(!fresh.dir.join("engine").exists());
    };

    let sites = backup.join("sites.native.lz4");
    let whole = fs::read(&sites).expect("a table");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x40;
    fs::write(&sites, &damaged).expect("written");
    refused("is not what was written");
    fs::write(&sites, &whole).expect("written");

    let manifest = backup.join("manifest.json");
    let right = fs::read_to_string(&manifest).expect("a manifest");
    let value: serde_json::Value = serde_json::from_str(&right).expect("JSON");
    let changed = |key: &str, to: serde_json::Value| {
        let mut value = value.clone();
        value[key] = to;
        fs::write(&manifest, value.to_string()).expect("written");
    };
    changed("schema", 900.into());
    refused("use the build that made it");
    changed("day", "2020-01-01".into());
    refused("expired");
    // The next backup beside it removes it; what is no backup stays.
    let other = root.path().join("backups/other");
    fs::create_dir(&other).expect("made");
    let two = root.path().join("backups/two");
    let made = installation.json(&["backup", two.to_str().expect("UTF-8")]);
    assert_eq!(made["expired"].as_array().map(Vec::len), Some(1), "{made}");
    assert!(!backup.exists() && two.exists() && other.exists());
    let refusal = fresh.refusal(&["restore", other.to_str().expect("UTF-8")]);
    assert!(refusal.contains("is no backup"), "{refusal}");
    fresh.json(&["restore", two.to_str().expect("UTF-8")]);
    assert_eq!(fresh.json(&["site", "list"]).as_array().map(Vec::len), Some(1));
}
