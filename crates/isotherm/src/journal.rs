//! The journal: what must not come back with a backup. Erasures, removed sites, revoked tokens and links are written here, beside
//! the log and outside every backup, before they are done; `restore` does them again before anything is answered.
//!
//! One JSON line per act, with a checksum, appended and synced. A line is forgotten once every backup from before it has
//! expired. It holds site keys, token ids, page ids, and the patterns that people gave to `erase`; no exact path.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use isotherm_core::control::{Erased, Erasure, ErasureState};
use isotherm_core::{Day, Hour, PageId, SiteKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backup::BACKUP_DAYS_MAX;
use crate::backup::files::{hex, make_private_dir, sync_dir};
use crate::calendar;
use crate::installation::Installation;

/// The journal's file in the data directory.
const FILE: &str = "journal.jsonl";

/// Bytes of a line's checksum, as 16 hexadecimal digits.
const SUM_BYTES: usize = 8;

/// What was done.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Act {
    /// A token was revoked.
    Revoke {
        /// Its id.
        token: String,
    },
    /// A share link was revoked.
    RevokeShare {
        /// Its id.
        share: String,
    },
    /// A site was removed.
    Remove {
        /// Its key.
        site: String,
        /// The version of the site that says so.
        version: u64,
    },
    /// Pages were erased.
    Erase {
        /// The request, as 16 hexadecimal digits.
        id: String,
        /// The site.
        site: String,
        /// The page's id, as 16 hexadecimal digits: no path.
        page: Option<String>,
        /// The pattern, where it is not one page.
        pattern: Option<String>,
        /// First day, as a number since 1970-01-01.
        first: u16,
        /// Last day.
        last: u16,
    },
}

impl Act {
    /// A request to erase pages.
    pub(crate) fn of_erasure(erasure: &Erasure) -> Act {
        let (page, pattern) = match &erasure.what {
            Erased::Page(page) => (Some(format!("{:016x}", page.0)), None),
            Erased::Pattern(pattern) => (None, Some(pattern.clone())),
            Erased::Site => (None, None),
        };
        Act::Erase {
            id: format!("{:016x}", erasure.id),
            site: erasure.site.as_str().into(),
            page,
            pattern,
            first: erasure.first.0,
            last: erasure.last.0,
        }
    }

    /// The request that [`Act::of_erasure`] wrote, as of now; `None` for other acts and for what no build writes.
    pub(crate) fn erasure(&self, now: Hour) -> Option<Erasure> {
        let Act::Erase {
            id,
            site,
            page,
            pattern,
            first,
            last,
        } = self
        else {
            return None;
        };
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let what = match (page, pattern) {
            (Some(page), None) => Erased::Page(PageId(number(page)?)),
            (None, Some(pattern)) => Erased::Pattern(pattern.clone()),
            _ => return None,
        };
        Some(Erasure {
            id: number(id)?,
            site: SiteKey::parse(site)?,
            what,
            first: Day(*first),
            last: Day(*last),
            requested: now,
            state: ErasureState::Pending,
            deleted: 0,
        })
    }
}

/// An act and its day.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The UTC day.
    pub(crate) day: String,
    /// The act.
    pub(crate) act: Act,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    entry: Entry,
    sum: String,
}

/// A journal.
pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal of an installation.
    pub(crate) fn of(installation: &Installation) -> Journal {
        Journal::at(&installation.data_dir.join(FILE))
    }

    /// A journal in a file of any name.
    pub(crate) fn at(path: &Path) -> Journal {
        Journal { path: path.to_owned() }
    }

    /// Whether anything was ever written to it.
    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Writes an act down, durably, and forgets what no backup can bring back any more.
    pub(crate) fn append(&self, act: Act, today: Day) -> anyhow::Result<()> {
        let entry = Entry {
            day: calendar::text(today),
            act,
        };
        let _held = self.hold()?;
        let mut entries = self.read()?;
        let known = entries.len();
        entries.retain(|entry| !is_forgotten(entry, today));
        let write = if entries.len() < known {
            entries.push(entry);
            self.replace(&entries)
        } else {
            self.add(&entry)
        };
        write.with_context(|| format!("cannot write {}; nothing was changed", self.path.display()))
    }

    /// Takes over the entries of another journal that this one has not.
    pub(crate) fn take_over(&self, other: &[Entry]) -> anyhow::Result<()> {
        let _held = self.hold()?;
        let mut entries = self.read()?;
        let news: Vec<Entry> = other.iter().filter(|entry| !entries.contains(entry)).cloned().collect();
        entries.extend(news);
        self.replace(&entries)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// All entries in the order in which they were written. A last line that was cut off was never acted upon; any other
    /// line that is not what was written is an error.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<Entry>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context(format!("cannot read {}", self.path.display())),
        };
        let mut entries = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            match entry_of(line) {
                Some(entry) => entries.push(entry),
                None if !line.ends_with('\n') => break,
                None => bail!(
                    "line {} of {} is damaged: what it says must not come back cannot be known; put a copy of the journal \
                     back, or remove the line and do its act again",
                    number + 1,
                    self.path.display()
                ),
            }
        }
        Ok(entries)
    }

    /// One writer at a time. The lock is a file of its own, because the journal may be replaced.
    fn hold(&self) -> anyhow::Result<File> {
        let path = self.path.with_extension("lock");
        // In a cluster a command may be the first that writes to this data directory.
        path.parent().map_or(Ok(()), make_private_dir)?;
        let lock = || -> io::Result<File> {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().with_context(|| format!("cannot lock {}", path.display()))
    }

    fn add(&self, entry: &Entry) -> anyhow::Result<()> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        if !text.is_empty() && !text.ends_with('\n') {
            // A crash left half a line: the journal is written whole without it.
            let mut entries = self.read()?;
            entries.push(entry.clone());
            return self.replace(&entries);
        }
        let mut file = File::options().create(true).append(true).mode(0o600).open(&self.path)?;
        file.write_all(line_of(entry)?.as_bytes())?;
        file.sync_all()?;
        self.sync_name()
    }

    /// Writes all entries, whole or not at all.
    fn replace(&self, entries: &[Entry]) -> anyhow::Result<()> {
        let next = self.path.with_extension("next");
        let mut file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&next)?;
        for entry in entries {
            file.write_all(line_of(entry)?.as_bytes())?;
        }
        file.sync_all()?;
        fs::rename(&next, &self.path)?;
        self.sync_name()
    }

    fn sync_name(&self) -> anyhow::Result<()> {
        match self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            Some(dir) => sync_dir(dir),
            None => Ok(()),
        }
    }
}

