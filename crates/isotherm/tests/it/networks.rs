//! From where a site's answers may be asked for, and what of it is public: said on the command line, held when it returns.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use isotherm_core::ports::Clock;
use isotherm_service::clock::SystemClock;
use isotherm_testkit::{temp_dir, wait_until};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, SITE};
use crate::installation::{Installation, PATIENCE};

const HERE: &str = "127.0.0.0/8";
const ELSEWHERE: &str = "192.0.2.0/24";

async fn pages(installation: &Installation, token: &str) -> StatusCode {
    let url = format!("{}/api/v1/sites/acme/pages", installation.public());
    let answer = Client::new().get(url).bearer_auth(token).send().await;
    answer.expect("an answer").status()
}

async fn log_in(installation: &Installation, token: &str) -> StatusCode {
    let request = Client::new().post(format!("{}/api/v1/session", installation.public()));
    let body = json!({"token": token}).to_string();
    let request = request.header("content-type", "application/json").body(body);
    request.send().await.expect("an answer").status()
}

async fn picture(installation: &Installation) -> StatusCode {
    let url = format!("{}/widget/acme/countries.svg", installation.public());
    Client::new().get(url).send().await.expect("an answer").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sites_networks_and_its_public_picture_hold_when_the_command_returns() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let added = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let token = added["token"].as_str().expect("a token").to_owned();
    installation.start().await;
    let set = |what: &[&str]| installation.json(&[&["site", "set", "acme"], what].concat());

    assert_eq!(pages(&installation, &token).await, StatusCode::OK);
    set(&["--allow-ip", ELSEWHERE]);
    assert_eq!(pages(&installation, &token).await, StatusCode::FORBIDDEN);
    assert_eq!(log_in(&installation, &token).await, StatusCode::FORBIDDEN);
    let both = set(&["--allow-ip", ELSEWHERE, "--allow-ip", HERE]);
    assert_eq!(both["allow_ip"], json!([ELSEWHERE, HERE]));
    assert_eq!(pages(&installation, &token).await, StatusCode::OK);
    assert_eq!(log_in(&installation, &token).await, StatusCode::OK);

    assert_eq!(picture(&installation).await, StatusCode::NOT_FOUND);
    let public = set(&["--public-countries", "true"]);
    assert_eq!(public["allow_ip"], json!([ELSEWHERE, HERE]), "what is not said stays");
    assert_eq!(picture(&installation).await, StatusCode::OK);
    set(&["--public-countries", "false"]);
    assert_eq!(picture(&installation).await, StatusCode::NOT_FOUND);
    assert_eq!(set(&["--any-ip"])["allow_ip"], json!([]));

    assert!(installation.refusal(&["site", "set", "acme"]).contains("required"));
    let refused = installation.refusal(&["site", "set", "acme", "--allow-ip", "office"]);
    assert!(
        refused.contains("is no network: write an address or a CIDR"),
        "{refused}"
    );
    let nobody = installation.refusal(&["site", "set", "nobody", "--any-ip"]);
    assert!(nobody.contains("there is no site `nobody`"), "{nobody}");
}

/// Whoever asks from one of this machine's own addresses, 127.0.0.`last`.
struct Visitor {
    client: Client,
    public: String,
}

impl Visitor {
    fn from(last: u8, public: String) -> Visitor {
        let address = Ipv4Addr::new(127, 0, 0, last);
        let client = Client::builder().no_proxy().local_address(Some(address.into()));
        let client = client.timeout(Duration::from_secs(20)).build().expect("a client");
        Visitor { client, public }
    }

    async fn status(&self, path: &str, token: &str) -> StatusCode {
        let request = self.client.get(format!("{}{path}", self.public)).bearer_auth(token);
        request.send().await.expect("an answer").status()
    }

    async fn post(&self, path: &str, body: Value, forwarded: &str) -> Response {
        let request = self.client.post(format!("{}{path}", self.public));
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("X-Forwarded-For", forwarded);
        request.body(body.to_string()).send().await.expect("an answer")
    }

