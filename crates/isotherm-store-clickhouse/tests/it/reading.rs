//! Every question against a brute-force answer over the same rows.

use std::collections::BTreeMap;

use isotherm_core::Country;
use isotherm_core::day::Day;
use isotherm_core::ids::{AnchorId, PageId};
use isotherm_core::place::Layer;
use isotherm_core::ports::{Block, CountStore, Text};
use isotherm_core::reading::{CountReader, Filter};
use isotherm_core::row::{CountRow, Kind};
use isotherm_core::viewport::ViewportClass;
use isotherm_store_clickhouse::ClickHouseReader;

use crate::holding::same_answers;
use crate::support::{AS_IN_DAYS, AS_SEALED, IN_DAYS, SEALED, TODAY, TOUCH, TestStore, Touch, block, site};

const PAGES: [u64; 3] = [1, 2, u64::MAX - 1];
const LAYERS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// Touches spread over everything that a filter can name; the same ones every time.
fn touches(count: u64) -> Vec<Touch> {
    let mut state = 0x1234_5678_9abc_def0_u64;
    let mut next = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..count)
        .map(|_| Touch {
            site: ["acme", "acme", "zebra"][next(3) as usize],
            page: PAGES[next(3) as usize],
            viewport: ViewportClass::ALL[next(6) as usize],
            day: Day(TODAY.0 - next(3) as u16),
            country: ["DE", "US", "ZZ"][next(3) as usize],
            layer: LAYERS[next(2) as usize],
            cell: (next(5) as u16, next(5) as u16),
            anchor: [0, 98, 99][next(3) as usize],
            n: 1 + next(3) as u8,
            first: [0, 1, 3, 7, 9, 27, 31][next(7) as usize],
            view: next(2) == 0,
            reach: next(6) as u8,
        })
        .collect()
}

/// The oracle: all rows of all blocks that the filter lets through.
struct Oracle<'a> {
    rows: Vec<&'a CountRow>,
}

impl<'a> Oracle<'a> {
    fn new(blocks: &'a [Block], filter: &Filter) -> Oracle<'a> {
        let lets = |block: &Block, row: &CountRow| {
            &*block.folded.sites[row.key.site as usize] == filter.site.as_str()
                && (filter.from..=filter.to).contains(&row.key.day)
                && filter.viewport.is_none_or(|class| class == row.key.viewport)
                && filter.country.is_none_or(|country| country == row.key.country)
        };
        let of_block = |block: &'a Block| block.folded.rows.iter().filter(move |row| lets(block, row));
        Oracle {
            rows: blocks.iter().flat_map(of_block).collect(),
        }
    }

    /// Page views and clicks by a key of each row, of one page or all.
    fn marginal<K: Ord>(&self, page: Option<u64>, key: impl Fn(&CountRow) -> K) -> BTreeMap<K, (u64, u64)> {
        let mut sums: BTreeMap<K, [u64; 3]> = BTreeMap::new();
        for row in self
            .rows
            .iter()
            .filter(|row| page.is_none_or(|page| page == row.key.page.0))
        {
            let at = match (row.key.kind, row.key.layer) {
                (Kind::Page, Layer::View) => 0,
                (Kind::Page, _) => continue,
                (Kind::Grid, _) => 1,
                _ => 2,
            };
            sums.entry(key(row)).or_default()[at] += u64::from(row.counts.n);
        }
        sums.into_iter()
            .map(|(key, [views, grid, elements])| (key, (views, grid.max(elements))))
            .collect()
    }

    /// Sums of n, views, views_32, views_64 and views_element by a key, over the rows that have one.
    fn sums<K: Ord>(&self, page: u64, key: impl Fn(&CountRow) -> Option<K>) -> Vec<(K, [u64; 5])> {
        let mut sums: BTreeMap<K, [u64; 5]> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.key.page.0 == page) {
            let Some(key) = key(row) else { continue };
            let c = row.counts;
            let numbers = [c.n, c.views, c.views_32, c.views_64, c.views_element];
            for (sum, number) in sums.entry(key).or_default().iter_mut().zip(numbers) {
                *sum += u64::from(number);
            }
        }
        sums.into_iter().collect()
    }
}

