//! Log lines: one per event, where it is handled, with fields that end in their unit.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// What is logged by default. The HTTP library tells about its own threads, which nobody needs to read.
const DEFAULT_FILTER: &str = "info,actix_server=warn";
/// What is never logged, whatever the filter says: the HTTP library quotes what it refuses of a request, a line for
/// each, the ClickHouse
/// client what the server said, which may quote rows.
const NEVER: [&str; 2] = ["actix_http=off", "clickhouse=off"];

/// Logging could not be set up.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// The log file cannot be opened.
    #[error("cannot open the log file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The filter is not one.
    #[error("ISOTHERM_LOG is not a log filter such as `info` or `isotherm_ingest=debug`: {0}")]
    Filter(String),
}

/// Starts logging to a file, or to standard error. `ISOTHERM_LOG` filters (default: `info`). A second call does nothing.
pub fn start(file: Option<&Path>) -> Result<(), LoggingError> {
    let filter = match std::env::var("ISOTHERM_LOG") {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| LoggingError::Filter(error.to_string()))?,
        Err(_) => EnvFilter::new(DEFAULT_FILTER),
    };
    // Both are directives, as a test sees.
    let never = NEVER.iter().filter_map(|directive| directive.parse().ok());
    let filter = never.fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(true)
        .with_ansi(false);
    let started = match file {
        None => lines.with_writer(std::io::stderr).try_init(),
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            let file = file.map_err(|source| LoggingError::File {
                path: path.display().to_string(),
                source,
            })?;
            lines.with_writer(Mutex::new(file)).try_init()
        }
    };
    // The only error is that logging runs already, e.g. in tests.
    drop(started);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_logged_is_named_in_directives() {
        for directive in NEVER {
            assert!(
                directive.parse::<tracing_subscriber::filter::Directive>().is_ok(),
                "{directive}"
            );
        }
    }
}
