//! `[ingest]`: how beacons are taken.

use std::num::NonZeroU32;

use super::Section;
use super::tls::TlsConfig;
use super::value::{Must, Value};

/// When a beacon is answered with 204.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Ack {
    /// Once the log on disk has it durably.
    #[default]
    Disk,
    /// Once the brokers have it too.
    Kafka,
}

/// `[ingest]`.
#[derive(Clone, Debug)]
pub(crate) struct IngestConfig {
    /// Where `isotherm ingest` listens, ADDRESS:PORT. Default 127.0.0.1:8080. `--listen` wins over it.
    pub(crate) listen: String,
    /// When a beacon is answered with 204: `disk` (default) or `kafka`.
    pub(crate) ack: Ack,
    /// Whether answers carry `X-Isotherm-Outcome`. Default false: outcomes are nobody's business but the operator's.
    pub(crate) expose_outcome: bool,
    /// Addresses and networks whose `X-Forwarded-For` is believed. Default none.
    pub(crate) trusted_proxies: Vec<String>,
    /// Beacons per second and address in the long run. More are answered 429. Default 20.
    pub(crate) rate_per_address_per_s: NonZeroU32,
    /// Beacons at once from one address. Default 100.
    pub(crate) rate_per_address_burst: NonZeroU32,
    /// Beacons per second and site in the long run; twice as many at once. More are answered 429. Default 5,000.
    pub(crate) rate_per_site_per_s: NonZeroU32,
    /// `tls_cert_path` and `tls_key_path`: the certificate of `isotherm ingest` and of `up`. Default: that of `[tls]`.
    pub(crate) own_tls: TlsConfig,
}

impl Default for IngestConfig {
    fn default() -> IngestConfig {
        let rate = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        IngestConfig {
            listen: "127.0.0.1:8080".into(),
            ack: Ack::Disk,
            expose_outcome: false,
            trusted_proxies: Vec::new(),
            rate_per_address_per_s: rate(20),
            rate_per_address_burst: rate(100),
            rate_per_site_per_s: rate(5_000),
            own_tls: TlsConfig::default(),
        }
    }
}

impl Section for IngestConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        if let Some(set) = self.own_tls.set_in_section(key, value) {
            return set;
        }
        match key {
            "listen" => self.listen = value.listen()?,
            "ack" => {
                self.ack = match value.text()?.as_str() {
                    "disk" => Ack::Disk,
                    "kafka" => Ack::Kafka,
                    _ => return Err(Some("\"disk\" or \"kafka\"".into())),
                }
            }
            "expose_outcome" => self.expose_outcome = value.truth()?,
            "trusted_proxies" => self.trusted_proxies = value.networks()?,
            "rate_per_address_per_s" => self.rate_per_address_per_s = rate(value)?,
            "rate_per_address_burst" => self.rate_per_address_burst = rate(value)?,
            "rate_per_site_per_s" => self.rate_per_site_per_s = rate(value)?,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &[
            "listen",
            "ack",
            "expose_outcome",
            "trusted_proxies",
            "rate_per_address_per_s",
            "rate_per_address_burst",
            "rate_per_site_per_s",
            "tls_cert_path",
            "tls_key_path",
        ]
    }
}

/// A rate from one to a million.
fn rate(value: &Value) -> Result<NonZeroU32, Must> {
    let number = value.whole(1, 1_000_000)?;
    // At least 1 and at most a million.
    Ok(NonZeroU32::new(number as u32).unwrap_or(NonZeroU32::MIN))
}
