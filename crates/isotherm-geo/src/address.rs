//! Network addresses in types that can do nothing with them but what is promised.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use zeroize::Zeroize;

/// The other end of a connection, which may be a visitor or a proxy. Only [`crate::TrustedProxies`] looks inside.
///
/// It can do as little as [`ClientAddress`], stays on its thread, and is overwritten when it is dropped.
pub struct Peer {
    octets: Octets,
    /// Not `Send`: what no other thread may have can stand in no static.
    bound: PhantomData<*const ()>,
}

/// The visitor's address, for one call.
///
/// It implements neither `Debug`, `Display`, `Clone`, `Hash`, `PartialEq` nor any serialisation, it is bound to the
/// call (`'call`) and to the thread, and its bytes are overwritten when it is dropped. IPv4 in IPv6 form
/// (`::ffff:a.b.c.d`) is IPv4.
pub struct ClientAddress<'call> {
    octets: Octets,
    /// Neither `'static` nor `Send`: what cannot leave the call cannot be kept.
    bound: PhantomData<(&'call (), *const ())>,
}

/// An address as IPv6, IPv4 in its mapped form: one shape to overwrite.
struct Octets([u8; 16]);

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Peer {
        Peer {
            octets: Octets::of(address.ip()),
            bound: PhantomData,
        }
    }
}

impl Peer {
    /// The address, for the walk through the proxies.
    pub(crate) fn ip(&self) -> IpAddr {
        self.octets.ip()
    }
}

impl ClientAddress<'_> {
    /// Binds an address to a call.
    pub(crate) fn new(ip: IpAddr) -> Self {
        ClientAddress {
            octets: Octets::of(ip),
            bound: PhantomData,
        }
    }

    /// The address, for the country file and the rate key alone.
    pub(crate) fn ip(&self) -> IpAddr {
        self.octets.ip()
    }
}

impl Octets {
    fn of(ip: IpAddr) -> Octets {
        Octets(match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        })
    }

    fn ip(&self) -> IpAddr {
        Ipv6Addr::from(self.0).to_canonical()
    }

    /// Overwrites them. The compiler may not leave that out.
    fn wipe(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Octets {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_zeros_once_it_is_wiped() {
        for text in ["192.0.2.7:443", "[2001:db8::7:1]:443", "[::ffff:192.0.2.7]:443"] {
            let address: SocketAddr = text.parse().expect("an address");
            let (mut peer, mut client) = (Peer::from(address), ClientAddress::new(address.ip()));
            assert!(peer.ip() == address.ip().to_canonical() && peer.ip() == client.ip());
            assert!(peer.octets.0 != [0; 16] && client.octets.0 != [0; 16]);
            peer.octets.wipe();
            client.octets.wipe();
            assert_eq!((peer.octets.0, client.octets.0), ([0; 16], [0; 16]));
        }
    }

    #[test]
    fn every_type_that_holds_an_address_wipes_it_when_it_goes() {
        assert!(std::mem::needs_drop::<Peer>());
        assert!(std::mem::needs_drop::<ClientAddress<'_>>());
    }
}
