//! Pages that are held in memory: the same answers as the store's, and no older than a quarter of a second.

use std::time::{Duration, Instant};

use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::place::Layer;
use isotherm_core::ports::CountStore;
use isotherm_core::reading::{CountReader, Filter};
use isotherm_core::viewport::ViewportClass;
use isotherm_store_clickhouse::ClickHouseReader;

use crate::support::{AS_IN_DAYS, IN_DAYS, ONE_MORE, TODAY, TOUCH, TestStore, Touch, block, site};

const MEMORY_BYTES: usize = 64 << 20;
const LAYERS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// A reader that has read ahead.
fn holding(store: &TestStore, bytes_max: usize) -> ClickHouseReader {
    let reader = ClickHouseReader::with_memory(&store.settings, bytes_max);
    store.wait(reader.read_ahead(1)).expect("pages");
    reader
}

fn at_one_state(store: &TestStore, reader: &ClickHouseReader) -> Box<dyn CountReader> {
    let held = store.wait(reader.at_one_state()).expect("a state");
    held.expect("a reader at it")
}

/// Asks for random windows and classes of some pages, once of a reader that holds pages and once of one that does not; how many
/// page views were in the answers of pages that were held.
pub(crate) fn same_answers(store: &TestStore, pages: &[(&str, u64)], days: (u16, u16)) -> u64 {
    let reader = ClickHouseReader::with_memory(&store.settings, MEMORY_BYTES);
    ask_until_held(store, &reader, pages);
    if reader.held().0 == 0 {
        return 0;
    }
    let (held, plain) = (at_one_state(store, &reader), ClickHouseReader::new(&store.settings));
    let mut state = 11_u64;
    let mut below = move |bound: u16| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) % u64::from(bound)) as u16
    };
    let mut seen = 0;
    for turn in 0..6 {
        // The first window has everything in it.
        let span = days.1 - days.0;
        let (from, length) = if turn == 0 {
            (days.0, span)
        } else {
            (days.0 + below(span), below(span))
        };
        let mut filter = Filter {
            site: site("acme"),
            from: Day(from),
            to: Day(from + length),
            viewport: [None, Some(ViewportClass::Desktop)][usize::from(below(2))],
            country: None,
            sealed_only: below(3) == 0,
        };
        for (of, page) in pages {
            filter.site = site(of);
            seen += ask_both(store, (held.as_ref(), &plain), &filter, PageId(*page));
        }
    }
    seen
}

/// Asks for pages until they are held.
fn ask_until_held(store: &TestStore, reader: &ClickHouseReader, pages: &[(&str, u64)]) {
    let asking = async {
        while reader.held().0 < pages.len() {
            let held = reader.at_one_state().await.expect("a state").expect("a reader at it");
            for (of, page) in pages {
                let filter = Filter {
                    site: site(of),
                    ..everything()
                };
                held.map(&filter, PageId(*page), &LAYERS).await.expect("a map");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    store.wait(async {
        tokio::select! {
            () = reader.keep_pages(1) => unreachable!("it ends with its role"),
            () = asking => {}
        }
    });
}

/// One question of each kind; the page views that were there.
fn ask_both(
    store: &TestStore,
    (held, plain): (&dyn CountReader, &dyn CountReader),
    filter: &Filter,
    page: PageId,
) -> u64 {
    fn both<'a, T: PartialEq + std::fmt::Debug>(
        store: &TestStore,
        [held, plain]: [isotherm_core::reading::Reading<'a, T>; 2],
    ) -> T {
        let held = store.wait(held).expect("what is held");
        assert_eq!(held, store.wait(plain).expect("what the store says"));
        held
    }
    let readers = [held, plain];
    both(store, readers.map(|reader| reader.map(filter, page, &LAYERS)));
    both(
        store,
        readers.map(|reader| reader.sealed_map(filter, page, &LAYERS[1..])),
    );
    both(store, readers.map(|reader| reader.elements(filter, page, &LAYERS)));
    both(store, readers.map(|reader| reader.sealed(filter, Some(page))));
    both(store, readers.map(|reader| reader.depths(filter, page)));
    both(store, readers.map(|reader| reader.page_views(filter, page)))
}

/// A store with one cohort of twelve page views, and one page view that is live.
fn with_a_cohort(database: &str) -> TestStore {
    let store = TestStore::new(database);
    store.counts().insert(&block(0, 0, 0, &[TOUCH; 12])).expect("inserted");
    store.run(&format!(
        "INSERT INTO days (landing, seal_attempt, first_day, last_day, {IN_DAYS})
         SELECT landing, 42, day, day, {AS_IN_DAYS} FROM live WHERE kind >= 'page'"
    ));
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 42)",
        TODAY.0
    ));
    let (later, live) = (
        Day(TODAY.0 + 1),
        Touch {
            day: Day(TODAY.0 + 1),
            ..TOUCH
        },
    );
    let mut batch = block(1, 0, 0, &[live]);
    batch.ledger.intent.landing = later;
    store.counts().insert(&batch).expect("inserted");
    store
}

fn everything() -> Filter {
    Filter {
        site: site("acme"),
        from: Day(0),
        to: Day(u16::MAX),
        viewport: None,
        country: None,
        sealed_only: false,
    }
}

