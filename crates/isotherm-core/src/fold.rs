//! The fold: interactions become sorted count rows. Deterministic, so that a redo gives the same block.
//!
//! Everything is written down as marks, one behind the other, and sorted once at the end, as numbers of 128 bits that hold
//! the whole key. Most places of a batch differ, so a map would be looked into once per row, far apart in memory, and its
//! rows would still have to be sorted: measured several times slower.

mod marks;
mod rows;

use rustc_hash::FxHashMap;

use crate::beacon::Reach;
use crate::country::Country;
use crate::day::Day;
use crate::ids::{AnchorId, PageId};
use crate::place::{Cell, FirstTouch, Layer, SubCell};
use crate::row::{CountRow, Counts, Kind};

use self::marks::Mark;
use crate::viewport::ViewportClass;

/// What the places of an interaction have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroupKey {
    /// The site, as `Fold::site` named it.
    pub site: u32,
    /// The page.
    pub page: PageId,
    /// The viewport class.
    pub viewport: ViewportClass,
    /// The UTC day.
    pub day: Day,
    /// The country.
    pub country: Country,
}

/// What an interaction says of its page as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// Whether it opens a page view.
    pub view: bool,
    /// The fold in steps of 100 px.
    pub fold_100px: Option<u8>,
    /// The reach it adds.
    pub reach: Reach,
}

/// A place by ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceCount {
    /// What was done.
    pub layer: Layer,
    /// On the grid. For `Layer::Attention` y is the band.
    pub cell: Option<Cell>,
    /// On an element.
    pub anchor: Option<(AnchorId, SubCell)>,
    /// How often.
    pub n: u8,
    /// First touches.
    pub first: FirstTouch,
}

/// A group that `Fold::group` opened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Group(u32);

/// The fold's result: rows in the table's order, sites by index.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Folded {
    /// The sites, sorted; rows name them by index.
    pub sites: Vec<Box<str>>,
    /// The count rows, sorted by key, each key once.
    pub rows: Vec<CountRow>,
}

/// A counting log with `add` and a sorted, readable form.
#[derive(Default)]
pub struct Fold {
    sites: Vec<Box<str>>,
    site_index: FxHashMap<Box<str>, u32>,
    groups: Vec<GroupKey>,
    group_index: FxHashMap<GroupKey, Group>,
    anchors: Vec<AnchorId>,
    anchor_index: FxHashMap<AnchorId, u32>,
    marks: Vec<Mark>,
}

impl Fold {
    /// The number of a site within this fold.
    pub fn site(&mut self, key: &str) -> u32 {
        if let Some(index) = self.site_index.get(key) {
            return *index;
        }
        let index = self.sites.len() as u32;
        self.sites.push(key.into());
        self.site_index.insert(key.into(), index);
        index
    }

    /// The sites in the order of their numbers.
    pub fn site_names(&self) -> Vec<Box<str>> {
        self.sites.clone()
    }

    /// The group of a key, opened at its first mention.
    pub fn group(&mut self, key: GroupKey) -> Group {
        let next = Group(self.groups.len() as u32);
        let group = *self.group_index.entry(key).or_insert(next);
        if group == next {
            self.groups.push(key);
        }
        group
    }

    /// Adds what an interaction says of its page as a whole. Two marks say of reach as much as up to a hundred bands would,
    /// so that one beacon never makes more than four rows besides its places.
    pub fn add_fragment(&mut self, group: Group, fragment: &Fragment) {
        let Fragment {
            view,
            fold_100px,
            reach,
        } = *fragment;
        let mut mark = |layer, depth: u8, n, views| {
            self.marks.push(Mark::of_page((group, layer), depth, n, views));
        };
        if view {
            mark(Layer::View, 0, 1, VIEWS_ONE);
        }
        if let Some(fold) = fold_100px {
            mark(Layer::Fold, fold, 1, VIEWS_ONE);
        }
        if reach.from() < reach.to() {
            mark(Layer::Scroll, reach.from() + 1, 1, VIEWS_NONE);
            mark(Layer::Scroll, reach.to(), 0, VIEWS_ONE);
        }
    }

    /// Adds one place of an interaction, to the grid and to its element. Bands of attention are rows of the page.
    pub fn add_place(&mut self, group: Group, place: &PlaceCount) {
        let at = (group, place.layer);
        if let Some(cell) = place.cell {
            self.marks.push(match place.layer {
                Layer::Attention => Mark::of_page(at, cell.y as u8, place.n, place.first.cell_only()),
                _ => Mark::of_cell(at, cell, place.n, place.first),
            });
        }
        if let Some((anchor, sub)) = place.anchor {
            let anchor = self.anchor(anchor);
            self.marks
                .push(Mark::of_element(at, (anchor, sub), place.n, place.first));
        }
    }

    /// The rows, sorted; each key once.
    pub fn finish(self) -> Folded {
        rows::folded(self)
    }

    fn anchor(&mut self, id: AnchorId) -> u32 {
        let next = self.anchors.len() as u32;
        let index = *self.anchor_index.entry(id).or_insert(next);
        if index == next {
            self.anchors.push(id);
        }
        index
    }
}

