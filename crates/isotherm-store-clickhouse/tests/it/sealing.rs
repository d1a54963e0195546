//! Sealing on a real engine: the published tables are what an oracle computes from the raw rows, whatever happens on the way.

mod coarse;
mod crashes;
mod document;
mod erased;
mod oracle;
mod world;

use isotherm_core::cohort::closes_at_unix_ms;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::reading::{CountReader, Filter};
use isotherm_core::site::SiteKey;
use isotherm_core::viewport::ViewportClass;
use isotherm_store_clickhouse::{ClickHouseReader, Kept, Older, SealError};

use self::world::{FIRST, World, check_same, side_by_side};
use crate::holding::same_answers;
use crate::support::{TOUCH, TestStore, Touch};

#[test]
fn sealed_tables_are_what_the_rows_of_live_say() {
    side_by_side([1, 2], |seed| {
        let world = World::random(&format!("sealed_{seed}"), seed, 6);
        let last = world.raw.iter().map(|raw| raw.landing).max().expect("there is traffic");
        let mut seen = 0;
        for today in [last + 2, last + 40, last + 130] {
            world.at_day(today);
            let sealed = world.seal_all();
            assert!(sealed.iter().all(|sealed| !sealed.by_another));
            check_same(&world.found(), &world.expected(today));
            assert_eq!(world.problems(), Vec::<String>::new());
            let pages = [("acme", 1), ("acme", 2), ("acme", 4), ("bmce", 1)];
            seen += same_answers(&world.store, &pages, (FIRST - 4, today));
        }
        assert!(seen > 0, "no page with page views was held");
        let found = world.found();
        assert!(!found.days.is_empty() && !found.countries.is_empty());
        assert!(found.waiting_days.is_empty() && found.waiting_countries.is_empty());
    });
}

#[test]
fn a_landing_stays_open_for_24_hours_and_its_rows_stay_ten_minutes_longer() {
    let world = World::new("seal_times");
    world.land(FIRST, 0, &[TOUCH; 12]);
    world.at_day(FIRST + 2);
    let sealer = world.sealer();
    assert_eq!(
        sealer.check_closed(Day(FIRST + 1)),
        Err(SealError::Open {
            closes_at_unix_ms: closes_at_unix_ms(Day(FIRST + 1))
        })
    );
    assert_eq!(sealer.check_closed(Day(FIRST)), Ok(()));
    assert_eq!(world.seal_all().len(), 1);
    let live = || world.store.one("SELECT count() FROM live");
    let rows = live();
    let minutes = |minutes: u64| {
        world.clock.advance(minutes * 60_000);
        world.store.wait(sealer.tidy()).expect("tidied")
    };
    assert_eq!((minutes(9).landings, live()), (vec![], rows));
    assert_eq!((minutes(1).landings, live()), (vec![Day(FIRST)], 0));
    assert_eq!(world.problems(), Vec::<String>::new());
}

#[test]
fn a_reader_that_is_held_answers_as_before_a_seal_and_the_next_one_as_after_it() {
    let world = World::new("seal_held");
    let of = |viewport, count| vec![Touch { viewport, ..TOUCH }; count];
    world.land(
        FIRST,
        0,
        &[of(ViewportClass::Desktop, 12), of(ViewportClass::Phone, 3)].concat(),
    );
    let filter = Filter {
        site: SiteKey::parse("acme").expect("a key"),
        from: Day(0),
        to: Day(u16::MAX),
        viewport: None,
        country: None,
        sealed_only: true,
    };
    let page = PageId(TOUCH.page);
    let reader = ClickHouseReader::new(&world.store.settings);
    let ask = |reader: &dyn CountReader| {
        let sealed = world.store.wait(reader.sealed(&filter, Some(page))).expect("an answer");
        let views = world.store.wait(reader.page_views(&filter, page)).expect("an answer");
        (sealed.newest, views)
    };
    let hold = || {
        world
            .store
            .wait(reader.at_one_state())
            .expect("seals")
            .expect("a state")
    };
    let before = hold();
    assert_eq!(ask(before.as_ref()), (None, 0));
    world.at_day(FIRST + 2);
    world.seal_all();
    assert_eq!(
        ask(before.as_ref()),
        (None, 0),
        "one part of an answer before the seal, the next after it"
    );
    assert_eq!(ask(hold().as_ref()), (Some(Day(FIRST)), 12));
    assert_eq!(ask(&reader), (Some(Day(FIRST)), 12));
}

/// A world in which one landing, the last of its month, is sealed: two cohorts, something waits.
fn sealed_world(database: &str) -> World {
    let world = World::new(database);
    let month_end = FIRST + 26;
    let of = |page, country, day| Touch {
        page,
        country,
        day: Day(day),
        ..TOUCH
    };
    let mut touches = vec![of(7, "DE", month_end); 31];
    touches.extend([of(7, "FR", month_end); 12]);
    touches.extend([of(8, "DE", month_end); 14]);
    touches.extend([of(9, "IT", month_end - 1); 4]);
    world.land(month_end, 0, &touches);
    world.land(month_end, 10, &[of(9, "DE", month_end)]);
    world.at_day(month_end + 2);
    assert_eq!(world.seal_all().len(), 1);
    world
}

