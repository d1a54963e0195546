//! Networks from which a token may be used.

use std::net::SocketAddr;

use isotherm_geo::{Networks, Peer, TrustedProxies};

fn admits(networks: &[&str], peer: &str, forwarded: &str) -> bool {
    let proxies = TrustedProxies::parse(&["127.0.0.1"]).expect("an address");
    let peer: SocketAddr = peer.parse().expect("an address");
    let address = proxies.client_address(Some(Peer::from(peer)), [forwarded.as_bytes()].into_iter());
    Networks::parse(networks)
        .expect("networks")
        .admit(&address.expect("there is a peer"))
}

#[test]
fn an_address_is_in_its_networks_and_in_no_others() {
    let office = ["203.0.113.0/24", "2001:db8:1::/48"];
    assert!(admits(&office, "203.0.113.7:1", ""));
    assert!(admits(&office, "[2001:db8:1::7]:1", ""));
    assert!(
        admits(&office, "[::ffff:203.0.113.7]:1", ""),
        "IPv4 in IPv6 form is IPv4"
    );
    assert!(!admits(&office, "198.51.100.7:1", ""));
    assert!(!admits(&office, "[2001:db8:2::7]:1", ""));
    assert!(!admits(&[], "203.0.113.7:1", ""), "in no list it lies nowhere");
}

#[test]
fn a_header_counts_only_from_a_trusted_proxy() {
    let office = ["203.0.113.0/24"];
    assert!(admits(&office, "127.0.0.1:1", "203.0.113.7"));
    assert!(!admits(&office, "127.0.0.1:1", "198.51.100.7"));
    assert!(!admits(&office, "198.51.100.7:1", "203.0.113.7"));
}
