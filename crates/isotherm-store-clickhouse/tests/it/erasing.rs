//! Erasing on a real engine: while batches land, out of sealed tables, after a cut-off pass, and off the disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use isotherm_core::Hour;
use isotherm_core::control::{Erased, Erasure, ErasureState};
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::ports::{CountStore, Text};
use isotherm_store_clickhouse::{Eraser, Sealer, verify};
use isotherm_testkit::memory::DrivenClock;
use isotherm_testkit::wait_until;

use crate::support::{TOUCH, TestStore, Touch, block, site};

const DAY_MS: u64 = 86_400_000;
/// 2026-09-04.
const FIRST: u16 = 20_700;

fn erasure(id: u64, what: Erased) -> Erasure {
    Erasure {
        id,
        site: site("acme"),
        what,
        first: Day(0),
        last: Day(u16::MAX),
        requested: Hour(498_690),
        state: ErasureState::Pending,
        deleted: 0,
    }
}

fn of_page(page: u64) -> Touch {
    Touch { page, ..TOUCH }
}

fn problems(store: &TestStore) -> Vec<String> {
    let report = store.wait(verify(&store.settings)).expect("verified");
    report.problems.iter().map(ToString::to_string).collect()
}

/// Makes a request and deletes for it until nothing is left.
fn erase(store: &TestStore, erasure: &Erasure) -> Eraser {
    let eraser = Eraser::new(&store.settings);
    assert!(store.wait(eraser.request(erasure)).expect("requested"));
    assert!(!store.wait(eraser.request(erasure)).expect("known"), "it is there once");
    store.wait(eraser.pass(erasure.id)).expect("a pass");
    assert_eq!(store.wait(eraser.left(erasure.id)), Ok(0));
    eraser
}

#[test]
fn a_page_goes_while_batches_land_and_the_ledger_adds_up_all_along() {
    let store = Arc::new(TestStore::new("erasing_live"));
    let stop = Arc::new(AtomicBool::new(false));
    let landing = std::thread::spawn({
        let (store, stop) = (store.clone(), stop.clone());
        move || {
            let mut counts = store.counts();
            let mut batches = 0;
            while !stop.load(Ordering::SeqCst) {
                let touches = [
                    of_page(7),
                    of_page(8),
                    Touch {
                        site: "zebra",
                        ..of_page(7)
                    },
                ];
                let first = batches * 10;
                counts.insert(&block(0, first, first + 9, &touches)).expect("inserted");
                batches += 1;
            }
            batches
        }
    });
    let eraser = Eraser::new(&store.settings);
    store
        .wait(eraser.request(&erasure(1, Erased::Page(PageId(7)))))
        .expect("requested");
    let mut deleted = 0;
    for _ in 0..6 {
        deleted += store.wait(eraser.pass(1)).expect("a pass");
    }
    stop.store(true, Ordering::SeqCst);
    let batches = landing.join().expect("the batches");
    deleted += store.wait(eraser.pass(1)).expect("a pass");
    assert!(deleted > 0 && batches > 5, "{deleted} rows, {batches} batches");
    assert_eq!(store.wait(eraser.left(1)), Ok(0));
    assert_eq!(problems(&store), Vec::<String>::new());
    assert_eq!(
        store.one("SELECT count() FROM live WHERE site = 'acme' AND kind >= 'page' AND page = 7"),
        0
    );
    let kept = "SELECT sum(n) FROM live WHERE kind = 'grid'";
    assert_eq!(
        store.one(kept),
        2 * batches,
        "the other page, and the other site's page of the same number"
    );
    let listed = store.wait(eraser.erasures()).expect("listed");
    assert_eq!((listed.len(), listed[0].deleted), (1, deleted));
}

#[test]
fn a_pass_that_was_cut_off_is_ended_by_the_next_one() {
    let store = TestStore::new("erasing_cut_off");
    store
        .counts()
        .insert(&block(0, 0, 9, &[of_page(7), of_page(8)]))
        .expect("inserted");
    // What a pass does until it is killed: it writes down what was missing before, and deletes.
    store.run("INSERT INTO erase_passes SELECT 77, landing, 0, 0 FROM live WHERE kind = 'ledger'");
    store.run("ALTER TABLE live DELETE WHERE kind >= 'page' AND page = 7 SETTINGS mutations_sync = 1");
    assert_eq!(
        problems(&store),
        Vec::<String>::new(),
        "a pass under way is no fault of the ledger"
    );
    erase(&store, &erasure(2, Erased::Page(PageId(7))));
    assert_eq!(store.one("SELECT count() FROM erase_passes WHERE pass = 77"), 2);
    assert_eq!(problems(&store), Vec::<String>::new());
    store.run("ALTER TABLE live DELETE WHERE kind >= 'page' AND page = 8 SETTINGS mutations_sync = 1");
    assert!(!problems(&store).is_empty(), "what is deleted by other hands is found");
}

