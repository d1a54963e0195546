//! One act at a time among those that must not meet: copying all tables, deleting out of them, restoring them.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::installation::Installation;

/// How long one act waits for another. A backup of many gigabytes may take minutes; then the command says what it waits for
/// in vain.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Held until dropped, or until the process ends in any way.
#[derive(Debug)]
pub(crate) struct Maintenance {
    _file: File,
}

/// Waits until no other act holds the data directory's maintenance lock, and takes it.
pub(crate) async fn hold(installation: &Installation) -> anyhow::Result<Maintenance> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(held) = try_hold(installation)? {
            return Ok(held);
        }
        if waited >= WAIT_MAX {
            bail!(
                "another backup, restore or erasure holds {} for more than ten minutes: try again when it is done",
                installation.data_dir.display()
            );
        }
        if waited.is_zero() {
            tracing::info!("waiting for another backup, restore or erasure to end");
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
}

/// Takes the lock if nobody has it.
pub(crate) fn try_hold(installation: &Installation) -> anyhow::Result<Option<Maintenance>> {
    let dir = &installation.data_dir;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join("maintenance.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Maintenance { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", path.display())),
    }
}
