//! `isotherm check-config`: exit code 0, or every mistake with its line; reads the certificates that are named, too. What could
//! be safer is said and is no mistake.

use std::path::Path;
use std::process::ExitCode;

use super::output::line;
use crate::config::{Config, Mistakes};

/// Checks a file together with the environment.
pub(crate) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    match Config::load(Some(file)) {
        Ok(config) => {
            let mistakes = config.file_mistakes();
            if !mistakes.is_empty() {
                mistakes.iter().for_each(line);
                return Ok(ExitCode::FAILURE);
            }
            config
                .advice()
                .iter()
                .for_each(|advice| line(format!("safer: {advice}")));
            line(format!("{}: no mistakes", file.display()));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match error.downcast_ref::<Mistakes>() {
            Some(mistakes) => {
                mistakes.0.iter().for_each(line);
                Ok(ExitCode::FAILURE)
            }
            None => Err(error),
        },
    }
}