/// Lands page views of pages 1 (a cohort a day) and 2 (a cohort every few days) on each day of a range.
fn land(store: &TestStore, days: std::ops::Range<u16>) {
    let mut counts = store.counts();
    for day in days.step_by(5) {
        let countries = ["DE", "DE", "DE", "FR"];
        let touch = |page, n: usize| Touch {
            page,
            day: Day(day),
            country: countries[n % 4],
            ..TOUCH
        };
        let touches: Vec<Touch> = (0..24)
            .map(|n| touch(1, n))
            .chain((0..3).map(|n| touch(2, n)))
            .collect();
        let first = u64::from(day - FIRST) * 100;
        let mut batch = block(0, first, first + 499, &touches);
        batch.ledger.intent.landing = Day(day);
        counts.insert(&batch).expect("inserted");
    }
}

fn seal_until(store: &TestStore, clock: &DrivenClock, day: u16) {
    let now = isotherm_core::ports::Clock::unix_ms(clock);
    clock.advance(u64::from(day) * DAY_MS - now);
    let sealer = Sealer::new(&store.settings, Arc::new(clock.clone()));
    while store.wait(sealer.seal_next()).expect("sealed").is_some() {}
}

const TABLES: [&str; 5] = ["live", "days", "countries", "waiting_days", "waiting_countries"];

fn rows_of_page(store: &TestStore, page: u64) -> u64 {
    let rows = |table| {
        store.one(&format!(
            "SELECT count() FROM {table} WHERE site = 'acme' AND page = {page} AND kind >= 'page'"
        ))
    };
    TABLES.into_iter().map(rows).sum()
}

#[test]
fn sealed_tables_lose_a_page_and_every_balance_still_adds_up_now_and_later() {
    let store = TestStore::new("erasing_sealed");
    let clock = DrivenClock::at(u64::from(FIRST) * DAY_MS);
    land(&store, FIRST..FIRST + 41);
    seal_until(&store, &clock, FIRST + 40);
    assert_eq!(problems(&store), Vec::<String>::new());
    let of_page_1 = rows_of_page(&store, 1);
    assert!(rows_of_page(&store, 2) > 0 && store.one("SELECT count() FROM countries WHERE page = 2") > 0);
    erase(&store, &erasure(3, Erased::Page(PageId(2))));
    assert_eq!(rows_of_page(&store, 2), 0);
    assert_eq!(rows_of_page(&store, 1), of_page_1);
    assert_eq!(problems(&store), Vec::<String>::new());
    seal_until(&store, &clock, FIRST + 100);
    assert_eq!(problems(&store), Vec::<String>::new());
    assert!(rows_of_page(&store, 1) > 0, "the kept page is still there");
}

#[test]
fn as_much_again_of_a_page_is_written_down_as_gone_again() {
    let store = TestStore::new("erasing_again");
    let clock = DrivenClock::at(u64::from(FIRST) * DAY_MS);
    for (id, day) in [(7, FIRST), (8, FIRST + 5)] {
        land(&store, day..day + 5);
        seal_until(&store, &clock, day + 4);
        assert!(rows_of_page(&store, 2) > 0, "too few page views for a cohort wait");
        let eraser = erase(&store, &erasure(id, Erased::Page(PageId(2))));
        assert_eq!(problems(&store), Vec::<String>::new(), "after request {id}");
        store.wait(eraser.conclude(id, ErasureState::Final)).expect("final");
    }
    seal_until(&store, &clock, FIRST + 60);
    assert_eq!(problems(&store), Vec::<String>::new());
}

