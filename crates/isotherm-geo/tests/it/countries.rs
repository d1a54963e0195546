//! Country files: both layouts, the real one, and damaged ones.

use std::net::{IpAddr, SocketAddr};

use isotherm_core::Country;
use isotherm_geo::{Countries, GeoError, Peer, TrustedProxies};

use crate::mmdb::{CountryFile, DOCUMENTATION, Layout, encode, real_file};

/// The country that a file gives to a peer.
pub(crate) fn country_of(countries: &Countries, address: &str) -> String {
    let ip: IpAddr = address.parse().expect("an address");
    let proxies = TrustedProxies::default();
    let address = proxies.client_address(Some(Peer::from(SocketAddr::new(ip, 443))), std::iter::empty());
    countries
        .country(&address.expect("a peer has an address"))
        .as_str()
        .to_owned()
}

#[test]
fn both_layouts_say_the_same_countries() {
    for layout in [Layout::Flat, Layout::Nested] {
        let file = CountryFile::new(DOCUMENTATION, layout);
        let countries = Countries::open(&file.path()).expect("a country file");
        for (address, expected) in [
            ("192.0.2.1", "AA"),
            ("198.51.100.255", "BB"),
            ("203.0.113.127", "CC"),
            ("203.0.113.128", "DD"),
            ("2001:db8:1::1", "EE"),
            ("2001:db8:2:ffff::1", "FF"),
            ("::ffff:192.0.2.1", "AA"),
        ] {
            assert_eq!(country_of(&countries, address), expected);
        }
        assert!(countries.built_at_s() > 1_700_000_000);
    }
}

#[test]
fn what_a_file_does_not_know_is_zz() {
    let file = CountryFile::new(
        &[
            ("192.0.2.0", 24, "AA"),
            ("198.51.100.0", 24, "bb"),
            ("203.0.113.0", 24, "EUR"),
        ],
        Layout::Flat,
    );
    let countries = Countries::open(&file.path()).expect("a country file");
    for unknown in ["198.51.100.1", "203.0.113.1", "127.0.0.1", "2001:db8:9::1"] {
        assert_eq!(country_of(&countries, unknown), Country::UNKNOWN.as_str());
    }
}

#[test]
fn reloading_takes_the_new_file_and_a_damaged_one_changes_nothing() {
    let file = CountryFile::new(&[("192.0.2.0", 24, "AA")], Layout::Flat);
    let countries = Countries::open(&file.path()).expect("a country file");
    file.replace(&encode(&[("192.0.2.0", 24, "BB")], Layout::Flat));
    assert_eq!(country_of(&countries, "192.0.2.1"), "AA");
    countries.reload().expect("the new file");
    assert_eq!(country_of(&countries, "192.0.2.1"), "BB");
    file.replace(b"gone wrong");
    assert!(matches!(countries.reload(), Err(GeoError::Format { .. })));
    assert_eq!(country_of(&countries, "192.0.2.1"), "BB");
}

#[test]
fn a_file_that_cannot_say_countries_is_refused_at_start() {
    let file = CountryFile::new(DOCUMENTATION, Layout::Other);
    assert!(matches!(
        Countries::open(&file.path()),
        Err(GeoError::NoCountries { .. })
    ));

    let sound = encode(DOCUMENTATION, Layout::Flat);
    file.replace(&sound[..sound.len() / 2]);
    assert!(matches!(Countries::open(&file.path()), Err(GeoError::Format { .. })));

    let mut damaged = sound;
    let code = damaged
        .windows(2)
        .position(|pair| pair == b"AA")
        .expect("the first country");
    damaged[code] = 0xFF;
    file.replace(&damaged);
    assert!(
        matches!(Countries::open(&file.path()), Err(GeoError::Format { .. })),
        "text that is no UTF-8"
    );

    let missing = file.path().with_file_name("missing.mmdb");
    let error = Countries::open(&missing).err().expect("there is no such file");
    assert!(matches!(error, GeoError::Read { .. }));
    assert!(error.to_string().contains("mmdb_path"), "the message says what to do");
}

#[test]
fn the_real_file_knows_public_resolvers_and_not_loopback() {
    let countries = Countries::open(&real_file()).expect("the real country file");
    // Addresses of public name servers, which their operators publish.
    assert_eq!(country_of(&countries, "8.8.8.8"), "US");
    assert_eq!(country_of(&countries, "2001:4860:4860::8888"), "US");
    assert_eq!(country_of(&countries, "193.0.14.129"), "NL");
    for unknown in ["127.0.0.1", "192.0.2.1", "::1"] {
        assert_eq!(country_of(&countries, unknown), "ZZ");
    }
}
