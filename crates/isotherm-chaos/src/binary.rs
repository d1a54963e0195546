//! The binary with fault points: built by cargo, kept apart from the one that everybody else runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The binary under test, built now if its sources are newer. `ISOTHERM_CHAOS_BINARY` names another that is built already.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("ISOTHERM_CHAOS_BINARY") {
        return Ok(named.into());
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    cargo(&top, &["--features", "faults"])?;
    let kept = target.join("faults");
    std::fs::create_dir_all(&kept)?;
    let (built, next, binary) = (target.join("debug/isotherm"), kept.join("next"), kept.join("isotherm"));
    // Whole or not at all: another programme may run the one that is there.
    std::fs::copy(&built, &next).with_context(|| format!("cannot copy {}", built.display()))?;
    std::fs::rename(&next, &binary)?;
    // The one without faults takes its place in `debug` again, which costs a link at most.
    cargo(&top, &[])?;
    Ok(binary)
}

fn cargo(top: &Path, more: &[&str]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "isotherm",
            "--bin",
            "isotherm",
        ])
        .args(more)
        .current_dir(top)
        .output()
        .context("cargo cannot be run")?;
    let why = String::from_utf8_lossy(&built.stderr);
    ensure!(
        built.status.success(),
        "the binary with fault points cannot be built:\n{why}"
    );
    Ok(())
}
