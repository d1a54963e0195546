//! What a backup says of itself: of which day and installation it is, which files it has and what their bytes add up to.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use isotherm_core::Day;
use isotherm_core::ids::IdKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::{hex, write_durably};
use super::{BACKUP_DAYS_MAX, FORMAT};
use crate::calendar;

/// The manifest's file.
const FILE: &str = "manifest.json";

/// Bytes of an installation's name, as 16 hexadecimal digits.
const INSTALLATION_BYTES: usize = 8;

/// `manifest.json`.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The layout of the directory.
    pub(crate) format: u32,
    /// The version of the program that made it.
    pub(crate) isotherm: String,
    /// The UTC day on which it was made.
    pub(crate) day: String,
    /// The schema of its tables.
    pub(crate) schema: u32,
    /// The installation, by a hash of its id key.
    pub(crate) installation: String,
    /// The logs that its ledger knows, as 16 hexadecimal digits.
    pub(crate) log_ids: Vec<String>,
    /// Its files, in the order in which the tables were copied.
    pub(crate) tables: Vec<TableEntry>,
}

/// A table's file.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableEntry {
    /// The table.
    pub(crate) table: String,
    /// Its file in the directory.
    pub(crate) file: String,
    /// The file's length in bytes.
    pub(crate) bytes: u64,
    /// SHA-256 of the file's bytes.
    pub(crate) sha256: String,
}

/// The one thing that is read of a manifest before its layout is known.
#[derive(Deserialize)]
struct Layout {
    format: u32,
}

impl Manifest {
    /// Writes it durably; the last file of a backup.
    pub(crate) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        write_durably(&dir.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Reads a backup's manifest.
    pub(crate) fn read(dir: &Path) -> anyhow::Result<Manifest> {
        let path = dir.join(FILE);
        let bytes =
            fs::read(&path).with_context(|| format!("{} is no backup: cannot read its {FILE}", dir.display()))?;
        let damaged = || format!("the backup is damaged: {} cannot be understood", path.display());
        let layout: Layout = serde_json::from_slice(&bytes).with_context(damaged)?;
        if layout.format != FORMAT {
            bail!(
                "the backup {} has format {}, this build knows {FORMAT}: use the build that made it, or a newer one",
                dir.display(),
                layout.format
            );
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).with_context(damaged)?;
        manifest.day().with_context(damaged)?;
        Ok(manifest)
    }

    /// The day on which it was made.
    pub(crate) fn day(&self) -> anyhow::Result<Day> {
        calendar::parse(&self.day).context("its day is no day")
    }

    /// Whether it is too old to be used.
    pub(crate) fn is_expired(&self, today: Day) -> bool {
        self.day()
            .is_ok_and(|day| day.0.saturating_add(BACKUP_DAYS_MAX) < today.0)
    }
}

/// The name of an installation: it tells two apart and says nothing about the key.
pub(crate) fn installation_name(key: &IdKey) -> String {
    let digest = Sha256::new()
        .chain_update(b"isotherm installation")
        .chain_update(key.bytes());
    hex(&digest.finalize()[..INSTALLATION_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(day: &str) -> Manifest {
        Manifest {
            format: FORMAT,
            isotherm: "0.0.0".into(),
            day: day.into(),
            schema: 1,
            installation: installation_name(&IdKey::new([7; 16])),
            log_ids: vec![],
            tables: vec![],
        }
    }

    #[test]
    fn a_backup_expires_thirty_days_after_its_day() {
        let today = |text| calendar::parse(text).expect("a day");
        let backup = manifest("2026-10-22");
        assert!(!backup.is_expired(today("2026-11-21")));
        assert!(backup.is_expired(today("2026-11-22")));
    }

    #[test]
    fn what_is_no_manifest_of_this_format_is_refused_with_a_reason() {
        let dir = tempfile::tempdir().expect("a directory");
        let refusal = || format!("{:#}", Manifest::read(dir.path()).expect_err("refused"));
        assert!(refusal().contains("is no backup"));
        let write = |text: &str| fs::write(dir.path().join(FILE), text).expect("written");
        write("{\"format\": 9, \"more\": 1}");
        assert!(refusal().contains("has format 9"));
        write("{\"format\": 1");
        assert!(refusal().contains("is damaged"));
        write("{\"format\": 1}");
        assert!(refusal().contains("is damaged"));
        // A manifest is never written over another.
        let replace = |day: &str| {
            fs::remove_file(dir.path().join(FILE)).expect("removed");
            manifest(day).write(dir.path()).expect("written");
        };
        replace("2026-13-01");
        assert!(refusal().contains("is damaged"));
        replace("2026-11-21");
        assert_eq!(Manifest::read(dir.path()).expect("read"), manifest("2026-11-21"));
    }
}
