//! Every history there is of a small world: two workers, one partition, three records, and a few things that go wrong. The
//! real worker and fold against log and store in memory; each state is visited once, by a hash of all that decides what
//! can happen next.
//!
//! What goes wrong is bounded by a budget (`Budget`); within it every order of steps, crashes, rebalances, lost answers, late
//! inserts and late commits is looked at. In every state no click may be counted twice and the ledger must tile; and
//! from every state, once nothing goes wrong any more, every click must be counted. `ISOTHERM_MODEL_FAULTS` sets how many
//! commits and inserts may go wrong in one history.

#![expect(
    clippy::print_stderr,
    reason = "what was looked at is told to whoever runs the tests"
)]

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::worker::{BatchLimits, Phase, Worker, World};
use isotherm_core::day::Hour;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, Block};
use isotherm_core::record::{Lane, RecordHeader};
use isotherm_core::row::Kind;
use isotherm_testkit::memory::{CountFaults, DrivenClock, LogFaults, MemoryCounts, MemoryLog};
use isotherm_wire::record::{frame, pack};

use crate::records::{click, number_of};

/// 2026-11-21T12:00:00Z.
const NOON_MS: u64 = 1_795_262_400_000;
/// Records that are appended, so at most as many batches.
const RECORDS: u64 = 3;
/// Steps within which everything is counted once nothing goes wrong any more.
const DRAIN_STEPS: usize = 200;

/// What may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Budget {
    records: u64,
    crashes: u32,
    rebalances: u32,
    faults: u32,
}

/// What can go wrong with a commit or an insert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Good,
    CommitLost,
    CommitReplyLost,
    CommitLate,
    RequestLost,
    ReplyLost,
    Late,
    Echoed,
    AnsweredNothing,
    AnsweredTokenOnly,
}

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Append,
    Step(usize, Fate),
    Hear(usize),
    Crash(usize),
    Assign(usize),
    InsertArrives(usize),
    CommitArrives(usize),
}

const COMMIT_FATES: [Fate; 4] = [Fate::Good, Fate::CommitLost, Fate::CommitReplyLost, Fate::CommitLate];
const INSERT_FATES: [Fate; 7] = [
    Fate::Good,
    Fate::RequestLost,
    Fate::ReplyLost,
    Fate::Late,
    Fate::Echoed,
    Fate::AnsweredNothing,
    Fate::AnsweredTokenOnly,
];

/// One state of the world. The first member's handle stands for the log itself, too.
struct State {
    logs: Vec<MemoryLog>,
    counts: MemoryCounts,
    workers: [Option<Worker>; 2],
    owner: usize,
    budget: Budget,
}

impl State {
    fn new(budget: Budget) -> State {
        let log = MemoryLog::new(1, 0, 0);
        log.assign(0, 0);
        State {
            logs: vec![log.member(0), log.member(1)],
            counts: MemoryCounts::new(0),
            workers: [None, None],
            owner: 0,
            budget,
        }
    }

