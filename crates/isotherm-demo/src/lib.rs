#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod acts;
mod assets;
mod attention;
mod exposure;
mod habits;
mod heat;
mod layout;
mod pages;
mod people;
mod places;
mod random;
mod send;
pub mod shop;
mod stay;
mod tally;
pub mod visitors;

pub use layout::{Layout, LayoutError};
pub use pages::shop_paths;
pub use people::COUNTRY_BLOCKS;
pub use send::{FillError, FillSettings, Filled, Progress, fill, trickle};
