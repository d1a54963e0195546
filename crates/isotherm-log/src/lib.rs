#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod appends;
mod error;
mod farewell;
mod fault;
mod files;
mod log;
mod meta;
mod opening;
mod reader;
mod segment;
mod upkeep;

pub use appends::Appends;
pub use error::{AppendError, OpenError};
pub use farewell::Farewell;
pub use files::{LOG_HOURS_MAX, SEGMENT_BYTES_MAX};
pub use log::{Appended, DiskLog, LogSettings};
pub use reader::DiskLogReader;
pub use upkeep::{Expired, LogStats, PartitionStats};
