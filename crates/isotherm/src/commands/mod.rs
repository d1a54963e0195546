//! Commands: everything that does its work and ends, and the way into the roles.

mod audit;
mod backup;
mod check_config;
mod demo;
mod doctor;
pub(crate) mod engine_child;
mod erase;
mod migrate;
mod output;
mod restore;
mod retention;
mod rule;
mod seal;
mod share;
pub(crate) mod site;
mod site_access;
pub(crate) mod token;
mod verify;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::roles;

/// Runs a command to its end.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    isotherm_service::logging::start(None)?;
    let done = |()| ExitCode::SUCCESS;
    match arguments.command {
        Command::Up(arguments) => roles::up::run(arguments).await.map(done),
        Command::Ingest(arguments) => roles::ingest::run(arguments).await.map(done),
        Command::Aggregate(arguments) => roles::aggregate::run(arguments).await.map(done),
        Command::Query(arguments) => roles::query::run(arguments).await.map(done),
        Command::Migrate(arguments) => migrate::run(arguments).await.map(done),
        Command::Site { act } => site::run(act).await.map(done),
        Command::Rule { act } => rule::run(act).await.map(done),
        Command::Token { act } => token::run(act).await.map(done),
        Command::Share { act } => share::run(act).await.map(done),
        Command::Seal(arguments) => seal::run(arguments).await,
        Command::Audit { act } => audit::run(act).await.map(done),
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Backup(arguments) => backup::run(arguments).await.map(done),
        Command::Erase(arguments) => erase::run(arguments).await.map(done),
        Command::Restore(arguments) => restore::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::CheckConfig { file } => check_config::run(&file),
        Command::Demo(arguments) => demo::run(arguments).await.map(done),
        // Runs before there are threads, see `main`.
        Command::EngineChild { lib, config } => Ok(engine_child::run(&lib, &config)),
    }
}
