//! `isotherm backup DIR`: all tables of the store, of a running service or of a stopped one, in a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use isotherm_core::Day;
use isotherm_core::control::ControlStore;
use isotherm_core::ports::Clock;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::backup::{CutState, copy_table, cut_state, facts, tables};
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};
use serde_json::json;

use super::output;
use crate::arguments::BackupArguments;
use crate::backup::files::{TableWriter, make_private_dir, sync_dir};
use crate::backup::manifest::installation_name;
use crate::backup::{BACKUP_DAYS_MAX, FORMAT, Manifest, TableEntry};
use crate::calendar;
use crate::installation::Installation;
use crate::maintenance;

/// How often the tables are copied again because a seal was published meanwhile. Sealing publishes about once a day.
const CUTS_MAX: u32 = 5;

/// How long deletions that are under way may take before the backup gives up waiting for them.
const DELETIONS_MAX: Duration = Duration::from_secs(600);

/// Pause between two looks at them.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs `isotherm backup`.
pub(crate) async fn run(arguments: BackupArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.control.place)?;
    let dir = std::path::absolute(&arguments.dir)?;
    refuse_existing(&dir)?;
    let store = installation.open_store().await?;
    let made = async {
        let _held = maintenance::hold(&installation).await?;
        make(&store.settings, &dir).await
    };
    let made = made.await;
    store.close().await;
    let manifest = made?;
    let expired = remove_expired(&dir, &manifest, today())?;
    report(&dir, &manifest, &expired, arguments.control.json)
}

/// Makes a backup under another name and renames it when it is whole.
async fn make(store: &StoreSettings, dir: &Path) -> anyhow::Result<Manifest> {
    let (parent, unfinished) = beside(dir)?;
    make_private_dir(&parent)?;
    // Left over from a backup that was killed; nobody else makes one now.
    remove_if_there(&unfinished)?;
    make_private_dir(&unfinished)?;
    let made = match copy_all(store, &unfinished).await {
        Ok(manifest) => publish(&unfinished, dir, &parent).map(|()| manifest),
        Err(error) => Err(error),
    };
    if made.is_err() {
        // What cannot be removed either is removed by the next backup.
        let _ = fs::remove_dir_all(&unfinished);
    }
    made
}

/// Copies all tables; again where something that ties them together changed meanwhile.
async fn copy_all(store: &StoreSettings, into: &Path) -> anyhow::Result<Manifest> {
    let key = ClickHouseControl::new(store).id_key().await?;
    for cut in 1..=CUTS_MAX {
        let before = quiet_state(store).await?;
        let day = today();
        let copied = copy_tables(store, into).await?;
        let facts = facts(store).await?;
        if cut_state(store).await? == before {
            let manifest = Manifest {
                format: FORMAT,
                isotherm: env!("CARGO_PKG_VERSION").into(),
                day: calendar::text(day),
                schema: facts.schema,
                installation: installation_name(&key),
                log_ids: facts.log_ids.iter().map(|id| format!("{id:016x}")).collect(),
                tables: copied,
            };
            manifest.write(into)?;
            return Ok(manifest);
        }
        tracing::info!(
            cut,
            "a landing was sealed or something was deleted meanwhile; copying again"
        );
        for entry in copied {
            fs::remove_file(into.join(entry.file))?;
        }
    }
    bail!("the tables did not hold still for {CUTS_MAX} copies in a row: try again later")
}

/// The state before a copy, once no deletion is under way.
async fn quiet_state(store: &StoreSettings) -> anyhow::Result<CutState> {
    let mut waited = Duration::ZERO;
    loop {
        let state = cut_state(store).await?;
        if state.unfinished == 0 {
            return Ok(state);
        }
        if waited >= DELETIONS_MAX {
            bail!("deletions in the store do not end: see `system.mutations` of the server, then try again");
        }
        if waited.is_zero() {
            tracing::info!("waiting for deletions to end");
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}

async fn copy_tables(store: &StoreSettings, into: &Path) -> anyhow::Result<Vec<TableEntry>> {
    let names = tables(store).await?;
    let mut entries = Vec::with_capacity(names.len());
    for (index, table) in names.iter().enumerate() {
        let mut copy = copy_table(store, table)?;
        let mut writer = TableWriter::create(into, table)?;
        while let Some(bytes) = copy
            .next()
            .await
            .with_context(|| format!("cannot copy table {table}"))?
        {
            writer.add(&bytes)?;
        }
        let entry = writer.finish(table)?;
        tracing::info!(table, bytes = entry.bytes, done = index + 1, of = names.len(), "copied");
        entries.push(entry);
    }
    Ok(entries)
}

fn publish(unfinished: &Path, dir: &Path, parent: &Path) -> anyhow::Result<()> {
    sync_dir(unfinished)?;
    refuse_existing(dir)?;
    fs::rename(unfinished, dir).with_context(|| format!("cannot make {}", dir.display()))?;
    sync_dir(parent)
}

fn refuse_existing(dir: &Path) -> anyhow::Result<()> {
    if fs::symlink_metadata(dir).is_ok() {
        bail!(
            "{} is there already and a backup overwrites nothing: name a new directory, for example one with the day in it",
            dir.display()
        );
    }
    Ok(())
}

/// The directory that holds the backup, and the name under which it is made.
fn beside(dir: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
        bail!("{} is no name for a new directory", dir.display());
    };
    let mut unfinished = name.to_owned();
    unfinished.push(".unfinished");
    Ok((parent.to_owned(), parent.join(unfinished)))
}

/// Removes backups of this installation that lie beside the new one and are too old to be restored.
fn remove_expired(dir: &Path, made: &Manifest, today: Day) -> anyhow::Result<Vec<PathBuf>> {
    let (parent, _) = beside(dir)?;
    let mut removed = Vec::new();
    for entry in fs::read_dir(&parent).with_context(|| format!("cannot read {}", parent.display()))? {
        let path = entry?.path();
        let Ok(manifest) = Manifest::read(&path) else {
            continue;
        };
        if manifest.installation == made.installation && manifest.is_expired(today) {
            remove_if_there(&path)?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context(format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn report(dir: &Path, manifest: &Manifest, expired: &[PathBuf], as_json: bool) -> anyhow::Result<()> {
    let bytes: u64 = manifest.tables.iter().map(|entry| entry.bytes).sum();
    if as_json {
        return output::json(&json!({
            "dir": dir, "day": manifest.day, "schema": manifest.schema, "tables": manifest.tables.len(),
            "bytes": bytes, "expired": expired,
        }));
    }
    output::line(format!(
        "Backup {}: {} tables, {bytes} bytes, of {}.",
        dir.display(),
        manifest.tables.len(),
        manifest.day
    ));
    output::line(format!(
        "  it can be restored for {BACKUP_DAYS_MAX} days; delete copies of it that are older"
    ));
    for path in expired {
        output::line(format!("  expired and removed: {}", path.display()));
    }
    Ok(())
}

fn today() -> Day {
    Day::of_unix_ms(SystemClock.unix_ms())
}