/// Interactions on the grid, and page views.
fn counted(store: &TestStore, reader: &dyn CountReader) -> (u64, u64) {
    let map = store
        .wait(reader.map(&everything(), PageId(TOUCH.page), &LAYERS))
        .expect("a map");
    (map.cells.iter().map(|cell| cell.n).sum(), map.views)
}

#[test]
fn an_answer_is_as_old_as_its_state_and_the_next_one_as_the_tables_are() {
    let store = with_a_cohort("holding");
    let reader = holding(&store, MEMORY_BYTES);
    let (clicks, views) = counted(&store, at_one_state(&store, &reader).as_ref());
    assert_eq!((clicks, views), (13, 13));
    let in_days = format!("ALTER TABLE days UPDATE {ONE_MORE} WHERE kind = 'grid'");
    let in_live = format!("ALTER TABLE live DELETE WHERE landing > toDate({})", TODAY.0);
    for (change, expected) in [
        (in_days.as_str(), (14, 13)),
        (in_live.as_str(), (13, 12)),
        ("ALTER TABLE days DELETE WHERE 1", (0, 0)),
    ] {
        store.wait(reader.read_ahead(1)).expect("pages");
        let held = at_one_state(&store, &reader);
        let known = counted(&store, held.as_ref());
        store.run(&format!("{change} SETTINGS mutations_sync = 2"));
        assert_eq!(
            counted(&store, held.as_ref()),
            known,
            "from memory, whatever the tables say: {change}"
        );
        let asked = Instant::now();
        while counted(&store, at_one_state(&store, &reader).as_ref()) != expected {
            assert!(asked.elapsed() < Duration::from_secs(5), "{change}");
        }
        let plain = ClickHouseReader::new(&store.settings);
        assert_eq!(counted(&store, &plain), expected, "{change}");
    }
}

#[test]
fn an_anchors_text_is_shown_as_soon_as_it_is_published_and_no_longer_than_it_is() {
    let store = with_a_cohort("holding_texts");
    let reader = holding(&store, MEMORY_BYTES);
    let texts = || -> Vec<Option<String>> {
        let held = at_one_state(&store, &reader);
        let map = store.wait(held.map(&everything(), PageId(TOUCH.page), &LAYERS));
        let positions = map.expect("a map").elements.into_iter();
        positions
            .map(|position| position.anchor.as_deref().map(str::to_owned))
            .collect()
    };
    let until = |expected: Option<&str>| {
        let asked = Instant::now();
        while texts() != [expected.map(str::to_owned)] {
            assert!(asked.elapsed() < Duration::from_secs(5), "{expected:?}");
        }
    };
    until(None);
    store.run(&format!(
        "INSERT INTO anchors (site, anchor, text) VALUES ('acme', {}, '#buy')",
        TOUCH.anchor
    ));
    until(Some("#buy"));
    store.run("ALTER TABLE anchors DELETE WHERE 1 SETTINGS mutations_sync = 2");
    until(None);
}

#[test]
fn what_there_is_no_room_for_is_asked_for_and_what_was_asked_for_is_held_soon() {
    let store = with_a_cohort("holding_little");
    let plain = counted(&store, &ClickHouseReader::new(&store.settings));
    for bytes_max in [1, MEMORY_BYTES] {
        let reader = ClickHouseReader::with_memory(&store.settings, bytes_max);
        let asked = Instant::now();
        let asking = async {
            while reader.held().0 == 0 && asked.elapsed() < Duration::from_secs(2) {
                let held = reader.at_one_state().await.expect("a state").expect("a reader at it");
                let map = held.map(&everything(), PageId(TOUCH.page), &LAYERS).await;
                assert_eq!(map.map(|map| map.views), Ok(plain.1));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        store.wait(async {
            tokio::select! {
                () = reader.keep_pages(1) => unreachable!("it ends with its role"),
                () = asking => {}
            }
        });
        assert_eq!(reader.held().0 > 0, bytes_max > 1, "{bytes_max} bytes");
        assert!(reader.held().1 <= bytes_max);
    }
}

#[test]
fn nothing_is_read_ahead_of_which_no_answer_may_show_anything() {
    let store = with_a_cohort("holding_ahead");
    for (page_views, expected) in [(12, 1), (13, 0)] {
        let reader = ClickHouseReader::with_memory(&store.settings, MEMORY_BYTES);
        store.wait(reader.read_ahead(page_views)).expect("pages");
        assert_eq!(reader.held().0, expected, "{page_views}");
    }
}

#[test]
fn where_what_is_live_cannot_be_read_the_tables_are_asked() {
    let store = with_a_cohort("holding_unread");
    let reader = holding(&store, MEMORY_BYTES);
    // A row of a build that knows more layers than this one, where nothing is sealed.
    store.run(&format!(
        "INSERT INTO live SELECT * REPLACE (200 AS layer) FROM live WHERE kind = 'grid' AND landing > toDate({})",
        TODAY.0
    ));
    let (clicks, views) = counted(&store, at_one_state(&store, &reader).as_ref());
    assert_eq!((clicks, views), (13, 13));
    assert_eq!(reader.held().0, 1);
}
