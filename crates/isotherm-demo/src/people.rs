//! Where simulated visitors are said to come from, and with which ordinary browsers.
//!
//! Their addresses are documentation addresses (RFC 5737, RFC 3849), which nobody has. The demo gives ingest a small
//! country file made of [`country_blocks`].

use crate::random::Random;

/// A run of addresses with one country: network prefix, first host, its length in bits, the country.
/// For IPv6 the prefix is that of a /48 and hosts vary below it.
struct Block(&'static str, u16, u8, &'static str);

/// About twenty countries; larger blocks come more often.
const BLOCKS: [Block; 24] = [
    Block("192.0.2.", 0, 26, "DE"),
    Block("192.0.2.", 64, 26, "FR"),
    Block("192.0.2.", 128, 27, "NL"),
    Block("192.0.2.", 160, 27, "AT"),
    Block("192.0.2.", 192, 27, "CH"),
    Block("192.0.2.", 224, 28, "DK"),
    Block("192.0.2.", 240, 28, "IS"),
    Block("198.51.100.", 0, 25, "GB"),
    Block("198.51.100.", 128, 27, "IE"),
    Block("198.51.100.", 160, 27, "ES"),
    Block("198.51.100.", 192, 27, "IT"),
    Block("198.51.100.", 224, 28, "PT"),
    Block("198.51.100.", 240, 28, "GR"),
    Block("203.0.113.", 0, 26, "US"),
    Block("203.0.113.", 64, 27, "CA"),
    Block("203.0.113.", 96, 27, "JP"),
    Block("203.0.113.", 128, 27, "SE"),
    Block("203.0.113.", 160, 27, "NO"),
    Block("203.0.113.", 192, 27, "PL"),
    Block("203.0.113.", 224, 28, "NZ"),
    Block("203.0.113.", 240, 28, "MT"),
    Block("2001:db8:1:", 0, 48, "DE"),
    Block("2001:db8:2:", 0, 48, "US"),
    Block("2001:db8:3:", 0, 48, "JP"),
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

impl Block {
    fn is_v6(&self) -> bool {
        self.2 == 48
    }

    fn weight(&self) -> f64 {
        if self.is_v6() {
            V6_WEIGHT
        } else {
            f64::from(1u32 << (32 - self.2))
        }
    }

    fn cidr(&self) -> String {
        if self.is_v6() {
            format!("{}:/48", self.0)
        } else {
            format!("{}{}/{}", self.0, self.1, self.2)
        }
    }
}

/// The documentation ranges with the country each part is said to lie in (CIDR, ISO 3166-1 alpha-2): the content of the
/// demo's country file.
pub fn country_blocks() -> Vec<(String, &'static str)> {
    BLOCKS.iter().map(|block| (block.cidr(), block.3)).collect()
}

/// A documentation address, as text for a forwarding header, and the country it is said to lie in.
pub(crate) fn origin(random: &mut Random) -> (String, &'static str) {
    let index = random.weighted(BLOCKS.iter().map(Block::weight)).unwrap_or(0);
    let block = &BLOCKS[index];
    if block.is_v6() {
        // A network of its own for nearly every visitor, so that a limit per network is not met.
        let (subnet, host) = (random.between(0, 0xffff), random.between(1, 0xffff));
        return (format!("{}{subnet:x}::{host:x}", block.0), block.3);
    }
    let host = u32::from(block.1) + random.between(0, (1 << (32 - block.2)) - 1);
    (format!("{}{host}", block.0), block.3)
}
