#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod arrivals;
mod body;
pub mod bots;
mod collect;
pub mod commit;
mod head;
pub mod metrics;
mod opt_out;
mod script;
pub mod sites;
mod well_known;

use std::sync::Arc;

use actix_web::web;
use isotherm_core::ids::IdKey;
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};

use crate::arrivals::Arrivals;
use crate::commit::{BrokerAck, Committer};
use crate::metrics::IngestMetrics;
use crate::sites::SiteTable;

/// Everything the collecting role works with.
pub struct Ingest {
    /// The sites that are measured.
    pub sites: SiteTable,
    /// Whose word about addresses is taken.
    pub trusted_proxies: TrustedProxies,
    /// The country file.
    pub countries: Countries,
    /// The limit per address.
    pub address_limiter: AddressLimiter,
    /// The limit per site.
    pub site_limiter: SiteLimiter,
    /// The key of page ids, which choose partitions.
    pub id_key: IdKey,
    /// Partitions of the log.
    pub partitions: u16,
    /// Group commit into the log.
    pub committer: Committer,
    /// With `ack = "kafka"`: who says that the brokers hold a record too.
    pub broker_ack: Option<Box<dyn BrokerAck>>,
    /// What it counts of itself.
    pub metrics: IngestMetrics,
    /// What arrived lately.
    pub arrivals: Arc<Arrivals>,
    /// Whether answers carry `X-Isotherm-Outcome`.
    pub expose_outcome: bool,
}

/// Adds the public routes: collecting, script, opt-out and what browsers ask for by a well-known name.
pub fn configure(config: &mut web::ServiceConfig, ingest: web::Data<Ingest>) {
    config
        .app_data(ingest)
        .route("/v1/collect", web::post().to(collect::collect))
        .route("/isotherm.js", web::get().to(script::script))
        .route("/opt-out", web::get().to(opt_out::page))
        .route("/opt-out", web::post().to(opt_out::opt_out))
        .route("/opt-in", web::post().to(opt_out::opt_in))
        .route("/.well-known/dnt/", web::get().to(well_known::dnt))
        .route("/.well-known/gpc.json", web::get().to(well_known::gpc));
}
