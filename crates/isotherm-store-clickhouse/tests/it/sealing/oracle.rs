//! What sealed tables must hold, computed from the raw rows of `live`, day by calendar day and row by row, with nothing of
//! the code that seals. Day and country stay together here, which is what the tables may not do.

use std::collections::BTreeMap;
use std::hash::Hasher;

use isotherm_core::ids::IdKey;
use siphasher::sip::SipHasher24;

/// kind, site, page, layer, viewport, anchor, y, x.
pub(super) type Key = (i8, String, u64, u8, u8, u64, u16, u16);
/// n, views, views_32, views_64, views_element.
pub(super) type Counts = [u64; 5];
/// site, page, viewport.
type Group = (String, u64, u8);

/// A row of `live`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Raw {
    pub(super) landing: u16,
    pub(super) day: u16,
    pub(super) country: String,
    pub(super) key: Key,
    pub(super) counts: Counts,
}

#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct Tables {
    /// first day, last day.
    pub(super) days: BTreeMap<(u16, u16, Key), Counts>,
    pub(super) waiting_days: BTreeMap<(u16, Key), Counts>,
    /// month (0 while it waits for its cohort), country.
    pub(super) waiting_countries: BTreeMap<(u16, String, Key), Counts>,
    /// month, country, level.
    pub(super) countries: BTreeMap<(u16, String, u8, Key), Counts>,
    pub(super) deleted_views: u64,
}

#[derive(Default)]
pub(super) struct Oracle {
    waiting: Vec<Raw>,
    staged: Vec<(u16, Raw)>,
    tables: Tables,
}

