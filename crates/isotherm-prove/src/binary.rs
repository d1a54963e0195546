//! The binaries under test: the one that everybody runs, and one that leaks on purpose, kept apart from it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The binary as it is, built now if its sources are newer. `ISOTHERM_PROVE_BINARY` names another that is built already.
pub fn clean() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("ISOTHERM_PROVE_BINARY") {
        return Ok(named.into());
    }
    cargo(&[])?;
    Ok(target()?.join("debug/isotherm"))
}

/// The binary that leaks, kept in `target/leaks`. `ISOTHERM_PROVE_LEAKING` names another that is built already.
pub fn leaking() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("ISOTHERM_PROVE_LEAKING") {
        return Ok(named.into());
    }
    let kept = target()?.join("leaks");
    std::fs::create_dir_all(&kept)?;
    cargo(&["--features", "leaks"])?;
    let (built, next, binary) = (
        target()?.join("debug/isotherm"),
        kept.join("next"),
        kept.join("isotherm"),
    );
    // Whole or not at all: another programme may run the one that is there.
    std::fs::copy(&built, &next).with_context(|| format!("cannot copy {}", built.display()))?;
    std::fs::rename(&next, &binary)?;
    // The one without leaks takes its place in `debug` again, which costs a link at most.
    cargo(&[])?;
    Ok(binary)
}

fn top() -> anyhow::Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?)
}

fn target() -> anyhow::Result<PathBuf> {
    let own = top()?.join("target");
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(own, PathBuf::from))
}

fn cargo(more: &[&str]) -> anyhow::Result<()> {
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
        .context("cargo cannot be run")?;
    let why = String::from_utf8_lossy(&built.stderr);
    ensure!(built.status.success(), "the binary under test cannot be built:\n{why}");
    Ok(())
}
