//! The binaries under test: the one that everybody runs, and one that leaks on purpose, kept apart from it.

use std::path::PathBuf;

/// The binary as it is, built now if its sources are newer. `ISOTHERM_PROVE_BINARY` names another that is built already.
pub fn clean() -> anyhow::Result<PathBuf> {
    match std::env::var_os("ISOTHERM_PROVE_BINARY") {
        Some(named) => Ok(named.into()),
        None => Ok(isotherm_testkit::binary()?),
    }
}

/// The binary that leaks, kept in `target/leaks`. `ISOTHERM_PROVE_LEAKING` names another that is built already.
pub fn leaking() -> anyhow::Result<PathBuf> {
    match std::env::var_os("ISOTHERM_PROVE_LEAKING") {
        Some(named) => Ok(named.into()),
        None => Ok(isotherm_testkit::binary_with("leaks")?),
    }
}
