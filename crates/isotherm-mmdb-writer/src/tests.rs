//! What is written is read by the library that reads the real file.

use std::net::IpAddr;

use crate::{BuildError, country_mmdb};

#[derive(serde::Deserialize)]
struct Record {
    country_code: String,
}

fn countries(entries: &[(&str, &str)], addresses: &[&str]) -> Vec<String> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(cidr, country)| (cidr.parse().unwrap(), *country))
        .collect();
    let reader = maxminddb::Reader::from_source(country_mmdb(&entries).unwrap()).unwrap();
    let country = |address: &&str| {
        let address: IpAddr = address.parse().unwrap();
        let record: Option<Record> = reader.lookup(address).unwrap().decode().unwrap();
        record.map_or_else(|| "-".to_owned(), |record| record.country_code)
    };
    addresses.iter().map(country).collect()
}

#[test]
fn both_families_are_found_in_one_file() {
    let found = countries(
        &[
            ("192.0.2.0/24", "DE"),
            ("198.51.100.0/25", "FR"),
            ("2001:db8:1::/48", "JP"),
        ],
        &[
            "192.0.2.1",
            "192.0.2.255",
            "192.0.3.0",
            "198.51.100.127",
            "198.51.100.128",
            "2001:db8:1::1",
            "2001:db8:2::1",
        ],
    );
    assert_eq!(found, ["DE", "DE", "-", "FR", "-", "JP", "-"]);
}

#[test]
fn the_narrowest_range_wins_in_any_order() {
    let wide_first = [
        ("203.0.113.0/24", "BR"),
        ("203.0.113.64/26", "IN"),
        ("203.0.113.65/32", "NZ"),
    ];
    let mut narrow_first = wide_first;
    narrow_first.reverse();
    let addresses = [
        "203.0.113.1",
        "203.0.113.64",
        "203.0.113.65",
        "203.0.113.66",
        "203.0.113.200",
    ];
    for entries in [wide_first, narrow_first] {
        assert_eq!(countries(&entries, &addresses), ["BR", "IN", "NZ", "IN", "BR"]);
    }
}

#[test]
fn a_range_may_be_everything_or_nothing() {
    assert_eq!(
        countries(&[("::/0", "ZA")], &["192.0.2.1", "2001:db8::1"]),
        ["ZA", "ZA"]
    );
    assert_eq!(countries(&[], &["192.0.2.1", "2001:db8::1"]), ["-", "-"]);
}

#[test]
fn the_same_entries_give_the_same_bytes() {
    let entries = [
        ("192.0.2.0/24".parse().unwrap(), "DE"),
        ("2001:db8::/32".parse().unwrap(), "US"),
    ];
    let reversed = [entries[1], entries[0]];
    assert_eq!(country_mmdb(&entries), country_mmdb(&entries));
    assert!(country_mmdb(&reversed).is_ok());
}

#[test]
fn what_is_no_country_or_given_twice_is_refused() {
    let range = "192.0.2.0/24".parse().unwrap();
    for text in ["", "D", "de", "DEU", "D1"] {
        assert_eq!(
            country_mmdb(&[(range, text)]),
            Err(BuildError::NotACountry(text.to_owned()))
        );
    }
    assert_eq!(
        country_mmdb(&[(range, "DE"), (range, "FR")]),
        Err(BuildError::Twice(range))
    );
    assert!(country_mmdb(&[(range, "DE"), (range, "DE")]).is_ok());
}