#[test]
fn a_range_of_days_takes_whole_page_months_out_of_both_tables() {
    let store = TestStore::new("erasing_months");
    let clock = DrivenClock::at(u64::from(FIRST) * DAY_MS);
    land(&store, FIRST..FIRST + 80);
    seal_until(&store, &clock, FIRST + 100);
    let months = |table: &str, month: &str| {
        let sql = format!("SELECT groupUniqArray(toString(toStartOfMonth({month}))) FROM {table} WHERE page = 1");
        let mut months = store.all::<Vec<String>>(&sql).swap_remove(0);
        months.sort();
        months
    };
    let all = ["2026-09-01", "2026-10-01", "2026-11-01"];
    assert_eq!(
        (months("days", "landing"), months("countries", "month")),
        (all.map(String::from).to_vec(), all.map(String::from).to_vec())
    );
    let october = Erasure {
        first: Day(20_727),
        last: Day(20_757),
        ..erasure(4, Erased::Page(PageId(1)))
    };
    erase(&store, &october);
    let left = ["2026-09-01", "2026-11-01"].map(String::from).to_vec();
    assert_eq!(
        (months("days", "landing"), months("countries", "month")),
        (left.clone(), left)
    );
    assert_eq!(
        store.one("SELECT count() FROM days WHERE page = 1 AND first_day <= '2026-10-31' AND last_day >= '2026-10-01'"),
        0
    );
    assert!(store.one("SELECT count() FROM days WHERE page = 2 AND landing BETWEEN '2026-10-01' AND '2026-10-31'") > 0);
    assert_eq!(problems(&store), Vec::<String>::new());
}

/// Whether a text lies in any file below a folder.
fn is_on_disk(folder: &Path, text: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let bytes = if path.is_dir() {
            Vec::new()
        } else {
            std::fs::read(&path).unwrap_or_default()
        };
        is_on_disk(&path, text) || bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn texts_of_a_pattern_leave_the_disk_with_selectors_nobody_uses_and_the_pattern_when_it_is_final() {
    let store = TestStore::new("erasing_texts");
    // The server keeps replaced files for minutes; here for seconds.
    for table in ["pages", "anchors", "erasures", "live"] {
        store.run(&format!("ALTER TABLE {table} MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 1, cleanup_delay_period_random_add = 0"));
    }
    let mut counts = store.counts();
    let mut touches = vec![
        Touch {
            anchor: 41,
            ..of_page(7)
        };
        10
    ];
    touches.extend(vec![
        Touch {
            anchor: 43,
            ..of_page(8)
        };
        10
    ]);
    counts.insert(&block(0, 0, 19, &touches)).expect("inserted");
    let texts = [
        Text::Page(PageId(7), "/quince/jelly-recipe".into()),
        Text::Page(PageId(8), "/medlar/cheese-recipe".into()),
        Text::Anchor(isotherm_core::ids::AnchorId(41), "#quince-button".into()),
        Text::Anchor(isotherm_core::ids::AnchorId(43), "#medlar-button".into()),
    ];
    assert_eq!(counts.publish("acme", &texts).expect("published").len(), 4);
    let folders =
        store.all::<String>("SELECT arrayJoin(data_paths) FROM system.tables WHERE database = currentDatabase()");
    let on_disk = |text: &str| folders.iter().any(|folder| is_on_disk(Path::new(folder), text));
    for text in ["jelly-recipe", "cheese-recipe", "#quince-button", "#medlar-button"] {
        assert!(on_disk(text), "{text}");
    }
    let eraser = erase(&store, &erasure(5, Erased::Pattern("/quince/jelly-*".into())));
    store.wait(wait_until(
        Duration::from_secs(60),
        "the texts leave the disk",
        async || !on_disk("jelly-recipe") && !on_disk("#quince-button"),
    ));
    assert!(
        on_disk("cheese-recipe") && on_disk("#medlar-button"),
        "the other page's stay"
    );
    // The log had one more page view of it: the page is known although its text is gone.
    counts.insert(&block(0, 20, 29, &[of_page(7)])).expect("inserted");
    assert!(store.wait(eraser.left(5)).expect("counted") > 0);
    store.wait(eraser.pass(5)).expect("a pass");
    assert_eq!(store.wait(eraser.left(5)), Ok(0));

    assert!(on_disk("/quince/jelly-*"));
    store.wait(eraser.conclude(5, ErasureState::Final)).expect("final");
    store.wait(wait_until(
        Duration::from_secs(60),
        "the pattern leaves the disk",
        async || !on_disk("/quince/jelly-*"),
    ));
    let listed = store.wait(eraser.erasures()).expect("listed");
    assert_eq!((listed.len(), listed[0].state), (1, ErasureState::Final));
    assert_eq!(problems(&store), Vec::<String>::new());
}
