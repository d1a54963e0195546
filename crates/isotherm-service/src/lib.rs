#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clock;
pub mod headers;
pub mod logging;
pub mod ops;
pub mod tasks;
pub mod tls;
