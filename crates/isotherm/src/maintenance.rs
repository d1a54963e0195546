//! One act at a time among those that must not meet: copying all tables, deleting out of them, sealing, restoring them.
//!
//! On one machine the data directory's lock keeps them apart. Deleting and sealing are also kept apart across the machines
//! that share a server: see [`Turn`].

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use anyhow::{Context, bail};
use isotherm_store_clickhouse::{StoreSettings, Turn};

use crate::installation::Installation;

/// How long one act waits for another. A backup of many gigabytes may take minutes; then the command says what it waits for
/// in vain.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// The same where a server is asked.
const TURN_PAUSE: Duration = Duration::from_secs(2);

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

/// Waits for its turn to delete or seal, and does that.
pub(crate) async fn alone<T>(
    installation: &Installation,
    store: &StoreSettings,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let _held = hold(installation).await?;
    if !shares_its_store(installation) {
        return work.await;
    }
    let mut waited = Duration::ZERO;
    loop {
        if let Some(turn) = Turn::take(store).await? {
            return turn.with(work).await?;
        }
        if waited >= WAIT_MAX {
            bail!("another machine seals or erases for more than ten minutes: try again when it is done");
        }
        if waited.is_zero() {
            tracing::info!("waiting for another machine to seal or erase");
        }
        tokio::time::sleep(TURN_PAUSE).await;
        waited += TURN_PAUSE;
    }
}

/// The same if it can begin now; `None` if somebody else is at work.
pub(crate) async fn alone_now<T>(
    installation: &Installation,
    store: &StoreSettings,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    let Some(_held) = try_hold(installation)? else {
        return Ok(None);
    };
    if !shares_its_store(installation) {
        return work.await.map(Some);
    }
    match Turn::take(store).await? {
        Some(turn) => turn.with(work).await?.map(Some),
        None => Ok(None),
    }
}

/// The embedded engine belongs to one data directory; a server may belong to many.
fn shares_its_store(installation: &Installation) -> bool {
    installation.config.clickhouse.store().is_some()
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
