//! The aggregating role against a world in memory: batches alone, and whole histories with faults.

mod batch;
mod model;
mod records;
mod runner;
mod simulation;
mod worker;
