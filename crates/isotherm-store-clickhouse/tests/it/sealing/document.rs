//! The sealed rows that PRIVACY.md shows are those of a real seal.

use isotherm_core::day::Day;
use isotherm_core::viewport::ViewportClass;

use super::world::World;
use crate::support::{EACH_PLACE, TOUCH, Touch};

const DOCUMENT: &str = include_str!("../../../../../PRIVACY.md");
/// 2026-11-21, the day of the document's rows.
const DAY: u16 = 20_778;
const PAGE: u64 = 9_801_601_292_089_614_685;
const ANCHOR: u64 = 6_380_481_338_076_148_485;

/// The rows of a table as the document writes them, one blank between two columns.
fn rows(world: &World, table: &str, days: &str) -> Vec<String> {
    world.store.all(&format!(
        "SELECT concat(toString(kind), ' ', toString(page), ' ', toString(layer), ' ',
            transform(layer, [1, 2, 3, 4], ['view', 'scroll', 'fold', 'click'], ''), ' ', toString(viewport), ' ', {days}, ' ',
            toString(anchor), ' ', toString(y), ' ', toString(x), ' ', {}toString(n), ' ', toString(views))
        FROM {} ORDER BY kind, page, layer, viewport, anchor, y",
        if table == "countries" { "country, ' ', " } else { "" },
        if ["days", "countries"].contains(&table) {
            format!("(SELECT *, {EACH_PLACE} FROM {table} ARRAY JOIN places)")
        } else {
            table.into()
        }
    ))
}

#[test]
fn the_document_shows_rows_of_a_real_seal() {
    let world = World::new("seal_document");
    let of = |country, viewport| Touch {
        page: PAGE,
        viewport,
        day: Day(DAY),
        country,
        anchor: ANCHOR,
        reach: 4,
        ..TOUCH
    };
    let mut touches = vec![of("DE", ViewportClass::Desktop); 12];
    touches.extend([of("FR", ViewportClass::Desktop); 7]);
    touches.extend([of("DE", ViewportClass::Phone); 3]);
    world.land(DAY, 0, &touches);
    // The test's blocks derive the position in the element from the cell; the document's click was in the middle.
    world
        .store
        .run("INSERT INTO live SELECT * REPLACE (4 AS y, 4 AS x) FROM live WHERE kind = 'eighth'");
    world
        .store
        .run("ALTER TABLE live DELETE WHERE kind = 'eighth' AND (y, x) != (4, 4) SETTINGS mutations_sync = 2");
    world.at_day(DAY + 2);
    assert_eq!(world.seal_all().len(), 1);
    let document: Vec<String> = DOCUMENT
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let mut shown = rows(&world, "days", "concat(toString(first_day), ' ', toString(last_day))");
    shown.extend(rows(
        &world,
        "waiting_days WHERE kind = 'page' AND layer = 1",
        "toString(day)",
    ));
    world.at_day(DAY + 12);
    world.seal_all();
    let by_country = rows(&world, "countries", "formatDateTime(month, '%Y-%m')");
    // Numbers beside a country are rounded by each store's own key: those of the document are one of the two that can be.
    let place = |row: &str| row.rsplitn(3, ' ').nth(2).map(str::to_owned);
    for row in &shown {
        assert!(
            document.contains(row),
            "`{row}` is not in PRIVACY.md: {shown:#?} {by_country:#?}"
        );
    }
    for row in &by_country {
        let of_place = document.iter().find(|line| place(line) == place(row));
        let numbers: Vec<u64> = of_place
            .unwrap_or_else(|| panic!("`{row}` is not in PRIVACY.md: {by_country:#?}"))
            .rsplitn(3, ' ')
            .take(2)
            .map(|number| number.parse().expect("a number"))
            .collect();
        assert!(numbers.iter().all(|number| [0, 15, 20].contains(number)), "{row}");
    }
}
