//! Faults planted between worker and world, each the trace of one rule left out, to show that the simulation sees it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use isotherm_core::day::Day;
use isotherm_core::ports::{
    Assignment, Block, CountStore, Entry, EventLog, Inserted, LedgerEnd, LogError, StoreError, Text,
};
use isotherm_core::record::{Intent, Lanes, LogId, Offset};
use isotherm_testkit::memory::{MemoryCounts, MemoryLog};

/// A rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mutation {
    /// None.
    None,
    /// The insert is sent before the intent is durable: a commit becomes so only with the next one.
    InsertBeforeIntent,
    /// Some blocks carry no ledger row.
    LedgerRowLeftOut,
    /// `last` rows are not in the block.
    LastRowsLeftOut,
    /// The deduplication token does not name the attempt.
    TokenWithoutAttempt,
    /// A new token with every insert.
    NewTokenEveryTime,
    /// An answer of "done" is believed.
    AnswerBelieved,
    /// A redo chooses its boundaries anew.
    RedoWithOtherBoundaries,
    /// Behind the fence the ledger is not asked.
    LedgerCheckSkipped,
    /// Behind the fence the landing is not asked.
    LandingCheckSkipped,
    /// A member whose partition was taken away may commit.
    NoFence,
    /// A loss is not written down.
    LostRowsLeftOut,
    /// Repeats are counted: the store forgets what it counted of each lane.
    LanesForgotten,
}

impl Mutation {
    /// All but `None`.
    pub(crate) const PLANTED: [Mutation; 12] = [
        Mutation::InsertBeforeIntent,
        Mutation::LedgerRowLeftOut,
        Mutation::LastRowsLeftOut,
        Mutation::TokenWithoutAttempt,
        Mutation::NewTokenEveryTime,
        Mutation::AnswerBelieved,
        Mutation::RedoWithOtherBoundaries,
        Mutation::LedgerCheckSkipped,
        Mutation::LandingCheckSkipped,
        Mutation::NoFence,
        Mutation::LostRowsLeftOut,
        Mutation::LanesForgotten,
    ];
}

/// What log and store of a mutated schedule know of each other.
#[derive(Clone, Default)]
pub(crate) struct Spy(Rc<RefCell<Seen>>);

#[derive(Default)]
struct Seen {
    /// Commits that are not durable yet.
    pending: BTreeMap<u16, Intent>,
    /// The intent of the last commit, until the ledger was asked behind it.
    just_committed: BTreeMap<u16, Intent>,
    /// Batches whose insert was answered.
    answered: BTreeMap<u16, LedgerEnd>,
    inserts: u32,
}

pub(crate) struct MutatedLog {
    inner: MemoryLog,
    mutation: Mutation,
    spy: Spy,
}

pub(crate) struct MutatedCounts {
    inner: MemoryCounts,
    mutation: Mutation,
    spy: Spy,
}

impl MutatedLog {
    pub(crate) fn new(inner: MemoryLog, mutation: Mutation, spy: Spy) -> MutatedLog {
        MutatedLog { inner, mutation, spy }
    }

    pub(crate) fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        self.inner.assigned()
    }
}

impl MutatedCounts {
    pub(crate) fn new(inner: MemoryCounts, mutation: Mutation, spy: Spy) -> MutatedCounts {
        MutatedCounts { inner, mutation, spy }
    }
}

impl EventLog for MutatedLog {
    fn log_id(&self) -> LogId {
        self.inner.log_id()
    }

    fn opening(&self) -> u64 {
        self.inner.opening()
    }

    fn knows_opening(&self, opening: u64) -> bool {
        self.inner.knows_opening(opening)
    }

    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError> {
        self.inner.bounds(partition)
    }

    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError> {
        self.inner.read(partition, from, bytes_max)
    }

    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError> {
        let intent = self.inner.intent(partition)?;
        Ok(intent.map(|intent| match self.mutation {
            Mutation::RedoWithOtherBoundaries => Intent {
                last: self.inner.held(partition).1.max(intent.last + 1) - 1,
                ..intent
            },
            _ => intent,
        }))
    }

    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        match self.mutation {
            Mutation::InsertBeforeIntent => {
                let before = self.spy.0.borrow_mut().pending.insert(partition, *intent);
                return match before {
                    Some(before) => self.inner.commit(partition, &before),
                    None => Ok(()),
                };
            }
            Mutation::NoFence => self.inner.commit_unfenced(partition, intent),
            _ => self.inner.commit(partition, intent)?,
        }
        self.spy.0.borrow_mut().just_committed.insert(partition, *intent);
        Ok(())
    }

    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError> {
        self.inner.release(partition, last)
    }
}

impl CountStore for MutatedCounts {
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError> {
        let end = self.inner.ledger_end(log_id, partition)?;
        let mut seen = self.spy.0.borrow_mut();
        match (self.mutation, seen.just_committed.remove(&partition)) {
            (Mutation::LedgerCheckSkipped, Some(intent)) => Ok(intent.first.checked_sub(1).map(|last| LedgerEnd {
                last,
                opening: end.map_or(0, |end| end.opening),
            })),
            (Mutation::AnswerBelieved, _) => {
                let believed = seen.answered.get(&partition).copied();
                Ok(end.max_by_key_with(believed))
            }
            _ => Ok(end),
        }
    }

    fn lanes(&mut self, log_id: LogId, partition: u16) -> Result<Lanes, StoreError> {
        match self.mutation {
            Mutation::LanesForgotten => Ok(Lanes::default()),
            _ => self.inner.lanes(log_id, partition),
        }
    }

    fn landing_is_open(&mut self, landing: Day) -> Result<bool, StoreError> {
        match self.mutation {
            Mutation::LandingCheckSkipped => Ok(true),
            _ => self.inner.landing_is_open(landing),
        }
    }

    fn insert(&mut self, block: &Block) -> Result<Inserted, StoreError> {
        let mut block = block.clone();
        self.spy.0.borrow_mut().inserts += 1;
        let inserts = self.spy.0.borrow().inserts;
        let intent = &mut block.ledger.intent;
        let end = LedgerEnd {
            last: intent.last,
            opening: block.ledger.opening,
        };
        match self.mutation {
            Mutation::TokenWithoutAttempt => intent.attempt = 0,
            Mutation::NewTokenEveryTime => intent.attempt = 1_000 + inserts,
            Mutation::LedgerRowLeftOut if inserts.is_multiple_of(4) => {
                // Without its row a block is one of a partition that nobody asks for.
                block.ledger.partition = u16::MAX;
                intent.attempt = 1_000 + inserts;
            }
            Mutation::LastRowsLeftOut => block.lasts.clear(),
            Mutation::LostRowsLeftOut => block.lost.clear(),
            _ => {}
        }
        let partition = block.ledger.partition;
        let inserted = self.inner.insert(&block)?;
        self.spy.0.borrow_mut().answered.insert(partition, end);
        Ok(inserted)
    }

    fn publish(&mut self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreError> {
        self.inner.publish(site, texts)
    }
}

/// The later of two ends.
trait Later {
    fn max_by_key_with(self, other: Option<LedgerEnd>) -> Option<LedgerEnd>;
}

impl Later for Option<LedgerEnd> {
    fn max_by_key_with(self, other: Option<LedgerEnd>) -> Option<LedgerEnd> {
        self.into_iter().chain(other).max_by_key(|end| end.last)
    }
}
