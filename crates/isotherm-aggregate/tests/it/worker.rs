//! Single histories of one worker that are worth telling on their own.

use isotherm_aggregate::metrics::AggregateMetrics;
use isotherm_aggregate::worker::{
    BatchLimits, CHECK_VALID_MS, HOLD_BEFORE_MS, HOLD_MS, Halt, Phase, Step, Worker, World,
};
use isotherm_core::cohort::closes_at_unix_ms;
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Assignment, Clock, CountStore, EventLog};
use isotherm_core::record::{Intent, Lane, LogId};
use isotherm_core::row::Kind;
use isotherm_testkit::memory::{CountFaults, Dice, DrivenClock, LogFaults, MemoryCounts, MemoryIngest, MemoryLog};

use crate::records::click;

/// 2026-11-21T12:00:00Z.
const NOON_MS: u64 = 1_795_262_400_000;
const DAY_MS: u64 = 86_400_000;

struct Stage {
    log: MemoryLog,
    counts: MemoryCounts,
    clock: DrivenClock,
    ingest: MemoryIngest,
    clicks: u32,
}

impl Stage {
    fn new(opening: u64) -> Stage {
        let mut log = MemoryLog::new(1, opening, 1);
        log.assign(0, 0);
        log.assigned().expect("an assignment");
        Stage {
            log,
            counts: MemoryCounts::new(2),
            clock: DrivenClock::at(NOON_MS),
            ingest: MemoryIngest::new(Lane(5)),
            clicks: 0,
        }
    }

    fn ship(&mut self, records: u32) {
        for _ in 0..records {
            self.ingest
                .write(0, Hour::of_unix_ms(NOON_MS), &[click("acme", "/p", self.clicks)]);
            self.clicks += 1;
        }
        self.ingest.ship(&self.log, 0, usize::MAX, 0, &mut Dice::new(0));
        self.ingest.acknowledge(0);
    }

    fn try_step(&mut self, worker: &mut Worker) -> Result<Step, Halt> {
        self.clock.advance(300);
        let mut world = World {
            log: &mut self.log,
            store: &mut self.counts,
            clock: &self.clock,
        };
        worker.step(&mut world)
    }

    fn step(&mut self, worker: &mut Worker) -> Step {
        self.try_step(worker).expect("no halt")
    }

    /// Steps until a batch has landed.
    fn land(&mut self, worker: &mut Worker) {
        let landed = (0..300).any(|_| matches!(self.step(worker), Step::Landed(_)));
        assert!(landed, "nothing landed within 300 steps");
    }

    /// Steps until a batch is underway, then `more` steps.
    fn underway(&mut self, worker: &mut Worker, more: u32) {
        let underway = (0..50).any(|_| {
            self.step(worker);
            worker.is_underway()
        });
        assert!(underway, "no batch within 50 steps");
        for _ in 0..more {
            self.step(worker);
        }
    }

    fn counted(&self) -> u32 {
        let blocks = self.counts.blocks();
        let rows = blocks.iter().flat_map(|block| &block.folded.rows);
        rows.filter(|row| row.key.kind == Kind::Grid)
            .map(|row| row.counts.n)
            .sum()
    }

    fn ranges(&self) -> Vec<(u64, u64, u32)> {
        let range = |intent: Intent| (intent.first, intent.last, intent.attempt);
        self.counts
            .blocks()
            .iter()
            .map(|block| range(block.ledger.intent))
            .collect()
    }
}

fn worker() -> Worker {
    Worker::new(
        0,
        IdKey::new([7; 16]),
        BatchLimits::default(),
        AggregateMetrics::default(),
    )
}

fn only_late() -> CountFaults {
    CountFaults {
        late: 1_000,
        ..CountFaults::default()
    }
}

#[test]
fn a_successor_whose_redo_found_less_believes_the_store_about_lanes() {
    let mut stage = Stage::new(0);
    stage.ship(4);
    // Intend, check, and an insert that is late; then this worker is gone.
    stage.counts.set_faults(only_late());
    stage.underway(&mut worker(), 3);
    stage.counts.set_faults(CountFaults::default());
    // Retention takes two of the four records, so the successor's copy of the batch calls them lost.
    stage.log.truncate(0, 2);
    let mut successor = worker();
    stage.step(&mut successor);
    stage.step(&mut successor);
    stage.step(&mut successor);
    assert!(
        stage.counts.let_one_arrive(),
        "the predecessor's insert arrives before the successor's"
    );
    stage.land(&mut successor);
    // All four records come again, some of them often. They were counted.
    let mut dice = Dice::new(3);
    for _ in 0..16 {
        stage.ingest.replay(&stage.log, 0, &mut dice);
    }
    stage.ship(1);
    stage.land(&mut successor);
    assert_eq!(stage.counted(), 5);
}

