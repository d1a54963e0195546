//! Small country files for tests, in the format of <https://maxmind.github.io/MaxMind-DB/>: a binary tree over the
//! bits of IPv6 addresses (IPv4 lies under `::/96`) with 24-bit records, then the data, then the metadata.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// How a record says its country.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// `{"country_code": "DE"}`
    Flat,
    /// `{"country": {"iso_code": "DE"}}`
    Nested,
    /// `{"as_name": "DE"}`, which says no country.
    Other,
}

/// Networks as (address, prefix length, country).
pub(crate) type Networks<'a> = &'a [(&'a str, u32, &'a str)];

/// The documentation networks, one country each.
pub(crate) const DOCUMENTATION: Networks<'static> = &[
    ("192.0.2.0", 24, "AA"),
    ("198.51.100.0", 24, "BB"),
    ("203.0.113.0", 25, "CC"),
    ("203.0.113.128", 25, "DD"),
    ("2001:db8:1::", 48, "EE"),
    ("2001:db8:2::", 48, "FF"),
];

/// A country file in a folder of its own, which goes with it.
pub(crate) struct CountryFile {
    folder: tempfile::TempDir,
}

impl CountryFile {
    pub(crate) fn new(networks: Networks<'_>, layout: Layout) -> CountryFile {
        let file = CountryFile {
            folder: tempfile::tempdir().expect("a folder"),
        };
        file.replace(&encode(networks, layout));
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("country.mmdb")
    }

    pub(crate) fn replace(&self, bytes: &[u8]) {
        std::fs::write(self.path(), bytes).expect("writing a country file");
    }
}

/// What a child of a node is.
#[derive(Clone, Copy)]
enum Child {
    Nothing,
    Node(u32),
    Data(u32),
}

pub(crate) fn encode(networks: Networks<'_>, layout: Layout) -> Vec<u8> {
    let mut nodes = vec![[Child::Nothing; 2]];
    let mut data = Vec::new();
    for (address, length, country) in networks {
        let (bits, length) = match address.parse().expect("an address") {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()), length + 96),
            IpAddr::V6(ip) => (ip.to_bits(), *length),
        };
        let mut at = 0;
        for depth in 0..length {
            let side = (bits >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                nodes[at][side] = Child::Data(data.len() as u32);
            } else if let Child::Node(next) = nodes[at][side] {
                at = next as usize;
            } else {
                nodes[at][side] = Child::Node(nodes.len() as u32);
                at = nodes.len();
                nodes.push([Child::Nothing; 2]);
            }
        }
        data.extend(record(country, layout));
    }
    let count = nodes.len() as u32;
    let mut file = Vec::new();
    for child in nodes.concat() {
        let value = match child {
            Child::Nothing => count,
            Child::Node(node) => node,
            // Data offsets count from the end of the tree, and 16 zero bytes lie between.
            Child::Data(offset) => count + 16 + offset,
        };
        file.extend_from_slice(&value.to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(metadata(count));
    file
}

fn record(country: &str, layout: Layout) -> Vec<u8> {
    match layout {
        Layout::Flat => map(&[("country_code", text(country))]),
        Layout::Nested => map(&[("country", map(&[("iso_code", text(country))]))]),
        Layout::Other => map(&[("as_name", text(country))]),
    }
}

fn metadata(nodes: u32) -> Vec<u8> {
    let fields = map(&[
        ("binary_format_major_version", unsigned(5, 2)),
        ("binary_format_minor_version", unsigned(5, 0)),
        ("build_epoch", vec![0x04, 0x02, 0x65, 0x92, 0x00, 0x80]),
        ("database_type", text("Country")),
        ("description", map(&[("en", text("made for a test"))])),
        ("ip_version", unsigned(5, 6)),
        // An extended type: 11 (array) is 7 and four, with one element.
        ("languages", [vec![0x01, 0x04], text("en")].concat()),
        ("node_count", unsigned(6, nodes)),
        ("record_size", unsigned(5, 24)),
    ]);
    [b"\xAB\xCD\xEFMaxMind.com".to_vec(), fields].concat()
}

/// Type 7, under 29 fields.
fn map(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | fields.len() as u8];
    for (name, value) in fields {
        bytes.extend(text(name));
        bytes.extend(value);
    }
    bytes
}

/// Type 2, under 29 bytes.
fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 29);
    [&[2 << 5 | text.len() as u8], text.as_bytes()].concat()
}

/// Type 5 (two bytes) or 6 (four), without leading zeros.
fn unsigned(kind: u8, value: u32) -> Vec<u8> {
    let bytes: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [vec![kind << 5 | bytes.len() as u8], bytes].concat()
}

/// The real country file: named by the environment, or where the build puts it.
pub(crate) fn real_file() -> PathBuf {
    if let Some(folder) = std::env::var_os("ISOTHERM_ASSETS") {
        return Path::new(&folder).join("country.mmdb");
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = here.ancestors().map(|folder| folder.join("target/assets/country.mmdb"));
    let found = candidates.into_iter().find(|file| file.is_file());
    found.expect(
        "no target/assets/country.mmdb above this crate: run `make build`, or name its folder in ISOTHERM_ASSETS",
    )
}
