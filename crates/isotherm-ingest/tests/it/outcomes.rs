//! Every outcome: its status, its word, its counter, and what it leaves.

use std::sync::atomic::Ordering;

use isotherm_core::{DropReason, Outcome};

use crate::bodies::bomb;
use crate::client::{Request, beacon_json};
use crate::server::{Server, Settings};

/// Room for the requests of one outcome before an address is refused.
const ADDRESS_BURST: u32 = 20;

/// Requests that end in an outcome. The `match` has no other arm: a new outcome does not compile until it stands here.
fn requests(server: &Server, outcome: Outcome) -> Vec<Request> {
    let good = || server.beacon();
    let reason = match outcome {
        Outcome::Admitted => return vec![good(), good().header("Content-Type", "application/json")],
        Outcome::Dropped(reason) => reason,
    };
    let json = |site: &str, path: &str| good().body(beacon_json(site, path).as_bytes());
    match reason {
        DropReason::Dnt => vec![good().header("DNT", "1"), good().header("DNT", "1xyz")],
        DropReason::Gpc => vec![
            good().header("Sec-GPC", "1"),
            good().add("Sec-GPC", "0").add("Sec-GPC", "1"),
        ],
        DropReason::OptedOut => vec![
            good().header("Cookie", "__Host-isotherm_optout=1"),
            good().header("Cookie", "theme=dark; __Host-isotherm_optout=1"),
            good()
                .add("Cookie", "theme=dark")
                .add("Cookie", "__Host-isotherm_optout=1"),
        ],
        DropReason::ContentType => vec![
            good().without("Content-Type"),
            good().header("Content-Type", "application/x-www-form-urlencoded"),
            good().header("Content-Type", "text/html"),
        ],
        DropReason::Encoding => vec![
            good().header("Content-Encoding", "gzip").body(&bomb()),
            good().header("Content-Encoding", "br"),
            good().header("Content-Encoding", "identity, gzip"),
            good()
                .add("Content-Encoding", "identity")
                .add("Content-Encoding", "gzip"),
        ],
        DropReason::TooLarge => vec![
            good().body(&vec![b' '; 16 * 1024 + 1]),
            good().body(&vec![b' '; 10 << 20]),
            good().declared(usize::MAX),
            good().body(&vec![b' '; 40_000]).chunked(),
        ],
        DropReason::RateLimited => vec![flooding(server)],
        DropReason::Malformed => vec![
            good().body(b""),
            good().body(b"null"),
            good().body("[".repeat(16 * 1024).as_bytes()),
            good().edit(|text| text.replace("[4,4]", &format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)))),
            good().body(&beacon_json("acme", "/p").replace("/p", "/\u{0}").into_bytes()),
            good().body(&[&b"{\"v\":1,\"site\":\"\xff\xfe\""[..], b"}"].concat()),
            good().edit(|text| text.replace("\"v\":1", "\"v\":2")),
            good().edit(|text| text.replace("\"v\":1", "\"v\":1,\"visitor\":7")),
            good().edit(|text| text.replace("\"w\":1440", "\"w\":99999")),
            good().edit(|text| text + "{}"),
            good().edit(|text| text[..60].into()),
        ],
        DropReason::UnknownSite => vec![json("nobody", "/p")],
        DropReason::Origin => vec![
            good().without("Origin"),
            good().header("Origin", "null"),
            good().header("Origin", "https://evil.example"),
            good().header("Origin", "http://acme.example"),
            good().header("Origin", "https://acme.example.evil.example"),
        ],
        DropReason::Bot => vec![
            good().header(
                "User-Agent",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            ),
            good().header(
                "User-Agent",
                "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/131.0.0.0 Safari/537.36",
            ),
        ],
        DropReason::Rule => vec![json("acme", "/admin/users"), json("acme", "/admin/a/b?c=d")],
        DropReason::Unavailable => vec![good()],
    }
}

/// One address until it is refused; the last request is the one that is. The others are counted as well.
fn flooding(server: &Server) -> Request {
    let request = server.beacon().body(b"not a beacon");
    for _ in 0..ADDRESS_BURST {
        server.send(&request);
    }
    request
}

