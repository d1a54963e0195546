//! The `isotherm` binary for tests that run it as a process: as it is, or with a feature that only tests have.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::TestkitError;

/// The binary as it is, built now if its sources are newer.
///
/// # Errors
/// When it cannot be built.
pub fn binary() -> Result<PathBuf, TestkitError> {
    build(&[])?;
    Ok(target()?.join("debug/isotherm"))
}

/// The binary with one of its features, kept in a folder of that name below cargo's target, apart from the one that
/// everybody else runs.
///
/// # Errors
/// When it cannot be built or kept.
pub fn binary_with(feature: &str) -> Result<PathBuf, TestkitError> {
    let kept = target()?.join(feature);
    std::fs::create_dir_all(&kept)?;
    build(&["--features", feature])?;
    let (next, kept) = (kept.join("next"), kept.join("isotherm"));
    // Whole or not at all: another programme may run the one that is there.
    std::fs::copy(target()?.join("debug/isotherm"), &next)?;
    std::fs::rename(&next, &kept)?;
    // The one without the feature takes its place in `debug` again, which costs a link at most.
    build(&[])?;
    Ok(kept)
}

fn top() -> Result<PathBuf, TestkitError> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?)
}

fn target() -> Result<PathBuf, TestkitError> {
    let own = top()?.join("target");
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(own, PathBuf::from))
}

fn build(more: &[&str]) -> Result<(), TestkitError> {
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
        .current_dir(top()?)
        .output()
        .map_err(|error| TestkitError::Program("cargo", error))?;
    if built.status.success() {
        return Ok(());
    }
    Err(TestkitError::Failed {
        what: format!("building isotherm {}", more.join(" ")),
        log_tail: String::from_utf8_lossy(&built.stderr).into_owned(),
    })
}
