//! The state machine of one partition. Every step touches the world in one place and may fail there; whatever happens,
//! the ledger decides what landed.

mod fenced;

use isotherm_core::day::Day;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Entry, LedgerEnd, LogError, StoreError};
use isotherm_core::record::{Intent, Lanes, Offset};
use isotherm_fault::{Mutant, Point, mutant, point};

use crate::batch::{Batch, BatchHead, build};
use crate::metrics::AggregateMetrics;
use crate::publish::Publisher;

pub use crate::step::{BatchLimits, Halt, Phase, Situation, Step, World};
pub use fenced::{CHECK_VALID_MS, HOLD_BEFORE_MS, HOLD_MS};

/// How often an idle worker asks whether the log has cut off what it was to read next, milliseconds. When records come, the
/// first one's offset says it.
const CUT_ASKED_EVERY_MS: u64 = 60_000;

/// One partition's worker. A clone goes on from the same state, as only a test may let it.
#[derive(Clone)]
pub struct Worker {
    partition: u16,
    key: IdKey,
    limits: BatchLimits,
    metrics: AggregateMetrics,
    publisher: Publisher,
    lanes: Lanes,
    /// Where the ledger ended when the lanes were so.
    end: Option<LedgerEnd>,
    state: State,
    cut_asked_ms: u64,
    /// When a batch was counted whose landing may be sealed at any moment.
    held_ms: Option<u64>,
}

#[derive(Clone)]
enum State {
    Start,
    Gather {
        next: Offset,
        entries: Vec<Entry>,
        bytes: usize,
        since_ms: u64,
    },
    Redo {
        intent: Intent,
        entries: Vec<Entry>,
    },
    Intend(Box<Batch>),
    Check(Box<Batch>),
    Insert(Box<Batch>, Checked),
    Confirm(Box<Batch>, Checked),
}

/// What is known of a batch that may be inserted.
#[derive(Clone, Copy)]
struct Checked {
    /// When ledger and landing were asked.
    at_ms: u64,
    /// How many inserts were answered "done" since.
    answers: u32,
}

/// A step's failure: something to try again, or something that ends the worker.
enum Failure {
    Again(String),
    Fenced,
    Halt(Halt),
}

impl Worker {
    /// A worker that starts from what ledger and log say.
    pub fn new(partition: u16, key: IdKey, limits: BatchLimits, metrics: AggregateMetrics) -> Worker {
        let (publisher, lanes) = (Publisher::default(), Lanes::default());
        Worker {
            partition,
            key,
            limits,
            metrics,
            publisher,
            lanes,
            end: None,
            state: State::Start,
            cut_asked_ms: 0,
            held_ms: None,
        }
    }

    /// The partition.
    pub fn partition(&self) -> u16 {
        self.partition
    }

    /// Whether a batch is underway, so that a stop should let it finish.
    pub fn is_underway(&self) -> bool {
        matches!(
            self.state,
            State::Intend(_) | State::Check(_) | State::Insert(..) | State::Confirm(..)
        )
    }

    /// How many entries or interactions of a batch are open.
    pub fn open(&self) -> u64 {
        match &self.state {
            State::Start => 0,
            State::Gather { entries, .. } => entries.len() as u64,
            State::Redo { intent, .. } => intent.last + 1 - intent.first,
            State::Intend(batch) | State::Check(batch) | State::Insert(batch, _) | State::Confirm(batch, _) => {
                batch.open()
            }
        }
    }

    /// Where it stands.
    pub fn situation(&self) -> Situation {
        let (phase, intent, next, answers) = match &self.state {
            State::Start => (Phase::Start, None, 0, 0),
            State::Gather { next, entries, .. } => (Phase::Gather, None, next + entries.len() as u64, 0),
            State::Redo { intent, entries } => (Phase::Redo, Some(*intent), entries.len() as u64, 0),
            State::Intend(batch) => (Phase::Intend, Some(batch.block.ledger.intent), 0, 0),
            State::Check(batch) => (Phase::Check, Some(batch.block.ledger.intent), 0, 0),
            State::Insert(batch, checked) => (Phase::Insert, Some(batch.block.ledger.intent), 0, checked.answers),
            State::Confirm(batch, checked) => (Phase::Confirm, Some(batch.block.ledger.intent), 0, checked.answers),
        };
        Situation {
            phase,
            range: intent.map(|intent| (intent.first, intent.last)),
            landing_and_attempt: intent.map(|intent| (intent.landing, intent.attempt)),
            next,
            answers,
            lasts: self.lanes.iter().collect(),
            end: self.end.map(|end| (end.last, end.records)),
            is_held: self.held_ms.is_some(),
        }
    }