    async fn logs_in(&self, token: &str) -> bool {
        let answer = self.post("/api/v1/session", json!({"token": token}), "192.0.2.1").await;
        answer.status() == StatusCode::OK
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_is_for_the_networks_that_are_named_and_what_is_for_visitors_for_all() {
    let house = House::new("[query]\nallow_ip = [\"127.0.0.3\", \"192.0.2.0/24\"]\n").await;
    let added = house.must(&["site", "add", SITE, "--origin", "https://acme.example", "--json"]);
    let added: Value = serde_json::from_slice(&added.stdout).expect("JSON");
    let token = added["token"].as_str().expect("a token");
    house.must(&["site", "set", SITE, "--public-countries", "true"]);
    let (role, run) = house.up().await;
    let public = format!("http://{}", run.listen);
    let (analyst, other) = (Visitor::from(3, public.clone()), Visitor::from(2, public));

    for path in [
        "/",
        "/dashboard.js",
        "/dashboard.css",
        "/dashboard-world.js",
        "/dashboard-icon.svg",
        "/api/v1/sites/acme/pages",
        "/api/v1/sites/acme/status",
        "/api/v1/sites/acme/settings",
    ] {
        assert_eq!(analyst.status(path, token).await, StatusCode::OK, "{path}");
        assert_eq!(other.status(path, token).await, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(analyst.logs_in(token).await);
    // An address that is only said counts where a proxy is believed; there is none here.
    assert!(!other.logs_in(token).await);
    for path in [
        "/isotherm.js",
        "/isotherm-overlay.js",
        "/opt-out",
        "/privacy",
        "/widget/acme/countries.svg",
    ] {
        assert_eq!(other.status(path, token).await, StatusCode::OK, "{path}");
    }
    let shared = share(&house);
    for (visitor, status) in [(&analyst, StatusCode::OK), (&other, StatusCode::FORBIDDEN)] {
        let opened = visitor
            .post("/api/v1/shared", json!({"secret": shared}), "192.0.2.1")
            .await;
        assert_eq!(opened.status(), status);
    }
    role.stops().await;
}

/// The secret of a new share link.
fn share(house: &House) -> String {
    let now = Timestamp::from_millisecond(SystemClock.unix_ms().cast_signed()).expect("a time");
    let soon = now + SignedDuration::from_hours(7 * 24);
    let soon = soon.to_zoned(TimeZone::UTC).date().to_string();
    let made = house.must(&[
        "share",
        "create",
        "--site",
        SITE,
        "--page",
        "/",
        "--expires",
        &soon,
        "--json",
    ]);
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let url = made["url"].as_str().expect("an address");
    let (_, secret) = url.rsplit_once("isl_").expect("a secret");
    format!("isl_{secret}")
}

/// Attempts that one address has at once, and then each second.
const AT_ONCE: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_from_one_address_locks_out_nobody_else_and_not_for_long() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let added = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let token = added["token"].as_str().expect("a token").to_owned();
    installation.start().await;
    let (flood, other) = (
        Visitor::from(2, installation.public()),
        Visitor::from(3, installation.public()),
    );

    let (begun, mut tried, mut refused) = (Instant::now(), 0, 0);
    for n in 0..100_u8 {
        // Tokens and links are guessed at from one bucket, and a forwarded address is taken from trusted proxies only.
        let guess = format!("iso_{n:043}");
        let (path, body) = match n % 2 {
            0 => ("/api/v1/session", json!({"token": guess})),
            _ => ("/api/v1/shared", json!({"secret": guess.replace("iso_", "isl_")})),
        };
        let answer = flood.post(path, body, &format!("192.0.2.{n}")).await;
        match answer.status() {
            StatusCode::UNAUTHORIZED => tried += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                assert_eq!(answer.headers().get(RETRY_AFTER).expect("when to come back"), "1");
                refused += 1;
            }
            unexpected => panic!("{unexpected} for a guess"),
        }
    }
    let seconds = begun.elapsed().as_secs() + 1;
    assert!((AT_ONCE..=AT_ONCE + seconds).contains(&tried), "{tried} in {seconds} s");
    assert!(refused > 0 && tried + refused == 100);

    assert!(other.logs_in(&token).await, "from another address");
    assert_eq!(
        flood.status("/api/v1/sites/acme/pages", &token).await,
        StatusCode::OK,
        "who has a token asks on, from there too"
    );
    wait_until(PATIENCE, "the address may try again", async || {
        flood.logs_in(&token).await
    })
    .await;
}
