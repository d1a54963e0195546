//! The Kafka adapter on a real broker.

mod group;
mod ports;
mod shipping;
mod support;
mod tls;
mod topic;