    fn fork(&self) -> State {
        State {
            logs: MemoryLog::fork(&self.logs),
            counts: self.counts.fork(),
            workers: self.workers.clone(),
            owner: self.owner,
            budget: self.budget,
        }
    }

    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for log in &self.logs {
            log.digest(&mut hasher);
        }
        self.counts.digest(&mut hasher);
        for worker in &self.workers {
            worker.as_ref().map(Worker::situation).hash(&mut hasher);
        }
        self.budget.hash(&mut hasher);
        hasher.finish()
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.budget.records > 0 {
            actions.push(Action::Append);
        }
        for member in 0..2 {
            if !self.logs[member].has_heard(0) {
                actions.push(Action::Hear(member));
            }
            if let Some(worker) = &self.workers[member] {
                let fates: &[Fate] = match worker.situation().phase {
                    Phase::Intend => &COMMIT_FATES,
                    Phase::Insert => &INSERT_FATES,
                    _ => &[Fate::Good],
                };
                let fates = &fates[..if self.budget.faults > 0 { fates.len() } else { 1 }];
                actions.extend(fates.iter().map(|fate| Action::Step(member, *fate)));
                if self.budget.crashes > 0 {
                    actions.push(Action::Crash(member));
                }
            }
        }
        if self.budget.rebalances > 0 {
            actions.push(Action::Assign(1 - self.owner));
        }
        actions.extend((0..self.counts.on_their_way()).map(Action::InsertArrives));
        actions.extend((0..self.logs[0].commits_on_their_way()).map(Action::CommitArrives));
        actions
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Append => {
                self.logs[0].append(0, record(RECORDS - self.budget.records));
                self.budget.records -= 1;
            }
            Action::Step(member, fate) => self.step(member, fate),
            Action::Hear(member) => self.hear(member),
            Action::Crash(member) => {
                self.workers[member] = None;
                self.logs[member].forget();
                self.budget.crashes -= 1;
            }
            Action::Assign(member) => {
                self.owner = member;
                self.logs[0].assign(0, member);
                self.budget.rebalances -= 1;
            }
            Action::InsertArrives(at) => self.counts.let_arrive(at),
            Action::CommitArrives(at) => self.logs[0].let_commit_arrive(at),
        }
    }

    /// What the runner does when the assignment changes: a new epoch has a new worker.
    fn hear(&mut self, member: usize) {
        let mine = self.logs[member].assigned().expect("an assignment");
        let limits = BatchLimits {
            flush_delay_ms: 0,
            ..BatchLimits::default()
        };
        let fresh = || Worker::new(0, IdKey::new([7; 16]), limits, AggregateMetrics::default());
        self.workers[member] = (!mine.is_empty()).then(fresh);
    }

    fn step(&mut self, member: usize, fate: Fate) {
        let when = |this: Fate| if fate == this { 1_000 } else { 0 };
        self.budget.faults -= u32::from(fate != Fate::Good);
        self.logs[0].set_faults(LogFaults {
            commit_lost: when(Fate::CommitLost),
            commit_reply_lost: when(Fate::CommitReplyLost),
            commit_late: when(Fate::CommitLate),
            ..LogFaults::default()
        });
        self.counts.set_faults(CountFaults {
            request_lost: when(Fate::RequestLost),
            reply_lost: when(Fate::ReplyLost),
            late: when(Fate::Late),
            echoed: when(Fate::Echoed),
            answered_nothing: when(Fate::AnsweredNothing),
            answered_token_only: when(Fate::AnsweredTokenOnly),
            ..CountFaults::default()
        });
        let clock = DrivenClock::at(NOON_MS);
        if let Some(worker) = &mut self.workers[member] {
            let mut world = World {
                log: &mut self.logs[member],
                store: &mut self.counts,
                clock: &clock,
            };
            worker.step(&mut world).expect("no halt");
        }
    }

    /// Nothing goes wrong any more, but what is late may still come, last of all.
    fn drain(&mut self) -> Result<(), String> {
        while self.budget.records > 0 {
            self.act(Action::Append);
        }
        for _ in 0..DRAIN_STEPS {
            for member in 0..2 {
                if !self.logs[member].has_heard(0) {
                    self.hear(member);
                }
                self.step(member, Fate::Good);
            }
            if self
                .counts
                .blocks()
                .iter()
                .map(|block| block.ledger.intent.last + 1)
                .max()
                == Some(RECORDS)
            {
                break;
            }
        }
        while self.counts.on_their_way() > 0 {
            self.counts.let_arrive(0);
        }
        match checked(&self.counts.blocks())? {
            RECORDS => Ok(()),
            counted => Err(format!("{counted} of {RECORDS} records are counted in the end")),
        }
    }
}

/// A record of one click whose number is the record's.
fn record(number: u64) -> Vec<u8> {
    let header = RecordHeader {
        lane: Lane(5),
        partition: 0,
        seq: number + 1,
        floor: 1,
    };
    let interactions = [click("acme", "/p", number as u32)];
    frame(&header, &pack(Hour::of_unix_ms(NOON_MS), &interactions))
}

/// Ranges tile from 0 and every click is there once; says how many.
fn checked(blocks: &[Block]) -> Result<u64, String> {
    let mut expected = 0;
    for block in blocks {
        let intent = block.ledger.intent;
        if intent.first != expected || !block.lost.is_empty() || block.ledger.skipped > 0 {
            return Err(format!("a batch begins at {}, not at {expected}", intent.first));
        }
        expected = intent.last + 1;
    }
    let rows = blocks.iter().flat_map(|block| &block.folded.rows);
    let grid = rows.filter(|row| row.key.kind == Kind::Grid);
    let mut numbers: Vec<u32> = grid
        .flat_map(|row| std::iter::repeat_n(number_of(row.key.x, row.key.y), row.counts.n as usize))
        .collect();
    numbers.sort_unstable();
    match numbers.iter().copied().eq(0..expected as u32) {
        true => Ok(expected),
        false => Err(format!("{numbers:?} are counted of {expected}")),
    }
}

/// Looks at every state; says how many there are and how many ways lead from one to the next.
fn explore(budget: Budget) -> Result<(usize, usize), String> {
    let first = State::new(budget);
    let mut seen = HashSet::from([first.digest()]);
    let (mut ways, mut frontier) = (0, vec![first]);
    while let Some(state) = frontier.pop() {
        for action in state.actions() {
            ways += 1;
            let mut next = state.fork();
            next.act(action);
            if !seen.insert(next.digest()) {
                continue;
            }
            let wrong = |wrong: String| format!("{wrong}, after {action:?} with {:?} left", next.budget);
            checked(&next.counts.blocks()).map_err(wrong)?;
            next.fork().drain().map_err(wrong)?;
            frontier.push(next);
        }
    }
    Ok((seen.len(), ways))
}

#[test]
fn no_order_of_two_workers_crashes_rebalances_and_lost_answers_counts_wrongly() {
    let budget = Budget {
        records: RECORDS,
        crashes: 1,
        rebalances: 1,
        faults: std::env::var("ISOTHERM_MODEL_FAULTS").map_or(1, |text| text.parse().expect("a number")),
    };
    let (states, ways) = explore(budget).unwrap_or_else(|wrong| panic!("{wrong}"));
    eprintln!("{states} states, {ways} ways between them: {budget:?}");
    assert!(states > 10_000, "too few states to say anything: {states}");
}
