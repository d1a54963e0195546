#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod batch;
pub mod metrics;
pub mod pace;
pub mod publish;
pub mod runner;
pub mod step;
pub mod worker;