#[test]
fn planted_mistakes_are_found() {
    let planted = [
        (
            "grown",
            "INSERT INTO days SELECT * FROM days WHERE kind = 'page' AND layer = 1 LIMIT 1",
            "cohorts by day against its balance",
        ),
        (
            "unrounded",
            "ALTER TABLE countries UPDATE `places.n` = arrayMap(n -> toUInt32(n + 1), places.n) WHERE kind = 'page' SETTINGS mutations_sync = 2",
            "numbers are not rounded",
        ),
        (
            "twice",
            "INSERT INTO seals SELECT * REPLACE (seal_attempt + 1 AS seal_attempt) FROM seals",
            "how often it was published",
        ),
        (
            "stale",
            "ALTER TABLE ledger DELETE WHERE first_offset = 10 SETTINGS mutations_sync = 2",
            "interactions of the copied batches",
        ),
        (
            "forgotten",
            "ALTER TABLE waiting_days DELETE WHERE page = 9 SETTINGS mutations_sync = 2",
            "page views that wait by day",
        ),
        (
            "small",
            "ALTER TABLE days UPDATE `places.again` = arrayMap(more -> toUInt32(more - 2), places.more) WHERE page = 8 AND kind = 'page' AND layer = 1 SETTINGS mutations_sync = 2",
            "smallest cohort",
        ),
    ];
    side_by_side(planted, |(name, mistake, found)| {
        let world = sealed_world(&format!("seal_{name}"));
        assert_eq!(world.problems(), Vec::<String>::new(), "{name}");
        world.store.run(mistake);
        let problems = world.problems();
        assert!(problems.iter().any(|text| text.contains(found)), "{name}: {problems:?}");
    });
}

#[test]
fn what_is_kept_has_ten_page_views_and_never_a_day_beside_a_country() {
    let world = sealed_world("seal_kept");
    let small =
        "SELECT count() FROM (SELECT sumIf(arraySum(places.views), kind = 'page' AND layer = 1) AS seen FROM days
        GROUP BY site, page, viewport, first_day, last_day HAVING seen < 10)";
    assert_eq!(world.store.one(small), 0);
    let small =
        "SELECT count() FROM (SELECT sumIf(arraySum(places.views), kind = 'page' AND layer = 1) AS seen FROM countries
        GROUP BY site, page, viewport, month, country HAVING seen < 10)";
    assert_eq!(
        world.store.one(small),
        0,
        "ten page views and more are never rounded below ten"
    );
    let store = TestStore::new("seal_columns");
    let joining: Vec<String> = store.all(
        "SELECT table FROM system.columns WHERE database = currentDatabase()
        GROUP BY table HAVING has(groupArray(name), 'country') AND hasAny(groupArray(name), ['day', 'first_day', 'last_day', 'landing'])",
    );
    assert_eq!(joining, ["live"]);
}

#[test]
fn what_is_older_than_its_site_keeps_it_is_deleted_and_stands_in_the_balance() {
    let world = sealed_world("seal_retention");
    let of_acme = "SELECT count() FROM days WHERE site = 'acme'";
    let site = SiteKey::parse("acme").expect("a site key");
    let (months, older) = (1, Older::Deleted);
    assert_eq!(
        world
            .store
            .wait(world.sealer().set_retention(&site, Kept { months, older })),
        Ok(Kept { months: 3, older }),
        "never shorter than 3 months"
    );
    // The month of the newest landing and three before it: September is kept until January is sealed.
    for (landing, kept) in [(FIRST + 118, true), (FIRST + 119, false)] {
        world.land(landing, u64::from(landing) * 10, &[Touch { site: "bmce", ..TOUCH }; 11]);
        world.at_day(landing + 3);
        world.seal_all();
        assert_eq!(world.store.one(of_acme) > 0, kept, "{landing}");
        let countries = world
            .store
            .one("SELECT count() FROM countries WHERE site = 'acme' AND month < '2026-10-01'");
        assert_eq!(countries > 0, kept, "{landing}");
        let wrong: Vec<String> = world
            .problems()
            .into_iter()
            .filter(|text| text.contains("wrong seal"))
            .collect();
        assert_eq!(wrong, Vec::<String>::new());
    }
    assert!(
        world
            .store
            .one("SELECT count() FROM balance_changes WHERE part = 'days_out' AND cause = 'expired'")
            > 0
    );
}

#[test]
fn a_removed_site_is_sealed_into_nothing() {
    let mut world = World::new("seal_removed");
    world.land(FIRST, 0, &[TOUCH; 12]);
    world.store.run("INSERT INTO sites VALUES ('acme', 2, true, [])");
    world.at_day(FIRST + 2);
    let sealed = world.seal_all();
    assert_eq!((sealed[0].cohorts, sealed[0].deleted_views), (0, 12));
    world.remember();
    assert_eq!(world.problems(), Vec::<String>::new());
    assert_eq!(world.store.one("SELECT count() FROM days"), 0);
}
