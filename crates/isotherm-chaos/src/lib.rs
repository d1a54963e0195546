#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod binary;
mod cluster;
mod counted;
mod disk;
mod figures;
mod hits;
mod judge;
mod load;
mod outcome;
mod party;
mod programme;
mod report;
mod scenario;
mod scenarios;
mod schedule;
mod stages;
mod takeovers;
mod until;
mod world;

pub use figures::Figures;
pub use judge::Verdict;
pub use outcome::Outcome;
pub use programme::{Planned, Programme, Results};
pub use report::write;
pub use scenario::Scenario;
pub use scenarios::{MUTANTS, SCENARIOS};
pub use stages::Stages;