#[test]
fn an_insert_whose_answer_was_lost_is_not_sent_twice() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.counts.set_faults(CountFaults {
        reply_lost: 1_000,
        ..CountFaults::default()
    });
    stage.land(&mut worker());
    assert_eq!((stage.counted(), stage.ranges()), (3, vec![(0, 2, 0)]));
}

#[test]
fn a_token_changes_only_after_a_repeat_was_answered_and_left_no_row() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.counts.set_faults(CountFaults {
        answered_token_only: 1_000,
        ..CountFaults::default()
    });
    let mut worker = worker();
    stage.underway(&mut worker, 3);
    assert_eq!(stage.counted(), 0, "the server said done and nothing is there");
    stage.counts.set_faults(CountFaults::default());
    stage.land(&mut worker);
    assert_eq!((stage.counted(), stage.ranges()), (3, vec![(0, 2, 1)]));
    let intent = stage.log.intent(0).expect("a log").expect("an intent");
    assert_eq!(intent.attempt, 1, "the new attempt was committed before it was used");
}

#[test]
fn a_token_stays_when_the_first_answer_was_empty() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.counts.set_faults(CountFaults {
        answered_nothing: 1_000,
        ..CountFaults::default()
    });
    stage.land(&mut worker());
    assert_eq!(stage.ranges(), [(0, 2, 0)]);
}

#[test]
fn a_worker_that_was_halted_for_longer_than_tokens_are_known_asks_the_ledger_again() {
    let mut stage = Stage::new(0);
    stage
        .counts
        .forget_tokens(stage.clock.clone(), 2 * CHECK_VALID_MS, 1_000);
    stage.ship(3);
    // Intended and checked; then it is halted right before its insert.
    let mut halted = worker();
    stage.underway(&mut halted, 2);
    assert_eq!(halted.situation().phase, Phase::Insert);
    stage.land(&mut worker());
    assert_eq!(stage.counted(), 3, "its successor landed the batch");
    stage.clock.advance(3 * CHECK_VALID_MS);
    for _ in 0..5 {
        stage.step(&mut halted);
    }
    assert_eq!((stage.counted(), stage.ranges()), (3, vec![(0, 2, 0)]));
}

#[test]
fn a_check_holds_for_its_time_and_no_longer() {
    for (halted_ms, phase) in [
        (CHECK_VALID_MS - 300, Phase::Confirm),
        (CHECK_VALID_MS - 299, Phase::Check),
    ] {
        let mut stage = Stage::new(0);
        stage.ship(1);
        let mut worker = worker();
        stage.underway(&mut worker, 2);
        stage.clock.advance(halted_ms);
        stage.step(&mut worker);
        assert_eq!(worker.situation().phase, phase, "halted for {halted_ms} ms");
    }
}

#[test]
fn a_redo_takes_exactly_what_was_intended() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.underway(&mut worker(), 1);
    stage.ship(4);
    let mut successor = worker();
    stage.land(&mut successor);
    assert_eq!(
        stage.ranges(),
        [(0, 2, 0)],
        "the four that came later are not part of it"
    );
    stage.land(&mut successor);
    assert_eq!((stage.counted(), stage.ranges()), (7, vec![(0, 2, 0), (3, 6, 0)]));
}

#[test]
fn an_intent_whose_landing_was_sealed_is_committed_again_with_todays() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.underway(&mut worker(), 1);
    stage.clock.advance(3 * DAY_MS);
    let today = Day::of_unix_ms(NOON_MS + 3 * DAY_MS);
    stage.counts.seal_before(Day(today.0 - 1));
    stage.land(&mut worker());
    let landing = stage.counts.blocks()[0].ledger.intent.landing;
    assert_eq!((stage.counted(), landing), (3, today));
    assert_eq!(stage.log.intent(0).expect("a log").expect("an intent").landing, today);
}

