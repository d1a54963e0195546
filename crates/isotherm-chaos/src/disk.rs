//! A disk that can be filled: a small file system that only the process under test has, so that it goes with it. Where
//! the system refuses one, a limit on the size of its files does the same to what it writes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::Context;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// Size of the file system, bytes: some segments of the log.
const DISK_BYTES: u64 = 32 << 20;
/// Bytes that the file which fills it grows by.
const FILL_BYTES: usize = 64 << 10;
/// With limited files: bytes that a file may have, below any file of the log and above the notes of a short run.
const FILE_BYTES: u64 = 512 << 10;

/// Mounts a file system at `$1` and becomes the rest of the arguments.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$2" isotherm-chaos "$1" && shift 2 && exec "$@""#;
/// A write beyond the limit then is an error and does not end the process.
const LIMIT: &str = r#"trap "" XFSZ && exec "$@""#;

/// Whether this system gives a process a file system of its own.
static MOUNTS: LazyLock<bool> = LazyLock::new(|| {
    let tried = Command::new("unshare")
        .args(["--mount", "sh", "-c", "mount -t tmpfs -o size=1m isotherm-chaos /mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
});

/// A command that runs `binary` with the arguments that follow, its data on a disk of its own.
pub(crate) fn on_small_disk(data: &Path, binary: &Path) -> Command {
    let mut command;
    if *MOUNTS {
        command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", MOUNT, "sh"]);
        command.arg(data).arg(DISK_BYTES.to_string());
    } else {
        command = Command::new("sh");
        command.args(["-c", LIMIT, "sh"]);
    }
    command.arg(binary);
    command
}

/// A disk that is full until it is freed.
pub(crate) enum FullDisk {
    Filler(PathBuf),
    Limit(Pid),
}

/// Fills the disk of a process.
pub(crate) fn fill(pid: u32, data: &Path) -> anyhow::Result<FullDisk> {
    if !*MOUNTS {
        let pid = Pid::from_raw(pid.cast_signed()).context("a process has a number")?;
        limit(pid, Some(FILE_BYTES))?;
        return Ok(FullDisk::Limit(pid));
    }
    // As the process itself sees its files.
    let inside = Path::new("/proc").join(pid.to_string()).join("root");
    let filler = inside.join(data.strip_prefix("/")?).join("filler");
    let mut file = File::create(&filler).context("the process has no disk of its own")?;
    while file.write_all(&[0; FILL_BYTES]).is_ok() {}
    // What is left is less than a page of the log's.
    while file.write_all(&[0; 512]).is_ok() {}
    Ok(FullDisk::Filler(filler))
}

impl FullDisk {
    /// Makes room again.
    pub(crate) fn free(self) -> anyhow::Result<()> {
        match self {
            FullDisk::Filler(file) => Ok(fs::remove_file(file)?),
            FullDisk::Limit(pid) => limit(pid, None),
        }
    }
}

fn limit(pid: Pid, bytes: Option<u64>) -> anyhow::Result<()> {
    let (current, maximum) = (bytes, None);
    prlimit(Some(pid), Resource::Fsize, Rlimit { current, maximum }).context("the size of files cannot be limited")?;
    Ok(())
}
