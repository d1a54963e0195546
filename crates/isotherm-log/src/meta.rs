//! `meta.redb`: what must outlive every file of records. Written when a file is begun or removed, per batch that is
//! counted, and every `OFFSETS_RESERVED` records; never per append.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use isotherm_core::Day;
use isotherm_core::record::{Intent, Lane, LogId, Offset};
use redb::{
    Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use crate::error::OpenError;
use crate::farewell::Farewell;
use crate::fault::{Fault, guarded};
use crate::files;

/// Offsets that a partition may give out before meta must be written again. A damaged newest file loses the knowledge of
/// the last ones given; the log then goes on behind the reserved ones, so this is also how far a loss is overstated.
pub(crate) const OFFSETS_RESERVED: u64 = 1 << 16;

const FACTS: TableDefinition<&str, u64> = TableDefinition::new("facts");
/// Ordinal to opening.
const OPENINGS: TableDefinition<u64, u64> = TableDefinition::new("openings");
/// Partition to (next, released, reserved).
const PARTITIONS: TableDefinition<u16, (u64, u64, u64)> = TableDefinition::new("partitions");
/// Partition to (log id, first, last, landing, attempt).
const INTENTS: TableDefinition<u16, (u64, u64, u64, u16, u32)> = TableDefinition::new("intents");
/// (Partition, lane) to the seq of its farewell.
const FAREWELLS: TableDefinition<(u16, u64), u64> = TableDefinition::new("farewells");

const LOG_ID: &str = "log_id";
const PARTITION_COUNT: &str = "partitions";
const FORMAT: &str = "format";
/// The layout described by this module and `segment`.
const FORMAT_NOW: u64 = 1;
const CACHE_BYTES: usize = 1024 * 1024;

/// What is remembered of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Place {
    /// No record at or above it was in a file that is gone.
    pub(crate) next: Offset,
    /// Everything below it is counted or given up.
    pub(crate) released: Offset,
    /// No record at or above it was ever appended.
    pub(crate) reserved: Offset,
}

/// What meta says at opening.
pub(crate) struct Remembered {
    pub(crate) log_id: LogId,
    /// Every opening, this one included.
    pub(crate) openings: BTreeSet<u64>,
    pub(crate) places: Vec<Place>,
}

/// The open file, or a closed one after an error: the store refuses to go on after one, so it is opened afresh.
pub(crate) struct Meta {
    path: PathBuf,
    database: Option<Database>,
}

impl Meta {
    /// Opens or makes the file and notes the opening, durably.
    pub(crate) fn open(dir: &Path, partitions: u16, opening: u64) -> Result<(Meta, Remembered), OpenError> {
        let mut meta = Meta {
            path: dir.join(files::META_FILE),
            database: None,
        };
        let remembered = meta
            .remember(partitions, opening)
            .map_err(|fault| meta.open_error(fault))?;
        let stored = remembered.places.len() as u64;
        if stored != u64::from(partitions) {
            return Err(OpenError::Partitions {
                dir: dir.to_owned(),
                stored,
                asked: partitions,
            });
        }
        Ok((meta, remembered))
    }

    /// Writes the partitions' places: at once and durably, or with the next durable write.
    pub(crate) fn save(&mut self, places: &[Place], durability: Durability) -> Result<(), Fault> {
        self.write(durability, |transaction| write_places(transaction, places))
    }

    /// Notes durably what is owed a farewell.
    pub(crate) fn owe(&mut self, farewells: &[Farewell]) -> Result<(), Fault> {
        self.write(Durability::Immediate, |transaction| {
            let mut table = transaction.open_table(FAREWELLS)?;
            for farewell in farewells {
                table.insert((farewell.partition, farewell.lane.0), farewell.seq)?;
            }
            Ok(())
        })
    }

    /// What is owed a farewell, by partition.
    pub(crate) fn owed(&mut self) -> Result<Vec<Farewell>, Fault> {
        self.with_database(|database| {
            let table = match database.begin_read()?.open_table(FAREWELLS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut owed = Vec::new();
            for item in table.iter()? {
                let (key, seq) = item?;
                let (partition, lane) = key.value();
                let (lane, seq) = (Lane(lane), seq.value());
                owed.push(Farewell { partition, lane, seq });
            }
            Ok(owed)
        })
    }

    /// A farewell was said.
    pub(crate) fn said(&mut self, farewell: &Farewell) -> Result<(), Fault> {
        // After a crash it is said again, which counts for nothing.
        self.write(Durability::None, |transaction| {
            let mut table = transaction.open_table(FAREWELLS)?;
            table.remove((farewell.partition, farewell.lane.0))?;
            Ok(())
        })
    }

    /// The last intent of a partition.
    pub(crate) fn intent(&mut self, partition: u16) -> Result<Option<Intent>, Fault> {
        self.with_database(|database| {
            let table = match database.begin_read()?.open_table(INTENTS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table?,
            };
            Ok(table.get(partition)?.map(|row| {
                let (log_id, first, last, landing, attempt) = row.value();
                Intent {
                    log_id: LogId(log_id),
                    first,
                    last,
                    landing: Day(landing),
                    attempt,
                }
            }))
        })
    }

    /// Writes an intent durably.
    pub(crate) fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), Fault> {
        let row = (
            intent.log_id.0,
            intent.first,
            intent.last,
            intent.landing.0,
            intent.attempt,
        );
        self.write(Durability::Immediate, |transaction| {
            transaction.open_table(INTENTS)?.insert(partition, row)?;
            Ok(())
        })
    }