fn filters() -> Vec<Filter> {
    let all = Filter {
        site: site("acme"),
        from: Day(TODAY.0 - 10),
        to: TODAY,
        viewport: None,
        country: None,
        sealed_only: false,
    };
    let one_day = Filter {
        from: Day(TODAY.0 - 1),
        to: Day(TODAY.0 - 1),
        ..all.clone()
    };
    let one_class = Filter {
        viewport: Some(ViewportClass::Phone),
        ..all.clone()
    };
    let one_country = Filter {
        country: Country::parse("US"),
        ..all.clone()
    };
    let narrow = Filter {
        viewport: Some(ViewportClass::Wide),
        country: Some(Country::UNKNOWN),
        ..one_day.clone()
    };
    let other = Filter {
        site: site("zebra"),
        ..all.clone()
    };
    let nobody = Filter {
        site: site("nobody"),
        ..all.clone()
    };
    vec![all, one_day, one_class, one_country, narrow, other, nobody]
}

fn compare(store: &TestStore, reader: &ClickHouseReader, filter: &Filter, blocks: &[Block]) {
    let oracle = Oracle::new(blocks, filter);
    for page in PAGES {
        compare_page(store, reader, filter, (&oracle, page));
    }
    for page in [None, Some(PageId(PAGES[0]))] {
        let plain = page.map(|page| page.0);
        let found = store.wait(reader.countries(filter, page)).expect("countries");
        let found: BTreeMap<_, _> = found.iter().map(|m| (m.key, (m.views, m.clicks))).collect();
        assert_eq!(found, oracle.marginal(plain, |row| row.key.country));
        let found = store.wait(reader.viewports(filter, page)).expect("viewports");
        let found: BTreeMap<_, _> = found.iter().map(|m| (m.key, (m.views, m.clicks))).collect();
        assert_eq!(found, oracle.marginal(plain, |row| row.key.viewport));
        let found = store.wait(reader.timeseries(filter, page)).expect("timeseries");
        assert!(found.iter().all(|m| m.key.0 == m.key.1), "no cohort of several days");
        let found: BTreeMap<_, _> = found.iter().map(|m| (m.key.0, (m.views, m.clicks))).collect();
        assert_eq!(found, oracle.marginal(plain, |row| row.key.day));
    }
    let found = store.wait(reader.pages(filter)).expect("pages");
    let found: BTreeMap<_, _> = found.iter().map(|p| (p.path.clone(), p.views)).collect();
    let named = |page: u64| ["/one", "/two", ""][PAGES.iter().position(|p| *p == page).expect("a page")].to_owned();
    let by_page = oracle.marginal(None, |row| named(row.key.page.0));
    let mut expected: BTreeMap<_, _> = by_page.into_iter().map(|(path, (views, _))| (path, views)).collect();
    expected.retain(|path, views| !path.is_empty() && *views > 0);
    let published = ["acme"].contains(&filter.site.as_str());
    assert_eq!(found, if published { expected } else { BTreeMap::new() });
}

