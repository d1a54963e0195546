//! The fold: interactions become sorted count rows. Deterministic, so that a redo gives the same block.

use rustc_hash::FxHashMap;

use crate::beacon::Reach;
use crate::country::Country;
use crate::day::Day;
use crate::ids::{AnchorId, PageId};
use crate::place::{Cell, FirstTouch, Layer, SubCell, Unit};
use crate::row::{CountRow, Counts, Kind, RowKey};
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
    /// Click or tap.
    pub layer: Layer,
    /// On the grid.
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

/// A counting map with `add` and a sorted, readable form.
#[derive(Default)]
pub struct Fold {
    sites: Vec<Box<str>>,
    site_index: FxHashMap<Box<str>, u32>,
    groups: Vec<GroupState>,
    group_index: FxHashMap<GroupKey, Group>,
    grid: FxHashMap<GridKey, Counts>,
    elements: FxHashMap<ElementKey, Counts>,
}

/// Marginals of one group: small dense arrays instead of a map entry per band.
struct GroupState {
    key: GroupKey,
    views: u32,
    /// Page views that reached depth i + 1 percent.
    reach: [u32; 100],
    /// Page views by fold in steps of 100 px.
    folds: FxHashMap<u8, u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct GridKey {
    group: Group,
    layer: Layer,
    cell: Cell,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ElementKey {
    anchor: AnchorId,
    group: Group,
    layer: Layer,
    sub: SubCell,
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
            self.groups.push(GroupState {
                key,
                views: 0,
                reach: [0; 100],
                folds: FxHashMap::default(),
            });
        }
        group
    }

    /// Adds what an interaction says of its page as a whole.
    pub fn add_fragment(&mut self, group: Group, fragment: &Fragment) {
        let state = &mut self.groups[group.0 as usize];
        state.views += u32::from(fragment.view);
        if let Some(fold) = fragment.fold_100px {
            *state.folds.entry(fold).or_default() += 1;
        }
        // `Reach` keeps both ends within 0 to 100.
        for band in &mut state.reach[fragment.reach.from() as usize..fragment.reach.to() as usize] {
            *band += 1;
        }
    }

    /// Adds one place of an interaction, to the grid and to its element.
    pub fn add_place(&mut self, group: Group, place: &PlaceCount) {
        let n = u32::from(place.n);
        let first = place.first;
        if let Some(cell) = place.cell {
            self.grid
                .entry(GridKey {
                    group,
                    layer: place.layer,
                    cell,
                })
                .or_default()
                .add(&Counts {
                    n,
                    views: first.at(FirstTouch::CELL),
                    views_32: first.at(FirstTouch::CELL_32),
                    views_64: first.at(FirstTouch::CELL_64),
                    views_element: 0,
                });
        }
        if let Some((anchor, sub)) = place.anchor {
            self.elements
                .entry(ElementKey {
                    group,
                    layer: place.layer,
                    anchor,
                    sub,
                })
                .or_default()
                .add(&Counts {
                    n,
                    views: first.at(FirstTouch::SUB),
                    views_element: first.at(FirstTouch::ELEMENT),
                    ..Counts::default()
                });
        }
    }

    /// How many rows the fold would give now, without the bands of reach: what a batch is bounded by.
    pub fn rows_at_least(&self) -> usize {
        self.grid.len() + self.elements.len() + self.groups.len()
    }

    /// The rows, sorted; each key once.
    pub fn finish(self) -> Folded {
        let rank = ranks(&self.sites);
        let mut rows = Vec::with_capacity(self.rows_at_least() + 64 * self.groups.len());
        for group in &self.groups {
            page_rows(group, &mut rows);
        }
        let groups = &self.groups;
        rows.extend(
            self.grid
                .iter()
                .map(|(key, counts)| grid_row(&groups[key.group.0 as usize].key, key, counts)),
        );
        rows.extend(
            self.elements
                .iter()
                .map(|(key, counts)| element_row(&groups[key.group.0 as usize].key, key, counts)),
        );
        for row in &mut rows {
            row.key.site = rank[row.key.site as usize];
        }
        rows.sort_unstable_by_key(|row| row.key);
        let mut sites = self.sites;
        sites.sort_unstable();
        Folded { sites, rows }
    }
}

/// For each site its place among all sites in order.
fn ranks(sites: &[Box<str>]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..sites.len() as u32).collect();
    order.sort_unstable_by_key(|index| &sites[*index as usize]);
    let mut rank = vec![0; sites.len()];
    for (place, index) in order.into_iter().enumerate() {
        rank[index as usize] = place as u32;
    }
    rank
}

fn key(group: &GroupKey, kind: Kind, layer: Layer) -> RowKey {
    RowKey {
        kind,
        site: group.site,
        page: group.page,
        layer,
        viewport: group.viewport,
        day: group.day,
        anchor: 0,
        y: 0,
        x: 0,
        country: group.country,
    }
}

fn page_rows(state: &GroupState, rows: &mut Vec<CountRow>) {
    let mut push = |layer, y, views| {
        if views > 0 {
            let key = RowKey {
                y,
                ..key(&state.key, Kind::Page, layer)
            };
            rows.push(CountRow {
                key,
                counts: Counts {
                    n: views,
                    views,
                    ..Counts::default()
                },
            });
        }
    };
    push(Layer::View, 0, state.views);
    for (depth, views) in (1..).zip(state.reach) {
        push(Layer::Scroll, depth, views);
    }
    for (fold, views) in &state.folds {
        push(Layer::Fold, u16::from(*fold), *views);
    }
}

fn grid_row(group: &GroupKey, at: &GridKey, counts: &Counts) -> CountRow {
    let key = RowKey {
        y: at.cell.y,
        x: at.cell.x,
        ..key(group, Kind::Grid, at.layer)
    };
    CountRow { key, counts: *counts }
}

fn element_row(group: &GroupKey, at: &ElementKey, counts: &Counts) -> CountRow {
    let kind = match at.sub.unit {
        Unit::Eighth => Kind::Eighth,
        Unit::Px16 => Kind::Px16,
    };
    let key = RowKey {
        anchor: at.anchor.0,
        y: at.sub.y,
        x: at.sub.x,
        ..key(group, kind, at.layer)
    };
    CountRow { key, counts: *counts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
                (Kind::Page, 1, 0, 1, 1, 0),
                (Kind::Page, 2, 0, 1, 1, 0),
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

    proptest! {
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
