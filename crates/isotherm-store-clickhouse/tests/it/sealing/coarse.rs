//! Old cohorts that are summed up instead of deleted: what is stored against sums by hand, and the same answers before and after.

use std::collections::BTreeMap;
use std::sync::Arc;

use isotherm_core::SiteKey;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::place::Layer;
use isotherm_core::reading::{CountReader, Filter};
use isotherm_store_clickhouse::{BeforeStatement, ClickHouseReader, Kept, Older, SealError};

use super::oracle::{Counts, Key, add, month_start};
use super::world::{FIRST, World, check_same};
use crate::holding::same_answers;
use crate::support::{ONE_LESS, ONE_MORE, TOUCH, Touch, site};

type Cohorts = BTreeMap<(u16, u16, Key), Counts>;

const MONTHS: u16 = 3;
/// 2027-01-01, 2027-02-01 and 2027-03-01, with the first days of what is kept as it is then.
pub(super) const TURNS: [(u16, u16); 3] = [
    (FIRST + 119, FIRST + 27),
    (FIRST + 150, FIRST + 58),
    (FIRST + 178, FIRST + 88),
];

pub(super) fn acme() -> SiteKey {
    site("acme")
}

/// What the cohorts of acme become that end before a day.
fn summed_up(cohorts: &Cohorts, before: u16) -> Cohorts {
    let mut sums = Cohorts::new();
    for ((first, last, key), counts) in cohorts.iter().filter(|((_, _, key), _)| key.1 == "acme") {
        let [n, views, _, views_64, views_element] = *counts;
        let mut key = key.clone();
        if *last >= before {
            add(&mut sums, (*first, *last, key), counts);
            continue;
        }
        let (mut counts, divide) = ([n, 0, 0, 0, views_element], |at: u16| at / 4 * 4);
        match key.0 {
            4 => counts[1] = views,
            5 => {
                (key.6, key.7) = (divide(key.6), divide(key.7));
                counts[3] = views_64;
            }
            _ => (key.6, key.7) = (0, 0),
        }
        let last_of_month = month_start(month_start(*last) + 31) - 1;
        let last_of_month = last_of_month.max(*last);
        add(&mut sums, (month_start(*first), last_of_month, key), &counts);
    }
    sums
}

pub(super) fn of_acme(world: &World) -> Cohorts {
    let mut cohorts = world.found().days;
    cohorts.retain(|(_, _, key), _| key.1 == "acme");
    cohorts
}

/// All that is answered over whole months, at 64 px and by element.
#[derive(PartialEq, Debug)]
pub(super) struct Answers {
    views: Vec<u64>,
    squares: BTreeMap<(u64, u8, u16, u16), (u64, u64)>,
    elements: BTreeMap<(u64, u8, u64), (u64, u64)>,
    reach: Vec<String>,
    total: (u64, u64),
}

pub(super) fn ask(world: &World, (from, to): (u16, u16)) -> Answers {
    let reader = ClickHouseReader::new(&world.store.settings);
    let filter = Filter {
        site: acme(),
        from: Day(from),
        to: Day(to),
        viewport: None,
        country: None,
        sealed_only: true,
    };
    let layers = [Layer::Click, Layer::Tap];
    let days = world.store.wait(reader.timeseries(&filter, None)).expect("days");
    let mut answers = Answers {
        views: Vec::new(),
        squares: BTreeMap::new(),
        elements: BTreeMap::new(),
        reach: Vec::new(),
        total: days
            .iter()
            .fold((0, 0), |sum, day| (sum.0 + day.views, sum.1 + day.clicks)),
    };
    for page in 1..=2 {
        let id = PageId(page);
        let views = world.store.wait(reader.page_views(&filter, id)).expect("page views");
        answers.views.push(views);
        for sum in world.store.wait(reader.cells(&filter, id, &layers)).expect("cells") {
            let at = sum.cell.parent(2);
            let square = answers.squares.entry((page, sum.layer as u8, at.y, at.x)).or_default();
            *square = (square.0 + sum.n, square.1 + sum.views_64);
        }
        for sum in world
            .store
            .wait(reader.elements(&filter, id, &layers))
            .expect("elements")
        {
            let element = answers
                .elements
                .entry((page, sum.layer as u8, sum.anchor_id))
                .or_default();
            *element = (element.0 + sum.n, element.1 + sum.views_element);
        }
        let depths = world.store.wait(reader.depths(&filter, id)).expect("depths");
        answers.reach.push(format!("{depths:?}"));
    }
    answers
}

/// Stops before one statement.
fn stop_before(name: &'static str) -> BeforeStatement {
    Arc::new(move |statement| Box::pin(async move { Ok(statement != name) }))
}

