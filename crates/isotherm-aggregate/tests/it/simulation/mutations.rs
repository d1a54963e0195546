//! Faults planted between worker and world, each the trace of one rule left out, to show that the simulation sees it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use isotherm_core::day::Day;
use isotherm_core::ports::{
    Assignment, Block, Clock, CountStore, Entry, EventLog, Inserted, LedgerEnd, LogError, StoreError, Text,
};
use isotherm_core::record::{Intent, Lanes, LogId, Offset};
use isotherm_testkit::memory::{DrivenClock, MemoryCounts, MemoryLog};

use super::planted::Mutation;

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
    /// Batches whose insert was not answered, and how often.
    silences: BTreeMap<(u16, Offset), u32>,
    /// The end of each ledger as it was when last asked.
    ends: BTreeMap<u16, Option<LedgerEnd>>,
    /// Every end that a worker was told, by partition and last offset.
    told: BTreeMap<(u16, Offset), LedgerEnd>,
}

pub(crate) struct MutatedLog {
    inner: MemoryLog,
    clock: DrivenClock,
    mutation: Mutation,
    spy: Spy,
}

pub(crate) struct MutatedCounts {
    inner: MemoryCounts,
    mutation: Mutation,
    spy: Spy,
}

impl MutatedLog {
    pub(crate) fn new(inner: MemoryLog, clock: DrivenClock, mutation: Mutation, spy: Spy) -> MutatedLog {
        MutatedLog {
            inner,
            clock,
            mutation,
            spy,
        }
    }

    pub(crate) fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        self.inner.assigned()
    }
}

impl MutatedCounts {
    pub(crate) fn new(inner: MemoryCounts, mutation: Mutation, spy: Spy) -> MutatedCounts {
        MutatedCounts { inner, mutation, spy }
    }

    /// What is wrong with a block before it is sent.
    fn mutate(&self, block: &mut Block) {
        let seen = self.spy.0.borrow();
        let inserts = seen.inserts;
        let (partition, intent) = (block.ledger.partition, &mut block.ledger.intent);
        match self.mutation {
            Mutation::TokenWithoutAttempt => intent.attempt = 0,
            Mutation::NewTokenEveryTime => intent.attempt = 1_000 + inserts,
            Mutation::NewTokenAfterSilence => {
                let silences = seen.silences.get(&(partition, intent.first));
                intent.attempt += 1_000 * silences.copied().unwrap_or(0);
            }
            Mutation::LedgerRowLeftOut if inserts.is_multiple_of(4) => {
                // Without its row a block is one of a partition that nobody asks for.
                block.ledger.partition = u16::MAX;
                intent.attempt = 1_000 + inserts;
            }
            Mutation::RangeEndsEarly => intent.last = intent.last.saturating_sub(1).max(intent.first),
            Mutation::RangeBeginsLate => intent.first = (intent.first + 1).min(intent.last),
            Mutation::HalfABlock if inserts.is_multiple_of(8) => drop(block.folded.rows.pop()),
            Mutation::LastRowsLeftOut => block.lasts.clear(),
            Mutation::LastRowsTooHigh => block.lasts.iter_mut().for_each(|(_, seq)| *seq += 1),
            Mutation::LastRowsTooLow => block.lasts.iter_mut().for_each(|(_, seq)| *seq -= 1),
            Mutation::LostRowsLeftOut => block.lost.clear(),
            Mutation::LostRowsDoubled => block.lost = [&*block.lost, &*block.lost].concat(),
            Mutation::PoisonRowsLeftOut => block.poison.clear(),
            _ => {}
        }
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
        let today = Day::of_unix_ms(self.clock.unix_ms());
        Ok(intent.map(|intent| match self.mutation {
            Mutation::IntentForgotten => Intent {
                first: Offset::MAX,
                last: Offset::MAX,
                ..intent
            },
            Mutation::RedoIntoToday => Intent {
                landing: today,
                ..intent
            },
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
            Mutation::CommitAnswerNotAwaited => match self.inner.commit(partition, intent) {
                Err(LogError::Unavailable(_)) => {}
                answer => answer?,
            },
            Mutation::ReleasedBeforeInsert => {
                self.inner.commit(partition, intent)?;
                self.inner.release(partition, intent.last)?;
            }
            _ => self.inner.commit(partition, intent)?,
        }
        self.spy.0.borrow_mut().just_committed.insert(partition, *intent);
        Ok(())
    }

    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError> {
        let too_many = u64::from(self.mutation == Mutation::ReleasedTooFar);
        self.inner.release(partition, last + too_many)
    }
}

impl CountStore for MutatedCounts {
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError> {
        let end = self.inner.ledger_end(log_id, partition)?;
        let mut seen = self.spy.0.borrow_mut();
        let before = seen.ends.insert(partition, end).flatten();
        seen.told.extend(end.map(|end| ((partition, end.last), end)));
        match (self.mutation, seen.just_committed.remove(&partition)) {
            (Mutation::LedgerCheckSkipped, Some(intent)) => {
                let before = intent.first.checked_sub(1);
                Ok(before.and_then(|last| seen.told.get(&(partition, last)).copied()))
            }
            (Mutation::AnswerBelieved, _) => {
                let believed = seen.answered.get(&partition).copied();
                Ok(end.max_by_key_with(believed))
            }
            (Mutation::EndReadTooHigh, _) => Ok(end.map(|end| LedgerEnd {
                last: end.last + 1,
                ..end
            })),
            (Mutation::EndReadLate, _) => Ok(before.or(end)),
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
        let key = (block.ledger.partition, block.ledger.intent.first);
        let end = LedgerEnd {
            last: block.ledger.intent.last,
            opening: block.ledger.opening,
            records: block.ledger.records,
        };
        self.mutate(&mut block);
        let inserted = self.inner.insert(&block);
        let mut seen = self.spy.0.borrow_mut();
        match inserted {
            Ok(_) => drop(seen.answered.insert(key.0, end)),
            Err(_) => *seen.silences.entry(key).or_default() += 1,
        }
        inserted
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
