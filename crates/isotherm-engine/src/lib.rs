#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

pub mod assets;
mod config;
mod credentials;
mod error;
mod folder;
mod host;
mod probe;
mod settings;
mod supervisor;

pub use credentials::EngineHandle;
pub use error::EngineError;
pub use folder::{EXIT_CODE_FOLDER_IN_USE, EngineFolder};
pub use host::{HostError, run_engine_child};
pub use settings::{EngineSettings, MEMORY_BYTES_DEFAULT};
pub use supervisor::Engine;
