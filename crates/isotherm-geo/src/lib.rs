#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
mod countries;
mod limits;
mod networks;
mod proxies;

pub use address::{ClientAddress, Peer};
pub use countries::{COUNTRY_FILE_BYTES_MAX, Countries, GeoError};
pub use limits::{AddressLimiter, RATE_KEYS_MAX, RetryAfter, SiteLimiter};
pub use networks::{NetworkError, Networks};
pub use proxies::{FORWARDED_ENTRIES_MAX, TrustedProxies};
