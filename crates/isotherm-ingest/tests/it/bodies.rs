//! Bodies that lie about themselves, and connections that end early.

use std::io::Write;
use std::net::Shutdown;
use std::sync::atomic::Ordering;

use isotherm_core::{DropReason, Outcome};

use crate::client::{Connection, Request};
use crate::server::{Server, Settings};

/// A gzip stream under 16 KiB of 2.5 MB of zeros: fixed Huffman codes, a literal zero and then copies of 258 bytes.
pub(crate) fn bomb() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut held, mut bits) = (0u32, 0);
    // Huffman codes are written from their highest bit on, everything else from the lowest (RFC 1951, section 3.1.1).
    let mut put = |value: u32, width: u32, highest_first: bool| {
        for bit in 0..width {
            let at = if highest_first { width - 1 - bit } else { bit };
            held |= (value >> at & 1) << bits;
            bits += 1;
            if bits == 8 {
                bytes.push(held as u8);
                (held, bits) = (0, 0);
            }
        }
    };
    put(0b011, 3, false);
    put(0b0011_0000, 8, true);
    for _ in 0..9_700 {
        put(0b1100_0101, 8, true);
        put(0, 5, true);
    }
    put(0, 7, true);
    put(0, 7, false);
    bytes.extend([0; 8]);
    assert!(bytes.len() < 16 * 1024);
    bytes
}

#[test]
fn a_body_shorter_than_declared_is_malformed_when_the_sender_stops() {
    let server = Server::start(&Settings::default());
    server.note_sent(1);
    let before = server.counted();
    let mut connection = Connection::open(server.address);
    let request = server.beacon().declared(5_000);
    connection.stream().write_all(&request.bytes()).expect("written");
    connection.stream().shutdown(Shutdown::Write).expect("half closed");
    let response = connection.answer();
    assert_eq!(response.status, 400);
    assert_eq!(server.moved_since(before), Outcome::Dropped(DropReason::Malformed));
    server.assert_all_counted();
}

#[test]
fn a_body_that_stops_half_way_is_malformed_after_its_deadline() {
    let server = Server::start(&Settings::default());
    server.note_sent(1);
    let mut connection = Connection::open(server.address);
    let request = server.beacon().declared(5_000);
    connection.stream().write_all(&request.bytes()).expect("written");
    let response = connection.answer();
    assert_eq!(response.status, 400);
    assert_eq!(response.header("X-Isotherm-Outcome"), Some("malformed"));
    server.assert_all_counted();
    assert_eq!(server.logged(), []);
}

/// Sends the head of a request and waits until the server asks for the body. That answer stays unread, so that closing
/// the connection resets it.
fn asked_for_body(server: &Server, request: &Request) -> Connection {
    server.note_sent(1);
    let mut connection = Connection::open(server.address);
    let socket = connection.stream();
    let bytes = request.clone().header("Expect", "100-continue").bytes();
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    socket.write_all(&bytes[..head]).expect("written");
    assert!(socket.peek(&mut [0; 8]).expect("an answer") > 0);
    connection
}

#[test]
fn a_sender_that_resets_the_connection_instead_of_sending_the_body_is_counted() {
    let server = Server::start(&Settings::default());
    let before = server.counted();
    drop(asked_for_body(&server, &server.beacon()));
    assert_eq!(server.moved_since(before), Outcome::Dropped(DropReason::Malformed));
    let before = server.counted();
    drop(asked_for_body(
        &server,
        &server.beacon().header("Content-Type", "text/html"),
    ));
    assert_eq!(server.moved_since(before), Outcome::Dropped(DropReason::ContentType));
    server.assert_all_counted();
}

#[test]
fn a_sender_that_resets_the_connection_while_its_beacon_is_stored_was_not_told_that_it_is() {
    let server = Server::start(&Settings::default());
    let before = server.counted();
    let slow = server.gate.lock().expect("a gate");
    let mut connection = asked_for_body(&server, &server.beacon());
    let body = crate::client::beacon_json("acme", "/p");
    connection.stream().write_all(body.as_bytes()).expect("written");
    server.wait_until("the append begins", || server.appends.load(Ordering::SeqCst) > 0);
    drop(connection);
    assert_eq!(server.moved_since(before), Outcome::Dropped(DropReason::Unavailable));
    drop(slow);
    server.wait_until("it is stored all the same", || server.logged().len() == 1);
    server.assert_all_counted();
}

#[test]
fn a_sender_that_closes_early_is_counted() {
    let server = Server::start(&Settings::default());
    for _ in 0..20 {
        let before = server.counted();
        server.note_sent(1);
        let mut connection = Connection::open(server.address);
        connection
            .stream()
            .write_all(&server.beacon().bytes())
            .expect("written");
        drop(connection);
        server.moved_since(before);
    }
    server.assert_all_counted();
}

#[test]
fn a_body_that_is_longer_than_declared_is_only_its_declared_part() {
    let server = Server::start(&Settings::default());
    let request = server.beacon().edit(|text| text + "GARBAGE");
    let whole = request.bytes().len();
    let body = crate::client::beacon_json("acme", "/p").len();
    let (outcome, _) = server.outcome_of(&request.clone().declared(body));
    assert_eq!(outcome, Outcome::Admitted, "{whole} bytes were sent");
    assert_eq!(server.logged().len(), 1);
}

#[test]
fn a_connection_is_kept_after_a_refusal_whose_body_was_left_unparsed() {
    let server = Server::start(&Settings::default());
    let refused = [
        server.beacon().header("DNT", "1"),
        server
            .beacon()
            .header("Cookie", "__Host-isotherm_optout=1")
            .body(&[0xff; 16 * 1024]),
        server.beacon().header("Sec-GPC", "1").chunked(),
        server.beacon().header("Content-Type", "text/html"),
        server.beacon().body(b"{}"),
    ];
    let mut connection = Connection::open(server.address);
    for request in &refused {
        server.note_sent(2);
        connection.send(request);
        assert_eq!(connection.send(&server.beacon()).status, 204, "on the same connection");
    }
    server.assert_all_counted();
    assert_eq!(server.logged().len(), refused.len());
}

#[test]
fn an_unread_ten_megabytes_do_not_keep_the_answer_from_its_sender() {
    let server = Server::start(&Settings::default());
    for request in [
        server.beacon().body(&vec![b'x'; 10 << 20]),
        server.beacon().header("DNT", "1").body(&vec![b'x'; 10 << 20]),
        server.beacon().body(&vec![b'x'; 10 << 20]).chunked(),
    ] {
        let (outcome, response) = server.outcome_of(&request);
        assert_eq!(response.status, outcome.status());
        assert_ne!(outcome, Outcome::Admitted);
    }
}
