//! A seal that is stopped before any of its statements, two seals at once, and a landing that moves under a seal.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use isotherm_core::ports::CountStore;
use isotherm_core::reading::Reading;
use isotherm_store_clickhouse::{BeforeStatement, ClickHouseCounts, SealError};

use super::world::{Dice, FIRST, World, check_same, side_by_side};
use crate::support::{TOUCH, Touch, block};

/// Stops before every statement that was never stopped at before.
fn stop_before_new(hit: &Arc<Mutex<BTreeSet<&'static str>>>) -> BeforeStatement {
    let hit = hit.clone();
    Arc::new(move |statement| {
        let is_new = hit.lock().expect("nobody panics with it").insert(statement);
        Box::pin(async move { Ok(!is_new) })
    })
}

/// Statements that must have been among those: the ones that move, publish and drop.
const NAMES: [&str; 16] = [
    "seal_attempts",
    "seal_ledger",
    "seal_plan",
    "seal_days",
    "seal_waiting_days",
    "seal_waiting_countries",
    "seal_month",
    "seal_joins",
    "seal_countries",
    "seal_balances",
    "seal_ledger_moved",
    "seals",
    "seals_read_back",
    "drop_landing",
    "drop_partition",
    "delete_attempts",
];

#[test]
fn a_seal_that_is_stopped_before_any_statement_is_finished_by_the_next() {
    let world = World::sparse("seal_stopped", 5, 4);
    let today = world.raw.iter().map(|raw| raw.landing).max().expect("there is traffic") + 110;
    world.at_day(today);
    let hit = Arc::new(Mutex::new(BTreeSet::new()));
    let mut stops = 0;
    loop {
        // Each attempt is another process's, eleven minutes later.
        world.clock.advance(11 * 60_000);
        match world
            .store
            .wait(world.sealer().with_hook(stop_before_new(&hit)).seal_next())
        {
            Err(SealError::Stopped(_)) => stops += 1,
            Ok(Some(_)) => {}
            other => {
                assert_eq!(other, Ok(None));
                break;
            }
        }
    }
    let hit = hit.lock().expect("nobody panics with it").clone();
    assert_eq!(stops, hit.len());
    for name in NAMES {
        assert!(hit.contains(name), "{name} is not among {hit:?}");
    }
    check_same(&world.found(), &world.expected(today));
    assert_eq!(world.problems(), Vec::<String>::new());
    let unfinished = "SELECT count() FROM days WHERE seal_attempt NOT IN (SELECT seal_attempt FROM seals)";
    assert_eq!(
        world.store.one(unfinished),
        0,
        "nothing is left of attempts that did not win"
    );
}

/// Pause between two looks at what the other sealer does.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Two sealers that wait for each other now and then, as a seed says.
struct Turns {
    steps: [AtomicU64; 2],
    waiting: [AtomicBool; 2],
    done: [AtomicBool; 2],
    dice: Mutex<Dice>,
}

