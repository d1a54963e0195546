//! What is admitted is in the log exactly once, as what may be stored, and durable before the answer.

use isotherm_core::Outcome;

use crate::client::{Connection, Request, beacon_json};
use crate::server::{Logged, Server, Settings};

fn logged(page: &str, country: &str, viewport: &'static str) -> Logged {
    Logged {
        site: "acme".into(),
        page: page.into(),
        country: country.into(),
        viewport,
        places: 1,
    }
}

#[test]
fn country_class_and_page_are_what_is_kept_of_a_beacon() {
    let server = Server::start(&Settings::default());
    let sent = [
        ("192.0.2.7", "/p", 1440),
        ("198.51.100.7", "/product/teapot", 390),
        ("203.0.113.7", "/a/?utm=1#top", 700),
        ("2001:db8:ffff::9", "/A/", 800),
        ("203.0.113.9, 192.0.2.9", "/", 1100),
        ("[2001:db8:ffff::9]:4711", "/p", 2560),
        ("not an address", "/p", 1440),
    ];
    for (address, path, width) in sent {
        let body = beacon_json("acme", path).replace("1440", &width.to_string());
        let response = server.send(&Request::beacon(address).body(body.as_bytes()));
        assert_eq!(response.status, 204, "{path} {width}");
    }
    let mut expected = vec![
        logged("/p", "DE", "desktop"),
        logged("/product/*", "FR", "phone"),
        logged("/a", "ZZ", "phone-large"),
        logged("/A", "JP", "tablet"),
        logged("/", "DE", "laptop"),
        logged("/p", "JP", "wide"),
        logged("/p", "ZZ", "desktop"),
    ];
    expected.sort();
    assert_eq!(server.logged(), expected);
    server.assert_all_counted();
}

#[test]
fn what_a_path_should_not_say_is_not_in_the_log() {
    let server = Server::start(&Settings::default());
    let path = "/user/anna@shop.example/order/4111111111111111?token=s3cret";
    let request = server.beacon().body(beacon_json("acme", path).as_bytes());
    assert_eq!(server.send(&request).status, 204);
    let page = server.logged().remove(0).page;
    for secret in ["anna", "4111", "s3cret", "token"] {
        assert!(!page.contains(secret), "a secret is in the log");
    }
}

#[test]
fn after_the_answer_a_copy_of_the_disk_holds_the_record() {
    let server = Server::start(&Settings::default());
    for number in 1..=10 {
        let request = server
            .beacon()
            .body(beacon_json("acme", &format!("/p{number}")).as_bytes());
        assert_eq!(server.send(&request).status, 204);
        let copy = server.logged_in_a_copy();
        assert_eq!(copy.len(), number, "answered and not durable");
        assert!(copy.contains(&logged(&format!("/p{number}"), "ZZ", "desktop")));
    }
}

#[test]
fn many_senders_at_once_are_each_stored_once() {
    const SENDERS: usize = 8;
    const EACH: usize = 40;
    let server = Server::start(&Settings::default());
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let server = &server;
            scope.spawn(move || {
                let mut connection = Connection::open(server.address);
                for number in 0..EACH {
                    server.note_sent(1);
                    let json = beacon_json("acme", &format!("/s{sender}/n{number}"));
                    assert_eq!(connection.send(&server.beacon().body(json.as_bytes())).status, 204);
                }
            });
        }
    });
    server.assert_all_counted();
    let pages: Vec<String> = server.logged().into_iter().map(|logged| logged.page).collect();
    let mut expected: Vec<String> = (0..SENDERS)
        .flat_map(|sender| (0..EACH).map(move |number| format!("/s{sender}/n{number}")))
        .collect();
    expected.sort();
    let mut pages = pages;
    pages.sort();
    assert_eq!(pages, expected);
    assert_eq!(server.metrics.counted(Outcome::Admitted), (SENDERS * EACH) as u64);
    let commits = server.metrics.commits.get();
    assert!(
        commits < (SENDERS * EACH) as u64,
        "{commits} commits: nothing was grouped"
    );
}