pub(super) fn add<K: Ord>(map: &mut BTreeMap<K, Counts>, key: K, counts: &Counts) {
    let sums = map.entry(key).or_default();
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

fn group(raw: &Raw) -> Group {
    (raw.key.1.clone(), raw.key.2, raw.key.4)
}

fn views(rows: &[Raw]) -> u64 {
    let of_page = rows.iter().filter(|raw| raw.key.0 == 4 && raw.key.3 == 1);
    of_page.map(|raw| raw.counts[1]).sum()
}

fn grouped(rows: Vec<Raw>) -> BTreeMap<Group, Vec<Raw>> {
    let mut groups: BTreeMap<Group, Vec<Raw>> = BTreeMap::new();
    for raw in rows {
        groups.entry(group(&raw)).or_default().push(raw);
    }
    groups
}

fn oldest(rows: &[Raw]) -> u16 {
    rows.iter().map(|raw| raw.day).min().expect("a group has rows")
}

fn nameless(mut raw: Raw) -> Raw {
    let views = if raw.key.0 == 4 { raw.counts[1] } else { 0 };
    raw.counts = [raw.counts[0], views, 0, 0, 0];
    raw.key = (raw.key.0, raw.key.1, 0, raw.key.3, 0, 0, 0, 0);
    raw
}

impl Oracle {
    /// Seals one calendar day.
    pub(super) fn seal(&mut self, day: u16, live: Vec<Raw>, rounding: [u64; 2]) {
        let month = month_start(day);
        let mut pools = grouped(std::mem::take(&mut self.waiting));
        for (name, rows) in grouped(live) {
            let mut of_day: BTreeMap<u16, Vec<Raw>> = BTreeMap::new();
            for raw in rows {
                of_day.entry(raw.day).or_default().push(raw);
            }
            for rows in of_day.into_values() {
                if views(&rows) >= 10 {
                    self.close(month, rows);
                } else {
                    pools.entry(name.clone()).or_default().extend(rows);
                }
            }
        }
        let mut others: BTreeMap<String, Vec<Raw>> = BTreeMap::new();
        for ((site, page, viewport), rows) in pools {
            if page == 0 && viewport == 0 {
                others.entry(site).or_default().extend(rows);
            } else if views(&rows) >= 10 {
                self.close(month, rows);
            } else if day - oldest(&rows) >= 35 {
                others.entry(site).or_default().extend(rows.into_iter().map(nameless));
            } else {
                self.waiting.extend(rows);
            }
        }
        for rows in others.into_values() {
            if views(&rows) >= 10 {
                self.close(month, rows);
            } else if day - oldest(&rows) >= 70 {
                self.tables.deleted_views += views(&rows);
            } else {
                self.waiting.extend(rows);
            }
        }
        if month_start(day + 1) != month {
            self.publish(rounding);
        }
    }

    fn close(&mut self, month: u16, rows: Vec<Raw>) {
        let first = oldest(&rows);
        let last = rows.iter().map(|raw| raw.day).max().expect("a group has rows");
        for raw in rows {
            add(&mut self.tables.days, (first, last, raw.key.clone()), &raw.counts);
            self.staged.push((month, raw));
        }
    }

    /// What the tables hold now.
    pub(super) fn tables(&self) -> Tables {
        let mut tables = self.tables.clone();
        for raw in &self.waiting {
            add(&mut tables.waiting_days, (raw.day, raw.key.clone()), &raw.counts);
            let key = (0, raw.country.clone(), raw.key.clone());
            add(&mut tables.waiting_countries, key, &raw.counts);
        }
        for (month, raw) in &self.staged {
            let key = (*month, raw.country.clone(), raw.key.clone());
            add(&mut tables.waiting_countries, key, &raw.counts);
        }
        tables
    }

    fn publish(&mut self, rounding: [u64; 2]) {
        let mut months: BTreeMap<(u16, Group), Vec<Raw>> = BTreeMap::new();
        for (month, raw) in std::mem::take(&mut self.staged) {
            months.entry((month, group(&raw))).or_default().push(raw);
        }
        for ((month, _), mut rows) in months {
            join_countries(&mut rows);
            let mut maps: BTreeMap<(String, i8, u8), BTreeMap<Key, Counts>> = BTreeMap::new();
            for raw in rows {
                let map = (raw.country, raw.key.0, raw.key.3);
                add(maps.entry(map).or_default(), raw.key, &raw.counts);
            }
            for ((country, kind, layer), map) in maps {
                for ((level, key), counts) in coarser(kind, layer, map) {
                    let up = round_up(rounding, month, &country, level, &key);
                    let rounded = counts.map(|count| (count + up) / 5 * 5);
                    self.tables
                        .countries
                        .insert((month, country.clone(), level, key), rounded);
                }
            }
        }
    }
}

/// The number below 5 that is added before a row's numbers are cut to multiples of 5.
fn round_up(rounding: [u64; 2], month: u16, country: &str, level: u8, key: &Key) -> u64 {
    let (kind, site, page, layer, viewport, anchor, y, x) = key;
    let text = format!("{site} {kind} {page} {layer} {viewport} {month} {level} {anchor} {y} {x} {country}");
    let mut hasher = SipHasher24::new_with_keys(rounding[0], rounding[1]);
    hasher.write(text.as_bytes());
    hasher.finish() % 5
}

fn join_countries(rows: &mut [Raw]) {
    let mut by_country: BTreeMap<String, u64> = BTreeMap::new();
    for raw in rows.iter() {
        let one = std::slice::from_ref(raw);
        *by_country.entry(raw.country.clone()).or_default() += views(one);
    }
    let is_small = |country: &str, views: u64| country == "ZZ" || views < 10;
    let rest: u64 = by_country
        .iter()
        .filter(|(c, v)| is_small(c, **v))
        .map(|(_, v)| v)
        .sum();
    let any = by_country.iter().any(|(c, v)| is_small(c, *v));
    let large = by_country.iter().filter(|(c, v)| !is_small(c, **v));
    let smallest = large.map(|(c, v)| (*v, c.clone())).min().map(|(_, c)| c);
    for raw in rows {
        let joins = is_small(&raw.country, by_country[&raw.country]);
        if joins || (any && rest < 10 && Some(&raw.country) == smallest.as_ref()) {
            raw.country = "ZZ".into();
        }
    }
}

type Placed = BTreeMap<(u8, Key), Counts>;

/// One map of one country: places of fewer than 10 page views go up, level by level.
fn coarser(kind: i8, layer: u8, map: BTreeMap<Key, Counts>) -> Placed {
    let mut placed = Placed::new();
    let page = map.keys().next().map_or(0, |key| key.2);
    if kind == 4 && layer == 2 && page != 0 {
        let (begins, ends) = reaches(&map);
        climb(
            begins,
            &|level, key| band(level, key, [1, 5, 25], 1),
            &|_, c| c[0],
            &mut placed,
        );
        climb(
            ends,
            &|level, key| band(level, key, [1, 5, 25], 1),
            &|_, c| c[1],
            &mut placed,
        );
        return placed;
    }
    match (kind, layer) {
        (4, 1) => placed.extend(map.into_iter().map(|(key, counts)| ((0, key), counts))),
        (5, _) => climb(map, &square, &|level, c| c[1 + usize::from(level)], &mut placed),
        (6 | 7, _) => climb(
            map,
            &element,
            &|level, c| [c[1], c[4], 0][usize::from(level)],
            &mut placed,
        ),
        (_, 11) => climb(
            map,
            &|level, key| band(level, key, [1, 1, 1], 0),
            &|l, c| if l == 0 { c[1] } else { 0 },
            &mut placed,
        ),
        _ => climb(
            map,
            &|level, key| band(level, key, [1, 4, 4], 0),
            &|l, c| if l < 2 { c[1] } else { 0 },
            &mut placed,
        ),
    }
    placed
}

/// What is large enough at a level stays; the rest is summed up at the next one.
fn climb(
    rows: BTreeMap<Key, Counts>,
    place: &dyn Fn(u8, &Key) -> Key,
    page_views: &dyn Fn(u8, &Counts) -> u64,
    placed: &mut Placed,
) {
    let mut rest = rows;
    for level in 0..=3 {
        let mut sums: BTreeMap<Key, Vec<(Key, Counts)>> = BTreeMap::new();
        for (key, counts) in std::mem::take(&mut rest) {
            sums.entry(place(level, &key)).or_default().push((key, counts));
        }
        for (at, rows) in sums {
            let total: u64 = rows.iter().map(|(_, counts)| page_views(level.min(2), counts)).sum();
            let nameless = at.2 == 0 && level < 3 && (level > 0 || total < 10);
            if level == 3 || (total >= 10 && !nameless) {
                for (_, counts) in &rows {
                    add(placed, (level, at.clone()), &kept(level, &at, counts));
                }
            } else {
                rest.extend(rows);
            }
        }
    }
}

/// The columns that mean something at a level.
fn kept(level: u8, key: &Key, counts: &Counts) -> Counts {
    let of_page = key.0 == 4 && key.3 != 11;
    let [n, views, views_32, views_64, views_element] = *counts;
    [
        n,
        if level == 0 || of_page { views } else { 0 },
        if level <= 1 { views_32 } else { 0 },
        if level <= 2 { views_64 } else { 0 },
        if level <= 1 { views_element } else { 0 },
    ]
}

fn square(level: u8, key: &Key) -> Key {
    let px = [1, 2, 4, u16::MAX][usize::from(level)];
    let mut key = key.clone();
    key.6 = if level == 3 { 0 } else { key.6 / px * px };
    key.7 = if level == 3 { 0 } else { key.7 / px * px };
    key
}

fn element(level: u8, key: &Key) -> Key {
    let mut key = key.clone();
    if level > 0 {
        (key.6, key.7) = (0, 0);
    }
    if level == 3 {
        key.5 = 0;
    }
    key
}

fn band(level: u8, key: &Key, sizes: [u16; 3], from: u16) -> Key {
    let mut key = key.clone();
    key.6 = match sizes.get(usize::from(level)) {
        Some(size) => (key.6 - from) / size * size + from,
        None => from,
    };
    key
}

/// Where reaches begin and end, those of one page view's beacons joined: an end at a depth and a begin at the next cancel.
fn reaches(map: &BTreeMap<Key, Counts>) -> (BTreeMap<Key, Counts>, BTreeMap<Key, Counts>) {
    let model = map.keys().next().expect("a map has rows").clone();
    let at = |y: u16| {
        let mut key = model.clone();
        key.6 = y;
        key
    };
    let (mut begins, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for depth in 0..=100_u16 {
        let ending = map.get(&at(depth)).filter(|_| depth > 0).map_or(0, |counts| counts[1]);
        let beginning = map.get(&at(depth + 1)).map_or(0, |counts| counts[0]);
        if ending > beginning {
            ends.insert(at(depth), [0, ending - beginning, 0, 0, 0]);
        }
        if beginning > ending {
            begins.insert(at(depth + 1), [beginning - ending, 0, 0, 0, 0]);
        }
    }
    (begins, ends)
}

/// The first day of a day's month, by counting months from 1970 on.
pub(super) fn month_start(day: u16) -> u16 {
    let (mut start, mut year, mut month) = (0_u32, 1970, 1);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if start + days > u32::from(day) {
            return start as u16;
        }
        start += days;
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
}

/// The key of rounding.
pub(super) fn rounding_of(id_key: &IdKey) -> [u64; 2] {
    id_key.derived(b"rounding")
}