impl Turns {
    async fn next(&self, me: usize) {
        let other = 1 - me;
        let ahead = self.dice.lock().expect("nobody panics with it").below(6);
        let target = self.steps[other].load(Ordering::SeqCst) + ahead;
        self.waiting[me].store(true, Ordering::SeqCst);
        while self.steps[other].load(Ordering::SeqCst) < target
            && !self.waiting[other].load(Ordering::SeqCst)
            && !self.done[other].load(Ordering::SeqCst)
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.waiting[me].store(false, Ordering::SeqCst);
        self.steps[me].fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn two_sealers_at_once_publish_what_one_would() {
    side_by_side([1, 2], |seed| {
        let world = World::random(&format!("seal_two_{seed}"), 20 + seed, 4);
        let today = world.raw.iter().map(|raw| raw.landing).max().expect("there is traffic") + 110;
        world.at_day(today);
        let turns = Arc::new(Turns {
            steps: Default::default(),
            waiting: Default::default(),
            done: Default::default(),
            dice: Mutex::new(Dice::new(seed)),
        });
        let seal_all = async |me: usize| {
            let taking = turns.clone();
            let hook: BeforeStatement = Arc::new(move |_| -> Reading<'static, bool> {
                let turns = taking.clone();
                Box::pin(async move {
                    turns.next(me).await;
                    Ok(true)
                })
            });
            let sealer = world.sealer().with_hook(hook);
            let mut won = 0;
            while let Some(sealed) = sealer.seal_next().await? {
                won += u64::from(!sealed.by_another);
            }
            turns.done[me].store(true, Ordering::SeqCst);
            Ok::<u64, SealError>(won)
        };
        let (one, two) = world.store.wait(async { tokio::join!(seal_all(0), seal_all(1)) });
        let won = one.expect("sealed") + two.expect("sealed");
        assert_eq!(
            won,
            world.store.one("SELECT count() FROM seals"),
            "each landing has one winner"
        );
        check_same(&world.found(), &world.expected(today));
        assert_eq!(world.problems(), Vec::<String>::new());
    });
}

/// Lands a batch of eleven page views once, before that statement of a seal; says whether it did.
fn landing_before(world: &World, before: &'static str) -> (BeforeStatement, Arc<AtomicBool>) {
    let (settings, handle) = (
        world.store.settings.clone(),
        world.store.shared.runtime.handle().clone(),
    );
    let late = Arc::new(AtomicBool::new(false));
    let landed = late.clone();
    let hook: BeforeStatement = Arc::new(move |statement| {
        let (settings, handle, landed) = (settings.clone(), handle.clone(), landed.clone());
        Box::pin(async move {
            if statement == before && !landed.swap(true, Ordering::SeqCst) {
                let insert = std::thread::spawn(move || {
                    let mut batch = block(1, 10, 19, &[Touch { page: 8, ..TOUCH }; 11]);
                    batch.ledger.intent.landing = isotherm_core::day::Day(FIRST);
                    ClickHouseCounts::new(&settings, handle).insert(&batch)
                });
                insert.join().expect("inserting ends").expect("inserted");
            }
            Ok(true)
        })
    });
    (hook, late)
}

#[test]
fn a_batch_that_lands_before_a_seal_is_summed_up_is_sealed_too() {
    let mut world = World::new("seal_moved_early");
    world.land(FIRST, 0, &[TOUCH; 12]);
    world.at_day(FIRST + 2);
    let (hook, late) = landing_before(&world, "seal_balances");
    let sealed = world
        .store
        .wait(world.sealer().with_hook(hook).seal_next())
        .expect("sealed");
    assert!(late.load(Ordering::SeqCst) && sealed.is_some_and(|sealed| sealed.cohort_views == 23));
    world.remember();
    check_same(&world.found(), &world.expected(FIRST + 2));
    assert_eq!(world.problems(), Vec::<String>::new());
}

#[test]
fn a_batch_that_lands_during_a_seal_is_sealed_too_and_one_that_lands_behind_it_never_counts() {
    let mut world = World::new("seal_moved");
    world.land(FIRST, 0, &[TOUCH; 12]);
    world.at_day(FIRST + 2);
    let (hook, late) = landing_before(&world, "seal_ledger_moved");
    let sealer = world.sealer().with_hook(hook);
    let sealed = world
        .store
        .wait(sealer.seal_next())
        .expect("sealed")
        .expect("there was one to seal");
    assert!(late.load(Ordering::SeqCst) && sealed.cohort_views == 23, "{sealed:?}");
    world.remember();
    check_same(&world.found(), &world.expected(FIRST + 2));

    // A worker that slept between its look at the seals and its insert.
    let mut counts = world.store.counts();
    let open = |day: u16| world.store.counts().landing_is_open(isotherm_core::day::Day(day));
    assert_eq!(
        (open(FIRST - 3), open(FIRST), open(FIRST + 1)),
        (Ok(false), Ok(false), Ok(true))
    );
    world.land(FIRST, 20, &[TOUCH; 5]);
    let end = counts
        .ledger_end(crate::support::LOG, 1)
        .expect("an answer")
        .expect("a ledger");
    assert_eq!(end.last, 19, "what landed behind the seal is not in the ledger");
    assert_eq!(world.problems(), Vec::<String>::new());
    check_same(&world.found(), &world.expected(FIRST + 2));
}
