//! The steps of a batch whose intent stands: behind the fence the ledger is asked, then the batch is inserted, then the
//! ledger is asked again.

use isotherm_core::cohort::closes_at_unix_ms;
use isotherm_core::day::Day;
use isotherm_core::ports::{LedgerEnd, LogError, StoreError};
use isotherm_core::record::{Intent, Offset};
use isotherm_fault::{Point, fails, point};

use super::{Checked, Failure, State, Worker};
use crate::batch::Batch;
use crate::step::{Step, World};

/// How long the answers of a check hold, milliseconds; an insert that is sent later is checked again first. A worker that
/// is halted between the two may wake when another has landed its batch and the server has forgotten that batch's token:
/// the token stops a second copy only as long as it is remembered. The table remembers 200,000, which are 666 batches a
/// second in this time: many more parts than a server takes.
pub const CHECK_VALID_MS: u64 = 300_000;

/// So long before a landing may be sealed, milliseconds, a batch that lands in it is held: clocks of machines differ.
pub const HOLD_BEFORE_MS: u64 = 3_600_000;

/// How long the log keeps what was counted and is held, milliseconds; then the ledger is asked once more. A batch that is
/// confirmed while its landing is being sealed may not be in the seal. It is counted again then, and the log still has it.
pub const HOLD_MS: u64 = 600_000;

impl Worker {
    /// The fence: the intent is committed before anything is inserted.
    pub(super) fn intend(&mut self, world: &mut World, batch: Box<Batch>) -> Result<Step, Failure> {
        point(Point::IntentBefore, batch.open());
        match world.log.commit(self.partition, &batch.block.ledger.intent) {
            Ok(()) => {
                point(Point::IntentAfter, batch.open());
                self.state = State::Check(batch);
            }
            Err(LogError::Unavailable(why)) => {
                self.state = State::Intend(batch);
                return Err(Failure::Again(why));
            }
            Err(error) => {
                point(Point::Fenced, batch.open());
                return Err(self.log_failure(error));
            }
        }
        Ok(Step::Moved)
    }

    /// Behind the fence: is the landing still open, and does the ledger still end with the batch before this one?
    pub(super) fn check(&mut self, world: &mut World, mut batch: Box<Batch>) -> Result<Step, Failure> {
        let intent = batch.block.ledger.intent;
        // Before the question: what it answers is no newer.
        let at_ms = world.clock.unix_ms();
        let asked = world.store.landing_is_open(intent.landing);
        let asked = asked.and_then(|open| Ok((open, world.store.ledger_end(intent.log_id, self.partition)?)));
        let (open, end) = match asked {
            Ok(answer) => answer,
            Err(error) => {
                self.state = State::Check(batch);
                return Err(error.into());
            }
        };
        if end != self.end {
            // The batch has landed by another's hand, or the partition is another's, or the ledger was restored and led to
            // the same offset by another: ask again where we are.
            point(Point::Superseded, batch.open());
            self.state = State::Start;
        } else if open {
            point(Point::Checked, batch.open());
            self.state = State::Insert(batch, Checked { at_ms, answers: 0 });
        } else {
            batch.block.ledger.intent.landing = Day::of_unix_ms(world.clock.unix_ms());
            self.state = State::Intend(batch);
        }
        Ok(Step::Moved)
    }

