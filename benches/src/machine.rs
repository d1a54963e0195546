//! What the numbers were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Machine, kernel, file system and commit, one line each.
pub(crate) fn lines(dir: &Path) -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read("/proc/meminfo");
    let memory_kb = memory.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok());
    let load = read("/proc/loadavg");
    vec![
        format!("machine: {cores} cores, {}", model.unwrap_or("unknown")),
        format!("memory: {} GB", memory_kb.unwrap_or_default() / 1_000_000),
        format!("kernel: Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        format!(
            "file system under the log: {}",
            of("stat", &["-f", "-c", "%T", &dir.to_string_lossy()])
        ),
        format!("compiler: {}, profile release", of("rustc", &["--version"])),
        format!("commit: {}", commit()),
        format!(
            "load average at the start: {} (above 1, others were at work: run again on a quiet machine)",
            load.split_whitespace().next().unwrap_or("unknown")
        ),
    ]
}

fn commit() -> String {
    let hash = of("git", &["rev-parse", "--short", "HEAD"]);
    match of(
        "git",
        &["status", "--porcelain", "--", "crates", "Cargo.lock", "benches/src"],
    )
    .as_str()
    {
        "" => hash,
        _ => format!("{hash} with changes"),
    }
}

/// What a command prints; nothing where it cannot be run.
fn of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
