//! Processes that end with ours, free ports, folders of their own.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::wait_until;

/// How many lines of a program's log an error carries.
const LOG_TAIL_LINES_MAX: usize = 30;

/// How long a killed process may take to be gone.
const KILL_DEADLINE: Duration = Duration::from_secs(10);

/// Ports for servers under test. Outgoing connections and whoever names no port have those from 32,768 on, so that nobody
/// takes one of these between the look whether it is free and its use.
const PORTS: Range<u16> = 20_000..32_000;

/// A port on 127.0.0.1 that was free a moment ago; never the same twice until all have been named.
///
/// # Panics
/// When none is left.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        // Elsewhere in each program, so that those beside each other rarely try the same.
        AtomicU64::new(RandomState::new().hash_one(std::process::id()) >> 1)
    });
    let count = u64::from(PORTS.end - PORTS.start);
    let mut tried = (0..count).map(|_| PORTS.start + (NEXT.fetch_add(1, Ordering::Relaxed) % count) as u16);
    let free = tried.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.expect("a free port on 127.0.0.1")
}

/// A folder of its own that is deleted when dropped.
///
/// # Panics
/// When the system's folder for temporary files cannot be written.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("isotherm-test-")
        .tempdir()
        .expect("a folder for temporary files")
}

/// A process that is killed when this is dropped, or when our own process ends in any way: beside
/// it waits a shell for the end of a pipe that only we hold.
#[derive(Debug)]
pub struct Program {
    child: Child,
    watcher: Child,
    _life_line: ChildStdin,
}

impl Program {
    /// Starts the program with its output behind what `log` holds.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut Command, log: &Path) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C reaches the whole group of a terminal; the tests decide when servers stop.
            .process_group(0)
            .spawn()?;
        let watcher = Command::new("/bin/sh")
            .args(["-c", "read -r _; kill -9 \"$0\" 2>/dev/null"])
            .arg(child.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let pipe = watcher.and_then(|mut watcher| match watcher.stdin.take() {
            Some(life_line) => Ok((watcher, life_line)),
            None => Err(io::Error::other("no pipe to the watcher")),
        });
        match pipe {
            Ok((watcher, life_line)) => Ok(Self {
                child,
                watcher,
                _life_line: life_line,
            }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Sends it a signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) {
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), Pid::from_raw(self.child.id().cast_signed())) {
            // An error means that it has ended; only we reap it, so the id is its.
            let _ = kill_process(pid, signal);
        }
    }

    /// Asks it to end, and kills it after `deadline`. Says how it ended, if it did by itself.
    pub async fn stop(mut self, deadline: Duration) -> Option<ExitStatus> {
        self.signal(Signal::TERM);
        let end = tokio::time::Instant::now() + deadline;
        loop {
            match self.child.try_wait() {
                Ok(None) if tokio::time::Instant::now() < end => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// Kills it, as `kill -9` does.
    pub async fn kill(mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        wait_until(KILL_DEADLINE, "a killed process is gone", async || {
            !matches!(self.child.try_wait(), Ok(None))
        })
        .await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The watcher goes first: after the wait below the process id may be somebody else's.
        // Errors mean that a process has ended by itself.
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log; best effort, since it only explains.
pub(crate) fn log_tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES_MAX)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_apart_and_none_is_one_that_is_in_use() {
        let (first, second) = (free_port(), free_port());
        assert!(first != second && PORTS.contains(&first) && PORTS.contains(&second));
        let next = PORTS.start + (second + 1 - PORTS.start) % (PORTS.end - PORTS.start);
        // It may be somebody else's: then it is passed over all the same.
        let _held = TcpListener::bind(("127.0.0.1", next));
        assert_ne!(free_port(), next);
    }
}
