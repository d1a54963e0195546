//! The query role over HTTP, on counts that a reader in memory sums up from single page views.

mod administering;
mod closed;
mod desk;
mod ending;
mod forms;
mod fresh;
mod gate;
mod known;
mod login;
mod matrix;
mod openapi;
mod parameters;
mod rates;
mod sessions;
mod several;
mod shapes;
mod shares;
mod variants;
mod widget;
mod world;
