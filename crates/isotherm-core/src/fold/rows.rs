//! The end of a fold: everything that was written down becomes rows, in the table's order from the first to the last.

use crate::country::Country;
use crate::place::Layer;
use crate::row::{CountRow, Counts, Kind, RowKey};

use super::keys::{Anchors, Contexts, PackedTouch};
use super::{Fold, Folded, GroupState, Touch};

/// The rows of a fold, sorted; each key once.
pub(super) fn folded(mut fold: Fold) -> Folded {
    let rank = ranks(&fold.sites);
    for group in &mut fold.groups {
        group.key.site = rank[group.key.site as usize];
    }
    let contexts = Contexts::of(&fold.groups);
    let anchors = Anchors::of(&fold.anchors);
    let mut rows = Vec::with_capacity(fold.touches.len() + 8 * fold.groups.len());
    page_rows(&fold.groups, &contexts, &mut rows);
    let packed = |touch: &Touch| {
        let country = fold.groups[touch.group.0 as usize].key.country;
        PackedTouch::pack(touch, country.bytes(), &contexts, &anchors)
    };
    let mut touches: Vec<PackedTouch> = fold.touches.iter().map(packed).collect();
    touches.sort_unstable();
    place_rows(&touches, (&contexts, &anchors), &mut rows);
    let mut sites = fold.sites;
    sites.sort_unstable();
    Folded { sites, rows }
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

/// Rows of pages as a whole: page by page, layer by layer, and within (viewport class, day) by depth or fold before country.
fn page_rows(groups: &[GroupState], contexts: &Contexts, rows: &mut Vec<CountRow>) {
    let group = |index: &u32| &groups[*index as usize];
    let page_of = |index: &u32| (group(index).key.site, group(index).key.page);
    let class_of = |index: &u32| (group(index).key.viewport, group(index).key.day);
    for page in contexts.order.chunk_by(|a, b| page_of(a) == page_of(b)) {
        let runs = || page.chunk_by(|a, b| class_of(a) == class_of(b));
        for index in page {
            let views = group(index).views;
            push(rows, group(index), (Layer::View, 0), (views, views));
        }
        for run in runs() {
            let of_group = |index| {
                group(index)
                    .reach
                    .iter()
                    .map(move |step| (step.depth, index, (step.begins, step.ends)))
            };
            push_by_depth(rows, groups, (Layer::Scroll, run.iter().flat_map(of_group).collect()));
        }
        for run in runs() {
            let of_group = |index| {
                group(index)
                    .folds
                    .iter()
                    .map(move |(fold, views)| (*fold, index, (*views, *views)))
            };
            push_by_depth(rows, groups, (Layer::Fold, run.iter().flat_map(of_group).collect()));
        }
    }
}

/// A depth of a group, with what its row counts.
type AtDepth<'a> = (u8, &'a u32, (u32, u32));

fn push_by_depth(rows: &mut Vec<CountRow>, groups: &[GroupState], (layer, mut found): (Layer, Vec<AtDepth<'_>>)) {
    // Stable: within a depth the groups stay in the order of countries.
    found.sort_by_key(|(depth, ..)| *depth);
    for (depth, index, counts) in found {
        push(rows, &groups[*index as usize], (layer, u16::from(depth)), counts);
    }
}

fn push(rows: &mut Vec<CountRow>, group: &GroupState, (layer, y): (Layer, u16), (n, views): (u32, u32)) {
    if (n, views) == (0, 0) {
        return;
    }
    let key = RowKey {
        kind: Kind::Page,
        site: group.key.site,
        page: group.key.page,
        layer,
        viewport: group.key.viewport,
        day: group.key.day,
        anchor: 0,
        y,
        x: 0,
        country: group.key.country,
    };
    let counts = Counts {
        n,
        views,
        ..Counts::default()
    };
    rows.push(CountRow { key, counts });
}

/// Rows of places: touches with the same key lie side by side.
fn place_rows(touches: &[PackedTouch], (contexts, anchors): (&Contexts, &Anchors), rows: &mut Vec<CountRow>) {
    for same in touches.chunk_by(|a, b| a.key() == b.key()) {
        let touch = same[0];
        let kind = touch.kind();
        let context = touch.context(contexts);
        let (y, x) = touch.cell();
        let key = RowKey {
            kind,
            site: context.site,
            page: context.page,
            layer: context.layer,
            viewport: context.viewport,
            day: context.day,
            anchor: touch.anchor(anchors),
            y,
            x,
            // The bytes were those of a country.
            country: Country::new(touch.country()).unwrap_or(Country::UNKNOWN),
        };
        let mut counts = Counts::default();
        for touch in same {
            let (n, first) = touch.added();
            counts.add(&Touch::counts(kind, n, first));
        }
        rows.push(CountRow { key, counts });
    }
}
