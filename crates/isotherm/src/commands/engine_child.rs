//! The embedded engine's own process: started by the supervisor, never by hand.

use std::path::Path;
use std::process::ExitCode;

/// Becomes the engine until its standard input ends.
pub(crate) fn run(lib: &Path, config: &Path) -> ExitCode {
    match isotherm_engine::run_engine_child(lib, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "standard error is the engine's log file")]
            {
                eprintln!("isotherm: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
