//! The order of decisions: with several faults in one request, the first of the contract's order is its outcome.

use std::sync::atomic::Ordering;

use isotherm_core::{DropReason, Outcome};

use crate::client::{Request, beacon_json};
use crate::server::{Server, Settings};

/// A fault, in the contract's order. `RateLimited`, `TooLarge` and `Malformed` stand in it as they are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Dnt,
    Gpc,
    OptedOut,
    ContentType,
    Encoding,
    DeclaredTooLarge,
    AddressFlood,
    SentTooLarge,
    Malformed,
    UnknownSite,
    Origin,
    SiteFlood,
    Bot,
    Rule,
    Unavailable,
}

const ORDER: [Fault; 15] = [
    Fault::Dnt,
    Fault::Gpc,
    Fault::OptedOut,
    Fault::ContentType,
    Fault::Encoding,
    Fault::DeclaredTooLarge,
    Fault::AddressFlood,
    Fault::SentTooLarge,
    Fault::Malformed,
    Fault::UnknownSite,
    Fault::Origin,
    Fault::SiteFlood,
    Fault::Bot,
    Fault::Rule,
    Fault::Unavailable,
];

/// Requests of one address before it is refused.
const ADDRESS_BURST: u32 = 5;
/// Requests for one site before it is refused: above what the other site gets in this test.
const SITE_BURST: u32 = 400;
/// A bucket may get a token in the moment between draining it and the request; then both are done again.
const TRIES: usize = 5;

impl Fault {
    fn outcome(self) -> Outcome {
        Outcome::Dropped(match self {
            Fault::Dnt => DropReason::Dnt,
            Fault::Gpc => DropReason::Gpc,
            Fault::OptedOut => DropReason::OptedOut,
            Fault::ContentType => DropReason::ContentType,
            Fault::Encoding => DropReason::Encoding,
            Fault::DeclaredTooLarge | Fault::SentTooLarge => DropReason::TooLarge,
            Fault::AddressFlood | Fault::SiteFlood => DropReason::RateLimited,
            Fault::Malformed => DropReason::Malformed,
            Fault::UnknownSite => DropReason::UnknownSite,
            Fault::Origin => DropReason::Origin,
            Fault::Bot => DropReason::Bot,
            Fault::Rule => DropReason::Rule,
            Fault::Unavailable => DropReason::Unavailable,
        })
    }

    fn put(self, request: Request) -> Request {
        match self {
            Fault::Dnt => request.header("DNT", "1"),
            Fault::Gpc => request.header("Sec-GPC", "1"),
            Fault::OptedOut => request.header("Cookie", "__Host-isotherm_optout=1"),
            Fault::ContentType => request.header("Content-Type", "image/png"),
            Fault::Encoding => request.header("Content-Encoding", "gzip"),
            // The declared length is that of the body, which is blown up with blanks that JSON allows.
            Fault::DeclaredTooLarge => request.edit(|text| text + &" ".repeat(16 * 1024)),
            Fault::AddressFlood => request.header("X-Forwarded-For", "192.0.2.99"),
            Fault::SentTooLarge => request.edit(|text| text + &" ".repeat(16 * 1024)).chunked(),
            Fault::Malformed => request.edit(|text| format!("x{text}")),
            Fault::UnknownSite => request.edit(|text| replace_site(&text, "nobody")),
            Fault::Origin => request.header("Origin", "https://evil.example"),
            Fault::SiteFlood => request.edit(|text| replace_site(&text, "drained")),
            Fault::Bot => request.header("User-Agent", "ExampleBot/1.0 (+https://bot.example)"),
            Fault::Rule => request.edit(|text| text.replace("\"/p\"", "\"/admin/x\"")),
            Fault::Unavailable => request,
        }
    }
}

/// Another site, unless the site is already one that does not exist.
fn replace_site(text: &str, site: &str) -> String {
    match text.contains("\"nobody\"") {
        true => text.into(),
        false => text
            .replace("\"acme\"", &format!("\"{site}\""))
            .replace("\"drained\"", &format!("\"{site}\"")),
    }
}

/// Empties the bucket of the flooded address with what no site is asked about.
fn drain_address(server: &Server) {
    let request = Request::beacon("192.0.2.99").body(b"x");
    while server.send(&request).status != 429 {}
}

/// Empties the site's bucket with what leaves nothing.
fn drain_site(server: &Server) {
    let request = || Fault::Bot.put(server.beacon().body(beacon_json("drained", "/p").as_bytes()));
    while server.send(&request()).status != 429 {}
}

fn check(server: &Server, faults: &[Fault]) {
    let expected = faults[0].outcome();
    let mut found = Vec::new();
    for _ in 0..TRIES {
        let mut request = server.beacon();
        for fault in faults {
            request = fault.put(request);
        }
        if faults.contains(&Fault::SiteFlood) {
            drain_site(server);
        }
        if faults.contains(&Fault::AddressFlood) {
            drain_address(server);
        }
        server
            .refusing
            .store(faults.contains(&Fault::Unavailable), Ordering::SeqCst);
        let (outcome, response) = server.outcome_of(&request);
        server.refusing.store(false, Ordering::SeqCst);
        assert_eq!(response.header("X-Isotherm-Outcome"), Some(outcome.label()));
        let flooded = [Fault::AddressFlood, Fault::SiteFlood].contains(&faults[0]);
        if outcome == expected || !flooded {
            assert_eq!(outcome, expected, "{faults:?}");
            return;
        }
        found.push(outcome.label());
    }
    panic!("{faults:?}: {found:?} instead of {}", expected.label());
}

#[test]
fn the_first_fault_of_the_contracts_order_is_the_outcome() {
    let server = Server::start(&Settings {
        address_burst: ADDRESS_BURST,
        site_burst: SITE_BURST,
        ..Settings::default()
    });
    for first in 0..ORDER.len() {
        // A body is chunked or has a declared length, not both.
        let fits = |fault: &Fault| !(ORDER[first] == Fault::DeclaredTooLarge && *fault == Fault::SentTooLarge);
        let later: Vec<Fault> = ORDER[first + 1..].iter().copied().filter(fits).collect();
        check(&server, &[ORDER[first]]);
        for second in &later {
            check(&server, &[ORDER[first], *second]);
        }
        let mut all = vec![ORDER[first]];
        all.extend(later);
        check(&server, &all);
    }
    assert_eq!(server.logged(), [], "nothing of all this was admitted");
    server.assert_all_counted();
}
