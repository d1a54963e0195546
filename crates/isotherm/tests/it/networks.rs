//! From where a site's answers may be asked for, and what of it is public: said on the command line, held when it returns.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use isotherm_testkit::{temp_dir, wait_until};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

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
    fn from(last: u8, installation: &Installation) -> Visitor {
        let address = Ipv4Addr::new(127, 0, 0, last);
        let client = Client::builder().no_proxy().local_address(Some(address.into()));
        let client = client.timeout(Duration::from_secs(20)).build().expect("a client");
        let public = installation.public();
        Visitor { client, public }
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

/// Attempts that one address has at once, and then each second.
const AT_ONCE: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_from_one_address_locks_out_nobody_else_and_not_for_long() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    let added = installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let token = added["token"].as_str().expect("a token").to_owned();
    installation.start().await;
    let (flood, other) = (Visitor::from(2, &installation), Visitor::from(3, &installation));

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
    let answers = flood.client.get(format!("{}/api/v1/sites/acme/pages", flood.public));
    let answers = answers.bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(
        answers.status(),
        StatusCode::OK,
        "who has a token asks on, from there too"
    );
    wait_until(PATIENCE, "the address may try again", async || {
        flood.logs_in(&token).await
    })
    .await;
}
