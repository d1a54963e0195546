//! A disk without room: said in words, nothing lost or doubled, and the service goes on by itself.

use isotherm_testkit::{temp_dir, wait_until};

use crate::installation::{Installation, PATIENCE, Page, cell, client};

const PAGE: Page<'static> = Page {
    site: "acme",
    path: "/p",
};

async fn send(installation: &Installation, numbers: std::ops::Range<u16>) {
    for number in numbers {
        assert_eq!(installation.send(&PAGE, cell(number)).await, "admitted");
    }
}

/// Waits until so many cells are counted, each once, and sees that nothing is lost.
async fn all_counted(installation: &Installation, admitted: u16) {
    installation.wait_for_cells(usize::from(admitted)).await;
    let cells = installation.cells().await;
    assert!(cells.values().all(|n| *n == 1), "something is doubled");
    assert_eq!((cells.len(), lost(installation)), (usize::from(admitted), 0));
}

/// What stands as lost in a ledger that is right.
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
