//! The full truth table of the signals over real HTTP: one no is a no, nothing of it is logged, and everybody is told the
//! same of it.

use isotherm_core::{DropReason, Outcome};

use crate::client::Request;
use crate::server::{Server, Settings};

/// Header fields of one name, and whether they say no.
type Fields = (&'static [&'static str], bool);

const DNT: [Fields; 6] = [
    (&[], false),
    (&["0"], false),
    (&["1"], true),
    (&["1xyz"], true),
    (&["0", "1"], true),
    (&["null"], false),
];
const GPC: [Fields; 6] = [
    (&[], false),
    (&["0"], false),
    (&["1"], true),
    (&["10"], false),
    (&["0", "1"], true),
    (&["true"], false),
];
const COOKIE: [Fields; 5] = [
    (&[], false),
    (&["theme=dark"], false),
    (&["__Host-isotherm_optout=1"], true),
    (&["a=b", "__Host-isotherm_optout=1"], true),
    (&["__Host-isotherm_optout=0"], false),
];

fn with(request: Request, name: &str, values: &[&str]) -> Request {
    values.iter().fold(request, |request, value| request.add(name, value))
}

#[test]
fn one_no_is_a_no_for_beacons_and_for_the_script() {
    let server = Server::start(&Settings::default());
    let mut admitted = 0;
    for dnt in DNT {
        for gpc in GPC {
            for cookie in COOKIE {
                let signalled = |request: Request| {
                    let request = with(with(request, "DNT", dnt.0), "Sec-GPC", gpc.0);
                    with(request, "Cookie", cookie.0)
                };
                let expected = match (dnt.1, gpc.1, cookie.1) {
                    (true, _, _) => Some(DropReason::Dnt),
                    (_, true, _) => Some(DropReason::Gpc),
                    (_, _, true) => Some(DropReason::OptedOut),
                    _ => None,
                };
                let outcome = expected.map_or(Outcome::Admitted, Outcome::Dropped);
                let (found, response) = server.outcome_of(&signalled(server.beacon()));
                assert_eq!(found, outcome, "{:?} {:?} {:?}", dnt.0, gpc.0, cookie.0);
                assert_eq!((response.status, response.header("Tk")), (204, Some("N")));
                assert_eq!(response.header("Set-Cookie"), None);
                admitted += usize::from(expected.is_none());

                let script = server.send(&signalled(Request::new("GET", "/isotherm.js")));
                assert_eq!(script.body.len() < 400, expected.is_some());
                assert_eq!(script.header("Cache-Control"), Some("private, no-cache"));
                assert_eq!(script.header("Vary"), Some("Cookie, DNT, Sec-GPC"));
            }
        }
    }
    assert_eq!(admitted, 3 * 4 * 3);
    assert_eq!(server.logged().len(), admitted, "who said no is not in the log");
}

#[test]
fn what_is_asked_for_by_a_well_known_name_sets_no_cookie_whatever_the_visitor_said() {
    let server = Server::start(&Settings::default());
    for path in ["/.well-known/dnt/", "/.well-known/gpc.json"] {
        for dnt in DNT {
            for gpc in GPC {
                for cookie in COOKIE {
                    let request = with(with(Request::new("GET", path), "DNT", dnt.0), "Sec-GPC", gpc.0);
                    let response = server.send(&with(request, "Cookie", cookie.0));
                    assert_eq!((response.status, response.header("Set-Cookie")), (200, None), "{path}");
                }
            }
        }
    }
}

#[test]
fn what_browsers_ask_for_by_a_well_known_name_is_what_the_standards_say() {
    let server = Server::start(&Settings::default());
    let status = server.send(&Request::new("GET", "/.well-known/dnt/"));
    assert_eq!(status.header("Content-Type"), Some("application/tracking-status+json"));
    assert_eq!(status.header("Set-Cookie"), None);
    let status: serde_json::Value = serde_json::from_slice(&status.body).expect("JSON");
    // Tracking Preference Expression, 6.5.2: `tracking` is required, and is one of the tracking status values of 6.2.
    assert_eq!(status["tracking"], "N");
    let known = [
        "tracking",
        "compliance",
        "qualifiers",
        "controller",
        "same-party",
        "audit",
        "policy",
        "config",
    ];
    assert!(
        status
            .as_object()
            .expect("an object")
            .keys()
            .all(|key| known.contains(&key.as_str()))
    );

    let support = server.send(&Request::new("GET", "/.well-known/gpc.json"));
    assert_eq!(support.header("Content-Type"), Some("application/json"));
    assert_eq!(support.header("Set-Cookie"), None);
    let support: serde_json::Value = serde_json::from_slice(&support.body).expect("JSON");
    assert_eq!(support["gpc"], true);
    let day = support["lastUpdate"].as_str().expect("a day");
    let digits = day.bytes().filter(u8::is_ascii_digit).count();
    assert!(day.len() == 10 && digits == 8 && day.split('-').count() == 3, "{day}");
}