    /// One step. On `Retry` the state is such that the next step tries again.
    pub fn step(&mut self, world: &mut World) -> Result<Step, Halt> {
        let state = std::mem::replace(&mut self.state, State::Start);
        let result = match state {
            State::Start => self.start(world),
            State::Gather {
                next,
                entries,
                bytes,
                since_ms,
            } => self.gather(world, next, entries, (bytes, since_ms)),
            State::Redo { intent, entries } => self.redo(world, intent, entries),
            State::Intend(batch) => self.intend(world, batch),
            State::Check(batch) => self.check(world, batch),
            State::Insert(batch, checked) => self.insert(world, batch, checked),
            State::Confirm(batch, checked) => self.confirm(world, batch, checked),
        };
        match result {
            Ok(step) => Ok(step),
            Err(Failure::Again(why)) => {
                self.metrics.retries.inc();
                Ok(Step::Retry(why))
            }
            // Somebody else owns the partition; if it ever comes back, the ledger says where to go on.
            Err(Failure::Fenced) => {
                self.state = State::Start;
                Ok(Step::Retry("the partition belongs to another worker now".into()))
            }
            Err(Failure::Halt(halt)) => Err(halt),
        }
    }

    fn start(&mut self, world: &mut World) -> Result<Step, Failure> {
        let log_id = world.log.log_id();
        let end = world.store.ledger_end(log_id, self.partition)?;
        self.lanes = world.store.lanes(log_id, self.partition)?;
        if world.store.ledger_end(log_id, self.partition)? != end {
            // A late insert landed between the two: what the lanes say and where the ledger ends must be of one state.
            return Ok(Step::Moved);
        }
        let intent = world.log.intent(self.partition).map_err(|e| self.log_failure(e))?;
        if let Some(end) = end
            && end.opening != 0
            && !world.log.knows_opening(end.opening)
        {
            return Err(Failure::Halt(Halt::ForeignOpening(self.partition)));
        }
        self.end = end;
        self.end_hold(world, end);
        let expected = end.map_or(0, |end| end.last + 1);
        match intent {
            None if end.is_some() => return Err(Failure::Halt(Halt::NoIntent(self.partition))),
            Some(intent) if intent.log_id != log_id => return Err(Failure::Halt(Halt::ForeignIntent(self.partition))),
            Some(intent) if intent.first == expected && !mutant(Mutant::NoRedo) => {
                point(Point::RedoBegun, intent.last + 1 - intent.first);
                self.state = State::Redo {
                    intent,
                    entries: Vec::new(),
                }
            }
            // An older intent has landed; one further on belongs to a ledger that was restored from a backup.
            _ => self.gather_from(expected),
        }
        Ok(Step::Moved)
    }

    fn gather_from(&mut self, next: Offset) {
        self.state = State::Gather {
            next,
            entries: Vec::new(),
            bytes: 0,
            since_ms: 0,
        };
    }

    fn gather(
        &mut self,
        world: &mut World,
        next: Offset,
        mut entries: Vec<Entry>,
        (mut bytes, mut since_ms): (usize, u64),
    ) -> Result<Step, Failure> {
        if entries.is_empty() && self.is_hold_over(world) {
            self.state = State::Start;
            return Ok(Step::Moved);
        }
        let now_ms = world.clock.unix_ms();
        let from = entries.last().map_or(next, |entry| entry.offset + 1);
        let read = match world.log.read(self.partition, from, self.limits.bytes_max - bytes) {
            Ok(read) => read,
            Err(error) => {
                self.state = State::Gather {
                    next,
                    entries,
                    bytes,
                    since_ms,
                };
                return Err(self.log_failure(error));
            }
        };
        let quiet = read.is_empty();
        if quiet
            && entries.is_empty()
            && let Some(intent) = self.cut_off(world, next, now_ms)
        {
            self.state = State::Intend(self.batch(world, intent, &entries));
            return Ok(Step::Moved);
        }
        if entries.is_empty() {
            since_ms = now_ms;
        }
        bytes += read.iter().map(|entry| entry.bytes.len()).sum::<usize>();
        entries.extend(read);
        let due = now_ms >= since_ms + self.limits.flush_delay_ms;
        match entries.last() {
            Some(last) if bytes >= self.limits.bytes_max || due => {
                let landing = Day::of_unix_ms(now_ms);
                let intent = Intent {
                    log_id: world.log.log_id(),
                    first: next,
                    last: last.offset,
                    landing,
                    attempt: 0,
                };
                let batch = self.batch(world, intent, &entries);
                point(Point::Gathered, batch.open());
                self.state = State::Intend(batch);
                Ok(Step::Moved)
            }
            _ => {
                self.state = State::Gather {
                    next,
                    entries,
                    bytes,
                    since_ms,
                };
                self.publish_if_due(world, now_ms);
                Ok(if quiet { Step::Idle } else { Step::Moved })
            }
        }
    }