#[test]
fn the_log_keeps_what_landed_in_a_landing_that_may_be_sealed_until_the_ledger_still_says_so_later() {
    let closes_ms = closes_at_unix_ms(Day::of_unix_ms(NOON_MS));
    for (before_ms, is_held) in [(HOLD_BEFORE_MS + 60_000, false), (HOLD_BEFORE_MS, true), (0, true)] {
        let mut stage = Stage::new(1);
        stage.ship(3);
        stage.underway(&mut worker(), 1);
        let now_ms = stage.clock.unix_ms();
        stage.clock.advance(closes_ms - before_ms - now_ms);
        let mut successor = worker();
        stage.land(&mut successor);
        assert_eq!(stage.log.held(0).0 == 0, is_held, "{before_ms} ms before");
        stage.clock.advance(HOLD_MS - 10_000);
        stage.step(&mut successor);
        stage.step(&mut successor);
        assert_eq!(stage.log.held(0).0 == 0, is_held, "ten seconds too early");
        stage.clock.advance(10_000);
        stage.step(&mut successor);
        stage.step(&mut successor);
        assert_eq!(stage.log.held(0).0, 3, "the ledger was asked again");
    }
}

#[test]
fn what_a_seal_left_out_after_it_was_confirmed_is_counted_again_from_the_log() {
    let mut stage = Stage::new(1);
    let landing = Day::of_unix_ms(NOON_MS);
    stage.ship(3);
    stage.underway(&mut worker(), 1);
    let now_ms = stage.clock.unix_ms();
    stage.clock.advance(closes_at_unix_ms(landing) - now_ms);
    let copied = stage.counts.back_up();
    let mut successor = worker();
    stage.land(&mut successor);
    assert_eq!(stage.counted(), 3);
    // The seal counts what it had copied before, and nothing that came behind it.
    stage.counts.restore(&copied, true);
    stage.counts.seal_before(Day(landing.0 + 1));
    assert_eq!(stage.counted(), 0);
    stage.ship(2);
    stage.land(&mut successor);
    let lost: u64 = stage
        .counts
        .blocks()
        .iter()
        .flat_map(|block| &block.lost)
        .map(|lost| lost.count)
        .sum();
    assert_eq!((stage.counted(), lost), (5, 0));
}

#[test]
fn a_restored_ledger_that_ends_at_the_same_offset_with_another_batch_is_read_anew() {
    let mut stage = Stage::new(0);
    let empty = stage.counts.back_up();
    stage.ship(2);
    let mut stale = worker();
    stage.land(&mut stale);
    // The ledger goes back under it, and a successor finds that the log no longer holds what it is to redo.
    stage.counts.restore(&empty, false);
    stage.log.truncate(0, 2);
    stage.land(&mut worker());
    assert_eq!((stage.counted(), stage.ranges()), (0, vec![(0, 1, 0)]));
    stage.ship(1);
    stage.underway(&mut stale, 1);
    assert_eq!(stale.situation().phase, Phase::Check);
    stage.step(&mut stale);
    assert_eq!(
        stale.situation().phase,
        Phase::Start,
        "its lanes say what is counted no more"
    );
    stage.land(&mut stale);
    assert_eq!((stage.counted(), stage.ranges()), (1, vec![(0, 1, 0), (2, 2, 0)]));
}

#[test]
fn a_stale_member_inserts_nothing() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    let mut stale = worker();
    stage.underway(&mut stale, 0);
    stage.log.assign(0, 1);
    assert!(
        matches!(stage.step(&mut stale), Step::Retry(_)),
        "its commit is refused"
    );
    assert_eq!((stage.counted(), stage.log.fenced()), (0, 1));
    assert_eq!(stage.log.intent(0).expect("a log"), None);
}

#[test]
fn an_older_worker_that_overwrites_its_successors_intent_does_no_harm() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    // Its batch of three records is made; then it is paused for long, and the fence does not stop it later.
    let mut older = worker();
    stage.underway(&mut older, 0);
    stage.ship(2);
    // Its successor intends and inserts all five; the insert is late, and the successor is gone.
    let mut successor = worker();
    stage.counts.set_faults(only_late());
    stage.underway(&mut successor, 3);
    stage.counts.set_faults(CountFaults::default());
    // The older one overwrites the intent of five by its own of three, and lands it.
    stage.land(&mut older);
    assert!(stage.counts.let_one_arrive(), "the successor's insert arrives last");
    assert_eq!((stage.counted(), stage.ranges()), (3, vec![(0, 2, 0)]));
    stage.land(&mut worker());
    assert_eq!((stage.counted(), stage.ranges()), (5, vec![(0, 2, 0), (3, 4, 0)]));
}

