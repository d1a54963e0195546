#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod adopt;
mod fetch;
mod intent;
mod member;
mod reader;
mod settings;
mod shipped;
mod shipper;
pub mod topic;
mod why;

pub use adopt::{AdoptError, adopt};
pub use reader::{KafkaReader, ReaderSettings};
pub use settings::{KafkaSasl, KafkaSecurity, KafkaSettings, SaslMechanism};
pub use shipped::{PartitionLabel, ShipMetrics, Shipped, ShipperEnded};
pub use shipper::{Farewells, Shipper, Source};
