//! What processes cost, as the kernel counts it, and children that end with their parent.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Clock ticks per second in /proc: 100 on every Linux this runs on (`getconf CLK_TCK`).
const TICKS_PER_S: f64 = 100.0;

/// The core on which servers run.
pub(crate) const SERVER_CORE: &str = "0";

/// A child that is asked to stop, and waited for, when this is dropped.
pub(crate) struct Running(pub(crate) Child);

/// Memory of a process, bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident, shared pages counted whole.
    pub(crate) rss: u64,
    /// Resident, shared pages divided among those who share them.
    pub(crate) pss: u64,
}

/// User and system time of a process so far, its ended children not counted, in seconds.
pub(crate) fn cpu_s(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("a measured process is gone")?;
    // The name, in brackets, may hold spaces; what follows the last bracket does not.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("/proc has an unknown form")?;
    Ok((user + system) / TICKS_PER_S)
}

/// Memory of a process now.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("a measured process is gone")?;
    let of = |name: &str| {
        let line = rollup.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let (rss, pss) = of("Rss:").zip(of("Pss:")).context("/proc has an unknown form")?;
    Ok(Memory {
        rss: rss << 10,
        pss: pss << 10,
    })
}

/// A command that runs on the servers' core.
pub(crate) fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program);
    command.stdin(Stdio::null());
    command
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let stopped = Command::new("kill").arg(self.0.id().to_string()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            // It has ended by itself, or nothing can be done about it.
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

impl Memory {
    pub(crate) fn plus(self, other: Memory) -> Memory {
        Memory {
            rss: self.rss + other.rss,
            pss: self.pss + other.pss,
        }
    }

    /// The larger of each.
    pub(crate) fn max(self, other: Memory) -> Memory {
        Memory {
            rss: self.rss.max(other.rss),
            pss: self.pss.max(other.pss),
        }
    }
}
