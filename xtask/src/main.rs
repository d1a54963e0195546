#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod schemas;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks and chores of this repository.
#[derive(Parser)]
#[command(name = "xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write the schemas that the code is the source of into schemas/
    Schemas,
    /// Hold the repository against the house rules; ends with 1 on any finding
    Tidy,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Schemas => schemas::write(&repository()),
        Chore::Tidy => tidy::run(&repository()),
    }
}

/// The top of the repository: the folder above this crate's.
fn repository() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
