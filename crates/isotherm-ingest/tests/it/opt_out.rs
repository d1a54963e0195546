//! The script, its stub, and the visitor's opt-out page.

use crate::client::Request;
use crate::server::{Server, Settings};

const SCRIPT: &[u8] = include_bytes!("../../../../js-snippet/dist/isotherm.js");
const STUB: &[u8] = include_bytes!("../../../../js-snippet/dist/stub.js");
const VARY: &str = "Cookie, DNT, Sec-GPC";

#[test]
fn the_script_is_private_and_varies_with_every_signal() {
    let server = Server::start(&Settings::default());
    let script = || Request::new("GET", "/isotherm.js");
    let none = [
        script(),
        script().header("DNT", "0"),
        script().header("Cookie", "theme=dark"),
    ];
    let negative = [
        script().header("DNT", "1"),
        script().header("Sec-GPC", "1"),
        script().header("Cookie", "a=b; __Host-isotherm_optout=1"),
    ];
    let stubs = ["dnt", "gpc", "opted_out"].map(stub_because);
    let all = none.into_iter().map(|request| (request, SCRIPT.to_vec()));
    for (request, expected) in all.chain(negative.into_iter().zip(stubs)) {
        let response = server.send(&request);
        assert_eq!((response.status, &response.body), (200, &expected));
        assert_eq!(response.header("Cache-Control"), Some("private, no-cache"));
        assert_eq!(response.header("Vary"), Some(VARY));
        assert_eq!(response.header("Content-Type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(response.header("Set-Cookie"), None);
        assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
    }
    assert_eq!(server.counted().iter().sum::<u64>(), 0, "the script is no beacon");
}

/// The stub, with the reason that its `status()` gives.
fn stub_because(reason: &str) -> Vec<u8> {
    let stub = std::str::from_utf8(STUB).expect("text");
    stub.replacen("opted_out", reason, 1).into_bytes()
}

#[test]
fn the_stub_is_small_and_defines_the_whole_interface() {
    let stub = std::str::from_utf8(STUB).expect("text");
    assert!(stub.len() < 300, "{} bytes", stub.len());
    for name in ["optOut", "optIn", "status", "convert", "ignore", "window.isotherm"] {
        assert!(stub.contains(name), "{name}");
    }
}

#[test]
fn the_page_says_what_holds_and_offers_the_other() {
    let server = Server::start(&Settings::default());
    let page = || Request::new("GET", "/opt-out");
    let cases = [
        (page(), "You are counted", "action=\"/opt-out\""),
        (
            page().header("Cookie", "__Host-isotherm_optout=1"),
            "You have opted out",
            "action=\"/opt-in\"",
        ),
        (page().header("DNT", "1"), "you are not counted", "action=\"/opt-out\""),
    ];
    for (request, state, action) in cases {
        let response = server.send(&request);
        let text = response.text();
        assert_eq!(response.status, 200);
        assert!(text.contains(state) && text.contains(action), "{state} {action}");
        assert!(text.contains("method=\"post\"") && !text.contains("<script") && !text.contains("{{"));
        assert_eq!(response.header("Vary"), Some(VARY));
        assert_eq!(response.header("Cache-Control"), Some("private, no-store"));
        assert!(
            response
                .header("Content-Security-Policy")
                .is_some_and(|policy| policy.contains("frame-ancestors 'none'"))
        );
    }
}

#[test]
fn opting_out_sets_exactly_one_constant_cookie() {
    let server = Server::start(&Settings::default());
    let request = Request::new("POST", "/opt-out").header("Origin", "https://evil.example");
    for request in [request, Request::new("POST", "/opt-out")] {
        let response = server.send(&request);
        assert_eq!((response.status, response.header("Location")), (303, Some("/opt-out")));
        assert_eq!(
            response.header("Set-Cookie"),
            Some("__Host-isotherm_optout=1; Path=/; Secure; SameSite=None; Max-Age=34560000")
        );
    }
}

#[test]
fn opting_in_works_from_the_own_page_only() {
    let server = Server::start(&Settings::default());
    let opt_in = || Request::new("POST", "/opt-in").header("Cookie", "__Host-isotherm_optout=1");
    let refused = [
        opt_in(),
        opt_in().header("Origin", "null"),
        opt_in().header("Origin", "https://evil.example"),
        opt_in().header("Origin", "https://collect.example.evil.example"),
        opt_in()
            .header("Origin", "https://collect.example")
            .header("Sec-Fetch-Site", "cross-site"),
        opt_in()
            .header("Origin", "https://collect.example")
            .header("Sec-Fetch-Site", "same-site"),
    ];
    for request in refused {
        let response = server.send(&request);
        assert_eq!((response.status, response.header("Set-Cookie")), (403, None));
    }
    let own = opt_in().header("Origin", "https://collect.example");
    for request in [own.clone().header("Sec-Fetch-Site", "same-origin"), own] {
        let response = server.send(&request);
        let cookie = response.header("Set-Cookie").expect("a cookie that is taken back");
        assert_eq!(response.status, 303);
        assert!(cookie.starts_with("__Host-isotherm_optout=; Path=/; Secure;") && cookie.ends_with("Max-Age=0"));
    }
}

#[test]
fn what_the_service_says_of_itself_sets_nothing() {
    let server = Server::start(&Settings::default());
    for (path, word) in [
        ("/.well-known/dnt/", "\"tracking\":\"N\""),
        ("/.well-known/gpc.json", "\"gpc\":true"),
    ] {
        let response = server.send(&Request::new("GET", path));
        assert_eq!((response.status, response.header("Set-Cookie")), (200, None), "{path}");
        assert!(response.text().contains(word), "{path}");
    }
}
