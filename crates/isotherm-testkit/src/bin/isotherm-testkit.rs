//! The servers of the testkit in the foreground, for tests in other languages.

use std::error::Error;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use isotherm_engine::run_engine_child;
use isotherm_testkit::{ClickHouseServer, Kafka, mmdb};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: isotherm-testkit kafka | clickhouse | mmdb FILE RANGE=COUNTRY… \
     | engine-child --lib FILE --config FILE   (for example: isotherm-testkit mmdb country.mmdb 192.0.2.0/24=DE)";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let done = match words.as_slice() {
        // Before any runtime: the engine wants a process without threads.
        ["engine-child", "--lib", lib, "--config", config] => {
            return match run_engine_child(Path::new(lib), Path::new(config)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error.to_string(), error.exit_code()),
            };
        }
        ["kafka"] => run_kafka(),
        ["clickhouse"] => run_clickhouse(),
        ["mmdb", file, entries @ ..] => write_mmdb(Path::new(file), entries),
        _ => return fail(USAGE, 2),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), 1),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run_kafka() -> Result<(), Box<dyn Error>> {
    let mut end = End::new()?;
    let mut kafka = tokio::select! {
        kafka = Kafka::start() => kafka?,
        () = end.arrives() => return Ok(()),
    };
    say(&serde_json::json!({ "ready": true, "bootstrap": kafka.bootstrap() }))?;
    end.arrives().await;
    kafka.stop().await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn run_clickhouse() -> Result<(), Box<dyn Error>> {
    let mut end = End::new()?;
    let mut server = tokio::select! {
        server = ClickHouseServer::start() => server?,
        () = end.arrives() => return Ok(()),
    };
    let ClickHouseServer {
        url, user, password, ..
    } = &server;
    say(&serde_json::json!({ "ready": true, "url": url, "user": user, "password": password }))?;
    end.arrives().await;
    server.stop().await;
    Ok(())
}

fn write_mmdb(file: &Path, entries: &[&str]) -> Result<(), Box<dyn Error>> {
    let entries = entries
        .iter()
        .map(|entry| {
            entry
                .split_once('=')
                .ok_or_else(|| format!("`{entry}` is not of the form 192.0.2.0/24=DE"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(mmdb::write_country_mmdb(file, &entries)?)
}

/// What ends a server in the foreground: its standard input closes, or a signal arrives.
struct End {
    input_closed: tokio::sync::oneshot::Receiver<()>,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl End {
    fn new() -> std::io::Result<Self> {
        let (closed, input_closed) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut ignored = [0; 256];
            while matches!(std::io::stdin().read(&mut ignored), Ok(read) if read > 0) {}
            // An error means that the server has ended already.
            let _ = closed.send(());
        });
        Ok(Self {
            input_closed,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn arrives(&mut self) {
        tokio::select! {
            _ = &mut self.input_closed => {}
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn say(line: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn fail(text: &str, code: u8) -> ExitCode {
    // Nothing is left to do when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
}
