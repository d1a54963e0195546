//! What a worker is given, what a step of it says, and why it may stop.

use isotherm_core::day::Day;
use isotherm_core::ports::{Clock, CountStore, EventLog, LedgerRow};
use isotherm_core::record::{Lane, Offset};
use thiserror::Error;

/// Bounds of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchLimits {
    /// A batch is closed once its records have this many bytes.
    pub bytes_max: usize,
    /// A batch is closed once its oldest record waited this long, in milliseconds.
    pub flush_delay_ms: u64,
}

impl Default for BatchLimits {
    /// 2 MiB of records are about 150,000 places. At worst, beacons of nothing but a page view and a reach, they make some
    /// 600,000 rows, for which a server needs about 100 MiB. Half a second keeps heat fresh.
    fn default() -> BatchLimits {
        BatchLimits {
            bytes_max: 2 << 20,
            flush_delay_ms: 500,
        }
    }
}

/// What a step did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing to do until there are new records or the batch is old enough.
    Idle,
    /// Something; step again.
    Moved,
    /// A batch is in the ledger.
    Landed(LedgerRow),
    /// It did not work and will be tried again; wait a little longer each time.
    Retry(String),
}

/// Why a worker cannot go on by itself.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Halt {
    /// The ledger knows the partition but the log has no intent for it.
    #[error(
        "the ledger knows this log but the log holds no intent for partition {0}: is it another log, or was it reset? \
         run `isotherm migrate --adopt-log` to go on from the ledger"
    )]
    NoIntent(u16),
    /// The intent names another log.
    #[error(
        "the intent of partition {0} names another log: run `isotherm migrate --adopt-log` to go on from the ledger"
    )]
    ForeignIntent(u16),
    /// The ledger was written under an opening that this log has never had: it is an older copy.
    #[error(
        "the ledger of partition {0} was written by a later opening of this log: this data directory is an older copy; \
         run `isotherm migrate --adopt-log` to go on from the ledger"
    )]
    ForeignOpening(u16),
    /// The log is not usable.
    #[error("partition {0}: {1}")]
    Log(u16, String),
}

/// The world of a step.
pub struct World<'a> {
    /// The log.
    pub log: &'a mut dyn EventLog,
    /// The store of counts.
    pub store: &'a mut dyn CountStore,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// What a worker does next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Asks ledger and log where it is.
    Start,
    /// Gathers records for a batch.
    Gather,
    /// Reads an intended batch again.
    Redo,
    /// Commits the intent.
    Intend,
    /// Looks at landing and ledger behind the fence.
    Check,
    /// Inserts.
    Insert,
    /// Asks the ledger whether it landed.
    Confirm,
}

/// Where a worker stands: all that decides what it will do, for those who look at every state it can reach.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Situation {
    /// What it does next.
    pub phase: Phase,
    /// The offsets of the batch that is underway.
    pub range: Option<(Offset, Offset)>,
    /// The same batch's landing and attempt.
    pub landing_and_attempt: Option<(Day, u32)>,
    /// While gathering the offset behind the records gathered, while redoing how many are read again.
    pub next: u64,
    /// Inserts of this attempt that were answered "done".
    pub answers: u32,
    /// How far it believes each lane counted.
    pub lasts: Vec<(Lane, u64)>,
    /// Where it believes that the ledger ends, and how many records that batch counted.
    pub end: Option<(Offset, u64)>,
    /// Whether the log keeps for it what is counted.
    pub is_held: bool,
}
