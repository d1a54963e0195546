//! A plain HTTP/1.1 client: requests as bytes, so that they can also be wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer, longer than the server waits for a body.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
/// A person's browser.
pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// A request before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framing: Framing,
}

/// How the body says where it ends.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    Declared(usize),
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A request without headers or body.
    pub(crate) fn new(method: &'static str, path: &str) -> Request {
        Request {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
        }
    }

    /// A beacon that would be admitted, from the address that a proxy names.
    pub(crate) fn beacon(address: &str) -> Request {
        Request::new("POST", "/v1/collect")
            .header("Content-Type", "text/plain;charset=UTF-8")
            .header("Origin", "https://acme.example")
            .header("User-Agent", BROWSER)
            .header("X-Forwarded-For", address)
            .body(beacon_json("acme", "/p").as_bytes())
    }

    /// Sets a header, in place of what it was.
    pub(crate) fn header(self, name: &str, value: &str) -> Request {
        self.without(name).add(name, value)
    }

    /// Adds a header, beside others of the name.
    pub(crate) fn add(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Request {
        self.headers.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Request {
        self.body = body.into();
        self
    }

    /// Changes the body's text.
    pub(crate) fn edit(mut self, edit: impl Fn(String) -> String) -> Request {
        self.body = edit(String::from_utf8(self.body).expect("a body of text")).into_bytes();
        self
    }

    pub(crate) fn chunked(mut self) -> Request {
        self.framing = Framing::Chunked;
        self
    }

    /// Declares another length than the body has.
    pub(crate) fn declared(mut self, length: usize) -> Request {
        self.framing = Framing::Declared(length);
        self
    }

    fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: collect.example\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.framing {
            Framing::Length if self.method == "GET" => {}
            Framing::Length => head.push_str(&format!("Content-Length: {}\r\n", self.body.len())),
            Framing::Declared(length) => head.push_str(&format!("Content-Length: {length}\r\n")),
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
        }
        head + "\r\n"
    }

    /// The request as it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head().into_bytes();
        match self.framing {
            Framing::Chunked => {
                for chunk in self.body.chunks(1_000) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            _ => bytes.extend(&self.body),
        }
        bytes
    }
}

impl Response {
    /// The value of the only header of a name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is answered twice");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("an answer of text")
    }
}

/// A connection that is kept.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(to: SocketAddr) -> Connection {
        let stream = TcpStream::connect(to).expect("the server listens");
        stream.set_read_timeout(Some(ANSWER_DEADLINE)).expect("a timeout");
        stream.set_write_timeout(Some(ANSWER_DEADLINE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Connection(BufReader::new(stream))
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        self.0.get_mut()
    }

    pub(crate) fn send(&mut self, request: &Request) -> Response {
        // A server may answer and close before it has read everything.
        let _ = self.stream().write_all(&request.bytes());
        self.answer()
    }

    /// Reads one answer.
    pub(crate) fn answer(&mut self) -> Response {
        let line = self.line();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not a status line: {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut response = Response {
            status,
            headers,
            body: Vec::new(),
        };
        let length = response
            .header("Content-Length")
            .map_or(0, |n| n.parse().expect("a length"));
        response.body = vec![0; length];
        self.0.read_exact(&mut response.body).expect("a whole body");
        response
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("an answer within the deadline");
        assert!(!line.is_empty(), "the connection was closed without an answer");
        line.trim_end().to_owned()
    }
}

/// Sends a request on a connection of its own.
pub(crate) fn send(to: SocketAddr, request: &Request) -> Response {
    Connection::open(to).send(request)
}

/// A beacon with one click.
pub(crate) fn beacon_json(site: &str, path: &str) -> String {
    format!(
        r##"{{"v":1,"site":"{site}","path":"{path}","w":1440,"h":900,"touch":false,"view":true,"scroll":63,"scrolled":0,"places":[{{"layer":"click","cell":[25,16],"anchor":"#buy","sub":[4,4],"n":1,"first":31}}]}}"##
    )
}
