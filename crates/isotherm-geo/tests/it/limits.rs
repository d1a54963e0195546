//! Limits per address: who shares one.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use isotherm_geo::{AddressLimiter, Peer, SiteLimiter, TrustedProxies};

/// A limiter that lets one request through, and next to no more while a test runs.
fn one_each() -> AddressLimiter {
    AddressLimiter::new(NonZeroU32::MIN, NonZeroU32::MIN)
}

fn passes(limiter: &AddressLimiter, peer: &str) -> bool {
    let peer: SocketAddr = peer.parse().expect("an address with a port");
    let proxies = TrustedProxies::default();
    let address = proxies.client_address(Some(Peer::from(peer)), std::iter::empty());
    limiter.check(&address.expect("a peer has an address")).is_ok()
}

#[test]
fn an_ipv4_address_has_one_bucket_whatever_its_port_and_form() {
    let limiter = one_each();
    assert!(passes(&limiter, "192.0.2.1:1000"));
    assert!(!passes(&limiter, "192.0.2.1:2000"));
    assert!(!passes(&limiter, "[::ffff:192.0.2.1]:1000"));
    // Any two share a bucket once in 262,144 runs; all three others do so never.
    let others = ["192.0.2.2:1000", "198.51.100.1:1000", "203.0.113.1:1000"];
    assert!(others.iter().any(|other| passes(&limiter, other)));
}

#[test]
fn an_ipv6_network_of_64_bits_has_one_bucket() {
    let limiter = one_each();
    assert!(passes(&limiter, "[2001:db8:1:1::1]:1000"));
    assert!(!passes(&limiter, "[2001:db8:1:1:ffff::2]:1000"));
    let others = [
        "[2001:db8:1:2::1]:1000",
        "[2001:db8:1:3::1]:1000",
        "[2001:db8:1:4::1]:1000",
    ];
    assert!(others.iter().any(|other| passes(&limiter, other)));
}

#[test]
fn a_site_has_a_bucket_of_its_own() {
    let limiter = SiteLimiter::new(NonZeroU32::MIN, NonZeroU32::MIN);
    assert!(limiter.check("shop").is_ok());
    let refused = limiter.check("shop").expect_err("its bucket is empty");
    assert_eq!(refused.seconds, 1);
    assert!(["a", "b", "c"].iter().any(|other| limiter.check(other).is_ok()));
}
