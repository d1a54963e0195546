//! The leaks of the leaking binary, and where each must be found.

use crate::canary::Kind;
use crate::forms::Form;
use crate::house::Shape;
use crate::sinks::{CONSUMED, TOPIC};

/// Leaks that are written to the engine of the same data directory.
const NEEDS_ENGINE: [&str; 3] = ["table-", "comment-", "file-referrer"];

/// A leak: a kind of value in a form that no other leak has.
#[derive(Clone, Copy, Debug)]
pub struct Leak {
    /// Its name in `ISOTHERM_LEAKS`.
    pub name: &'static str,
    /// What leaks.
    pub kind: Kind,
    /// In which form.
    pub form: Form,
    /// Where.
    pub sink: &'static str,
}

const fn leak(name: &'static str, kind: Kind, form: Form, sink: &'static str) -> Leak {
    Leak { name, kind, form, sink }
}

/// All of them.
pub const LEAKS: [Leak; 24] = [
    leak("log-address", Kind::Address, Form::Plain, "service log"),
    leak("log-agent-trace", Kind::Agent, Form::Plain, "service log"),
    leak("log-language-hex", Kind::Language, Form::Hex, "service log"),
    leak("log-referrer-percent", Kind::Referrer, Form::Percent, "service log"),
    leak("log-path-base64", Kind::Path, Form::Base64, "service log"),
    leak("record-path", Kind::Path, Form::Plain, "log on disk"),
    leak("record-address-md5", Kind::Address, Form::Md5Text, "tables"),
    leak("record-agent-sha256", Kind::Agent, Form::Sha256Text, "backup"),
    leak("tmp-cookie", Kind::Cookie, Form::Plain, "temporary files"),
    leak("tmp-body-utf16", Kind::Path, Form::Utf16, "temporary files"),
    leak("file-address-packed", Kind::Address, Form::Packed, "data directory"),
    leak("file-agent-sha256", Kind::Agent, Form::Sha256Bytes, "data directory"),
    leak("file-anchor", Kind::Anchor, Form::Plain, "log on disk"),
    leak(
        "memory-address-reversed",
        Kind::Address,
        Form::Reversed,
        "memory of the service",
    ),
    leak(
        "memory-cookie-sha256",
        Kind::Cookie,
        Form::Sha256Bytes,
        "memory of the service",
    ),
    leak("memory-language", Kind::Language, Form::Plain, "memory of the service"),
    leak("memory-agent-utf16", Kind::Agent, Form::Utf16, "memory of the service"),
    leak("metrics-referrer", Kind::Referrer, Form::Plain, "service metrics"),
    leak("metrics-language-md5", Kind::Language, Form::Md5Text, "service metrics"),
    leak("table-cookie-md5", Kind::Cookie, Form::Md5Text, "tables"),
    leak("table-address-number", Kind::Address, Form::HashNumber, "tables"),
    leak("table-agent-hex", Kind::Agent, Form::Hex, "tables"),
    leak("comment-anchor-hex", Kind::Anchor, Form::Hex, "system tables"),
    leak("file-referrer-sha256", Kind::Referrer, Form::Sha256Text, "engine files"),
];

impl Leak {
    /// Where it must be found in an installation of this shape; nowhere where it needs an engine beside the service.
    pub fn sinks(&self, shape: Shape) -> Vec<String> {
        let here = self.sink.replace("service", "ingest");
        match shape {
            Shape::Embedded => vec![self.sink.to_owned()],
            Shape::Cluster if NEEDS_ENGINE.iter().any(|start| self.name.starts_with(start)) => Vec::new(),
            // What stands in a record goes all the way.
            Shape::Cluster if self.name == "record-path" => vec![here, TOPIC.to_owned(), CONSUMED.to_owned()],
            Shape::Cluster => vec![here],
        }
    }
}