    fn remember(&mut self, partitions: u16, opening: u64) -> Result<Remembered, Fault> {
        if !self.path.exists() {
            make(&self.path, partitions)?;
        }
        let mut builder = Builder::new();
        let builder = builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
        self.database = Some(guarded(|| Ok(builder.open(&self.path)?))?);
        self.with_database(|database| {
            let transaction = database.begin_write()?;
            let remembered = read_all(&transaction, opening)?;
            transaction.commit()?;
            Ok(remembered)
        })
    }

    fn write(
        &mut self,
        durability: Durability,
        operation: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Fault> {
        self.with_database(|database| {
            let mut transaction = database.begin_write()?;
            // Refused only to transactions with savepoints; there are none.
            let _ = transaction.set_durability(durability);
            operation(&transaction)?;
            Ok(transaction.commit()?)
        })
    }

    /// Runs an operation on the file, opening it first where an earlier error closed it. Closes it after an error.
    fn with_database<T>(&mut self, operation: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Fault> {
        let database = match self.database.take() {
            Some(database) => database,
            None => guarded(|| Ok(Builder::new().set_cache_size(CACHE_BYTES).open(&self.path)?))?,
        };
        let result = guarded(|| operation(&database))?;
        self.database = Some(database);
        Ok(result)
    }

    fn open_error(&self, fault: Fault) -> OpenError {
        match fault {
            Fault::Damaged(text) => OpenError::Meta {
                path: self.path.clone(),
                reason: format!("damaged ({text})"),
            },
            Fault::Unavailable(reason) => OpenError::Io {
                path: self.path.clone(),
                reason,
            },
        }
    }
}

/// Makes a file under another name and renames it when it is whole: a crash leaves all of it or none.
fn make(path: &Path, partitions: u16) -> Result<(), Fault> {
    let unfinished = files::unfinished(path);
    files::remove_if_there(&unfinished)?;
    let log_id = random_id()?;
    guarded(|| {
        let database = Builder::new().set_cache_size(CACHE_BYTES).create(&unfinished)?;
        let transaction = database.begin_write()?;
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(LOG_ID, log_id)?;
        facts.insert(PARTITION_COUNT, u64::from(partitions))?;
        facts.insert(FORMAT, FORMAT_NOW)?;
        drop(facts);
        write_places(&transaction, &vec![Place::default(); usize::from(partitions)])?;
        transaction.commit()?;
        Ok(database.close()?)
    })?;
    std::fs::rename(&unfinished, path)?;
    Ok(files::sync_parent(path)?)
}

/// Reads everything and notes the opening.
fn read_all(transaction: &WriteTransaction, opening: u64) -> Result<Remembered, redb::Error> {
    let facts = transaction.open_table(FACTS)?;
    let fact = |name: &str| -> Result<u64, redb::Error> {
        let value = facts.get(name)?.map(|value| value.value());
        value.ok_or_else(|| redb::Error::Corrupted(format!("it does not say {name}")))
    };
    if fact(FORMAT)? != FORMAT_NOW {
        return Err(redb::Error::Corrupted("it has a format of another version".to_owned()));
    }
    let log_id = LogId(fact(LOG_ID)?);
    let partitions = fact(PARTITION_COUNT)?;
    let mut openings_table = transaction.open_table(OPENINGS)?;
    let ordinal = openings_table.last()?.map_or(0, |(ordinal, _)| ordinal.value() + 1);
    openings_table.insert(ordinal, opening)?;
    let mut openings = BTreeSet::new();
    for item in openings_table.iter()? {
        openings.insert(item?.1.value());
    }
    let table = transaction.open_table(PARTITIONS)?;
    let intents = transaction.open_table(INTENTS)?;
    let mut places = Vec::new();
    for partition in 0..partitions {
        let row = table.get(partition as u16)?.map(|row| row.value());
        let (next, released, reserved) =
            row.ok_or_else(|| redb::Error::Corrupted("it misses a partition".to_owned()))?;
        // A damaged newest file may look like one whose last commits never happened. What somebody may have counted is
        // never given out again even then.
        let intended = intents
            .get(partition as u16)?
            .map_or(0, |row| row.value().2.saturating_add(1));
        places.push(Place {
            next: next.max(intended).max(released),
            released,
            reserved,
        });
    }
    Ok(Remembered {
        log_id,
        openings,
        places,
    })
}

fn write_places(transaction: &WriteTransaction, places: &[Place]) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(PARTITIONS)?;
    for (partition, place) in places.iter().enumerate() {
        table.insert(partition as u16, (place.next, place.released, place.reserved))?;
    }
    Ok(())
}

/// A random number that was never used before, and is never 0 (which stands for "none" elsewhere).
pub(crate) fn random_id() -> std::io::Result<u64> {
    loop {
        let id = getrandom::u64().map_err(|error| std::io::Error::other(error.to_string()))?;
        if id != 0 {
            return Ok(id);
        }
    }
}
