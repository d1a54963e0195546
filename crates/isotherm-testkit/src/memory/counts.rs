//! A store of counts in memory: landings with deduplication tokens, blocks that land whole or not at all, and requests
//! that are lost, answered wrongly, or arrive long after their sender gave up.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isotherm_core::day::Day;
use isotherm_core::ports::{Block, Clock, CountStore, Inserted, LedgerEnd, StoreError, Text};
use isotherm_core::record::{Lanes, LogId, Offset};

use super::clock::DrivenClock;
use super::dice::Dice;

/// How often what goes wrong, in per mille of the calls.
#[derive(Clone, Copy, Default, Debug)]
pub struct CountFaults {
    /// A question is not answered.
    pub unavailable: u32,
    /// An insert is lost and answers `Unavailable`.
    pub request_lost: u32,
    /// An insert lands and answers `Unavailable`.
    pub reply_lost: u32,
    /// An insert answers `Unavailable` and arrives later.
    pub late: u32,
    /// An insert lands, is answered, and arrives once more later.
    pub echoed: u32,
    /// A token's first insert is answered "done" and nothing is there, not even the token.
    pub answered_nothing: u32,
    /// A token's insert is answered "done" and only the token is there.
    pub answered_token_only: u32,
    /// Before a call, something that was late arrives.
    pub arrival: u32,
}

/// A handle on a shared store. Clones are the same store.
#[derive(Clone, Debug)]
pub struct MemoryCounts(Arc<Mutex<State>>);

/// What a backup of the store holds: everything that is in it, and nothing of what is on its way.
#[derive(Clone, Debug)]
pub struct CountsBackup {
    landings: BTreeMap<Day, Landing>,
    sealed_before: Day,
}

#[derive(Clone, Debug)]
struct State {
    landings: BTreeMap<Day, Landing>,
    /// Landings before this day take nothing that anybody reads.
    sealed_before: Day,
    /// Inserts on their way whose sender gave up.
    late: Vec<Late>,
    memory: Option<Memory>,
    /// Tokens that were once answered wrongly; it happens once to each.
    lied_about: BTreeSet<Token>,
    published: BTreeSet<(String, Text)>,
    down: bool,
    tokens_name_the_end: bool,
    faults: CountFaults,
    dice: Dice,
    arrived_late: u64,
}

#[derive(Clone, Default, Debug)]
struct Landing {
    blocks: Vec<Block>,
    /// Each token and when it was first seen, milliseconds; 0 where they are never forgotten.
    tokens: BTreeMap<Token, u64>,
}

/// An insert on its way, and when it was sent, milliseconds.
#[derive(Clone, Debug)]
struct Late {
    sent_ms: u64,
    block: Block,
}

/// How long a token is remembered, and how long an insert can be on its way before server and network give it up, too.
#[derive(Clone, Debug)]
struct Memory {
    clock: DrivenClock,
    tokens_ms: u64,
    inserts_ms: u64,
}

/// (log id, partition, first, attempt): what makes two inserts the same; and the last offset where a test wants worse tokens.
type Token = (u64, u16, Offset, u32, Option<Offset>);

enum Fate {
    Lands { answered: bool, again: bool },
    Vanishes { answered: bool },
    Late,
    TokenOnly,
}

impl MemoryCounts {
    /// An empty store whose faults follow `seed`.
    pub fn new(seed: u64) -> MemoryCounts {
        MemoryCounts(Arc::new(Mutex::new(State {
            landings: BTreeMap::new(),
            sealed_before: Day(0),
            late: Vec::new(),
            memory: None,
            lied_about: BTreeSet::new(),
            published: BTreeSet::new(),
            down: false,
            tokens_name_the_end: false,
            faults: CountFaults::default(),
            dice: Dice::new(seed),
            arrived_late: 0,
        })))
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: CountFaults) {
        self.state().faults = faults;
    }

    /// While it is down every call is refused; what was late may still arrive.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Tokens that name the last offset, too: two batches that begin at one offset may then both land.
    pub fn weaken_tokens(&self) {
        self.state().tokens_name_the_end = true;
    }

    /// From now on a token is forgotten after `tokens_ms` of this clock, as a server does that remembers so many of them, and
    /// an insert that is late arrives within `inserts_ms` or never.
    pub fn forget_tokens(&self, clock: DrivenClock, tokens_ms: u64, inserts_ms: u64) {
        self.state().memory = Some(Memory {
            clock,
            tokens_ms,
            inserts_ms,
        });
    }

