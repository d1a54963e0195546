//! A log in memory: partitions of records, one intent each, and members of a group to whom partitions are assigned.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use isotherm_core::ports::{Assignment, Entry, EventLog, LogError};
use isotherm_core::record::{Intent, LogId, Offset};

use super::dice::Dice;

/// How often what goes wrong, in per mille of the calls.
#[derive(Clone, Copy, Default, Debug)]
pub struct LogFaults {
    /// Reading, bounds and intents answer `Unavailable`.
    pub unavailable: u32,
    /// A commit is lost and answers `Unavailable`.
    pub commit_lost: u32,
    /// A commit is durable and answers `Unavailable`.
    pub commit_reply_lost: u32,
    /// A commit answers `Unavailable` and arrives later, over whatever its member committed since.
    pub commit_late: u32,
    /// Before a call, a commit that was late arrives.
    pub commit_arrival: u32,
    /// A commit of a member whose partition was taken away is taken all the same, in per mille of such commits.
    pub unfenced: u32,
}

/// A member's handle on a shared log. What the group decided reaches a member only when it asks for its assignment, as a
/// consumer learns of it only when it polls.
#[derive(Debug)]
pub struct MemoryLog {
    shared: Arc<Mutex<State>>,
    member: usize,
    /// The epochs of the partitions that this member believes to be its own.
    view: BTreeMap<u16, u64>,
}

#[derive(Clone, Debug)]
struct State {
    log_id: LogId,
    opening: u64,
    removes_released: bool,
    partitions: Vec<Partition>,
    faults: LogFaults,
    dice: Dice,
    fenced: u64,
    overwritten: u64,
    /// Commits on their way whose sender gave up waiting.
    late: Vec<LateCommit>,
}

#[derive(Clone, Copy, Debug)]
struct LateCommit {
    partition: u16,
    member: usize,
    epoch: Option<u64>,
    intent: Intent,
}

#[derive(Clone, Default, Debug)]
struct Partition {
    /// The lowest offset that is still held.
    low: Offset,
    /// Every record ever appended, by offset.
    records: Vec<Vec<u8>>,
    intent: Option<Intent>,
    owner: Option<usize>,
    epoch: u64,
}

impl MemoryLog {
    /// An empty log whose faults follow `seed`. Opening 0 is a topic, which forgets nothing by itself; any other is a log
    /// on disk, which removes what is released.
    pub fn new(partitions: u16, opening: u64, seed: u64) -> MemoryLog {
        let state = State {
            log_id: LogId(0x15_07_4e_12),
            opening,
            removes_released: opening != 0,
            partitions: (0..partitions).map(|_| Partition::default()).collect(),
            faults: LogFaults::default(),
            dice: Dice::new(seed),
            fenced: 0,
            overwritten: 0,
            late: Vec::new(),
        };
        MemoryLog {
            shared: Arc::new(Mutex::new(state)),
            member: 0,
            view: BTreeMap::new(),
        }
    }

    /// Another member's handle on the same log.
    pub fn member(&self, member: usize) -> MemoryLog {
        MemoryLog {
            shared: Arc::clone(&self.shared),
            member,
            view: BTreeMap::new(),
        }
    }

    /// Gives a partition to a member under a new epoch. Whoever had it is fenced from now on, and learns it later.
    pub fn assign(&self, partition: u16, member: usize) {
        let mut state = self.state();
        let partition = &mut state.partitions[usize::from(partition)];
        partition.owner = Some(member);
        partition.epoch += 1;
    }

    /// Appends a framed record; says its offset.
    pub fn append(&self, partition: u16, record: Vec<u8>) -> Offset {
        let mut state = self.state();
        let records = &mut state.partitions[usize::from(partition)].records;
        records.push(record);
        records.len() as Offset - 1
    }

    /// Retention: everything below `low` is gone.
    pub fn truncate(&self, partition: u16, low: Offset) {
        let mut state = self.state();
        let partition = &mut state.partitions[usize::from(partition)];
        partition.low = partition.low.max(low).min(partition.records.len() as Offset);
    }

    /// The lowest offset held and the next one.
    pub fn held(&self, partition: u16) -> (Offset, Offset) {
        let state = self.state();
        let partition = &state.partitions[usize::from(partition)];
        (partition.low, partition.records.len() as Offset)
    }

    /// The process that holds a log on disk was started anew. A topic has no openings.
    pub fn reopen(&self) {
        let mut state = self.state();
        state.opening += u64::from(state.opening != 0);
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: LogFaults) {
        self.state().faults = faults;
    }

    /// How many commits were refused because the partition was another's.
    pub fn fenced(&self) -> u64 {
        self.state().fenced
    }

    /// How many commits are on their way whose sender gave up waiting.
    pub fn commits_on_their_way(&self) -> usize {
        self.state().late.len()
    }

    /// The commit at this place among those on their way arrives.
    pub fn let_commit_arrive(&self, at: usize) {
        self.state().let_commit_arrive(at);
    }

    /// Whether the member knows what the group decided about a partition.
    pub fn has_heard(&self, partition: u16) -> bool {
        let state = self.state();
        let held = &state.partitions[usize::from(partition)];
        let is_mine = held.owner == Some(self.member);
        self.view.get(&partition).copied() == is_mine.then_some(held.epoch)
    }

    /// The member's process is gone: it knows of nothing.
    pub fn forget(&mut self) {
        self.view.clear();
    }

    /// The same members of another log that is in the same state and goes its own way.
    pub fn fork(members: &[MemoryLog]) -> Vec<MemoryLog> {
        let Some(first) = members.first() else {
            return Vec::new();
        };
        let shared = Arc::new(Mutex::new(first.state().clone()));
        let fork = |member: &MemoryLog| MemoryLog {
            shared: Arc::clone(&shared),
            member: member.member,
            view: member.view.clone(),
        };
        members.iter().map(fork).collect()
    }