    /// Whatever the answer, the next question goes to the ledger.
    pub(super) fn insert(
        &mut self,
        world: &mut World,
        batch: Box<Batch>,
        mut checked: Checked,
    ) -> Result<Step, Failure> {
        point(Point::InsertBefore, batch.open());
        // Last of all before it is sent: a process can be halted anywhere. A clock that was set back says nothing.
        if world.clock.unix_ms().abs_diff(checked.at_ms) > CHECK_VALID_MS {
            self.state = State::Check(batch);
            return Ok(Step::Moved);
        }
        let mut answer = world.store.insert(&batch.block);
        if fails(Point::InsertAfter, batch.open()) {
            answer = Err(StoreError::Unavailable("the answer was lost on purpose".into()));
        }
        checked.answers += u32::from(answer.is_ok());
        self.state = State::Confirm(batch, checked);
        match answer {
            Ok(_) => Ok(Step::Moved),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn confirm(
        &mut self,
        world: &mut World,
        mut batch: Box<Batch>,
        checked: Checked,
    ) -> Result<Step, Failure> {
        let intent = batch.block.ledger.intent;
        let end = match world.store.ledger_end(intent.log_id, self.partition) {
            Ok(end) => end,
            Err(error) => {
                self.state = State::Confirm(batch, checked);
                return Err(error.into());
            }
        };
        match end.map_or(0, |end| end.last + 1) {
            next if next == intent.last + 1 => {
                point(Point::Confirmed, batch.open());
                self.landed(world, *batch)
            }
            next if next == intent.first && checked.answers < 2 => {
                self.state = State::Insert(batch, checked);
                Ok(Step::Moved)
            }
            next if next == intent.first => {
                // The server answered "done" to a finished repeat of this token and the row is not there: only now may
                // the token change, under a new intent.
                tracing::error!(
                    partition = self.partition,
                    attempt = intent.attempt,
                    "an answered insert is not in the ledger"
                );
                batch.block.ledger.intent.attempt += 1;
                self.state = State::Intend(batch);
                Ok(Step::Moved)
            }
            _ => {
                point(Point::Superseded, batch.open());
                self.state = State::Start;
                Ok(Step::Moved)
            }
        }
    }

    fn landed(&mut self, world: &mut World, batch: Batch) -> Result<Step, Failure> {
        let ledger = batch.block.ledger;
        let lost = batch.block.lost.iter().map(|lost| lost.count).sum();
        self.metrics
            .landed(&ledger, batch.block.folded.rows.len(), batch.gaps, lost);
        for poison in &batch.block.poison {
            tracing::error!(
                partition = self.partition,
                offset = poison.offset,
                schema_version = poison.version,
                reason = poison.reason.name(),
                "a record could not be decoded"
            );
        }
        if batch.gaps > 0 || lost > 0 {
            tracing::warn!(
                partition = self.partition,
                gaps = batch.gaps,
                lost,
                "records are missing"
            );
        }
        self.publisher.add(batch.texts);
        if batch.block.lost.iter().any(|lost| lost.lane.is_none()) {
            // A predecessor's copy of this batch may be the one that landed, built while the log still held what this
            // one calls lost: the store alone knows what was counted of each lane.
            self.state = State::Start;
        } else {
            self.lanes = batch.lanes;
            self.end = Some(LedgerEnd {
                last: ledger.intent.last,
                opening: ledger.opening,
                records: ledger.records,
            });
            self.gather_from(ledger.intent.last + 1);
        }
        self.release(world, &ledger.intent);
        point(Point::Released, ledger.interactions);
        self.publish_if_due(world, world.clock.unix_ms());
        Ok(Step::Landed(ledger))
    }

    /// Lets the log forget what was counted, unless it is held. What it does not forget now it forgets later.
    fn release(&mut self, world: &mut World, intent: &Intent) {
        let now_ms = world.clock.unix_ms();
        if now_ms + HOLD_BEFORE_MS >= closes_at_unix_ms(intent.landing) {
            self.held_ms = Some(now_ms);
        }
        if self.held_ms.is_none() {
            self.forget_until(world, intent.last);
        }
    }

    /// Whether what is held is held long enough. A clock that was set back says nothing.
    pub(super) fn is_hold_over(&self, world: &World) -> bool {
        self.held_ms
            .is_some_and(|since_ms| world.clock.unix_ms().abs_diff(since_ms) >= HOLD_MS)
    }

    /// Lets the log forget what the ledger still says was counted, when it was held long enough.
    pub(super) fn end_hold(&mut self, world: &mut World, counted: Option<LedgerEnd>) {
        if !self.is_hold_over(world) {
            return;
        }
        self.held_ms = None;
        if let Some(end) = counted {
            self.forget_until(world, end.last);
        }
    }

    fn forget_until(&self, world: &mut World, last: Offset) {
        if let Err(error) = world.log.release(self.partition, last) {
            tracing::warn!(partition = self.partition, %error, "counted records could not be released");
        }
    }
}
