//! Old cohorts that are deleted or summed up, and erased or copied away meanwhile: every balance still adds up.

use std::time::Duration;

use isotherm_core::Hour;
use isotherm_core::control::{Erased, Erasure, ErasureState};
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::ports::Clock;
use isotherm_store_clickhouse::backup::{copy_table, cut_state, empty_table, put_back, tables};
use isotherm_store_clickhouse::{Eraser, Older};
use isotherm_testkit::memory::DrivenClock;
use isotherm_testkit::wait_until;

use super::coarse::{TURNS, acme, ask, keep, of_acme, stopped_tidying, turn};
use super::world::{FIRST, World, side_by_side};
use crate::support::{ONE_MORE, TOUCH, TestStore, Touch, client};

/// What is wrong with seals. Gaps between the offsets of a test are no matter here.
fn seal_problems(world: &World) -> Vec<String> {
    let mut problems = world.problems();
    problems.retain(|text| text.contains("wrong seal"));
    problems
}

fn request(world: &World, id: u64, page: u64, (first, last): (u16, u16)) -> Eraser {
    let erasure = Erasure {
        id,
        site: acme(),
        what: Erased::Page(PageId(page)),
        first: Day(first),
        last: Day(last),
        requested: Hour(498_690),
        state: ErasureState::Pending,
        deleted: 0,
    };
    let eraser = Eraser::new(&world.store.settings);
    assert_eq!(world.store.wait(eraser.request(&erasure)), Ok(true));
    eraser
}

fn erase(world: &World, id: u64, page: u64, days: (u16, u16)) {
    let eraser = request(world, id, page, days);
    assert!(world.store.wait(eraser.pass(id)).expect("a pass") > 0);
    assert_eq!(world.store.wait(eraser.left(id)), Ok(0));
}

/// Stops in the middle: what goes out of `days` is written down, and the statement that deletes it never reaches the server.
fn erase_half(world: &World, id: u64, page: u64) {
    world.store.run("SYSTEM STOP MERGES days");
    let eraser = request(world, id, page, (0, u16::MAX));
    let pass = eraser.pass(id);
    let client = client(&world.store.settings);
    let there = async |what: &str, sql: &str| {
        wait_until(Duration::from_secs(60), what, async || {
            client
                .query_raw(sql)
                .fetch_one::<u64>()
                .await
                .is_ok_and(|rows| rows > 0)
        })
        .await;
    };
    let written = async {
        let noted = "SELECT count() FROM balance_changes WHERE part = 'days_out' AND cause = 'erased'";
        there("it is written down", noted).await;
        let asked = "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = 'days' AND NOT is_done";
        there("the deletion is there to be taken away", asked).await;
    };
    world.store.wait(async {
        tokio::select! {
            _ = pass => panic!("it ended"),
            () = written => {}
        }
    });
    world
        .store
        .run("KILL MUTATION WHERE database = currentDatabase() AND table = 'days' SYNC");
    world.store.run("SYSTEM START MERGES days");
}

