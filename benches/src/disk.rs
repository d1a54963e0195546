//! What the disk itself takes: the floor under every durable answer.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::numbers::Times;

/// How long it is measured.
const RUN: Duration = Duration::from_secs(2);
/// Bytes per write: one page.
const WRITE_BYTES: usize = 4_096;

/// Appends a page and waits for the disk, again and again.
pub(crate) fn fdatasync_times(dir: &Path) -> anyhow::Result<Times> {
    let path = dir.join("fdatasync");
    let mut file = File::create(&path)?;
    let (mut times, started) = (Vec::new(), Instant::now());
    while started.elapsed() < RUN {
        file.write_all(&[0x5a; WRITE_BYTES])?;
        let before = Instant::now();
        file.sync_data()?;
        times.push(before.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(Times::new(times))
}
