//! Network addresses in types that can do nothing with them but what is promised.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use zeroize::Zeroize;

/// The other end of a connection, which may be a visitor or a proxy. Only [`crate::TrustedProxies`] looks inside.
pub struct Peer(IpAddr);

/// The visitor's address, for one call.
///
/// It implements neither `Debug`, `Display`, `Clone`, `Hash`, `PartialEq` nor any serialisation, it is bound to the
/// call (`'call`) and to the thread, and its bytes are overwritten when it is dropped. IPv4 in IPv6 form
/// (`::ffff:a.b.c.d`) is IPv4.
pub struct ClientAddress<'call> {
    /// As IPv6, IPv4 in its mapped form: one shape to overwrite.
    octets: [u8; 16],
    /// Neither `'static` nor `Send`: what cannot leave the call cannot be kept.
    bound: PhantomData<(&'call (), *const ())>,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Peer {
        Peer(address.ip())
    }
}

impl Peer {
    /// The address, for the walk through the proxies.
    pub(crate) fn ip(&self) -> IpAddr {
        self.0.to_canonical()
    }
}

impl ClientAddress<'_> {
    /// Binds an address to a call.
    pub(crate) fn new(ip: IpAddr) -> Self {
        let octets = match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        ClientAddress {
            octets,
            bound: PhantomData,
        }
    }

    /// The address, for the country file and the rate key alone.
    pub(crate) fn ip(&self) -> IpAddr {
        Ipv6Addr::from(self.octets).to_canonical()
    }
}

impl Drop for ClientAddress<'_> {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}