fn compare_page(store: &TestStore, reader: &ClickHouseReader, filter: &Filter, (oracle, page): (&Oracle<'_>, u64)) {
    let id = PageId(page);
    let views = store.wait(reader.page_views(filter, id)).expect("page views");
    let of_view = oracle.sums(page, |row| (row.key.layer == Layer::View).then_some(()));
    assert_eq!(views, of_view.first().map_or(0, |(_, sums)| sums[1]));

    for layers in [&LAYERS[..], &LAYERS[1..], &[]] {
        let cells = store.wait(reader.cells(filter, id, layers)).expect("cells");
        let elements = store.wait(reader.elements(filter, id, layers)).expect("elements");
        let at_once = store.wait(reader.map(filter, id, layers)).expect("all at once");
        let sealed = store.wait(reader.sealed(filter, Some(id))).expect("sealed");
        let with_cohorts = store
            .wait(reader.sealed_map(filter, id, layers))
            .expect("with its cohorts");
        assert_eq!((with_cohorts.sealed, &with_cohorts.sums), (sealed, &at_once));
        assert_eq!(
            (at_once.views, &at_once.cells, &at_once.elements),
            (views, &cells, &elements)
        );

        let found: Vec<_> = cells
            .iter()
            .map(|c| ((c.layer, c.cell), [c.n, c.views, c.views_32, c.views_64, 0]))
            .collect();
        let cell = |row: &CountRow| isotherm_core::place::Cell {
            y: row.key.y,
            x: row.key.x,
        };
        let grid = |row: &CountRow| row.key.kind == Kind::Grid && layers.contains(&row.key.layer);
        assert_eq!(
            found,
            oracle.sums(page, |row| grid(row).then(|| (row.key.layer, cell(row))))
        );

        let text = |anchor: u64| (anchor == 99 && filter.site.as_str() == "acme").then_some("#buy");
        assert!(
            elements.iter().all(|e| e.anchor.as_deref() == text(e.anchor_id)),
            "only the published anchor has a text"
        );
        let found: Vec<_> = elements
            .iter()
            .map(|e| {
                (
                    (e.layer, e.anchor_id, e.sub.unit as u8, e.sub.y, e.sub.x),
                    [e.n, e.views, 0, 0, e.views_element],
                )
            })
            .collect();
        let element = |row: &CountRow| {
            let unit = (row.key.kind as u8).checked_sub(Kind::Eighth as u8)? + 1;
            let key = (row.key.layer, row.key.anchor, unit, row.key.y, row.key.x);
            layers.contains(&row.key.layer).then_some(key)
        };
        assert_eq!(found, oracle.sums(page, element));
    }

    let found = store.wait(reader.depths(filter, id)).expect("depths");
    let of = |layer| {
        let sums = oracle.sums(page, |row| (row.key.layer == layer).then_some(row.key.y));
        sums.into_iter().map(|(y, sums)| (y, sums[1])).collect::<Vec<_>>()
    };
    assert_eq!(found.folds, of(Layer::Fold));
    let steps = oracle.sums(page, |row| (row.key.layer == Layer::Scroll).then_some(row.key.y));
    // Counted anew for each depth: what began at or above it, less what ended above it.
    let reach_at = |depth: u16| {
        let began = steps
            .iter()
            .filter(|(y, _)| *y <= depth)
            .map(|(_, sums)| sums[0])
            .sum::<u64>();
        began
            - steps
                .iter()
                .filter(|(y, _)| *y < depth)
                .map(|(_, sums)| sums[1])
                .sum::<u64>()
    };
    let reach: Vec<(u16, u64)> = (1..=100)
        .map(|depth| (depth, reach_at(depth)))
        .filter(|(_, views)| *views > 0)
        .collect();
    assert_eq!(found.reach, reach);
}

/// Three batches of made-up touches, and the texts of two pages and of one anchor of one site.
fn filled(store: &TestStore) -> Vec<Block> {
    let touches = touches(3_000);
    let blocks: Vec<Block> = touches
        .chunks(1_000)
        .zip(0..)
        .map(|(touches, partition)| block(partition, 0, 999, touches))
        .collect();
    let mut counts = store.counts();
    for block in &blocks {
        counts.insert(block).expect("inserted");
    }
    let texts = [
        Text::Page(PageId(PAGES[0]), "/one".into()),
        Text::Page(PageId(PAGES[1]), "/two".into()),
        Text::Anchor(AnchorId(99), "#buy".into()),
    ];
    assert_eq!(counts.publish("acme", &texts).expect("published").len(), 3);
    blocks
}

#[test]
fn every_question_is_answered_as_by_hand() {
    let store = TestStore::new("questions");
    let blocks = filled(&store);
    let reader = ClickHouseReader::new(&store.settings);
    for filter in filters() {
        compare(&store, &reader, &filter, &blocks);
    }
}

const COPY: &str = "kind, site, page, layer, viewport, anchor, y, x, n, views, views_32, views_64, views_element";

#[test]
fn a_landing_counts_the_same_once_it_is_sealed() {
    let store = TestStore::new("sealed");
    let blocks = filled(&store);
    let reader = ClickHouseReader::new(&store.settings);
    let from_live = "FROM live WHERE kind >= 'page'";
    // Days before today become cohorts, today waits; a dead attempt and an older seal leave rows that must not count.
    for attempt in [41, 42] {
        store.run(&format!(
            "INSERT INTO days (landing, seal_attempt, first_day, last_day, {IN_DAYS})
             SELECT landing, {attempt}, day, day, {AS_IN_DAYS} {from_live} AND day < toDate({})",
            TODAY.0
        ));
    }
    for attempt in [40, 42] {
        store.run(&format!(
            "INSERT INTO waiting_days (seal_attempt, day, {COPY}) SELECT {attempt}, day, {COPY} {from_live} AND day = toDate({})",
            TODAY.0
        ));
    }
    store.run(&format!(
        "INSERT INTO countries (seal_attempt, month, country, {SEALED})
         SELECT 42, toStartOfMonth(day), country, {AS_SEALED} {from_live} AND day < toDate({0})",
        TODAY.0
    ));
    store.run(&format!(
        "INSERT INTO waiting_countries (seal_attempt, country, {COPY}) SELECT 42, country, {COPY} {from_live} AND day = toDate({})",
        TODAY.0
    ));
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 40), ({}, 42)",
        TODAY.0 - 5,
        TODAY.0
    ));

    let pages = [("acme", PAGES[0]), ("acme", PAGES[1]), ("zebra", PAGES[2])];
    assert!(same_answers(&store, &pages, (TODAY.0 - 4, TODAY.0 + 2)) > 0);
    let all = filters().swap_remove(0);
    let oracle = Oracle::new(&blocks, &all);
    for page in PAGES {
        compare_page(&store, &reader, &all, (&oracle, page));
    }
    let cohorts = Filter {
        sealed_only: true,
        ..all.clone()
    };
    let before_today = Filter {
        to: Day(TODAY.0 - 1),
        ..all.clone()
    };
    let oracle = Oracle::new(&blocks, &before_today);
    for page in PAGES {
        compare_page(&store, &reader, &cohorts, (&oracle, page));
    }
    // A country is asked over whole months; November has 30 days, the 21st is today.
    let whole = Filter {
        from: Day(TODAY.0 - 20),
        to: Day(TODAY.0 + 9),
        country: Country::parse("DE"),
        ..all.clone()
    };
    let views = |filter: &Filter| {
        store
            .wait(reader.page_views(filter, PageId(PAGES[0])))
            .expect("page views")
    };
    let cohorts = Filter {
        sealed_only: true,
        ..whole.clone()
    };
    let of = |filter: &Filter| {
        let oracle = Oracle::new(&blocks, filter).marginal(Some(PAGES[0]), |_| ());
        oracle[&()].0
    };
    let only_today = Filter {
        from: TODAY,
        ..whole.clone()
    };
    assert_eq!(views(&whole), of(&only_today), "what waits is there at once");
    assert_eq!(
        views(&cohorts),
        0,
        "a month is no cohort before its last landing is sealed"
    );
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 43)",
        TODAY.0 + 9
    ));
    let until_today = Filter {
        to: before_today.to,
        ..whole.clone()
    };
    assert_eq!(views(&cohorts), of(&until_today));
    let cut = Filter {
        from: Day(TODAY.0 - 19),
        ..cohorts
    };
    assert_eq!(views(&cut), 0, "a month that begins before the window is left out");
}

