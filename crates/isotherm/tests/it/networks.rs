//! From where a site's answers may be asked for, and what of it is public: said on the command line, held when it returns.

use isotherm_testkit::temp_dir;
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::installation::Installation;

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
    assert!(refused.contains("neither an address nor a network"), "{refused}");
    let nobody = installation.refusal(&["site", "set", "nobody", "--any-ip"]);
    assert!(nobody.contains("there is no site `nobody`"), "{nobody}");
}