fn tidy(world: &World) {
    world.clock.advance(11 * 60_000);
    world.store.wait(world.sealer().tidy()).expect("tidied");
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn what_is_written_down_as_gone_is_not_subtracted_again_when_it_is_erased_before_its_deletion() {
    side_by_side(
        [(Older::Deleted, "deleted"), (Older::Coarsened, "coarsened")],
        |(older, name)| {
            let world = World::random(&format!("seal_erased_{name}"), 3, 5);
            world.at_day(TURNS[0].0 - 1);
            world.seal_all();
            keep(&world, older);
            turn(&world, TURNS[0].0, 1_000);
            assert!(world.store.wait(world.sealer().seal_next()).expect("sealed").is_some());
            world.clock.advance(11 * 60_000);
            stopped_tidying(&world, "delete_expired");
            let gone = format!("SELECT count() FROM balance_changes WHERE cause = '{name}'");
            assert!(world.store.one(&gone.replace("deleted", "expired")) > 0, "{name}");
            let there = "SELECT count() FROM days WHERE site = 'acme' AND page = 1 AND last_day < '2026-10-01'";
            assert!(world.store.one(there) > 0, "{name}: not deleted yet");

            erase(&world, 1, 1, (0, u16::MAX));
            assert_eq!(seal_problems(&world), none(), "{name}: erased");
            tidy(&world);
            assert_eq!(seal_problems(&world), none(), "{name}: tidied");
            turn(&world, TURNS[1].0, 1_010);
            world.seal_all();
            tidy(&world);
            assert_eq!(seal_problems(&world), none(), "{name}: a month later");
            let wrong = format!("ALTER TABLE days UPDATE {ONE_MORE} WHERE 1 SETTINGS mutations_sync = 2");
            world.store.run(&wrong);
            assert!(!seal_problems(&world).is_empty(), "{name}: it is looked at");
        },
    );
}

#[test]
fn what_an_erasure_wrote_down_and_did_not_delete_is_deleted_before_anything_else_takes_it() {
    let world = World::random("seal_erased_half", 3, 5);
    world.at_day(TURNS[0].0 - 1);
    world.seal_all();
    keep(&world, Older::Deleted);
    erase_half(&world, 3, 1);
    let of_page = "SELECT count() FROM days WHERE site = 'acme' AND page = 1";
    assert!(world.store.one(of_page) > 0, "written down, not deleted");
    turn(&world, TURNS[0].0, 1_000);
    world.seal_all();
    tidy(&world);
    assert_eq!((world.store.one(of_page), seal_problems(&world)), (0, none()));
}

/// A cohort of pages 1 and 2 every tenth day.
fn every_tenth_day(database: &str, until: u16) -> World {
    let world = World::new(database);
    for (at, day) in (FIRST..until).step_by(10).enumerate() {
        let touch = |page| Touch {
            page,
            day: Day(day),
            ..TOUCH
        };
        let touches = [[touch(1); 12], [touch(2); 12]].concat();
        world.land(day, at as u64 * 10, &touches);
    }
    world.at_day(until + 2);
    world.seal_all();
    world
}

fn months(world: &World, page: u64) -> (Vec<String>, Vec<String>) {
    let of = |table: &str, month: &str| {
        world.store.all::<String>(&format!(
            "SELECT DISTINCT toString(toStartOfMonth({month})) AS month_of FROM {table}
            WHERE site = 'acme' AND page = {page} AND seal_attempt IN (SELECT seal_attempt FROM seals) ORDER BY month_of"
        ))
    };
    (of("days", "landing"), of("countries", "month"))
}

#[test]
fn a_range_of_days_takes_whole_page_months_out_of_what_was_summed_up_and_the_next_sums_are_right() {
    let world = every_tenth_day("seal_erased_months", FIRST + 88);
    keep(&world, Older::Coarsened);
    turn(&world, TURNS[1].0, 1_000);
    world.seal_all();
    tidy(&world);
    let named = |months: &[&str]| months.iter().map(ToString::to_string).collect::<Vec<_>>();
    let of_page = |page| months(&world, page);
    let every = named(&["2026-09-01", "2026-10-01", "2026-11-01"]);
    assert_eq!(
        (of_page(1), of_page(2)),
        ((every.clone(), every.clone()), (every.clone(), every.clone()))
    );
    let summed = "SELECT count() FROM days WHERE page = 1 AND landing = '2026-10-01' AND last_day = '2026-10-31'";
    assert!(world.store.one(summed) > 0, "October is summed up");
    assert_eq!(seal_problems(&world), none());

    // Some days of October.
    erase(&world, 2, 1, (20_730, 20_735));
    let left = named(&["2026-09-01", "2026-11-01"]);
    assert_eq!(of_page(1), (left.clone(), left.clone()));
    assert_eq!(of_page(2), (every.clone(), every.clone()), "the other page stays");
    assert_eq!(seal_problems(&world), none());

    turn(&world, TURNS[2].0, 1_010);
    world.seal_all();
    tidy(&world);
    let summed = "SELECT count() FROM days WHERE page = 1 AND landing = '2026-11-01' AND last_day = '2026-11-30'";
    assert!(world.store.one(summed) > 0, "November is summed up");
    assert_eq!((of_page(1), of_page(2)), ((left.clone(), left), (every.clone(), every)));
    assert_eq!(seal_problems(&world), none());
}

/// The same tables in another database, as a restore puts them there.
fn copied(world: &World, database: &str) -> World {
    let copy = TestStore::new(database);
    for table in copy.wait(tables(&world.store.settings)).expect("tables") {
        copy.wait(empty_table(&copy.settings, &table)).expect("emptied");
        let mut chunks = Vec::new();
        let mut out = copy_table(&world.store.settings, &table).expect("a copy");
        while let Some(bytes) = copy.wait(out.next()).expect("bytes") {
            chunks.push(bytes);
        }
        let mut chunks = chunks.into_iter();
        let next = || Ok::<_, std::convert::Infallible>(chunks.next());
        assert!(copy.wait(put_back(&copy.settings, &table, next)).is_ok(), "{table}");
    }
    World {
        store: copy,
        clock: DrivenClock::at(world.clock.unix_ms()),
        raw: Vec::new(),
    }
}

#[test]
fn a_copy_of_what_was_summed_up_answers_the_same_and_is_summed_up_on() {
    let world = World::random("seal_copied", 3, 5);
    world.at_day(TURNS[0].0 - 1);
    world.seal_all();
    keep(&world, Older::Coarsened);
    turn(&world, TURNS[0].0, 1_000);
    world.seal_all();
    // Written down and not deleted, and then tidied: both are states that a backup may find.
    world.clock.advance(11 * 60_000);
    stopped_tidying(&world, "delete_expired");
    let range = (FIRST - 3, TURNS[1].1 - 1);
    for (state, database) in [("untidy", "seal_copy_1"), ("tidy", "seal_copy_2")] {
        let copy = copied(&world, database);
        assert_eq!(ask(&copy, range), ask(&world, range), "{state}");
        assert_eq!(seal_problems(&copy), none(), "{state}");
        turn(&copy, TURNS[1].0, 1_010);
        copy.seal_all();
        tidy(&copy);
        assert_eq!(ask(&copy, range), ask(&world, range), "{state}: summed up again");
        assert_eq!(seal_problems(&copy), none(), "{state}: summed up again");
        world.store.wait(world.sealer().tidy()).expect("tidied");
    }
    let copy = copied(&world, "seal_copy_3");
    assert_eq!(of_acme(&copy), of_acme(&world));
    copy.store.run(&format!(
        "ALTER TABLE days UPDATE {ONE_MORE} WHERE level = 2 SETTINGS mutations_sync = 2"
    ));
    assert_ne!(ask(&copy, range), ask(&world, range), "the answers are of the copy");
}

#[test]
fn a_copy_of_the_tables_is_made_again_when_something_sealed_was_deleted_meanwhile() {
    let world = World::random("seal_erased_backup", 3, 5);
    world.at_day(TURNS[0].0 - 1);
    world.seal_all();
    let state = || world.store.wait(cut_state(&world.store.settings)).expect("a state");
    let before = state();
    assert_eq!(state(), before);
    erase(&world, 1, 1, (0, u16::MAX));
    let after = state();
    assert!(after.changed > before.changed && after.changed_sum > before.changed_sum);
}
