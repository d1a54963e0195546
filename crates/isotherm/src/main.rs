#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod adapters;
mod administering;
mod affairs;
mod arguments;
mod arrivals;
mod audit;
mod backup;
mod calendar;
mod commands;
mod config;
mod control;
mod dashboard;
mod erasing;
mod handover;
mod hardening;
mod held_pages;
mod http;
mod https;
mod installation;
mod journal;
mod listening;
mod log_watch;
mod logins;
mod maintenance;
mod privacy;
mod roles;
mod store_watch;
mod verify_watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::arguments::{Arguments, Command};

/// How long the end waits for blocking work that nobody waits for any more, such as a question to a broker that is away.
const THREADS_STOP_MAX: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(reason) = hardening::forbid_dumps() {
        return failed(&reason);
    }
    if let Command::EngineChild { lib, config } = &arguments.command {
        return commands::engine_child::run(lib, config);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(commands::run(arguments));
            runtime.shutdown_timeout(THREADS_STOP_MAX);
            result
        }
        Err(error) => Err(anyhow::anyhow!("the system gives no threads: {error}")),
    };
    match result {
        Ok(code) => code,
        Err(error) => failed(&format!("{error:#}")),
    }
}

fn failed(why: &str) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "the one place where a failed command says why")]
    {
        eprintln!("isotherm: {why}");
    }
    ExitCode::FAILURE
}
