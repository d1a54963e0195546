//! Random traffic in a store of its own, and what its sealed tables hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use clickhouse::Row;
use isotherm_core::control::ControlStore;
use isotherm_core::day::Day;
use isotherm_core::place::Layer;
use isotherm_core::ports::CountStore;
use isotherm_core::viewport::ViewportClass;
use isotherm_store_clickhouse::{ClickHouseControl, Sealed, Sealer, verify};
use isotherm_testkit::memory::DrivenClock;
use serde::Deserialize;

use super::oracle::{Counts, Key, Oracle, Raw, Tables, add, rounding_of};
use crate::support::{EACH_PLACE, TestStore, Touch, block};

pub(super) const DAY_MS: u64 = 86_400_000;
/// 2026-09-04.
pub(super) const FIRST: u16 = 20_700;

/// A small generator of random numbers (xorshift), so that a seed says it all.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// A store, its traffic as it was, and a clock that is driven by hand.
pub(super) struct World {
    pub(super) store: TestStore,
    pub(super) clock: DrivenClock,
    pub(super) raw: Vec<Raw>,
}

#[derive(Row, Deserialize)]
struct Stored {
    landing: u16,
    first: u16,
    last: u16,
    country: String,
    level: u8,
    kind: i8,
    site: String,
    page: u64,
    layer: u8,
    viewport: u8,
    anchor: u64,
    y: u16,
    x: u16,
    counts: Vec<u64>,
}

impl Stored {
    fn key(&self) -> Key {
        let site = self.site.clone();
        (
            self.kind,
            site,
            self.page,
            self.layer,
            self.viewport,
            self.anchor,
            self.y,
            self.x,
        )
    }

    fn counts(&self) -> Counts {
        self.counts.clone().try_into().expect("five numbers")
    }
}

fn select(special: &str, source: &str) -> String {
    format!(
        "SELECT {special}, toInt8(kind) AS kind, site, page, layer, viewport, anchor, y, x,
        [toUInt64(n), views, views_32, views_64, views_element] AS counts FROM (SELECT * FROM {source})"
    )
}

/// A sealed table with each place as a row.
fn each_place(table: &str, condition: &str) -> String {
    format!("(SELECT *, {EACH_PLACE} FROM {table} ARRAY JOIN places WHERE {condition})")
}

impl World {
    pub(super) fn new(database: &str) -> World {
        World {
            store: TestStore::new(database),
            clock: DrivenClock::at(u64::from(FIRST) * DAY_MS),
            raw: Vec::new(),
        }
    }

    /// A store with random landings: bursts and small classes, late rows, gaps.
    pub(super) fn random(database: &str, seed: u64, landings: u64) -> World {
        let mut world = World::new(database);
        let mut dice = Dice::new(seed);
        let (mut landing, mut offset) = (FIRST, 0);
        for _ in 0..landings {
            let busy = if dice.below(4) == 0 { 90 } else { 14 };
            let touches: Vec<Touch> = (0..dice.below(busy) + 1).map(|_| touch(&mut dice, landing)).collect();
            world.land(landing, offset, &touches);
            offset += 10;
            landing += if dice.below(5) == 0 {
                9
            } else {
                1 + dice.below(3) as u16
            };
        }
        world.remember();
        world
    }

    /// A store with landings of little traffic, about three in a month.
    pub(super) fn sparse(database: &str, seed: u64, landings: u64) -> World {
        let mut world = World::new(database);
        let mut dice = Dice::new(seed);
        let mut landing = FIRST;
        for at in 0..landings {
            let touches: Vec<Touch> = (0..dice.below(24) + 1).map(|_| touch(&mut dice, landing)).collect();
            world.land(landing, at * 10, &touches);
            landing += 8 + dice.below(5) as u16;
        }
        world.remember();
        world
    }

    /// Inserts a batch into a landing.
    pub(super) fn land(&self, landing: u16, offset: u64, touches: &[Touch]) {
        let mut batch = block(1, offset, offset + 9, touches);
        batch.ledger.intent.landing = Day(landing);
        self.store.counts().insert(&batch).expect("inserted");
    }

    /// Reads what lies in `live` for the oracle.
    pub(super) fn remember(&mut self) {
        let special = "toUInt16(landing) AS landing, toUInt16(day) AS first, toUInt16(day) AS last, toString(country) AS country, toUInt8(0) AS level";
        let sql = select(special, "live WHERE kind >= 'page'");
        let raw = |row: Stored| Raw {
            landing: row.landing,
            day: row.first,
            country: row.country.clone(),
            key: row.key(),
            counts: row.counts(),
        };
        self.raw = self.store.all::<Stored>(&sql).into_iter().map(raw).collect();
    }

    pub(super) fn sealer(&self) -> Sealer {
        Sealer::new(&self.store.settings, Arc::new(self.clock.clone()))
    }

    /// Lets it be a day.
    pub(super) fn at_day(&self, day: u16) {
        let now = isotherm_core::ports::Clock::unix_ms(&self.clock);
        self.clock.advance(u64::from(day) * DAY_MS - now);
    }

