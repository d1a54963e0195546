//! `isotherm restore DIR`: a backup becomes the store of this installation, whole or not at all.
//!
//! It is put together beside the engine's folder, with everything that the journal says must not come back deleted again
//! and the ledger checked, and only then takes that folder's place in one step. Nothing answers before that.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use isotherm_core::control::{AdminAct, ControlStore};
use isotherm_core::ports::{Clock, CountStore};
use isotherm_core::site::SiteKey;
use isotherm_core::{Day, Hour};
use isotherm_engine::{EngineFolder, EngineHandle};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::backup::{PutBackError, cut_state, empty_table, put_back, tables};
use isotherm_store_clickhouse::{
    ClickHouseControl, ClickHouseCounts, Eraser, SCHEMA_VERSION, StoreSettings, VerifyReport, migrate, verify,
};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;

use super::output;
use crate::arguments::RestoreArguments;
use crate::audit::{self, Did};
use crate::backup::files::{check, reader, sync_dir};
use crate::backup::{BACKUP_DAYS_MAX, Manifest};
use crate::handover;
use crate::installation::{Installation, store_settings};
use crate::journal::{Act, Entry, Journal};
use crate::maintenance;
use crate::roles::collecting::open_log_patiently;

/// How long a left-over engine, or a deletion, may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a service that lent its data directory may take until it collects again. It checks its whole log first.
const UP_AGAIN_MAX: Duration = Duration::from_secs(300);

/// What a restore did.
struct Restored {
    /// Acts of the journal that the backup did not know.
    applied: u64,
    /// Whether a journal was there.
    journal: bool,
    /// The ledger check.
    verified: VerifyReport,
}