fn stopped(world: &World, name: &'static str) {
    let sealer = world.sealer().with_hook(stop_before(name));
    assert_eq!(
        world.store.wait(sealer.seal_next()),
        Err(SealError::Stopped(name)),
        "{name}"
    );
    world.clock.advance(11 * 60_000);
}

pub(super) fn keep(world: &World, older: Older) {
    let kept = Kept { months: MONTHS, older };
    assert_eq!(world.store.wait(world.sealer().set_retention(&acme(), kept)), Ok(kept));
}

/// Lets another site's traffic bring the next seal, and drops what it replaced.
pub(super) fn turn(world: &World, landing: u16, offset: u64) {
    world.land(
        landing,
        offset,
        &[Touch {
            site: "bmce",
            day: Day(landing),
            ..TOUCH
        }; 11],
    );
    world.at_day(landing + 2);
}

#[test]
fn what_is_old_is_summed_up_by_month_and_64_px_and_answers_whole_months_as_before() {
    let world = World::random("seal_coarse", 3, 5);
    let today = TURNS[0].0 - 1;
    world.at_day(today);
    world.seal_all();
    check_same(&world.found(), &world.expected(today));
    let fine = of_acme(&world);
    let months = [(FIRST - 3, TURNS[0].1 - 1), (FIRST - 3, TURNS[1].1 - 1)];
    let before = months.map(|month| ask(&world, month));
    assert!(before[0].squares.len() > 2 && before[0].elements.len() > 2);
    keep(&world, Older::Coarsened);

    turn(&world, TURNS[0].0, 1_000);
    for name in ["seal_coarsen", "seal_coarsen_balance", "seals"] {
        stopped(&world, name);
        assert_eq!(months.map(|month| ask(&world, month)), before, "stopped before {name}");
    }
    world.seal_all();
    assert_eq!(
        months.map(|month| ask(&world, month)),
        before,
        "published, nothing is dropped"
    );
    let seal_problems = || {
        let problems = world.problems();
        problems
            .into_iter()
            .filter(|text| text.contains("wrong seal"))
            .collect::<Vec<_>>()
    };
    assert_eq!(seal_problems(), Vec::<String>::new());
    world.clock.advance(11 * 60_000);
    stopped_tidying(&world, "delete_expired");
    assert_eq!(seal_problems(), Vec::<String>::new(), "written down, not deleted");
    for again in 0..2 {
        world.store.wait(world.sealer().tidy()).expect("tidied");
        assert_eq!(of_acme(&world), summed_up(&fine, TURNS[0].1), "{again}");
        assert_eq!(seal_problems(), Vec::<String>::new());
    }
    assert_eq!(months.map(|month| ask(&world, month)), before);
    assert!(of_acme(&world).len() < fine.len());
    assert!(same_answers(&world.store, &[("acme", 1), ("acme", 2)], (FIRST - 4, TURNS[1].1)) > 0);

    // A month later all that is old is summed up again.
    turn(&world, TURNS[1].0, 1_010);
    world.seal_all();
    world.clock.advance(11 * 60_000);
    world.store.wait(world.sealer().tidy()).expect("tidied");
    assert_eq!(of_acme(&world), summed_up(&fine, TURNS[1].1));
    assert_eq!(months.map(|month| ask(&world, month)), before);
    assert_eq!(seal_problems(), Vec::<String>::new());
    let countries = "SELECT count() FROM countries WHERE site = 'acme' AND month < '2026-12-01'";
    assert!(world.store.one(countries) > 0, "by country they stay, by month");
    let wrong = format!("ALTER TABLE days UPDATE {ONE_MORE} WHERE level = 2 SETTINGS mutations_sync = 2");
    let right = format!("ALTER TABLE days UPDATE {ONE_LESS} WHERE level = 2 SETTINGS mutations_sync = 2");
    world.store.run(&wrong);
    assert!(!seal_problems().is_empty(), "a sum that changed is found");
    world.store.run(&right);

    // The owner changes their mind.
    keep(&world, Older::Deleted);
    turn(&world, TURNS[2].0, 1_020);
    world.seal_all();
    world.clock.advance(11 * 60_000);
    world.store.wait(world.sealer().tidy()).expect("tidied");
    let left: Cohorts = fine
        .into_iter()
        .filter(|((_, last, key), _)| key.1 == "acme" && *last >= TURNS[2].1)
        .collect();
    assert_eq!((of_acme(&world), world.store.one(countries)), (left, 0));
    assert_eq!(seal_problems(), Vec::<String>::new());
}

pub(super) fn stopped_tidying(world: &World, name: &'static str) {
    let sealer = world.sealer().with_hook(stop_before(name));
    assert_eq!(world.store.wait(sealer.tidy()), Err(SealError::Stopped(name)));
}
