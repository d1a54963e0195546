//! The end of a fold: the marks are ranked and sorted, and those of one key become a row.

use crate::row::{CountRow, Counts};

use super::marks::{Anchors, Contexts};
use super::{Fold, Folded, counts};

/// The rows of a fold, sorted; each key once.
pub(super) fn folded(mut fold: Fold) -> Folded {
    let rank = ranks(&fold.sites);
    for group in &mut fold.groups {
        group.site = rank[group.site as usize];
    }
    let contexts = Contexts::of(&fold.groups);
    let anchors = Anchors::of(&fold.anchors);
    for mark in &mut fold.marks {
        *mark = mark.ranked(&contexts, &anchors);
    }
    fold.marks.sort_unstable();
    let mut rows = Vec::with_capacity(fold.marks.len());
    for same in fold.marks.chunk_by(|a, b| a.is_with(b)) {
        let kind = same[0].kind();
        let mut sum = Counts::default();
        for mark in same {
            let (n, first) = mark.added();
            sum.add(&counts(kind, n, first));
        }
        let key = same[0].key(&contexts, &anchors);
        rows.push(CountRow { key, counts: sum });
    }
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
