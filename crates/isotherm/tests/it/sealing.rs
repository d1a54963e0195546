//! `isotherm seal` and `isotherm site set` as a user types them, on landings of some days ago.

use isotherm_testkit::{temp_dir, wait_until};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::installation::{Installation, PATIENCE, Page, cell};

const MANY: Page<'static> = Page {
    site: "acme",
    path: "/many",
};
const FEW: Page<'static> = Page {
    site: "acme",
    path: "/few",
};
const MANY_VIEWS: u16 = 60;
const FEW_VIEWS: u16 = 4;

/// Days between the landing as it is made here and today.
const AGO: u16 = 3;

/// What was counted today is from some days ago, batches and all: the state that an installation has after them.
async fn make_older(installation: &Installation) {
    let older = format!(
        "INSERT INTO live SELECT * REPLACE (landing - {AGO} AS landing, if(kind >= 'page', day - {AGO}, day) AS day) FROM live"
    );
    let landing = installation.sql("SELECT DISTINCT toYYYYMMDD(landing) FROM live").await;
    installation.sql(&older).await;
    installation
        .sql(&format!("ALTER TABLE live DROP PARTITION ID '{landing}'"))
        .await;
}

/// The heat of the page that was seen often.
async fn heat(installation: &Installation, token: &str, (from, more): (&str, &str)) -> Value {
    let url = format!(
        "{}/api/v1/sites/acme/heatmap?page=/many&layer=click&from={from}{more}",
        installation.public()
    );
    let answer = reqwest::Client::new()
        .get(url)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

fn map(heat: &Value) -> Value {
    json!([heat["views"], heat["cells"], heat["elements"], heat["withheld"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_landing_is_sealed_on_command_once_it_is_closed_and_answers_the_same() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let added = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let token = added["token"].as_str().expect("a token").to_owned();
    installation.start().await;
    for number in 0..MANY_VIEWS {
        assert_eq!(installation.send(&MANY, cell(number % 6)).await, "admitted");
    }
    for number in 0..FEW_VIEWS {
        assert_eq!(installation.send(&FEW, cell(number)).await, "admitted");
    }
    wait_until(
        PATIENCE,
        "all clicks are counted and the path is published",
        async || {
            let clicks: u64 = installation.cells().await.values().sum();
            let texts = installation.sql("SELECT count() FROM pages").await;
            clicks == u64::from(MANY_VIEWS + FEW_VIEWS) && texts == "1"
        },
    )
    .await;
    make_older(&installation).await;
    let [today, old] = [0, AGO].map(|ago| format!("SELECT toString(toDate(now('UTC')) - {ago})"));
    let (today, old) = (installation.sql(&today).await, installation.sql(&old).await);
    let before = heat(&installation, &token, (&old, "")).await;
    assert_eq!(before["views"], MANY_VIEWS);
    let not_sealed = heat(&installation, &token, (&old, "&sealed=only")).await;
    assert_eq!(not_sealed["cells"], json!([]), "nothing is sealed yet");
    installation.kill();

    let refusal = installation.refusal(&["seal", "--day", &today]);
    assert!(
        refusal.contains("takes batches until 24 hours after its end: seal it from") && refusal.contains("00:00 UTC"),
        "{refusal}"
    );
    let refusal = installation.refusal(&["seal", "--day", "yesterday"]);
    assert!(refusal.contains("is no day"), "{refusal}");
    assert_eq!(
        installation.json(&["seal", "--day", &old]),
        json!([{
            "landing": old, "cohorts": 1, "cohort_views": MANY_VIEWS, "waiting_views": FEW_VIEWS, "deleted_views": 0,
            "by_another": false,
        }])
    );
    assert_eq!(installation.json(&["seal"]), json!([]), "there is nothing left to seal");
    let acts = installation.json(&["audit", "list"]);
    let seals = acts
        .as_array()
        .expect("a list")
        .iter()
        .filter(|act| act["act"] == "seal");
    let seals: Vec<_> = seals.map(|act| [&act["who"], &act["subject"]]).collect();
    assert_eq!(seals, [[&json!("command line"), &json!(old)]]);
    let said = installation.run(&["seal"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("Nothing to seal"));
    let verified = installation.json(&["verify"]);
    assert_eq!(verified["right"], true, "{verified}");

    installation.start().await;
    let after = heat(&installation, &token, (&old, "&sealed=only")).await;
    assert_eq!(map(&after), map(&before));
    installation.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_says_how_long_sealed_counts_are_kept_and_what_becomes_of_older_ones() {
    let root = temp_dir();
    let installation = Installation::new(&root.path().join("data"));
    installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let set = |more: &[&str]| installation.json(&[&["site", "set", "acme", "--retention-months"], more].concat());
    assert_eq!(
        set(&["13", "--then", "coarsen"]),
        json!({"site": "acme", "retention_months": 13, "then": "coarsen"})
    );
    assert_eq!(
        set(&["4"]),
        json!({"site": "acme", "retention_months": 4, "then": "delete"})
    );
    let too_short = installation.refusal(&["site", "set", "acme", "--retention-months", "2"]);
    assert!(too_short.contains("3..=1200"), "{too_short}");
    let alone = installation.refusal(&["site", "set", "acme", "--then", "coarsen"]);
    assert!(alone.contains("--retention-months"), "{alone}");
    let unknown = installation.refusal(&["site", "set", "bmce", "--retention-months", "13"]);
    assert!(unknown.contains("there is no site `bmce`"), "{unknown}");
}
