//! Where simulated visitors are said to come from, and with which ordinary browsers.
//!
//! Their addresses are documentation addresses (RFC 5737, RFC 3849), which nobody has. The demo gives ingest a small
//! country file made of [`COUNTRY_BLOCKS`].

use crate::random::Random;

/// The documentation ranges with the country that each part is said to lie in (CIDR, ISO 3166-1 alpha-2): the content of
/// the demo's country file. Larger parts come more often.
pub const COUNTRY_BLOCKS: [(&str, &str); 24] = [
    ("192.0.2.0/26", "DE"),
    ("192.0.2.64/26", "FR"),
    ("192.0.2.128/27", "NL"),
    ("192.0.2.160/27", "AT"),
    ("192.0.2.192/27", "CH"),
    ("192.0.2.224/28", "DK"),
    ("192.0.2.240/28", "IS"),
    ("198.51.100.0/25", "GB"),
    ("198.51.100.128/27", "IE"),
    ("198.51.100.160/27", "ES"),
    ("198.51.100.192/27", "IT"),
    ("198.51.100.224/28", "PT"),
    ("198.51.100.240/28", "GR"),
    ("203.0.113.0/26", "US"),
    ("203.0.113.64/27", "CA"),
    ("203.0.113.96/27", "JP"),
    ("203.0.113.128/27", "SE"),
    ("203.0.113.160/27", "NO"),
    ("203.0.113.192/27", "PL"),
    ("203.0.113.224/28", "NZ"),
    ("203.0.113.240/28", "MT"),
    ("2001:db8:1::/48", "DE"),
    ("2001:db8:2::/48", "US"),
    ("2001:db8:3::/48", "JP"),
];

/// What a /48 counts beside the IPv4 blocks, in addresses.
const V6_WEIGHT: f64 = 40.0;

const PHONES: [&str; 3] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0",
];
const TABLETS: [&str; 2] = [
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36",
];
const DESKTOPS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
];

/// The kinds of device, each with the width its shop was measured at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Phone,
    Tablet,
    Desktop,
}

impl Device {
    pub(crate) fn any(random: &mut Random) -> Device {
        match random.weighted([0.44, 0.2, 0.36].into_iter()) {
            Some(0) => Device::Phone,
            Some(1) => Device::Tablet,
            _ => Device::Desktop,
        }
    }

    /// Viewport width in px.
    pub(crate) fn width_px(self) -> u16 {
        match self {
            Device::Phone => 390,
            Device::Tablet => 768,
            Device::Desktop => 1440,
        }
    }

    /// A usual viewport height in steps of 100 px.
    pub(crate) fn height_px(self, random: &mut Random) -> u16 {
        let (low, high) = match self {
            Device::Phone => (6, 8),
            Device::Tablet => (9, 11),
            Device::Desktop => (7, 10),
        };
        random.between(low, high) as u16 * 100
    }

    pub(crate) fn touch(self) -> bool {
        self != Device::Desktop
    }

    pub(crate) fn user_agent(self, random: &mut Random) -> &'static str {
        let list: &[&'static str] = match self {
            Device::Phone => &PHONES,
            Device::Tablet => &TABLETS,
            Device::Desktop => &DESKTOPS,
        };
        list[random.between(0, list.len() as u32 - 1) as usize]
    }
}

/// A documentation address, as text for a forwarding header, and the country it is said to lie in.
pub(crate) fn origin(random: &mut Random) -> (String, &'static str) {
    let blocks = || COUNTRY_BLOCKS.iter().map(|(cidr, _)| weight(cidr));
    let (cidr, country) = COUNTRY_BLOCKS[random.weighted(blocks()).unwrap_or(0)];
    let address = match parts(cidr) {
        Some((network, first, count)) => format!("{network}.{}", first + random.between(0, count - 1)),
        // A network of its own for nearly every visitor, so that a limit per network is not met.
        None => {
            let network = cidr.trim_end_matches(":/48");
            format!(
                "{network}{:x}::{:x}",
                random.between(0, 0xffff),
                random.between(1, 0xffff)
            )
        }
    };
    (address, country)
}

fn weight(cidr: &str) -> f64 {
    parts(cidr).map_or(V6_WEIGHT, |(.., count)| f64::from(count))
}

/// Of an IPv4 range within one /24: its first three bytes, its first host, how many hosts. `None` for IPv6.
fn parts(cidr: &str) -> Option<(&str, u32, u32)> {
    let (first, bits) = cidr.split_once('/')?;
    let (network, host) = first.rsplit_once('.')?;
    Some((network, host.parse().ok()?, 1 << (32 - bits.parse::<u32>().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Found<'a> {
        country_code: &'a str,
    }

    #[test]
    fn every_address_lies_in_its_country_by_the_country_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("demo.mmdb");
        isotherm_mmdb_writer::write_country_mmdb(&path, &COUNTRY_BLOCKS).expect("a country file");
        let reader = maxminddb::Reader::open_readfile(&path).expect("a readable country file");
        for index in 0..2_000 {
            let (address, country) = origin(&mut Random::new(9, index));
            let address = address.parse().expect("an address");
            let found: Option<Found> = reader.lookup(address).expect("a lookup").decode().expect("a record");
            assert_eq!(found.expect("every address has a country").country_code, country);
        }
    }
}
