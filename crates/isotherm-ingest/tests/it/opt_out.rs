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

#[test]
fn who_takes_brotli_gets_the_script_packed_and_the_stub_as_it_is() {
    const PACKED: &[u8] = include_bytes!("../../../../js-snippet/dist/isotherm.js.br");
    let server = Server::start(&Settings::default());
    let script = |codings| Request::new("GET", "/isotherm.js").header("Accept-Encoding", codings);
    for (codings, packed) in [
        ("gzip, br;q=0.9, *", true),
        ("br", true),
        ("gzip", false),
        ("br;q=0, gzip", false),
    ] {
        let response = server.send(&script(codings));
        let expected = if packed { (Some("br"), PACKED) } else { (None, SCRIPT) };
        assert_eq!(
            (response.header("Content-Encoding"), &response.body[..]),
            expected,
            "{codings}"
        );
        assert_eq!(response.header("Vary"), Some(VARY));
    }
    let refused = server.send(&script("br").header("DNT", "1"));
    assert_eq!(refused.header("Content-Encoding"), None);
    assert_eq!(refused.body, stub_because("dnt"));
}

#[test]
fn a_version_of_the_script_that_was_never_frozen_is_not_there() {
    let server = Server::start(&Settings::default());
    for (path, said) in [
        ("/isotherm.v9999.js", "/isotherm"),
        ("/isotherm.v0.js", ""),
        ("/isotherm.vx.js", ""),
    ] {
        let response = server.send(&Request::new("GET", path));
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 404, "{path}");
        assert!(text.contains(said), "{path}: {text}");
    }
}

/// The stub, with the reason that its `status()` gives.
fn stub_because(reason: &str) -> Vec<u8> {
    let stub = std::str::from_utf8(STUB).expect("text");
    stub.replacen("opted_out", reason, 1).into_bytes()
}

