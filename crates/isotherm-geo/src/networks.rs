//! Lists of networks: those of trusted proxies, and those from which a token may be used.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::address::ClientAddress;

/// A list of networks that an address is in or not; nothing else can be asked.
#[derive(Clone, Default, Debug)]
pub struct Networks(Vec<IpNet>);

/// A configured network that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
pub struct NetworkError(String);

impl Networks {
    /// From addresses and networks in CIDR form.
    ///
    /// # Errors
    /// [`NetworkError`] names the first text that is neither.
    pub fn parse<S: AsRef<str>>(networks: &[S]) -> Result<Networks, NetworkError> {
        let network = |text: &S| {
            let text = text.as_ref().trim();
            let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            parsed.map(canonical).map_err(|_| NetworkError(text.to_owned()))
        };
        networks.iter().map(network).collect::<Result<_, _>>().map(Networks)
    }

    /// Whether the address lies in one of them; in no list it lies nowhere.
    pub fn admit(&self, address: &ClientAddress<'_>) -> bool {
        self.contain(address.ip())
    }

    pub(crate) fn contain(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// `::ffff:10.0.0.0/104` as `10.0.0.0/8`, so that it is compared with canonical addresses.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    v4.and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
}
