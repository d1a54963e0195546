#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arrivals;
mod audit;
pub mod backup;
mod block;
mod check;
mod control;
mod counts;
mod erase;
mod fault;
mod migrate;
mod native;
mod reader;
mod seal;
mod seals;
mod settings;
mod shares;
mod site_access;
mod transport;
mod turn;
mod verify;

pub use arrivals::ClickHouseArrivals;
pub use audit::{StoredColumn, stored_columns};
pub use check::{Finding, check};
pub use control::{ClickHouseControl, Removed};
pub use counts::ClickHouseCounts;
pub use erase::Eraser;
pub use fault::StoreFault;
pub use migrate::{MigrateError, Migrated, SCHEMA_VERSION, migrate};
pub use reader::ClickHouseReader;
pub use seal::{BeforeStatement, Kept, Older, SealError, Sealed, Sealer, Tidied};
pub use settings::{SettingsError, StoreSettings};
pub use turn::Turn;
pub use verify::{Problem, VerifyReport, verify};
