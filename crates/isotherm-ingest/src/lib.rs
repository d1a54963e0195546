#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod agent;
pub mod arrivals;
mod body;
pub mod bots;
mod collect;
pub mod commit;
mod head;
mod lateness;
#[cfg(feature = "leaks")]
mod leaks;
pub mod metrics;
pub mod opt_out;
mod script;
pub mod sites;
mod texts;
mod well_known;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::{HttpResponse, Resource, Route, web};
use isotherm_core::ids::IdKey;
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};

use crate::arrivals::Arrivals;
use crate::commit::{BrokerAck, Committer};
use crate::metrics::IngestMetrics;
use crate::opt_out::Hosts;
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
    /// The two names under which the opt-out page tests its reach; without them it says that it cannot.
    pub hosts: Option<Hosts>,
    /// Whether answers carry `X-Isotherm-Outcome`.
    pub expose_outcome: bool,
}

/// Adds the public routes: collecting, script, opt-out and what browsers ask for by a well-known name. What is read
/// answers HEAD as well, without the body; any other method is told which ones there are.
/// To be called in the worker that will serve them, as `HttpServer` does.
pub fn configure(config: &mut web::ServiceConfig, ingest: web::Data<Ingest>) {
    config
        .app_data(ingest)
        .app_data(lateness::of_this_worker())
        .service(posted("/v1/collect", web::post().to(collect::collect)))
        .service(read("/isotherm.js", || web::route().to(script::script)))
        .service(read("/isotherm.v{version:[1-9][0-9]{0,3}}.js", || {
            web::route().to(script::frozen)
        }))
        .service(read("/isotherm-inspect.js", || web::route().to(script::inspect)))
        .service(read("/isotherm-optout.js", || web::route().to(script::opt_out)))
        .service(
            read("/opt-out", || web::route().to(opt_out::page))
                .route(web::post().to(opt_out::opt_out))
                .default_service(web::to(async || refuse_method("GET, HEAD, POST"))),
        )
        .service(posted("/opt-out/here", web::post().to(opt_out::opt_out_here)))
        .service(read("/opt-out/reach", || web::route().to(opt_out::reach)))
        .service(posted("/opt-in", web::post().to(opt_out::opt_in)))
        .service(read("/.well-known/dnt/", || web::route().to(well_known::dnt)))
        .service(read("/.well-known/gpc.json", || web::route().to(well_known::gpc)));
}

/// A path that is read.
fn read(path: &str, answer: impl Fn() -> Route) -> Resource {
    web::resource(path)
        .route(answer().method(Method::GET))
        .route(answer().method(Method::HEAD))
        .default_service(web::to(async || refuse_method("GET, HEAD")))
}

/// A path that is posted to and nothing else.
fn posted(path: &str, answer: Route) -> Resource {
    web::resource(path)
        .route(answer)
        .default_service(web::to(async || refuse_method("POST")))
}

fn refuse_method(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allowed))
        .finish()
}
