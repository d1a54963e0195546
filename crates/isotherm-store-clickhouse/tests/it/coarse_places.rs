//! Places that are kept coarser than they were counted, and questions about very many pages.

use isotherm_core::Country;
use isotherm_core::cohort::month_of;
use isotherm_core::day::Day;
use isotherm_core::ids::PageId;
use isotherm_core::place::Layer;
use isotherm_core::ports::CountStore;
use isotherm_core::reading::{CountReader, Filter};
use isotherm_store_clickhouse::ClickHouseReader;

use crate::support::{TODAY, TestStore, Touch, block, site};

fn all_of_acme() -> Filter {
    Filter {
        site: site("acme"),
        from: Day(TODAY.0 - 62),
        to: TODAY,
        viewport: None,
        country: None,
        sealed_only: false,
    }
}

/// A row of `countries` for page 7: layer, level, and y, n and views of its one place.
fn month_row(store: &TestStore, month: Day, (layer, level): (Layer, u8), (y, n, views): (u16, u32, u32)) {
    store.run(&format!(
        "INSERT INTO countries (seal_attempt, month, country, kind, site, page, layer, viewport, level, places.anchor, places.y,
            places.x, places.n, places.views, places.views_32, places.views_64, places.views_element)
         VALUES (42, toDate({}), 'DE', 'page', 'acme', 7, {}, 1, {level}, [0], [{y}], [0], [{n}], [{views}], [0], [0], [0])",
        month.0, layer as u8,
    ));
}

#[test]
fn what_a_country_keeps_without_its_place_says_nothing_of_fold_and_attention() {
    let store = TestStore::new("placeless");
    let month = month_of(Day(month_of(TODAY).0 - 1));
    for row in [
        ((Layer::Fold, 0), (9, 0, 20)),
        ((Layer::Fold, 3), (0, 0, 30)),
        ((Layer::Attention, 0), (4, 100, 20)),
        ((Layer::Attention, 3), (0, 70, 0)),
        ((Layer::Scroll, 3), (1, 15, 15)),
    ] {
        month_row(&store, month, row.0, row.1);
    }
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 42)",
        TODAY.0
    ));
    let filter = Filter {
        country: Country::parse("DE"),
        ..all_of_acme()
    };
    let reader = ClickHouseReader::new(&store.settings);
    let depths = store.wait(reader.depths(&filter, PageId(7))).expect("depths");
    assert_eq!(depths.folds, [(9, 20)]);
    let bands: Vec<_> = depths
        .bands
        .iter()
        .map(|band| (band.band, band.seconds, band.views))
        .collect();
    assert_eq!(bands, [(4, 100, 20)]);
    assert_eq!(depths.reach[0], (1, 15), "a reach counts, wherever it ends");
}

#[test]
fn what_waits_for_the_end_of_its_month_is_told_as_a_span_to_the_newest_landing() {
    let store = TestStore::new("waiting_span");
    let month = month_of(TODAY);
    store.run(&format!(
        "INSERT INTO waiting_countries (seal_attempt, month, country, kind, site, page, layer, viewport, n, views)
         VALUES (42, toDate({}), 'DE', 'page', 'acme', 7, 1, 1, 30, 30)",
        month.0
    ));
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 42)",
        TODAY.0
    ));
    let filter = Filter {
        country: Country::parse("DE"),
        ..all_of_acme()
    };
    let reader = ClickHouseReader::new(&store.settings);
    let days = store.wait(reader.timeseries(&filter, None)).expect("days");
    let told: Vec<_> = days.iter().map(|day| (day.key, day.views)).collect();
    assert_eq!(told, [((month, TODAY), 30)]);
}

#[test]
fn more_pages_than_a_parameter_has_room_for_are_asked_for_in_several_statements() {
    let store = TestStore::new("many_pages");
    let touch = |page| Touch {
        page,
        anchor: 99,
        ..crate::support::TOUCH
    };
    let pages: Vec<PageId> = (0..20_000).map(|at| PageId(u64::MAX - at)).collect();
    let (first, last) = (pages[0], pages[pages.len() - 1]);
    let block = block(0, 0, 1, &[touch(first.0), touch(last.0)]);
    store.counts().insert(&block).expect("inserted");
    let filter = all_of_acme();
    let reader = ClickHouseReader::new(&store.settings);
    let of: Vec<PageId> = store
        .wait(reader.cells_of(&filter, &pages))
        .expect("cells")
        .into_iter()
        .map(|(page, _)| page)
        .collect();
    assert_eq!(of, [last, first]);
    let elements = store.wait(reader.elements_of(&filter, &pages)).expect("elements");
    assert_eq!(elements.len(), 2);
}
