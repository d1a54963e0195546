#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod data;
mod tree;

use std::io;
use std::path::Path;

use ipnet::IpNet;

use crate::data::{Value, encode};
use crate::tree::Tree;

/// The marker before the metadata, from the MaxMind DB file format specification 2.0.
const METADATA_MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// Zero bytes between the search tree and the data section, from the same specification.
const DATA_SEPARATOR: [u8; 16] = [0; 16];

/// Bits of a record in the search tree: three bytes, enough for 16 million nodes and data bytes.
const RECORD_BITS: u16 = 24;

/// A country file could not be made from these entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildError {
    /// Not two letters A to Z; carries what it was.
    NotACountry(String),
    /// Two entries for the same range with different countries; carries the range.
    Twice(IpNet),
    /// More entries than three-byte records can point at.
    TooLarge,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotACountry(text) => write!(f, "`{text}` is not a country: two letters A to Z"),
            Self::Twice(range) => write!(f, "{range} is given two countries"),
            Self::TooLarge => write!(f, "too many ranges for a small country file"),
        }
    }
}

impl std::error::Error for BuildError {}

/// The bytes of a country file. The longest range that holds an address wins, in any order of
/// entries. IPv4 ranges are found for IPv4 addresses, as in the real file.
///
/// # Errors
/// When a country is not two capital letters, a range has two countries, or the file would be too
/// large for its record size.
pub fn country_mmdb(entries: &[(IpNet, &str)]) -> Result<Vec<u8>, BuildError> {
    let mut countries: Vec<&str> = Vec::new();
    let mut offsets = Vec::new();
    let mut data = Vec::new();
    let mut tree = Tree::default();
    // Wide ranges first: a narrow one then splits the leaf that the wide one made.
    let mut sorted: Vec<_> = entries.to_vec();
    sorted.sort_by_key(|(range, _)| (tree::depth(range), *range));
    for pair in sorted.windows(2) {
        if pair[0].0.trunc() == pair[1].0.trunc() && pair[0].1 != pair[1].1 {
            return Err(BuildError::Twice(pair[0].0.trunc()));
        }
    }
    for (range, country) in sorted {
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(BuildError::NotACountry(country.to_owned()));
        }
        let index = countries.iter().position(|known| *known == country).unwrap_or_else(|| {
            offsets.push(data.len());
            encode(&Value::Map(vec![("country_code", Value::Text(country))]), &mut data);
            countries.push(country);
            countries.len() - 1
        });
        tree.insert(&range, index);
    }

    let node_count = tree.node_count();
    let mut file = tree.encode(&offsets).ok_or(BuildError::TooLarge)?;
    file.extend(DATA_SEPARATOR);
    file.extend(data);
    file.extend(METADATA_MARKER);
    encode(&metadata(node_count), &mut file);
    Ok(file)
}

/// Writes [`country_mmdb`] of ranges in CIDR notation (`192.0.2.0/24`) to a file.
///
/// # Errors
/// `InvalidInput` when a range or country is not one, else what the system said.
pub fn write_country_mmdb(path: &Path, entries: &[(&str, &str)]) -> io::Result<()> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    let mut parsed = Vec::with_capacity(entries.len());
    for (cidr, country) in entries {
        let range: IpNet = cidr
            .parse()
            .map_err(|_| invalid(format!("`{cidr}` is not a range like 192.0.2.0/24")))?;
        parsed.push((range, *country));
    }
    let bytes = country_mmdb(&parsed).map_err(|error| invalid(error.to_string()))?;
    std::fs::write(path, bytes)
}

fn metadata(node_count: u32) -> Value<'static> {
    Value::Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        // A fixed time, so that the same entries give the same file.
        ("build_epoch", Value::U64(0)),
        ("database_type", Value::Text("country")),
        ("description", Value::Map(Vec::new())),
        ("ip_version", Value::U16(6)),
        ("languages", Value::Array(Vec::new())),
        ("node_count", Value::U32(node_count)),
        ("record_size", Value::U16(RECORD_BITS)),
    ])
}

#[cfg(test)]
mod tests;
