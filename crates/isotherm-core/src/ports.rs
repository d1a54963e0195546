//! The three ports through which roles reach the world. Blocking and small, so that a simulation can drive them step by step.

use std::time::Duration;

use thiserror::Error;

use crate::day::Day;
use crate::fold::Folded;
use crate::ids::{AnchorId, PageId};
use crate::record::{Intent, Lane, Lanes, LogId, Offset};

/// What time it is. The only source of time there is.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn unix_ms(&self) -> u64;
}

/// A record as read from a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its position.
    pub offset: Offset,
    /// The packed record.
    pub bytes: Vec<u8>,
}

/// The reading side of a log: partitions of records, and one intent per partition.
pub trait EventLog {
    /// The log's identity.
    fn log_id(&self) -> LogId;
    /// The opening under which this reader runs; 0 where openings do not matter (a topic).
    fn opening(&self) -> u64;
    /// Whether an opening that a ledger row names belongs to this log's own past.
    fn knows_opening(&self, opening: u64) -> bool;
    /// The lowest offset still held and the one the next record will get.
    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError>;
    /// Records from `from` on, in order, at most about `bytes_max` bytes (at least one record if there is one), waiting
    /// for none. The first offset is above `from` only where the log no longer holds what lay between.
    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError>;
    /// The last intent committed for the partition.
    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError>;
    /// Commits an intent durably before it returns; refused with `Fenced` when the partition is another's now.
    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError>;
    /// Says that everything up to `last` is counted and need not be kept.
    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError>;
}

/// Which partitions of a log are this reader's to work on.
pub trait Assignment {
    /// The partitions with an epoch each; a new epoch means that the partition was somebody else's in between.
    fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError>;
    /// Waits until there may be news, at most this long.
    fn wait(&mut self, at_most: Duration);
}

/// Why a log did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LogError {
    /// Another worker owns the partition now.
    #[error("partition belongs to another worker now")]
    Fenced,
    /// It may work later.
    #[error("log is not available: {0}")]
    Unavailable(String),
    /// It will not work by itself.
    #[error("log is damaged or not the one expected: {0}")]
    Broken(String),
}

/// The end of the ledger for one (log, partition).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LedgerEnd {
    /// The last offset that is counted.
    pub last: Offset,
    /// The opening that its ledger row names.
    pub opening: u64,
    /// How many records its batch counted. A restored ledger may come to end at the same offset with another batch.
    pub records: u64,
}

/// A ledger row: which batch landed, and what it counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LedgerRow {
    /// The committed intent.
    pub intent: Intent,
    /// The partition.
    pub partition: u16,
    /// The opening of the log under which it was read; 0 for a topic.
    pub opening: u64,
    /// Records taken.
    pub records: u64,
    /// Records skipped as repeats.
    pub skipped: u64,
    /// Records that could not be decoded.
    pub poison: u64,
    /// Interactions counted.
    pub interactions: u64,
}

/// Records or offsets that will never come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LostRow {
    /// The lane of lost records, or `None` for offsets that the log no longer holds.
    pub lane: Option<Lane>,
    /// First seq or offset.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// A record that could not be decoded. Nothing of its payload is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PoisonRow {
    /// Where it stood.
    pub offset: Offset,
    /// The schema version that its frame names; `None` where not even that could be read.
    pub version: Option<u8>,
    /// Why.
    pub reason: PoisonReason,
}

/// Why a record could not be decoded. The codes are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum PoisonReason {
    /// Its header is damaged: not even its name is known.
    Header = 1,
    /// This program does not know its version.
    Version = 2,
    /// Its body's length or checksum is wrong.
    Body = 3,
    /// Its body decodes to values that cannot be.
    Value = 4,
    /// It was packed for another partition.
    Partition = 5,
}

impl PoisonReason {
    /// The word that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            PoisonReason::Header => "header",
            PoisonReason::Version => "version",
            PoisonReason::Body => "body",
            PoisonReason::Value => "value",
            PoisonReason::Partition => "partition",
        }
    }
}

/// Everything one insert writes: one block, one part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The ledger row.
    pub ledger: LedgerRow,
    /// The `last` rows of the lanes that moved.
    pub lasts: Vec<(Lane, u64)>,
    /// The `lost` rows.
    pub lost: Vec<LostRow>,
    /// The records that could not be decoded, by offset.
    pub poison: Vec<PoisonRow>,
    /// The counts, sorted.
    pub folded: Folded,
}

/// A text that may be published once its id has enough page views.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Text {
    /// A page's path.
    Page(PageId, Box<str>),
    /// An element's anchor.
    Anchor(AnchorId, Box<str>),
}

/// The writing side of the store of counts.
pub trait CountStore {
    /// Where the ledger of a partition ends; `None` before its first batch.
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError>;
    /// The highest seq counted of each lane of a partition.
    fn lanes(&mut self, log_id: LogId, partition: u16) -> Result<Lanes, StoreError>;
    /// Whether a landing still takes batches.
    fn landing_is_open(&mut self, landing: Day) -> Result<bool, StoreError>;
    /// Inserts a block under its deduplication token. `Ok` means only that the server said so; the ledger decides.
    fn insert(&mut self, block: &Block) -> Result<Inserted, StoreError>;
    /// Publishes those of the site's texts whose ids have enough page views by now; says which are published.
    fn publish(&mut self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreError>;
}

/// What an insert sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Inserted {
    /// Rows of all kinds.
    pub rows: u64,
    /// Bytes of the block.
    pub bytes: u64,
}

/// Why the store did not do what it was asked. After either, only the ledger knows whether an insert landed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum StoreError {
    /// It may work later.
    #[error("store is not available: {0}")]
    Unavailable(String),
    /// The server refused it and will refuse it again.
    #[error("store refused: {0}")]
    Refused(String),
}
