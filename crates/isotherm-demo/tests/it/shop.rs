//! The shop over HTTP: every page, every link, every file; and heat without the token.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use isotherm_demo::shop::{ShopSettings, serve};
use isotherm_demo::shop_paths;
use reqwest::StatusCode;
use tokio::task::JoinSet;

const TAG: &str = r#"<script defer src="http://127.0.0.1:9/isotherm.js" data-site="shop"></script>"#;
const OPT_OUT: &str = "http://127.0.0.1:9/opt-out?from=shop&x=1";
const TOKEN: &str = "token-that-stays-here";

/// Starts a shop and gives its URL; it ends with the set.
fn start() -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound listener").port();
    let settings = ShopSettings {
        tag_html: TAG.to_owned(),
        opt_out_url: OPT_OUT.to_owned(),
        // The discard port: nothing answers there.
        api_url: "http://127.0.0.1:9".to_owned(),
        token: TOKEN.to_owned(),
        site: "shop".to_owned(),
    };
    let server = serve(listener, settings).expect("a server");
    let mut running = JoinSet::new();
    running.spawn_local(async move { server.await.expect("a running server") });
    (format!("http://127.0.0.1:{port}"), running)
}

async fn get(url: &str) -> (StatusCode, String) {
    let answer = reqwest::get(url).await.expect("the shop answers");
    (answer.status(), answer.text().await.expect("a body"))
}

/// What stands between `before` and the next double quote, wherever it stands.
fn quoted<'a>(html: &'a str, before: &str) -> Vec<&'a str> {
    html.split(before)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[actix_web::test]
async fn every_page_has_the_tag_once_and_no_placeholder() {
    let (url, _running) = start();
    let paths = shop_paths();
    assert!(paths.len() >= 6);
    for path in paths {
        let (status, html) = get(&format!("{url}{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(html.matches(TAG).count(), 1, "{path}");
        assert!(
            !html.contains("{{") && !html.contains("<!--"),
            "{path}: a placeholder is left"
        );
        assert!(html.contains("example shop with simulated visitors"), "{path}");
        assert!(html.contains("http://127.0.0.1:9/opt-out?from=shop&amp;x=1"), "{path}");
        let (_, framed) = get(&format!("{url}{path}?isotherm-frame")).await;
        assert!(
            !framed.contains("isotherm.js"),
            "{path}: under heat a page is not measured"
        );
    }
}

#[actix_web::test]
async fn every_link_and_file_is_there_and_nothing_comes_from_elsewhere() {
    let (url, _running) = start();
    let mut targets = BTreeSet::new();
    for path in shop_paths()
        .into_iter()
        .chain(["/heat".to_owned(), "/heat/about".to_owned()])
    {
        let (_, html) = get(&format!("{url}{path}?isotherm-frame")).await;
        for target in quoted(&html, "href=\"").into_iter().chain(quoted(&html, "src=\"")) {
            let own =
                target.starts_with('/') || target.starts_with('#') || target.starts_with("http://127.0.0.1:9/opt-out");
            assert!(own, "{path} names {target}");
            if target.starts_with('/') {
                targets.insert(target.split('#').next().unwrap_or(target).to_owned());
            }
        }
    }
    assert!(targets.len() > 20);
    for target in targets {
        let (status, body) = get(&format!("{url}{target}")).await;
        assert_eq!(status, StatusCode::OK, "{target}");
        if target.ends_with(".css") {
            assert!(!body.contains("url(") && !body.contains("@import"), "{target}");
        }
    }
}

#[test]
fn every_file_of_the_demo_is_embedded() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let table = include_str!("../../src/assets.rs");
    let mut folders = vec![demo.join("shop"), demo.join("heat")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&demo).expect("below demo/").display().to_string();
            assert!(table.contains(&format!("demo/{name}\"")), "{name} is not embedded");
        }
    }
}

#[actix_web::test]
async fn heat_says_that_the_api_is_away_and_keeps_the_token() {
    let (url, _running) = start();
    let (status, body) = get(&format!("{url}/heat-data/heatmap?page=/&layer=click")).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body.contains("the query API does not answer") && !body.contains(TOKEN));
    assert_eq!(get(&format!("{url}/heat-data/status")).await.0, StatusCode::NOT_FOUND);
    for page in ["/heat", "/heat/", "/heat/products", "/heat/product/teapot"] {
        let (status, body) = get(&format!("{url}{page}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(
            !body.contains(TOKEN) && body.to_lowercase().contains("simulated visitors"),
            "{page}"
        );
    }
    assert_eq!(get(&format!("{url}/heat/nowhere")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&format!("{url}/nowhere")).await.0, StatusCode::NOT_FOUND);
}

#[test]
fn settings_print_without_the_token() {
    let settings = ShopSettings {
        tag_html: TAG.to_owned(),
        opt_out_url: OPT_OUT.to_owned(),
        api_url: String::new(),
        token: TOKEN.to_owned(),
        site: "shop".to_owned(),
    };
    assert!(!format!("{settings:?}").contains(TOKEN));
}