fn walk(expose_outcome: bool) {
    let server = Server::start(&Settings {
        expose_outcome,
        address_burst: ADDRESS_BURST,
        ..Settings::default()
    });
    for outcome in Outcome::ALL {
        for (at, request) in requests(&server, outcome).into_iter().enumerate() {
            let unavailable = outcome == Outcome::Dropped(DropReason::Unavailable);
            server.refusing.store(unavailable, Ordering::SeqCst);
            let (counted, response) = server.outcome_of(&request);
            let name = format!("{} {at}", outcome.label());
            assert_eq!(counted, outcome, "{name}");
            assert_eq!(response.status, outcome.status(), "{name}");
            let word = expose_outcome.then_some(outcome.label());
            assert_eq!(response.header("X-Isotherm-Outcome"), word, "{name}");
            assert_eq!(response.header("Cache-Control"), Some("no-store"), "{name}");
            assert_eq!(response.header("Set-Cookie"), None, "{name}");
            assert_eq!(response.header("Tk"), Some("N"), "{name}");
            let again = matches!(response.status, 429 | 503);
            assert_eq!(response.header("Retry-After").is_some(), again, "{name}");
            assert_eq!(response.body.is_empty(), response.status == 204, "{name}");
        }
    }
    server.refusing.store(false, Ordering::SeqCst);
    server.assert_all_counted();
    let admitted = server.metrics.counted(Outcome::Admitted);
    assert_eq!(
        server.logged().len() as u64,
        admitted,
        "only what is admitted is in the log"
    );
    assert_eq!(admitted, 2);
}

#[test]
fn every_outcome_has_its_status_its_word_and_its_counter() {
    walk(true);
}

#[test]
fn without_the_switch_no_answer_names_its_outcome() {
    walk(false);
}

#[test]
fn a_flood_for_one_site_is_refused_and_other_sites_are_not() {
    let server = Server::start(&Settings {
        site_burst: 5,
        ..Settings::default()
    });
    let to = |site: &str| server.beacon().body(beacon_json(site, "/p").as_bytes());
    let flood = (0..12).map(|_| server.send(&to("acme")).status);
    let refused = flood.filter(|status| *status == 429).count();
    assert!(refused >= 5, "only {refused} of 12 were refused");
    assert_eq!(server.send(&to("drained")).status, 204);
    server.assert_all_counted();
    assert_eq!(server.logged().len() as u64, server.metrics.counted(Outcome::Admitted));
}

#[test]
fn an_address_is_one_bucket_whatever_else_it_forwards() {
    let server = Server::start(&Settings {
        address_burst: 5,
        ..Settings::default()
    });
    // A visitor may write into the header what they like; the proxy appends where it really came from.
    let forged = (0..12).map(|host| Request::beacon(&format!("203.0.113.{host}, 198.51.100.7")));
    let refused = forged.filter(|request| server.send(request).status == 429).count();
    assert!(refused >= 5, "only {refused} of 12 were refused");
    assert_eq!(server.send(&Request::beacon("198.51.100.8")).status, 204);
}

#[test]
fn a_full_log_answers_unavailable_and_accepts_nothing() {
    let server = Server::start(&Settings {
        log_bytes_max: 1,
        ..Settings::default()
    });
    let (outcome, response) = server.outcome_of(&server.beacon());
    assert_eq!(
        (outcome, response.status),
        (Outcome::Dropped(DropReason::Unavailable), 503)
    );
    assert_eq!(server.logged(), []);
}

#[test]
fn other_methods_and_paths_are_no_beacons() {
    let server = Server::start(&Settings::default());
    for (method, path) in [
        ("GET", "/v1/collect"),
        ("POST", "/v1/collect/x"),
        ("POST", "/isotherm.js"),
    ] {
        let response = server.send(&Request::new(method, path));
        assert!(
            (400..500).contains(&response.status),
            "{method} {path}: {}",
            response.status
        );
    }
    assert_eq!(server.counted().iter().sum::<u64>(), 0);
}

#[test]
fn what_is_read_answers_head_and_other_methods_are_told_which_there_are() {
    let server = Server::start(&Settings::default());
    for (path, allowed) in [
        ("/isotherm.js", "GET, HEAD"),
        ("/opt-out", "GET, HEAD, POST"),
        ("/v1/collect", "POST"),
        ("/opt-in", "POST"),
    ] {
        let refused = server.send(&Request::new("DELETE", path));
        assert_eq!(
            (refused.status, refused.header("Allow")),
            (405, Some(allowed)),
            "{path}"
        );
    }
    // The answer to HEAD has no body, whatever length it tells of: the next answer on the connection is whole.
    let head = Request::new("HEAD", "/isotherm.js").add("Connection", "close");
    let mut connection = crate::client::Connection::open(server.address);
    std::io::Write::write_all(connection.stream(), &head.bytes()).expect("written");
    let mut answer = String::new();
    std::io::Read::read_to_string(connection.stream(), &mut answer).expect("readable");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("private, no-cache") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn a_no_is_answered_without_waiting_for_the_body() {
    let server = Server::start(&Settings::default());
    server.note_sent(1);
    let mut connection = crate::client::Connection::open(server.address);
    let head = server.beacon().header("DNT", "1").body(b"").declared(5_000);
    let asked = std::time::Instant::now();
    std::io::Write::write_all(connection.stream(), &head.bytes()).expect("written");
    assert_eq!(connection.answer().status, 204);
    assert!(
        asked.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    server.assert_all_counted();
}
