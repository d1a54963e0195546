//! Whose word is taken about where a request came from.

use std::net::{IpAddr, SocketAddr};

use crate::address::{ClientAddress, Peer};
use crate::networks::{NetworkError, Networks};

/// Entries of the forwarding header that are read, from the right. Further ones are not looked at, and the last one
/// read stands: no real chain of proxies is that long.
pub const FORWARDED_ENTRIES_MAX: usize = 32;

/// The networks of the proxies whose `X-Forwarded-For` is believed. By default none: then the header never matters.
#[derive(Clone, Default, Debug)]
pub struct TrustedProxies(Networks);

impl TrustedProxies {
    /// From addresses and networks in CIDR form. An IPv4 network in IPv6 form is an IPv4 network.
    ///
    /// # Errors
    /// [`NetworkError`] names the first text that is neither.
    pub fn parse<S: AsRef<str>>(networks: &[S]) -> Result<TrustedProxies, NetworkError> {
        Networks::parse(networks).map(TrustedProxies)
    }

    /// The visitor's address: the peer's, unless the peer is a trusted proxy.
    ///
    /// Then the entries of `forwarded` (the values of all `X-Forwarded-For` fields in order) are walked from the
    /// right, the end that the nearest proxy wrote. The first one that is no trusted proxy is the visitor; if all are
    /// trusted, the left-most is. An entry that is no address ends the walk at the one before it, because what stands
    /// left of it was written by someone unknown. `None` without a peer, as on a Unix socket.
    pub fn client_address<'f>(
        &self,
        peer: Option<Peer>,
        forwarded: impl Iterator<Item = &'f [u8]>,
    ) -> Option<ClientAddress<'_>> {
        let mut last = peer?.ip();
        if !self.trusts(last) {
            return Some(ClientAddress::new(last));
        }
        let entries: Vec<&[u8]> = forwarded.flat_map(|field| field.split(|byte| *byte == b',')).collect();
        for entry in entries
            .into_iter()
            .rev()
            .filter(|entry| !is_blank(entry))
            .take(FORWARDED_ENTRIES_MAX)
        {
            let Some(ip) = parse_entry(entry) else {
                break;
            };
            last = ip;
            if !self.trusts(ip) {
                break;
            }
        }
        Some(ClientAddress::new(last))
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.contain(ip)
    }
}

/// Empty list elements mean nothing (RFC 9110, 5.6.1).
fn is_blank(entry: &[u8]) -> bool {
    entry.trim_ascii().is_empty()
}

/// `a.b.c.d`, `a.b.c.d:port`, an IPv6 address, or one in brackets with or without a port.
fn parse_entry(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let in_brackets = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<IpAddr>()
            .ok()
            .filter(IpAddr::is_ipv6)
    };
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let ip = text.parse().ok().or_else(in_brackets).or_else(with_port)?;
    Some(ip.to_canonical())
}