/// Runs `isotherm restore`.
pub(crate) async fn run(arguments: RestoreArguments) -> anyhow::Result<ExitCode> {
    let installation = Installation::find(&arguments.control.place)?;
    let dir = std::path::absolute(&arguments.dir)?;
    let manifest = Manifest::read(&dir)?;
    refuse_unusable(&manifest)?;
    for entry in &manifest.tables {
        tracing::info!(table = entry.table, bytes = entry.bytes, "checking");
        check(&dir, entry)?;
    }
    let restored = match installation.config.clickhouse.store() {
        Some(store) => into_server(&installation, &store, (&dir, &manifest), &arguments).await?,
        None => into_engine(&installation, (&dir, &manifest), &arguments).await?,
    };
    report(&installation, &manifest, &restored, arguments.control.json)?;
    Ok(match restored.verified.is_right() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn refuse_unusable(manifest: &Manifest) -> anyhow::Result<()> {
    if manifest.is_expired(today()) {
        bail!(
            "the backup is of {} and expired after {BACKUP_DAYS_MAX} days: what was erased since is in no journal any more; \
             delete it, and restore a newer one",
            manifest.day
        );
    }
    if manifest.schema > SCHEMA_VERSION {
        bail!(
            "the backup has schema {}, this build knows {SCHEMA_VERSION}: use the build that made it (isotherm {}), or a newer one",
            manifest.schema,
            manifest.isotherm
        );
    }
    Ok(())
}

/// Puts the backup beside the engine's folder and exchanges the two. A running `up` goes on meanwhile, and lends its data
/// directory for the exchange only.
async fn into_engine(
    installation: &Installation,
    backup: (&Path, &Manifest),
    arguments: &RestoreArguments,
) -> anyhow::Result<Restored> {
    let handover = handover::begin(installation)?;
    let held = maintenance::hold(installation).await?;
    let engine_dir = installation.engine_dir();
    if engine_dir.exists() && !arguments.replace {
        bail!(
            "there is a store in {} already: name another directory with --data-dir, or say --replace to lose what it holds",
            installation.data_dir.display()
        );
    }
    let lock = installation.try_lock()?;
    let was_running = lock.is_none().then(|| installation.run()).flatten();
    let new = handover::new_folder(installation);
    wait_for_engine(&new).await?;
    remove_if_there(&new)?;
    let engine = installation.start_engine_in(&new).await?;
    let store = store_settings(&engine.handle());
    let prepared = async {
        fill(&store, backup).await?;
        let before = do_again(&store, installation, arguments).await?;
        let old_acts = old_acts(installation, lock.is_some()).await;
        let lock = match lock {
            Some(lock) => lock,
            None => handover::take(installation).await?,
        };
        wait_for_engine(&engine_dir).await?;
        // What was erased or revoked while the service still ran is in the journal by now.
        let since = do_again(&store, installation, arguments).await?;
        take_back(installation, &store).await?;
        audit::note_missing(&store, &old_acts).await?;
        let restored = conclude(&store, backup.1, (before.0 + since.0, since.1)).await?;
        anyhow::Ok((lock, restored))
    };
    let prepared = prepared.await;
    engine.stop().await;
    if prepared.is_err() {
        // What cannot be removed now is removed by the next restore, or the next start.
        let _ = fs::remove_dir_all(&new);
    }
    let (lock, restored) = prepared?;
    switch(installation, &new)?;
    drop((lock, held, handover));
    if was_running.is_some() {
        wait_until_up_again(installation).await?;
    }
    Ok(restored)
}

/// The audit trail of the store that is replaced: who restores a backup must not take back what was written down since. Read
/// as late as the old engine answers. A store that cannot be read any more is no reason not to replace it.
async fn old_acts(installation: &Installation, is_stopped: bool) -> Vec<AdminAct> {
    let engine_dir = installation.engine_dir();
    if !engine_dir.exists() {
        return Vec::new();
    }
    let read = async {
        if !is_stopped {
            let handle = EngineHandle::load(&engine_dir)?.context("the running service has no engine")?;
            return audit::acts(&store_settings(&handle)).await;
        }
        wait_for_engine(&engine_dir).await?;
        let engine = installation.start_engine().await?;
        let acts = audit::acts(&store_settings(&engine.handle())).await;
        engine.stop().await;
        acts
    };
    read.await.unwrap_or_else(|error| {
        tracing::warn!(
            reason = format!("{error:#}"),
            "the audit trail of the store that is replaced cannot be read: acts since the backup are missing in the new one"
        );
        Vec::new()
    })
}

/// What the journal says is done again in the new tables: how many acts were news to them, and whether there is a journal.
async fn do_again(
    store: &StoreSettings,
    installation: &Installation,
    arguments: &RestoreArguments,
) -> anyhow::Result<(u64, bool)> {
    let entries = journal_entries(installation, arguments)?;
    let applied = apply(store, entries.as_deref().unwrap_or_default()).await?;
    Ok((applied, entries.is_some()))
}

/// The service holds the restored tables when it has read its sites out of them.
async fn wait_until_up_again(installation: &Installation) -> anyhow::Result<()> {
    let begun = Instant::now();
    while installation.run().is_none() || installation.wait_until_taken_over().await.is_err() {
        if begun.elapsed() >= UP_AGAIN_MAX || installation.run().is_none() {
            bail!("the backup is restored, but the running service did not come back: see its log, and start it again");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// A killed service leaves an engine that is still closing its tables.
async fn wait_for_engine(engine_dir: &Path) -> anyhow::Result<()> {
    let mut waited = Duration::ZERO;
    while engine_dir.exists() && EngineFolder::new(engine_dir).is_held()? {
        let answers = match EngineHandle::load(engine_dir)? {
            Some(handle) => handle.answers().await,
            None => false,
        };
        if waited >= PATIENCE {
            bail!(
                "an engine holds {}{}: stop it",
                engine_dir.display(),
                if answers { " and answers" } else { "" }
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
    Ok(())
}

/// The new folder takes the engine's place in one step; a crash leaves the one or the other.
fn switch(installation: &Installation, new: &Path) -> anyhow::Result<()> {
    let engine_dir = installation.engine_dir();
    // The copy of the sites is made anew from the restored tables.
    match fs::remove_file(installation.sites_path()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)?,
        _ => {}
    }
    let flags = match engine_dir.exists() {
        true => RenameFlags::EXCHANGE,
        false => RenameFlags::NOREPLACE,
    };
    renameat_with(CWD, new, CWD, &engine_dir, flags)
        .with_context(|| format!("cannot put {} in its place", engine_dir.display()))?;
    sync_dir(&installation.data_dir)?;
    remove_if_there(new)
}

/// Puts the backup into an empty database of a server. The roles must be stopped: nothing here can see them.
async fn into_server(
    installation: &Installation,
    store: &StoreSettings,
    backup: (&Path, &Manifest),
    arguments: &RestoreArguments,
) -> anyhow::Result<Restored> {
    let _handover = handover::begin(installation)?;
    let _held = maintenance::hold(installation).await?;
    let _lock = installation
        .lock()
        .context("a server's database is restored while all roles are stopped")?;
    migrate(store).await?;
    for table in tables(store).await? {
        if table != "settings" && !isotherm_store_clickhouse::backup::is_empty(store, &table).await? {
            bail!(
                "database `{}` is not empty: stop all roles, drop or rename it, and restore again",
                store.database
            );
        }
    }
    fill(store, backup).await?;
    let done_again = do_again(store, installation, arguments).await?;
    // A topic holds its records whatever is counted; a log of this machine must not forget them.
    if installation.config.kafka.brokers.is_empty() {
        take_back(installation, store).await?;
    }
    conclude(store, backup.1, done_again).await
}

/// What must not come back. Entries of a journal that is brought along join this installation's own.
fn journal_entries(installation: &Installation, arguments: &RestoreArguments) -> anyhow::Result<Option<Vec<Entry>>> {
    let journal = Journal::of(installation);
    if let Some(brought) = &arguments.journal {
        let brought = Journal::at(brought);
        anyhow::ensure!(brought.exists(), "the journal that --journal names is not there");
        journal.take_over(&brought.read()?)?;
    }
    match journal.exists() {
        true => Ok(Some(journal.read()?)),
        false => Ok(None),
    }
}

async fn fill(store: &StoreSettings, (dir, manifest): (&Path, &Manifest)) -> anyhow::Result<()> {
    migrate(store).await?;
    let known = tables(store).await?;
    for (index, entry) in manifest.tables.iter().enumerate() {
        let table = &entry.table;
        if !known.contains(table) {
            bail!("the backup has a table `{table}` that this build does not know: use the build that made it");
        }
        // The migration made an id key; the backup brings the right one.
        empty_table(store, table).await?;
        let next = reader(dir, entry)?;
        match put_back(store, table, next).await {
            Ok(()) => {}
            Err(PutBackError::Source(error)) => return Err(error),
            Err(PutBackError::Store(fault)) => return Err(fault).context(format!("cannot restore table {table}")),
        }
        tracing::info!(table, done = index + 1, of = manifest.tables.len(), "restored");
    }
    Ok(())
}

/// The last look at the new tables.
async fn conclude(
    store: &StoreSettings,
    manifest: &Manifest,
    (applied, journal): (u64, bool),
) -> anyhow::Result<Restored> {
    audit::note(store, Did::Restore, "", &manifest.day).await?;
    wait_for_deletions(store).await?;
    Ok(Restored {
        applied,
        journal,
        verified: verify(store).await?,
    })
}

/// Does again what was done since the backup; says how many acts it did not know.
async fn apply(store: &StoreSettings, entries: &[Entry]) -> anyhow::Result<u64> {
    let (control, eraser) = (ClickHouseControl::new(store), Eraser::new(store));
    let now = Hour::of_unix_ms(SystemClock.unix_ms());
    let mut applied = 0;
    for entry in entries {
        let news = match &entry.act {
            Act::Revoke { token } => control.revoke_token(token).await?,
            Act::RevokeShare { share } => control.revoke_share(share).await?,
            Act::Remove { site, version } => {
                let site = SiteKey::parse(site).context("the journal names a site that can be none")?;
                control.remove_as_of(&site, *version).await?
            }
            erase @ Act::Erase { .. } => {
                let erasure = erase
                    .erasure(now)
                    .context("the journal names an erasure that can be none")?;
                let news = eraser.request(&erasure).await?;
                if news {
                    eraser.pass(erasure.id).await?;
                }
                news
            }
        };
        applied += u64::from(news);
    }
    Ok(applied)
}

/// What the log still holds behind the restored ledger's ends is counted again, so it must not be forgotten as counted.
async fn take_back(installation: &Installation, store: &StoreSettings) -> anyhow::Result<()> {
    if !installation.log_dir().exists() {
        return Ok(());
    }
    let log = open_log_patiently(installation).await?;
    let (partitions, store) = (installation.config.log.partitions, store.clone());
    let runtime = tokio::runtime::Handle::current();
    let taken_back = tokio::task::spawn_blocking(move || {
        let mut counts = ClickHouseCounts::new(&store, runtime);
        for partition in 0..partitions {
            let end = counts.ledger_end(log.log_id(), partition)?;
            log.take_back(partition, end.map_or(0, |end| end.last + 1))?;
        }
        anyhow::Ok(())
    });
    taken_back.await?
}

async fn wait_for_deletions(store: &StoreSettings) -> anyhow::Result<()> {
    let mut waited = Duration::ZERO;
    while cut_state(store).await?.unfinished > 0 {
        anyhow::ensure!(
            waited < PATIENCE,
            "deletions in the restored store do not end: try again"
        );
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context(format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn report(installation: &Installation, manifest: &Manifest, restored: &Restored, as_json: bool) -> anyhow::Result<()> {
    let problems: Vec<String> = restored.verified.problems.iter().map(ToString::to_string).collect();
    if as_json {
        return output::json(&json!({
            "day": manifest.day, "tables": manifest.tables.len(), "journal": restored.journal,
            "applied": restored.applied, "right": restored.verified.is_right(), "problems": problems,
        }));
    }
    output::line(format!(
        "Restored {} tables of {} into {}.",
        manifest.tables.len(),
        manifest.day,
        installation.data_dir.display()
    ));
    if restored.journal {
        output::line(format!(
            "  journal: {} acts since the backup were done again (erasures, removed sites, revoked tokens)",
            restored.applied
        ));
    } else {
        output::line(
            "  there is no journal here: what was erased, removed or revoked since the backup is back. Do it again, or restore \
             with --journal FILE",
        );
    }
    match installation.log_dir().exists() {
        true => output::line("  what the log still holds and the backup does not count is counted at the next start"),
        false => output::line("  there is no log here: what was admitted after the backup is lost"),
    }
    for problem in &problems {
        output::line(problem);
    }
    match problems.len() {
        0 => output::line("  the ledger is right"),
        wrong => output::line(format!(
            "  the ledger is WRONG in {wrong} places, as it was when the backup was made"
        )),
    }
    Ok(())
}

fn today() -> Day {
    Day::of_unix_ms(SystemClock.unix_ms())
}