    /// Another store that is in the same state and goes its own way.
    pub fn fork(&self) -> MemoryCounts {
        MemoryCounts(Arc::new(Mutex::new(self.state().clone())))
    }

    /// The insert at this place among those on their way arrives.
    pub fn let_arrive(&self, at: usize) {
        self.state().let_arrive(at);
    }

    /// All that tells one state from another; dice and what was only counted are left out.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        let state = self.state();
        let words = |block: &Block| {
            let ledger = &block.ledger;
            let intent = &ledger.intent;
            let counted = (ledger.records, ledger.skipped, block.lasts.clone());
            (intent.first, intent.last, intent.landing, intent.attempt, counted)
        };
        let sorted = |blocks: &[Block]| {
            let mut words: Vec<_> = blocks.iter().map(words).collect();
            words.sort_unstable();
            words
        };
        for (day, landing) in &state.landings {
            (day, sorted(&landing.blocks), &landing.tokens).hash(hasher);
        }
        let late: Vec<Block> = state.late.iter().map(|late| late.block.clone()).collect();
        (state.sealed_before, sorted(&late), &state.lied_about).hash(hasher);
    }

    /// How many inserts are on their way whose sender gave up.
    pub fn on_their_way(&self) -> usize {
        self.state().late.len()
    }

    /// Something that was late arrives; says whether there was anything.
    pub fn let_one_arrive(&self) -> bool {
        self.state().let_one_arrive()
    }

    /// How many late inserts arrived so far.
    pub fn arrived_late(&self) -> u64 {
        self.state().arrived_late
    }

    /// Seals all landings before `day`: what they hold now is all they will ever hold. Says whether any was open.
    pub fn seal_before(&self, day: Day) -> bool {
        let mut state = self.state();
        let moved = state.sealed_before < day;
        state.sealed_before = state.sealed_before.max(day);
        moved
    }

    /// Everything that can be read, sealed or not, in the order of the ledger.
    pub fn blocks(&self) -> Vec<Block> {
        let state = self.state();
        let mut blocks: Vec<Block> = state.visible().cloned().collect();
        blocks.sort_by_key(|block| (block.ledger.partition, block.ledger.intent.first));
        blocks
    }

    /// A backup of the store as it is.
    pub fn back_up(&self) -> CountsBackup {
        let state = self.state();
        CountsBackup {
            landings: state.landings.clone(),
            sealed_before: state.sealed_before,
        }
    }

    /// Goes back to a backup, while nothing is on its way. Tokens are not part of a restored table, but a server may remember
    /// those of before.
    pub fn restore(&self, backup: &CountsBackup, tokens_stay: bool) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.landings, backup.landings.clone());
        state.sealed_before = backup.sealed_before;
        state.late.clear();
        for landing in state.landings.values_mut() {
            landing.tokens.clear();
        }
        if tokens_stay {
            for (day, landing) in before {
                state.landings.entry(day).or_default().tokens = landing.tokens;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere has already failed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a store that answers.
    fn answering(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        if state.faults.arrival > 0 && !state.late.is_empty() {
            let arrival = state.faults.arrival;
            if state.dice.chance(arrival) {
                state.let_one_arrive();
            }
        }
        let unavailable = state.faults.unavailable;
        if state.down || state.dice.chance(unavailable) {
            return Err(away());
        }
        Ok(state)
    }
}

impl State {
    fn visible(&self) -> impl Iterator<Item = &Block> {
        self.landings.values().flat_map(|landing| &landing.blocks)
    }

    fn blocks_of(&self, log_id: LogId, partition: u16) -> impl Iterator<Item = &Block> {
        self.visible()
            .filter(move |block| block.ledger.partition == partition && block.ledger.intent.log_id == log_id)
    }

    fn let_one_arrive(&mut self) -> bool {
        if self.late.is_empty() {
            return false;
        }
        let at = self.dice.index(self.late.len());
        self.let_arrive(at);
        true
    }

    fn let_arrive(&mut self, at: usize) {
        let late = self.late.swap_remove(at);
        let given_up = |memory: &Memory| memory.clock.unix_ms() > late.sent_ms + memory.inserts_ms;
        if !self.memory.as_ref().is_some_and(given_up) {
            self.arrived_late += 1;
            self.land(late.block);
        }
    }

    fn now_ms(&self) -> u64 {
        self.memory.as_ref().map_or(0, |memory| memory.clock.unix_ms())
    }

    fn send_late(&mut self, block: Block) {
        let sent_ms = self.now_ms();
        self.late.push(Late { sent_ms, block });
    }

    /// Whether the token was not known. A repeat does not renew it.
    fn remember(&mut self, day: Day, token: Token) -> bool {
        let now_ms = self.now_ms();
        let tokens_ms = self.memory.as_ref().map_or(u64::MAX, |memory| memory.tokens_ms);
        let tokens = &mut self.landings.entry(day).or_default().tokens;
        tokens.retain(|_, seen_ms| now_ms.saturating_sub(*seen_ms) <= tokens_ms);
        let is_new = !tokens.contains_key(&token);
        tokens.entry(token).or_insert(now_ms);
        is_new
    }

    /// One block, one part: all of it, unless its token is known. A sealed landing takes parts that nobody reads.
    fn land(&mut self, block: Block) {
        let day = block.ledger.intent.landing;
        let token = self.token(&block);
        if self.remember(day, token) && day >= self.sealed_before {
            self.landings.entry(day).or_default().blocks.push(block);
        }
    }

    fn token(&self, block: &Block) -> Token {
        let intent = block.ledger.intent;
        let end = self.tokens_name_the_end.then_some(intent.last);
        (
            intent.log_id.0,
            block.ledger.partition,
            intent.first,
            intent.attempt,
            end,
        )
    }

    fn fate(&mut self, token: Token) -> Fate {
        // One throw decides: the fates lie side by side on its thousand places.
        let mut throw = self.dice.below(1_000);
        let faults = self.faults;
        let mut hits = |per_mille: u32| match throw.checked_sub(u64::from(per_mille)) {
            Some(rest) => {
                throw = rest;
                false
            }
            // No later fate hits after this one.
            None => {
                throw = u64::MAX;
                true
            }
        };
        if hits(faults.request_lost) {
            return Fate::Vanishes { answered: false };
        }
        if hits(faults.reply_lost) {
            return Fate::Lands {
                answered: false,
                again: false,
            };
        }
        if hits(faults.late) {
            return Fate::Late;
        }
        if hits(faults.echoed) {
            return Fate::Lands {
                answered: true,
                again: true,
            };
        }
        if hits(faults.answered_nothing) && self.lied_about.insert(token) {
            return Fate::Vanishes { answered: true };
        }
        if hits(faults.answered_token_only) && self.lied_about.insert(token) {
            return Fate::TokenOnly;
        }
        Fate::Lands {
            answered: true,
            again: false,
        }
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("the store is away".into())
}

impl CountStore for MemoryCounts {
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError> {
        let state = self.answering()?;
        let last = state
            .blocks_of(log_id, partition)
            .max_by_key(|block| block.ledger.intent.last);
        Ok(last.map(|block| LedgerEnd {
            last: block.ledger.intent.last,
            opening: block.ledger.opening,
            records: block.ledger.records,
        }))
    }

    fn lanes(&mut self, log_id: LogId, partition: u16) -> Result<Lanes, StoreError> {
        let state = self.answering()?;
        let blocks = state.blocks_of(log_id, partition);
        Ok(Lanes::from_rows(blocks.flat_map(|block| block.lasts.iter().copied())))
    }

    fn landing_is_open(&mut self, landing: Day) -> Result<bool, StoreError> {
        let state = self.answering()?;
        Ok(landing >= state.sealed_before)
    }

    fn insert(&mut self, block: &Block) -> Result<Inserted, StoreError> {
        let mut state = self.answering()?;
        let token = state.token(block);
        let answered = match state.fate(token) {
            Fate::Lands { answered, again } => {
                state.land(block.clone());
                if again {
                    state.send_late(block.clone());
                }
                answered
            }
            Fate::Vanishes { answered } => answered,
            Fate::Late => {
                state.send_late(block.clone());
                false
            }
            Fate::TokenOnly => {
                state.remember(block.ledger.intent.landing, token);
                true
            }
        };
        let control = block.poison.len() + 1 + block.lasts.len() + block.lost.len();
        let rows = control + block.folded.rows.len();
        match answered {
            true => Ok(Inserted {
                rows: rows as u64,
                bytes: 0,
            }),
            false => Err(away()),
        }
    }

    fn publish(&mut self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreError> {
        let mut state = self.answering()?;
        state
            .published
            .extend(texts.iter().map(|text| (site.to_owned(), text.clone())));
        Ok(texts.to_vec())
    }
}