#[test]
fn a_cohort_that_the_window_cuts_is_left_out() {
    let store = TestStore::new("cut");
    store.counts().insert(&block(0, 0, 0, &[TOUCH])).expect("inserted");
    store.run(&format!(
        "INSERT INTO days (landing, seal_attempt, first_day, last_day, {IN_DAYS})
         SELECT landing, 42, day - 3, day, {AS_IN_DAYS} FROM live WHERE kind >= 'page'"
    ));
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 42)",
        TODAY.0
    ));
    let reader = ClickHouseReader::new(&store.settings);
    let all = filters().swap_remove(0);
    let views = |days: u16| {
        let filter = Filter {
            from: Day(TODAY.0 - days),
            ..all.clone()
        };
        store
            .wait(reader.page_views(&filter, PageId(TOUCH.page)))
            .expect("page views")
    };
    assert_eq!((views(3), views(2)), (1, 0));

    let sealed = |from: u16, to: u16| {
        let filter = Filter {
            from: Day(from),
            to: Day(to),
            ..all.clone()
        };
        let sealed = store
            .wait(reader.sealed(&filter, Some(PageId(TOUCH.page))))
            .expect("seals");
        assert_eq!(sealed.newest, Some(TODAY));
        let with_map = store.wait(reader.sealed_map(&filter, PageId(TOUCH.page), &LAYERS));
        let found = with_map.expect("with the map");
        assert_eq!((found.sealed, found.unsealed), (sealed, None));
        let views = store.wait(reader.page_views(&filter, PageId(TOUCH.page)));
        assert_eq!(Ok(found.sums.views), views, "what the window cuts counts nothing");
        (sealed.inside, sealed.cut_before, sealed.cut_after)
    };
    let (first, last) = (TODAY.0 - 3, TODAY.0);
    let whole = Some((Day(first), Day(last)));
    assert_eq!(sealed(first, last), (whole, false, false));
    assert_eq!(sealed(first - 5, last + 5), (whole, false, false));
    assert_eq!(sealed(first + 1, last), (None, true, false));
    assert_eq!(sealed(first, last - 1), (None, false, true));
    assert_eq!(sealed(first + 1, last - 1), (None, true, true));
    assert_eq!(sealed(last + 1, last + 2), (None, false, false));
}

