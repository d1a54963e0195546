//! At the finest log level there is, nothing of a visitor stands in a log line.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use crate::client::{BROWSER, Connection, Request, beacon_json};
use crate::server::{Server, Settings};

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

#[test]
fn no_line_at_any_level_holds_anything_of_a_visitor() {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .try_init()
        .expect("this is the only test of the binary that listens to log lines");
    let server = Server::start(&Settings::default());
    let personal = |request: Request| {
        request
            .header("X-Forwarded-For", "192.0.2.77")
            .header("Referer", "https://acme.example/account?session=geheim")
            .header("Cookie", "session=geheim; __Host-other=geheim")
    };
    let mut connection = Connection::open(server.address);
    let port = connection.stream().local_addr().expect("an address").port();
    let odd_path = beacon_json("acme", "/anna@shop.example/geheim");
    let sent = [
        personal(server.beacon()),
        personal(server.beacon().body(odd_path.as_bytes())),
        personal(server.beacon().header("DNT", "1")),
        personal(server.beacon().header("Origin", "https://geheim.example")),
        personal(server.beacon().body(b"{\"geheim\":1}")),
        personal(server.beacon().header("Content-Type", "geheim/plain")),
        personal(server.beacon().header("User-Agent", "GeheimBot/1.0")),
        personal(Request::new("POST", "/opt-out?geheim")),
        personal(Request::new("GET", "/isotherm.js?geheim")),
    ];
    for request in &sent {
        connection.send(request);
    }
    server.refusing.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(connection.send(&personal(server.beacon())).status, 503);
    let text = lines.text();
    assert!(
        text.contains("beacons could not be stored"),
        "the lines are not those of this server"
    );
    // Other tests of this binary log here as well; what they send counts too.
    let lower = text.to_lowercase();
    let forbidden = [
        "192.0.2.",
        "198.51.100.",
        "203.0.113.",
        "2001:db8",
        "geheim",
        "session",
        "anna",
        &BROWSER.to_lowercase()[..11],
        "safari",
        "isotherm_optout=",
        "referer",
        "evil.example",
        &format!("127.0.0.1:{port}"),
    ];
    for word in forbidden {
        let found = lower
            .find(word)
            .map(|at| &lower[at.saturating_sub(200)..(at + 60).min(lower.len())]);
        assert_eq!(found, None, "`{word}` is in a log line");
    }
}
