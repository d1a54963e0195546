#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod binary;
mod canary;
mod client;
mod forms;
mod house;
mod leaks;
mod memory;
mod proof;
mod report;
mod search;
mod sinks;
mod topic;

pub use binary::{clean, leaking};
pub use canary::{Canaries, Canary, Kind};
pub use client::{Refused, send_all, send_views};
pub use forms::Form;
pub use house::{Answered, House, MARKER, Shape};
pub use leaks::{LEAKS, Leak};
pub use proof::{Clean, Leaking, search_clean, search_leaking};
pub use report::{Figures, write};
pub use search::{Hit, Search};
pub use sinks::{Sink, Swept, sweep};