/// A backup of the entry's own day may be from before it, and is used for `BACKUP_DAYS_MAX` days.
fn is_forgotten(entry: &Entry, today: Day) -> bool {
    calendar::parse(&entry.day).is_some_and(|day| day.0.saturating_add(BACKUP_DAYS_MAX) < today.0)
}

fn line_of(entry: &Entry) -> anyhow::Result<String> {
    let line = Line {
        entry: entry.clone(),
        sum: sum(entry)?,
    };
    Ok(serde_json::to_string(&line)? + "\n")
}

fn entry_of(line: &str) -> Option<Entry> {
    let line: Line = serde_json::from_str(line.strip_suffix('\n')?).ok()?;
    let right = sum(&line.entry).is_ok_and(|sum| sum == line.sum);
    (right && calendar::parse(&line.entry.day).is_some()).then_some(line.entry)
}

fn sum(entry: &Entry) -> anyhow::Result<String> {
    let digest = Sha256::digest(serde_json::to_vec(entry)?);
    Ok(hex(&digest[..SUM_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_778);

    fn revoke(token: &str) -> Act {
        Act::Revoke { token: token.into() }
    }

    fn tokens(journal: &Journal) -> Vec<String> {
        let entries = journal.read().expect("readable").into_iter();
        let token = |entry: Entry| match entry.act {
            Act::Revoke { token } => token,
            other => format!("{other:?}"),
        };
        entries.map(token).collect()
    }

    #[test]
    fn acts_are_read_in_order_and_half_a_line_never_happened() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Journal::at(&dir.path().join("journal.jsonl"));
        assert!(!journal.exists() && tokens(&journal).is_empty());
        journal.append(revoke("a1"), TODAY).expect("written");
        journal.append(revoke("b2"), TODAY).expect("written");
        let mut file = File::options().append(true).open(&journal.path).expect("open");
        file.write_all(b"{\"entry\":{\"day\":\"2026-1").expect("half a line");
        assert_eq!(tokens(&journal), ["a1", "b2"]);
        journal.append(revoke("c3"), TODAY).expect("written");
        assert_eq!(tokens(&journal), ["a1", "b2", "c3"]);
    }

    #[test]
    fn a_changed_line_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Journal::at(&dir.path().join("journal.jsonl"));
        journal.append(revoke("a1"), TODAY).expect("written");
        journal.append(revoke("b2"), TODAY).expect("written");
        let text = fs::read_to_string(&journal.path).expect("text");
        fs::write(&journal.path, text.replace("a1", "a7")).expect("written");
        let error = journal.read().expect_err("refused").to_string();
        assert!(error.starts_with("line 1 of"), "{error}");
    }

    #[test]
    fn an_act_is_forgotten_when_all_backups_from_before_it_have_expired() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Journal::at(&dir.path().join("journal.jsonl"));
        journal.append(revoke("a1"), TODAY).expect("written");
        journal
            .append(revoke("b2"), Day(TODAY.0 + BACKUP_DAYS_MAX))
            .expect("written");
        assert_eq!(tokens(&journal), ["a1", "b2"]);
        journal
            .append(revoke("c3"), Day(TODAY.0 + BACKUP_DAYS_MAX + 1))
            .expect("written");
        assert_eq!(tokens(&journal), ["b2", "c3"]);
    }

    #[test]
    fn entries_of_another_copy_are_taken_over_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let (one, other) = (dir.path().join("one.jsonl"), dir.path().join("other.jsonl"));
        let (one, other) = (Journal::at(&one), Journal::at(&other));
        other.append(revoke("a1"), TODAY).expect("written");
        one.append(revoke("b2"), TODAY).expect("written");
        for _ in 0..2 {
            one.take_over(&other.read().expect("readable")).expect("taken over");
        }
        assert_eq!(tokens(&one), ["b2", "a1"]);
    }
}
