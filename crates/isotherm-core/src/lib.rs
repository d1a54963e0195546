#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod admit;
pub mod arrival;
pub mod backlog;
pub mod beacon;
pub mod cohort;
pub mod consent;
pub mod control;
pub mod country;
pub mod day;
pub mod fold;
pub mod gate;
pub mod held;
pub mod ids;
pub mod outcome;
pub mod path;
pub mod place;
pub mod ports;
pub mod reading;
pub mod record;
pub mod row;
pub mod rules;
pub mod scrub;
pub mod site;
pub mod thresholds;
pub mod viewport;

pub use country::Country;
pub use day::{Day, Hour};
pub use ids::{AnchorId, IdKey, PageId};
pub use outcome::{DropReason, Outcome};
pub use path::PagePath;
pub use site::{Site, SiteKey};
pub use viewport::ViewportClass;
