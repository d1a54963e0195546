//! The binary with fault points, kept apart from the one that everybody else runs.

use std::path::PathBuf;

/// The binary under test, built now if its sources are newer. `ISOTHERM_CHAOS_BINARY` names another that is built already.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    match std::env::var_os("ISOTHERM_CHAOS_BINARY") {
        Some(named) => Ok(named.into()),
        None => Ok(isotherm_testkit::binary_with("faults")?),
    }
}