    /// What retention took before it was read, where nothing comes behind it that would show it. Should the log not answer,
    /// it is asked again later.
    fn cut_off(&mut self, world: &mut World, next: Offset, now_ms: u64) -> Option<Intent> {
        if now_ms < self.cut_asked_ms + CUT_ASKED_EVERY_MS {
            return None;
        }
        self.cut_asked_ms = now_ms;
        let (low, _) = world.log.bounds(self.partition).ok()?;
        (low > next).then(|| Intent {
            log_id: world.log.log_id(),
            first: next,
            last: low - 1,
            landing: Day::of_unix_ms(now_ms),
            attempt: 0,
        })
    }

    /// Reads exactly the intended range again.
    fn redo(&mut self, world: &mut World, intent: Intent, mut entries: Vec<Entry>) -> Result<Step, Failure> {
        let from = entries.last().map_or(intent.first, |entry: &Entry| entry.offset + 1);
        let read = match world.log.read(self.partition, from, self.limits.bytes_max) {
            Ok(read) => read,
            Err(error) => {
                self.state = State::Redo { intent, entries };
                return Err(self.log_failure(error));
            }
        };
        let behind = read.iter().any(|entry| entry.offset > intent.last);
        let nothing_more = read.is_empty();
        entries.extend(read.into_iter().filter(|entry| entry.offset <= intent.last));
        let complete = behind || entries.last().is_some_and(|entry| entry.offset == intent.last);
        // Nothing more although the range is not complete: the log has lost its end. What is unreadable is `lost`, but
        // only if the log really holds nothing there; a broker that has not answered yet must be asked again.
        let gone = nothing_more && !complete && self.holds_nothing(world, from, intent.last)?;
        if complete || gone {
            tracing::info!(
                partition = self.partition,
                first_offset = intent.first,
                last_offset = intent.last,
                "redoing an intended batch"
            );
            let batch = self.batch(world, intent, &entries);
            point(Point::RedoBuilt, batch.open());
            self.state = State::Check(batch);
        } else {
            self.state = State::Redo { intent, entries };
        }
        Ok(if nothing_more && !gone { Step::Idle } else { Step::Moved })
    }

    /// Whether nothing of these offsets is held: the log ends before them, or all of them were cut off.
    fn holds_nothing(&mut self, world: &mut World, from: Offset, last: Offset) -> Result<bool, Failure> {
        let (low, end) = world.log.bounds(self.partition).map_err(|e| self.log_failure(e))?;
        Ok(low.max(from) >= end.min(last + 1))
    }

    fn batch(&self, world: &World, intent: Intent, entries: &[Entry]) -> Box<Batch> {
        let head = BatchHead {
            intent,
            partition: self.partition,
            opening: world.log.opening(),
        };
        Box::new(build(head, entries, &self.lanes, &self.key))
    }

    fn publish_if_due(&mut self, world: &mut World, now_ms: u64) {
        if !self.publisher.is_due(now_ms) {
            return;
        }
        point(Point::PublishBefore, self.open());
        if let Err(error) = self.publisher.ask(world.store, world.clock) {
            tracing::warn!(partition = self.partition, %error, "texts could not be published; the next page view tries again");
        }
        point(Point::PublishAfter, self.open());
    }

    fn log_failure(&self, error: LogError) -> Failure {
        match error {
            LogError::Fenced => Failure::Fenced,
            LogError::Unavailable(why) => Failure::Again(why),
            LogError::Broken(why) => Failure::Halt(Halt::Log(self.partition, why)),
        }
    }

    /// The first offset that is not counted; `None` before the ledger was asked.
    pub fn next(&self) -> Option<Offset> {
        match &self.state {
            State::Start => None,
            State::Gather { next, .. } => Some(*next),
            State::Redo { intent, .. } => Some(intent.first),
            State::Intend(batch) | State::Check(batch) | State::Insert(batch, _) | State::Confirm(batch, _) => {
                Some(batch.block.ledger.intent.first)
            }
        }
    }

    /// Sets the bounds of batches that are not closed yet.
    pub fn set_limits(&mut self, limits: BatchLimits) {
        self.limits = limits;
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Again(error.to_string())
    }
}