/// A cohort of one page and class: first and last day, and how many page views.
struct Kept {
    page: u64,
    viewport: ViewportClass,
    days: (u16, u16),
    size: u16,
}

#[test]
fn an_answer_over_sealed_time_counts_cohorts_whole_or_not_at_all() {
    let store = TestStore::new("whole");
    let kept: Vec<Kept> = (0..24_u16)
        .map(|at| Kept {
            page: PAGES[usize::from(at % 2)],
            viewport: ViewportClass::ALL[usize::from(at % 3)],
            days: (TODAY.0 - 20 + at % 11, TODAY.0 - 20 + at % 11 + at % 5),
            size: 10 + at,
        })
        .collect();
    // Each page view clicks a cell of its own: the row of its cohort, the column of its number. So an answer tells which
    // page views it counts.
    let mut touches = Vec::new();
    for (row, cohort) in kept.iter().enumerate() {
        let span = cohort.days.1 - cohort.days.0 + 1;
        touches.extend((0..cohort.size).map(|at| Touch {
            page: cohort.page,
            viewport: cohort.viewport,
            day: Day(cohort.days.0 + at % span),
            cell: (at, row as u16),
            anchor: 0,
            ..TOUCH
        }));
    }
    store.counts().insert(&block(0, 0, 0, &touches)).expect("inserted");
    for (row, cohort) in kept.iter().enumerate() {
        store.run(&format!(
            "INSERT INTO days (landing, seal_attempt, first_day, last_day, {IN_DAYS})
             SELECT landing, 42, toDate({}), toDate({}), {AS_IN_DAYS} FROM live WHERE kind = 'grid' AND y = {row}",
            cohort.days.0, cohort.days.1
        ));
    }
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 42)",
        TODAY.0
    ));
    let reader = ClickHouseReader::new(&store.settings);
    let mut state = 7_u64;
    let mut next = move |below: u16| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(below)) as u16
    };
    let mut whole = 0;
    for _ in 0..60 {
        let from = TODAY.0 - 22 + next(20);
        let filter = Filter {
            from: Day(from),
            to: Day(from + next(12)),
            viewport: [None, Some(ViewportClass::ALL[usize::from(next(3))])][usize::from(next(2))],
            sealed_only: next(2) == 0,
            ..filters().swap_remove(0)
        };
        let page = PAGES[usize::from(next(2))];
        let cells = store.wait(reader.cells(&filter, PageId(page), &LAYERS)).expect("cells");
        for (row, cohort) in kept.iter().enumerate() {
            let counted = cells.iter().filter(|sum| usize::from(sum.cell.y) == row).count();
            let inside = cohort.page == page
                && filter.viewport.is_none_or(|class| class == cohort.viewport)
                && (filter.from.0..=filter.to.0).contains(&cohort.days.0)
                && cohort.days.1 <= filter.to.0;
            assert_eq!(counted, if inside { usize::from(cohort.size) } else { 0 });
            whole += usize::from(inside);
        }
    }
    assert!(whole > 50, "too few cohorts lay inside: {whole}");
}
