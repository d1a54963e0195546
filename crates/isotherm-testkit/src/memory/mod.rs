//! The world in memory: a log, the ingest that writes it, a store of counts and a clock, all behind the core's ports and
//! all driven by a test. Faults come from seeded dice, so that every history can be played again.

mod clock;
mod counts;
mod dice;
mod ingest;
mod log;

pub use clock::DrivenClock;
pub use counts::{CountFaults, CountsBackup, MemoryCounts};
pub use dice::Dice;
pub use ingest::{Damage, MemoryIngest, Shipped};
pub use log::{LogFaults, MemoryLog};