#[test]
fn the_stub_is_small_and_defines_the_whole_interface() {
    let stub = std::str::from_utf8(STUB).expect("text");
    assert!(stub.len() < 350, "{} bytes", stub.len());
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
fn the_opt_out_without_the_script_is_there_to_be_copied_and_the_same_for_everybody() {
    let server = Server::start(&Settings::default());
    let asked = Request::new("GET", "/isotherm-optout.js");
    let optout = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../js-snippet/dist/optout.js"));
    for request in [
        asked.clone(),
        asked.clone().add("DNT", "1"),
        asked.add("Cookie", "__Host-isotherm_optout=1"),
    ] {
        let response = server.send(&request);
        assert_eq!(response.status, 200);
        assert_eq!(response.header("Content-Type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(response.header("Set-Cookie"), None);
        assert_eq!(response.body, optout);
    }
}

#[test]
fn opting_out_sets_exactly_one_constant_cookie() {
    let server = Server::start(&Settings::default());
    let request = Request::new("POST", "/opt-out").header("Origin", "https://evil.example");
    for request in [request, Request::new("POST", "/opt-out")] {
        let response = server.send(&request);
        assert_eq!(
            (response.status, response.header("Location")),
            (303, Some("/opt-out?asked=out"))
        );
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
    // By another site's form, image, fetch or navigation, with or without a browser that says where it comes from.
    let origins = [
        None,
        Some("null"),
        Some("https://evil.example"),
        Some("https://collect.example.evil.example"),
        Some("https://evil.example/https://collect.example"),
        Some("https://collect.example:8443"),
        Some("collect.example"),
        Some("https://collect.example"),
    ];
    let sites = [
        None,
        Some("same-origin"),
        Some("same-site"),
        Some("cross-site"),
        Some("none"),
        Some(""),
    ];
    let mut refused = Vec::new();
    for (origin, site) in origins.iter().flat_map(|origin| sites.map(|site| (*origin, site))) {
        let is_own = origin == Some("https://collect.example") && matches!(site, None | Some("same-origin"));
        let with = |request: Request, name: &str, value: Option<&str>| match value {
            Some(value) => request.header(name, value),
            None => request,
        };
        let request = with(with(opt_in(), "Origin", origin), "Sec-Fetch-Site", site);
        refused.extend((!is_own).then_some(request));
    }
    let twice = opt_in().header("Origin", "https://collect.example");
    refused.push(twice.clone().add("Origin", "https://evil.example"));
    refused.push(
        twice
            .add("Sec-Fetch-Site", "same-origin")
            .add("Sec-Fetch-Site", "cross-site"),
    );
    assert_eq!(refused.len(), 48);
    // What is not a POST does nothing: an image, a link, a prefetch.
    for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
        let response = server.send(&Request::new(method, "/opt-in").header("Origin", "https://collect.example"));
        assert_eq!(
            (response.status, response.header("Set-Cookie")),
            (405, None),
            "{method}"
        );
    }
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
fn the_page_reads_its_own_effect_back() {
    let server = Server::start(&Settings::default());
    let asked = || Request::new("GET", "/opt-out?asked=out");
    let kept = server
        .send(&asked().header("Cookie", "__Host-isotherm_optout=1"))
        .text();
    assert!(kept.contains("The cookie arrived") && kept.contains("cannot test") && !kept.contains("<iframe"));
    let lost = server.send(&asked()).text();
    assert!(lost.contains("did not keep the cookie") && lost.contains("You are counted"));
    let other = server.send(&Request::new("GET", "/opt-out?asked=<b>")).text();
    assert!(!other.contains("cookie arrived") && !other.contains("<b>"));
}

#[test]
fn a_second_host_says_whether_the_opt_out_reaches_other_sites() {
    let server = Server::start(&Settings {
        hosts: Some(isotherm_ingest::opt_out::Hosts {
            first: "https://collect.example".into(),
            second: "https://second.example".into(),
        }),
        ..Settings::default()
    });
    let asked = server.send(&Request::new("POST", "/opt-out"));
    assert_eq!(
        asked.header("Location"),
        Some("https://second.example/opt-out/reach?set")
    );
    let set = server.send(&Request::new("GET", "/opt-out/reach?set"));
    assert_eq!(
        (set.status, set.header("Location")),
        (303, Some("https://collect.example/opt-out?asked=out"))
    );
    assert_eq!(
        set.header("Set-Cookie"),
        Some("__Host-isotherm_reach=1; Path=/; Secure; SameSite=None; Max-Age=60")
    );
    let page = server.send(&Request::new("GET", "/opt-out?asked=out").header("Cookie", "__Host-isotherm_optout=1"));
    assert!(
        page.text()
            .contains("<iframe src=\"https://second.example/opt-out/reach\"")
    );
    let policy = page.header("Content-Security-Policy").expect("a policy");
    assert!(policy.contains("frame-src https://second.example;") && policy.contains("frame-ancestors 'none'"));
    let frame = || Request::new("GET", "/opt-out/reach");
    for (request, says) in [
        (frame(), "separates sites"),
        (
            frame().header("Cookie", "__Host-isotherm_reach=1"),
            "applies to all sites",
        ),
        (
            frame().header("Cookie", "a=b; __Host-isotherm_reach=1"),
            "applies to all sites",
        ),
        (frame().header("Cookie", "x__Host-isotherm_reach=1"), "separates sites"),
    ] {
        let response = server.send(&request);
        assert!(response.text().contains(says), "{says}");
        assert_eq!(response.header("Set-Cookie"), None);
        let policy = response.header("Content-Security-Policy").expect("a policy");
        assert!(policy.contains("frame-ancestors https://collect.example;"));
    }
}

#[test]
fn one_site_alone_is_opted_out_by_a_partitioned_cookie() {
    let server = Server::start(&Settings::default());
    let response = server.send(&Request::new("POST", "/opt-out/here").header("Origin", "https://acme.example"));
    assert_eq!(response.status, 204);
    assert_eq!(
        response.header("Set-Cookie"),
        Some("__Host-isotherm_optout=1; Path=/; Secure; SameSite=None; Max-Age=34560000; Partitioned")
    );
    assert_eq!(
        server.send(&Request::new("GET", "/opt-out/reach")).status,
        404,
        "there is no second host"
    );
}

#[test]
fn what_the_service_says_of_itself_sets_nothing() {
    let server = Server::start(&Settings::default());
    for (path, word) in [
        ("/.well-known/dnt/", "\"tracking\":\"N\""),
        ("/.well-known/gpc.json", "\"gpc\":true"),
    ] {
        let signals = [
            ("DNT", "1"),
            ("Sec-GPC", "1"),
            ("Cookie", "__Host-isotherm_optout=1; sid=7"),
            ("Accept", "*/*"),
        ];
        for (name, value) in signals {
            let response = server.send(&Request::new("GET", path).header(name, value));
            assert_eq!(
                (response.status, response.header("Set-Cookie")),
                (200, None),
                "{path} with {name}"
            );
            assert!(response.text().contains(word), "{path} with {name}");
        }
    }
}
