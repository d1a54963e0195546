//! A backup as it lies on a disk: a directory with one compressed file per table and a manifest that names them all.
//!
//! The log is not in it. A record may stay 72 hours from when it came, a backup 30 days; and what the log still holds when a
//! backup is restored is counted again from where the restored ledger ends.

pub(crate) mod files;
pub(crate) mod manifest;

pub(crate) use manifest::{Manifest, TableEntry};

/// A backup is used for this many days after the day it was made, then `restore` refuses it: erasures and removals that are
/// older are in no journal any more.
pub(crate) const BACKUP_DAYS_MAX: u16 = 30;

/// The layout of this module.
pub(crate) const FORMAT: u32 = 1;