    /// Seals all that is due.
    pub(super) fn seal_all(&self) -> Vec<Sealed> {
        let sealer = self.sealer();
        let mut all = Vec::new();
        while let Some(sealed) = self.store.wait(sealer.seal_next()).expect("sealed") {
            all.push(sealed);
        }
        all
    }

    /// What must be there when it is a day: landings before the day before yesterday are sealed.
    pub(super) fn expected(&self, today: u16) -> Tables {
        let key = self.store.wait(ClickHouseControl::new(&self.store.settings).id_key());
        let rounding = rounding_of(&key.expect("an id key"));
        let mut oracle = Oracle::default();
        for day in FIRST..today - 1 {
            let live = self.raw.iter().filter(|raw| raw.landing == day).cloned().collect();
            oracle.seal(day, live, rounding);
        }
        oracle.tables()
    }

    /// What is there: published attempts, and of what waits the newest.
    pub(super) fn found(&self) -> Tables {
        let newest = "seal_attempt = (SELECT seal_attempt FROM seals ORDER BY landing DESC LIMIT 1)";
        let published = "seal_attempt IN (SELECT seal_attempt FROM seals)";
        let read = |special: &str, source: String| self.store.all::<Stored>(&select(special, &source));
        let mut tables = Tables::default();
        let days = "toUInt16(landing) AS landing, toUInt16(first_day) AS first, toUInt16(last_day) AS last, '' AS country, level";
        for row in read(days, each_place("days", published)) {
            add(&mut tables.days, (row.first, row.last, row.key()), &row.counts());
        }
        let waiting =
            "toUInt16(0) AS landing, toUInt16(day) AS first, toUInt16(day) AS last, '' AS country, toUInt8(0) AS level";
        for row in read(waiting, format!("waiting_days WHERE {newest}")) {
            add(&mut tables.waiting_days, (row.first, row.key()), &row.counts());
        }
        let months =
            "toUInt16(0) AS landing, toUInt16(month) AS first, toUInt16(month) AS last, toString(country) AS country";
        let source = format!("waiting_countries WHERE {newest}");
        for row in read(&format!("{months}, toUInt8(0) AS level"), source) {
            let key = (row.first, row.country.clone(), row.key());
            add(&mut tables.waiting_countries, key, &row.counts());
        }
        for row in read(&format!("{months}, level"), each_place("countries", published)) {
            let key = (row.first, row.country.clone(), row.level, row.key());
            add(&mut tables.countries, key, &row.counts());
        }
        tables.deleted_views = self.store.one(&format!(
            "SELECT sumIf(views, part = 'deleted') FROM seal_balances WHERE {published}"
        ));
        tables
    }

    /// Everything that is wrong, in words.
    pub(super) fn problems(&self) -> Vec<String> {
        let report = self.store.wait(verify(&self.store.settings)).expect("verified");
        report.problems.iter().map(ToString::to_string).collect()
    }
}

/// Says where two tables differ, not all that is in them.
pub(super) fn check_same(found: &Tables, expected: &Tables) {
    fn check<K: Ord + Clone + std::fmt::Debug>(
        name: &str,
        found: &BTreeMap<K, Counts>,
        expected: &BTreeMap<K, Counts>,
    ) {
        let differing: Vec<_> = found
            .keys()
            .chain(expected.keys())
            .filter(|key| found.get(key) != expected.get(key))
            .map(|key| (key, found.get(key), expected.get(key)))
            .take(5)
            .collect();
        assert!(differing.is_empty(), "{name}: (key, found, expected) {differing:#?}");
    }
    check("days", &found.days, &expected.days);
    check("waiting_days", &found.waiting_days, &expected.waiting_days);
    check(
        "waiting_countries",
        &found.waiting_countries,
        &expected.waiting_countries,
    );
    check("countries", &found.countries, &expected.countries);
    assert_eq!(found.deleted_views, expected.deleted_views);
}

/// Cases that wait for the server, each on a thread of its own.
pub(super) fn side_by_side<T: Send>(cases: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    std::thread::scope(|threads| {
        for case in cases {
            threads.spawn(|| check(case));
        }
    });
}

/// A touch of a page view; few pages, classes and places, so that some are large and some small.
pub(super) fn touch(dice: &mut Dice, landing: u16) -> Touch {
    let pick = |dice: &mut Dice, of: u64| dice.below(of).min(dice.below(of));
    let countries = ["DE", "DE", "FR", "IT", "ZZ", "AT"];
    Touch {
        site: if dice.below(5) == 0 { "bmce" } else { "acme" },
        page: 1 + pick(dice, 4),
        viewport: if dice.below(4) == 0 {
            ViewportClass::Phone
        } else {
            ViewportClass::Desktop
        },
        day: Day(landing - pick(dice, 4) as u16),
        country: countries[pick(dice, 6) as usize],
        layer: if dice.below(6) == 0 { Layer::Tap } else { Layer::Click },
        cell: (pick(dice, 9) as u16, pick(dice, 9) as u16),
        anchor: 40 + pick(dice, 5),
        n: 1 + dice.below(3) as u8,
        first: if dice.below(3) == 0 { 1 } else { 31 },
        view: dice.below(8) > 0,
        reach: 1 + pick(dice, 99) as u8,
    }
}
