//! The crate from outside: what an address can do, and what it cannot.

mod compile_fail;
mod countries;
mod limits;
mod mmdb;
mod networks;
mod proxies;
