#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod binary;
mod clickhouse;
mod jars;
mod kafka;
pub mod memory;
pub mod port_tests;
mod process;
mod proxy;
mod wait;

pub use binary::{binary, binary_with};
pub use clickhouse::{ClickHouseServer, engine_child_command};
pub use isotherm_mmdb_writer as mmdb;
pub use kafka::Kafka;
pub use process::{Program, free_port, temp_dir};
pub use proxy::{Proxy, Weather};
pub use tempfile::TempDir;
pub use wait::wait_until;

/// Why a part that tests run on could not be started; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TestkitError {
    /// A program that must be installed is not.
    #[error("`{0}` cannot be run: {1}; run `make test`, which installs what is missing")]
    Program(&'static str, std::io::Error),
    /// A program ended with an error.
    #[error("{what} failed:\n{log_tail}")]
    Failed {
        /// What was tried.
        what: String,
        /// The last lines it wrote.
        log_tail: String,
    },
    /// A server did not answer within its deadline.
    #[error("{what} did not answer within {seconds} s:\n{log_tail}")]
    Deadline {
        /// What was waited for.
        what: &'static str,
        /// The deadline, seconds.
        seconds: u64,
        /// The last lines it wrote.
        log_tail: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The engine could not be found.
    #[error(transparent)]
    Asset(#[from] isotherm_engine::assets::AssetError),
    /// The engine could not be started.
    #[error(transparent)]
    Engine(#[from] isotherm_engine::EngineError),
}