/// First touches of a mark of a page as a whole that counts a page view, and of one that does not.
const VIEWS_ONE: FirstTouch = FirstTouch::ONE_CELL;
const VIEWS_NONE: FirstTouch = FirstTouch::NONE;

/// What a mark adds to its row.
fn counts(kind: Kind, n: u8, first: FirstTouch) -> Counts {
    let n = u32::from(n);
    match kind {
        Kind::Eighth | Kind::Px16 => Counts {
            n,
            views: first.at(FirstTouch::SUB),
            views_element: first.at(FirstTouch::ELEMENT),
            ..Counts::default()
        },
        _ => Counts {
            n,
            views: first.at(FirstTouch::CELL),
            views_32: first.at(FirstTouch::CELL_32),
            views_64: first.at(FirstTouch::CELL_64),
            views_element: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{ATTENTION_BANDS, Unit};
    use crate::row::RowKey;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn group_key(site: u32, page: u64) -> GroupKey {
        GroupKey {
            site,
            page: PageId(page),
            viewport: ViewportClass::Desktop,
            day: Day(20_778),
            country: Country::UNKNOWN,
        }
    }

    fn place(x: u16, y: u16, first: u8) -> PlaceCount {
        PlaceCount {
            layer: Layer::Click,
            cell: Cell::new(x, y),
            anchor: Some((
                AnchorId(9),
                SubCell {
                    unit: Unit::Eighth,
                    y: 4,
                    x: 4,
                },
            )),
            n: 2,
            first: FirstTouch::new(first).expect("bits"),
        }
    }

    #[test]
    fn one_click_lies_in_both_maps_once() {
        let mut fold = Fold::default();
        let site = fold.site("acme");
        let group = fold.group(group_key(site, 5));
        fold.add_fragment(
            group,
            &Fragment {
                view: true,
                fold_100px: Some(9),
                reach: Reach::new(0, 2).expect("a reach"),
            },
        );
        fold.add_place(group, &place(25, 16, 31));
        fold.add_place(group, &place(25, 16, 0));
        let folded = fold.finish();
        let seen: Vec<(Kind, u16, u16, u32, u32, u32)> = folded
            .rows
            .iter()
            .map(|r| {
                (
                    r.key.kind,
                    r.key.y,
                    r.key.x,
                    r.counts.n,
                    r.counts.views,
                    r.counts.views_64 + r.counts.views_element,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Kind::Page, 0, 0, 1, 1, 0),
                (Kind::Page, 1, 0, 1, 0, 0),
                (Kind::Page, 2, 0, 0, 1, 0),
                (Kind::Page, 9, 0, 1, 1, 0),
                (Kind::Grid, 16, 25, 4, 1, 1),
                (Kind::Eighth, 4, 4, 4, 1, 1),
            ]
        );
    }

    #[test]
    fn sites_are_ordered_by_name_however_they_came() {
        let mut fold = Fold::default();
        for name in ["zebra", "acme", "mango"] {
            let site = fold.site(name);
            let group = fold.group(group_key(site, 1));
            fold.add_place(group, &place(1, 1, 31));
        }
        let folded = fold.finish();
        assert_eq!(
            folded.sites.iter().map(|s| &**s).collect::<Vec<_>>(),
            ["acme", "mango", "zebra"]
        );
        assert!(folded.rows.is_sorted_by_key(|row| row.key));
        assert_eq!(
            folded
                .rows
                .iter()
                .filter(|r| r.key.kind == Kind::Grid)
                .map(|r| r.key.site)
                .collect::<Vec<_>>(),
            [0, 1, 2]
        );
    }

    /// What the fold must give, counted one by one in a map whose order is that of the rows.
    fn counted(places: &[(GroupKey, PlaceCount)], fragments: &[(GroupKey, Fragment)]) -> BTreeMap<RowKey, Counts> {
        let mut rows: BTreeMap<RowKey, Counts> = BTreeMap::new();
        let row = |group: &GroupKey, kind, layer, anchor, (y, x)| RowKey {
            kind,
            site: group.site,
            page: group.page,
            layer,
            viewport: group.viewport,
            day: group.day,
            anchor,
            y,
            x,
            country: group.country,
        };
        for (group, place) in places {
            if let Some(cell) = place.cell {
                let (key, first) = match place.layer {
                    Layer::Attention => (
                        row(group, Kind::Page, place.layer, 0, (cell.y, 0)),
                        place.first.cell_only(),
                    ),
                    _ => (row(group, Kind::Grid, place.layer, 0, (cell.y, cell.x)), place.first),
                };
                rows.entry(key).or_default().add(&counts(Kind::Grid, place.n, first));
            }
            if let Some((anchor, sub)) = place.anchor {
                let kind = if sub.unit == Unit::Px16 {
                    Kind::Px16
                } else {
                    Kind::Eighth
                };
                let key = row(group, kind, place.layer, anchor.0, (sub.y, sub.x));
                rows.entry(key).or_default().add(&counts(kind, place.n, place.first));
            }
        }
        let one = Counts {
            n: 1,
            views: 1,
            ..Counts::default()
        };
        for (group, fragment) in fragments {
            let mut add = |layer, y| {
                rows.entry(row(group, Kind::Page, layer, 0, (y, 0)))
                    .or_default()
                    .add(&one)
            };
            if fragment.view {
                add(Layer::View, 0);
            }
            if let Some(fold) = fragment.fold_100px {
                add(Layer::Fold, u16::from(fold));
            }
            let (from, to) = (fragment.reach.from(), fragment.reach.to());
            if from < to {
                let at = |y: u8| row(group, Kind::Page, Layer::Scroll, 0, (u16::from(y), 0));
                rows.entry(at(from + 1)).or_default().n += 1;
                rows.entry(at(to)).or_default().views += 1;
            }
        }
        rows
    }

    fn any_group() -> impl Strategy<Value = GroupKey> {
        let viewport = proptest::sample::select(ViewportClass::ALL.to_vec());
        let country = proptest::sample::select(vec!["DE", "FR", "ZZ"]);
        (0u32..3, 0u64..3, viewport, 20_778u16..20_780, country).prop_map(|(site, page, viewport, day, country)| {
            GroupKey {
                site,
                page: PageId(u64::MAX - page),
                viewport,
                day: Day(day),
                country: Country::parse(country).expect("a country"),
            }
        })
    }

    fn any_place() -> impl Strategy<Value = PlaceCount> {
        let layer = proptest::sample::select(Layer::ALL.into_iter().filter(|l| l.has_map()).collect::<Vec<_>>());
        let cell = proptest::option::of((0u16..3, 32_765u16..32_768).prop_map(|(x, y)| Cell { y, x }));
        let unit = proptest::sample::select(vec![Unit::Eighth, Unit::Px16]);
        let anchor = proptest::option::of(
            (1u64..4, unit, 0u16..3, 0u16..3).prop_map(|(id, unit, x, y)| (AnchorId(id << 60), SubCell { unit, y, x })),
        );
        let at_place = (layer, cell, anchor).prop_map(|(layer, cell, anchor)| (layer, cell, anchor));
        let band = (0..ATTENTION_BANDS).prop_map(|y| (Layer::Attention, Some(Cell { y, x: 0 }), None));
        (prop_oneof![3 => at_place, 1 => band], 1u8..=255, 0u8..32).prop_map(|((layer, cell, anchor), n, first)| {
            PlaceCount {
                layer,
                cell,
                anchor,
                n,
                first: FirstTouch::new(first).unwrap_or(FirstTouch::NONE),
            }
        })
    }

    fn any_fragment() -> impl Strategy<Value = Fragment> {
        (any::<bool>(), proptest::option::of(0u8..164), 0u8..=100, 0u8..=100).prop_map(|(view, fold_100px, a, b)| {
            Fragment {
                view,
                fold_100px,
                reach: Reach::new(a.min(b), a.max(b)).expect("a reach"),
            }
        })
    }

    proptest! {
        #[test]
        fn rows_are_what_counting_one_by_one_gives(
            places in proptest::collection::vec((any_group(), any_place()), 0..80),
            fragments in proptest::collection::vec((any_group(), any_fragment()), 0..12),
        ) {
            let mut fold = Fold::default();
            // Numbers in the order of names, so that the model's numbers are the rows'.
            for name in ["a", "b", "c"] {
                fold.site(name);
            }
            for (key, place) in &places {
                let group = fold.group(*key);
                fold.add_place(group, place);
            }
            for (key, fragment) in &fragments {
                let group = fold.group(*key);
                fold.add_fragment(group, fragment);
            }
            let rows: Vec<(RowKey, Counts)> = fold.finish().rows.iter().map(|row| (row.key, row.counts)).collect();
            prop_assert_eq!(rows, counted(&places, &fragments).into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn order_and_splitting_do_not_change_the_rows(
            clicks in proptest::collection::vec((0u16..6, 0u16..6, 0usize..3), 0..60),
            seed in 0u64..1000,
        ) {
            let fold_all = |clicks: &[(u16, u16, usize)]| {
                let mut fold = Fold::default();
                for (x, y, site) in clicks {
                    let site = fold.site(["b", "a", "c"][*site]);
                    let group = fold.group(group_key(site, u64::from(*x % 2)));
                    fold.add_place(group, &place(*x, *y, 1));
                }
                fold.finish()
            };
            let mut shuffled = clicks.clone();
            let mut state = seed;
            for i in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                shuffled.swap(i, (state >> 33) as usize % (i + 1));
            }
            let folded = fold_all(&clicks);
            prop_assert_eq!(&folded, &fold_all(&shuffled));
            let total: u32 = folded.rows.iter().filter(|r| r.key.kind == Kind::Grid).map(|r| r.counts.n).sum();
            prop_assert_eq!(total as usize, 2 * clicks.len());
        }
    }
}
