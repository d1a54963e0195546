//! Private.

mod backup;
mod installation;