    /// All that tells one state from another, the member's view included; dice and what was only counted are left out.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        let state = self.state();
        for held in &state.partitions {
            (held.low, held.records.len(), held.owner, held.epoch).hash(hasher);
            words(held.intent.as_ref()).hash(hasher);
        }
        let late = |late: &LateCommit| (late.partition, late.member, late.epoch, words(Some(&late.intent)));
        let mut late: Vec<_> = state.late.iter().map(late).collect();
        late.sort_unstable();
        late.hash(hasher);
        self.view.hash(hasher);
    }

    /// Writes an intent whoever asks by a commit that came late or from a member that had lost the partition.
    pub fn overwritten(&self) -> u64 {
        self.state().overwritten
    }

    /// Writes an intent whoever asks: what a log without a fence would do.
    pub fn commit_unfenced(&self, partition: u16, intent: &Intent) {
        self.state().partitions[usize::from(partition)].intent = Some(*intent);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere has already failed.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn commits_may_arrive(&mut self) {
        let arrival = self.faults.commit_arrival;
        if arrival > 0 && !self.late.is_empty() && self.dice.chance(arrival) {
            let at = self.dice.index(self.late.len());
            self.let_commit_arrive(at);
        }
    }

    /// A commit that was late arrives; the broker looks at its sender as at any other.
    fn let_commit_arrive(&mut self, at: usize) {
        let late = self.late.swap_remove(at);
        let held = &mut self.partitions[usize::from(late.partition)];
        if held.is_of(late.member, late.epoch) {
            self.overwritten += u64::from(held.intent != Some(late.intent));
            held.intent = Some(late.intent);
        }
    }

    fn available(&mut self) -> Result<(), LogError> {
        match self.dice.chance(self.faults.unavailable) {
            true => Err(LogError::Unavailable("the log is away".into())),
            false => Ok(()),
        }
    }
}

/// An intent by its numbers; the log's id is always the same.
fn words(intent: Option<&Intent>) -> Option<(Offset, Offset, u16, u32)> {
    intent.map(|intent| (intent.first, intent.last, intent.landing.0, intent.attempt))
}

impl Partition {
    fn is_of(&self, member: usize, epoch: Option<u64>) -> bool {
        self.owner == Some(member) && epoch == Some(self.epoch)
    }
}

impl EventLog for MemoryLog {
    fn log_id(&self) -> LogId {
        self.state().log_id
    }

    fn opening(&self) -> u64 {
        self.state().opening
    }

    fn knows_opening(&self, opening: u64) -> bool {
        opening <= self.state().opening
    }

    fn bounds(&mut self, partition: u16) -> Result<(Offset, Offset), LogError> {
        self.state().available()?;
        Ok(self.held(partition))
    }

    fn read(&mut self, partition: u16, from: Offset, bytes_max: usize) -> Result<Vec<Entry>, LogError> {
        let mut state = self.state();
        state.available()?;
        let partition = &state.partitions[usize::from(partition)];
        let mut entries: Vec<Entry> = Vec::new();
        let mut bytes = 0;
        for offset in from.max(partition.low)..partition.records.len() as Offset {
            let record = &partition.records[offset as usize];
            if bytes > 0 && bytes + record.len() > bytes_max {
                break;
            }
            bytes += record.len();
            entries.push(Entry {
                offset,
                bytes: record.clone(),
            });
        }
        Ok(entries)
    }

    fn intent(&mut self, partition: u16) -> Result<Option<Intent>, LogError> {
        let mut state = self.state();
        state.available()?;
        state.commits_may_arrive();
        Ok(state.partitions[usize::from(partition)].intent)
    }

    fn commit(&mut self, partition: u16, intent: &Intent) -> Result<(), LogError> {
        let believed = self.view.get(&partition).copied();
        let member = self.member;
        let mut guard = self.state();
        let state = &mut *guard;
        state.commits_may_arrive();
        let held = &mut state.partitions[usize::from(partition)];
        if !held.is_of(member, believed) {
            if !state.dice.chance(state.faults.unfenced) {
                state.fenced += 1;
                return Err(LogError::Fenced);
            }
            state.overwritten += 1;
        }
        if state.dice.chance(state.faults.commit_lost) {
            return Err(LogError::Unavailable("the commit was lost".into()));
        }
        if state.dice.chance(state.faults.commit_late) {
            let (epoch, intent) = (believed, *intent);
            state.late.push(LateCommit {
                partition,
                member,
                epoch,
                intent,
            });
            return Err(LogError::Unavailable("the commit is on its way".into()));
        }
        held.intent = Some(*intent);
        match state.dice.chance(state.faults.commit_reply_lost) {
            true => Err(LogError::Unavailable("the commit's answer was lost".into())),
            false => Ok(()),
        }
    }

    fn release(&mut self, partition: u16, last: Offset) -> Result<(), LogError> {
        if self.state().removes_released {
            self.truncate(partition, last + 1);
        }
        Ok(())
    }
}

impl Assignment for MemoryLog {
    fn assigned(&mut self) -> Result<Vec<(u16, u64)>, LogError> {
        let member = self.member;
        let mine: Vec<(u16, u64)> = (0..)
            .zip(&self.state().partitions)
            .filter(|(_, partition)| partition.owner == Some(member))
            .map(|(number, partition)| (number, partition.epoch))
            .collect();
        self.view = mine.iter().copied().collect();
        Ok(mine)
    }

    /// Time is driven by the test: there is nothing to wait for.
    fn wait(&mut self, _at_most: Duration) {}
}
