//! Writes the schemas whose source is Rust types. Tests on each side fail when a written one is stale.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

/// Writes every schema and names it.
pub(crate) fn write(repository: &Path) -> anyhow::Result<ExitCode> {
    let path = repository.join("schemas/beacon.v1.json");
    fs::write(&path, isotherm_wire::beacon::beacon_schema()).with_context(|| format!("writing {}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
