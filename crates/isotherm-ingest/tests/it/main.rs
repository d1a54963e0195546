//! The collecting role over real HTTP, with a real log on disk and a real country file.

mod admitted;
mod bodies;
mod client;
mod compile_fail;
mod interference;
mod opt_out;
mod outcomes;
mod precedence;
mod privacy;
mod server;
mod signals;
