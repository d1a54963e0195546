//! The tests' stand-in for the service's executable: the engine's process, and a parent of one.
//!
//! `isotherm-engine-dev engine-child --lib FILE --config FILE` becomes the engine.
//! `isotherm-engine-dev hold FOLDER` starts one, says `ready` and keeps it until its own end.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use isotherm_engine::{Engine, EngineSettings, assets, run_engine_child};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match words.as_slice() {
        ["engine-child", "--lib", lib, "--config", config] => {
            match run_engine_child(Path::new(lib), Path::new(config)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error.to_string(), error.exit_code()),
            }
        }
        ["hold", folder] => match hold(Path::new(folder)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string(), 1),
        },
        _ => fail(
            "usage: isotherm-engine-dev engine-child --lib FILE --config FILE | hold FOLDER",
            2,
        ),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn hold(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let child_command = vec![std::env::current_exe()?.into_os_string(), "engine-child".into()];
    let settings = EngineSettings::new(folder, assets::find(assets::ENGINE)?, child_command);
    let _engine = Engine::start(settings).await?;
    writeln!(std::io::stdout(), "ready")?;
    std::future::pending().await
}

fn fail(text: &str, code: u8) -> ExitCode {
    // Nothing is left to do when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
}
