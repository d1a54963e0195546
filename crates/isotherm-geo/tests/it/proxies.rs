//! Which address counts, with and without proxies. Addresses are told apart by the countries of a test's own file.

use std::net::SocketAddr;

use isotherm_geo::{Countries, FORWARDED_ENTRIES_MAX, Peer, TrustedProxies};
use proptest::prelude::*;

use crate::mmdb::{CountryFile, DOCUMENTATION, Layout};

/// `AA` is 192.0.2.0/24, `BB` 198.51.100.0/24, `EE` 2001:db8:1::/48; the proxies are 203.0.113.0/25 (`CC`) and
/// 2001:db8:2::/48 (`FF`).
const PROXIES: [&str; 2] = ["203.0.113.0/25", "2001:db8:2::/48"];

fn countries() -> Countries {
    Countries::open(&CountryFile::new(DOCUMENTATION, Layout::Flat).path()).expect("a country file")
}

fn resolve(countries: &Countries, proxies: &TrustedProxies, peer: &str, fields: &[&[u8]]) -> String {
    let peer: SocketAddr = peer.parse().expect("an address with a port");
    let address = proxies.client_address(Some(Peer::from(peer)), fields.iter().copied());
    countries
        .country(&address.expect("a peer has an address"))
        .as_str()
        .to_owned()
}

#[test]
fn the_first_address_from_the_right_that_is_no_proxy_is_the_visitor() {
    let countries = countries();
    let proxies = TrustedProxies::parse(&PROXIES).expect("networks");
    let proxy = "203.0.113.1:443";
    let cases: [(&str, &[&[u8]], &str); 21] = [
        (proxy, &[b"192.0.2.1"], "AA"),
        (proxy, &[b"198.51.100.9, 192.0.2.1"], "AA"),
        (proxy, &[b"192.0.2.1, 203.0.113.7, 203.0.113.8"], "AA"),
        (proxy, &[b"198.51.100.9", b"192.0.2.1"], "AA"),
        (proxy, &[b"192.0.2.1", b"203.0.113.9"], "AA"),
        (proxy, &[b"192.0.2.1:5555"], "AA"),
        (proxy, &[b"2001:db8:1::1"], "EE"),
        (proxy, &[b"[2001:db8:1::1]"], "EE"),
        (proxy, &[b"[2001:db8:1::1]:5555"], "EE"),
        (proxy, &[b"::ffff:192.0.2.1"], "AA"),
        (proxy, &[b"  192.0.2.1  ,, "], "AA"),
        ("[2001:db8:2::1]:443", &[b"192.0.2.1, ::ffff:203.0.113.1"], "AA"),
        ("[::ffff:203.0.113.1]:443", &[b"192.0.2.1"], "AA"),
        // All are proxies: the left-most.
        (proxy, &[b"2001:db8:2::1, 203.0.113.1"], "FF"),
        (proxy, &[], "CC"),
        (proxy, &[b""], "CC"),
        // What is no address ends the walk at the one before it.
        (proxy, &[b"192.0.2.1, unknown"], "CC"),
        (proxy, &[b"192.0.2.1, \xFF, 2001:db8:2::1"], "FF"),
        (proxy, &[b"192.0.2.1, [203.0.113.1], 2001:db8:2::1"], "FF"),
        // A peer that is no proxy says nothing about others.
        ("198.51.100.1:443", &[b"192.0.2.1"], "BB"),
        ("203.0.113.128:443", &[b"192.0.2.1"], "DD"),
    ];
    for (index, (peer, fields, expected)) in cases.into_iter().enumerate() {
        assert_eq!(resolve(&countries, &proxies, peer, fields), expected, "case {index}");
    }
}

#[test]
fn a_chain_longer_than_the_bound_ends_at_the_bound() {
    let countries = countries();
    let proxies = TrustedProxies::parse(&PROXIES).expect("networks");
    let chain = |hops: usize| format!("192.0.2.1{}", ", 203.0.113.9".repeat(hops));
    let at = |hops: usize| resolve(&countries, &proxies, "203.0.113.1:443", &[chain(hops).as_bytes()]);
    assert_eq!(at(FORWARDED_ENTRIES_MAX - 1), "AA");
    assert_eq!(at(FORWARDED_ENTRIES_MAX), "CC");
}

#[test]
fn without_a_peer_there_is_no_address() {
    let proxies = TrustedProxies::parse(&["0.0.0.0/0"]).expect("a network");
    assert!(
        proxies
            .client_address(None, [b"192.0.2.1".as_slice()].into_iter())
            .is_none()
    );
}

#[test]
fn proxies_are_addresses_or_networks() {
    for good in [
        "10.0.0.0/8",
        "203.0.113.7",
        "2001:db8::/32",
        "::1",
        " ::ffff:203.0.113.0/120 ",
    ] {
        assert!(TrustedProxies::parse(&[good]).is_ok(), "{good:?}");
    }
    for bad in [
        "",
        "10.0.0.0/33",
        "proxy.example",
        "10.0.0.0/8,10.1.0.0/16",
        "10.0.0.1:80",
    ] {
        let error = TrustedProxies::parse(&["::1", bad]).expect_err(bad);
        assert!(error.to_string().contains(&format!("{bad:?}")));
    }
    let mapped = TrustedProxies::parse(&["::ffff:203.0.113.0/120"]).expect("a network");
    assert_eq!(
        resolve(&countries(), &mapped, "203.0.113.200:443", &[b"192.0.2.1"]),
        "AA"
    );
}

/// Headers as proxies and forgers write them.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let entry = prop_oneof![
        Just("192.0.2.1".to_owned()),
        Just("203.0.113.1:80".to_owned()),
        Just("[2001:db8:1::1]:443".to_owned()),
        Just(" ".to_owned()),
        "[0-9a-f:.\\[\\]%, ]{0,40}",
        "\\PC{0,20}",
    ];
    let entries = proptest::collection::vec(entry, 0..40).prop_map(|entries| entries.join(",").into_bytes());
    prop_oneof![entries, proptest::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn no_header_makes_the_walk_fail(fields in proptest::collection::vec(header(), 0..4)) {
        let proxies = TrustedProxies::parse(&["0.0.0.0/0", "::/0"]).expect("networks");
        let peer = Peer::from(SocketAddr::from(([203, 0, 113, 1], 443)));
        prop_assert!(proxies.client_address(Some(peer), fields.iter().map(Vec::as_slice)).is_some());
    }
}

#[test]
fn without_trusted_proxies_no_header_matters() {
    let countries = countries();
    let proxies = TrustedProxies::default();
    proptest!(|(fields in proptest::collection::vec(header(), 0..4))| {
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(resolve(&countries, &proxies, "198.51.100.1:443", &fields), "BB");
    });
}
