#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod access;
mod answer;
mod cells;
mod date;
pub mod desk;
mod etag;
mod media;
pub mod openapi;
pub mod picture;
mod problem;
mod question;
mod role;
pub mod share;
mod shared;
mod signed;
mod table;
pub mod token;
mod widget;

pub use access::{Access, SiteStatus, StatusSource};
pub use role::{QuerySettings, configure};
pub use widget::Pictures;