#[test]
fn offsets_that_the_log_no_longer_holds_are_a_lost_row_from_zero_on() {
    let mut stage = Stage::new(0);
    stage.ship(5);
    stage.log.truncate(0, 3);
    stage.ship(1);
    stage.land(&mut worker());
    let blocks = stage.counts.blocks();
    let lost: Vec<_> = blocks[0]
        .lost
        .iter()
        .map(|lost| (lost.lane, lost.first, lost.count))
        .collect();
    assert_eq!(stage.ranges(), [(0, 5, 0)]);
    assert_eq!(lost[0], (None, 0, 3));
}

#[test]
fn what_was_cut_off_is_declared_lost_although_nothing_comes_behind_it() {
    let mut stage = Stage::new(0);
    stage.ship(2);
    let mut worker = worker();
    stage.land(&mut worker);
    stage.ship(3);
    stage.log.truncate(0, 5);
    stage.land(&mut worker);
    let blocks = stage.counts.blocks();
    let lost: Vec<_> = blocks[1]
        .lost
        .iter()
        .map(|lost| (lost.lane, lost.first, lost.count))
        .collect();
    assert_eq!((stage.ranges(), lost), (vec![(0, 1, 0), (2, 4, 0)], vec![(None, 2, 3)]));
}

#[test]
fn a_redo_of_what_was_cut_off_since_declares_it_lost() {
    let mut stage = Stage::new(0);
    stage.ship(3);
    stage.underway(&mut worker(), 1);
    stage.ship(2);
    stage.log.truncate(0, 5);
    stage.land(&mut worker());
    let blocks = stage.counts.blocks();
    let lost: Vec<_> = blocks[0]
        .lost
        .iter()
        .map(|lost| (lost.lane, lost.first, lost.count))
        .collect();
    assert_eq!((stage.ranges(), lost), (vec![(0, 2, 0)], vec![(None, 0, 3)]));
}

#[test]
fn a_log_without_its_intent_or_with_anothers_halts() {
    let mut stage = Stage::new(0);
    stage.ship(1);
    stage.land(&mut worker());
    let foreign = Intent {
        log_id: LogId(1),
        first: 1,
        last: 1,
        landing: Day(1),
        attempt: 0,
    };
    stage.log.commit_unfenced(0, &foreign);
    assert_eq!(stage.try_step(&mut worker()), Err(Halt::ForeignIntent(0)));
    let mut fresh = Stage::new(0);
    fresh.counts = stage.counts.clone();
    assert_eq!(fresh.try_step(&mut worker()), Err(Halt::NoIntent(0)));
}

#[test]
fn a_ledger_of_a_later_opening_halts_and_says_what_to_do() {
    let mut stage = Stage::new(3);
    stage.ship(1);
    stage.land(&mut worker());
    let mut older = Stage::new(2);
    older.counts = stage.counts.clone();
    let halt = older.try_step(&mut worker()).expect_err("an older copy of the log");
    assert_eq!(halt, Halt::ForeignOpening(0));
    assert!(halt.to_string().contains("--adopt-log"));
}

#[test]
fn a_world_that_is_away_is_asked_again_until_it_is_back() {
    let mut stage = Stage::new(0);
    stage.ship(2);
    stage.counts.set_down(true);
    stage.log.set_faults(LogFaults {
        unavailable: 1_000,
        ..LogFaults::default()
    });
    let mut worker = worker();
    for _ in 0..20 {
        assert!(matches!(stage.step(&mut worker), Step::Retry(_)));
    }
    stage.counts.set_down(false);
    assert!(
        matches!(stage.step(&mut worker), Step::Retry(_)),
        "the log is still away"
    );
    stage.log.set_faults(LogFaults::default());
    stage.land(&mut worker);
    assert_eq!(stage.counted(), 2);
    let end = stage
        .counts
        .ledger_end(stage.log.log_id(), 0)
        .expect("a store")
        .expect("an end");
    assert_eq!(end.last, 1);
}
