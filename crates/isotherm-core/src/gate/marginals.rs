//! Sums along one key: pages, countries, viewport classes, days.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Covered, Gate, Shown, cells, elements};
use crate::country::Country;
use crate::ids::PageId;
use crate::place::Layer;
use crate::reading::{CellSum, ElementSum, Marginal, OfPages, PageSum};

/// What people do with pages: the layers whose interactions are called clicks in a list of pages.
const CLICKS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// A page that may be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownPage {
    /// Its published path.
    pub path: String,
    /// Page views.
    pub views: u64,
    /// Clicks and taps: those of its map that may be shown.
    pub clicks: u64,
}

impl Gate {
    /// The pages of which anything may be shown.
    pub fn visible(&self, pages: &[PageSum]) -> Vec<PageId> {
        let visible = pages.iter().filter(|page| self.shows_page(page.views));
        visible.map(|page| page.page).collect()
    }

    /// The pages that may be seen, most page views first, then by path. Clicks are those that the page's own map shows;
    /// a click lies in both maps, so it is the map that shows more of them.
    pub fn pages(
        &self,
        covered: &Covered,
        pages: Vec<PageSum>,
        (cells, elements): (OfPages<CellSum>, OfPages<ElementSum>),
    ) -> Shown<Vec<ShownPage>> {
        let (mut cells, mut elements) = (by_page(cells), by_page(elements));
        let k = self.thresholds.k();
        let mut shown: Vec<ShownPage> = Vec::new();
        for page in pages {
            if !self.shows_page(page.views) {
                continue;
            }
            let cells = cells::shown(cells.remove(&page.page).unwrap_or_default(), &CLICKS, k).0;
            let elements = elements::shown(elements.remove(&page.page).unwrap_or_default(), &CLICKS, k).0;
            let on_grid: u64 = cells.iter().map(|cell| cell.n).sum();
            let on_elements: u64 = elements.iter().map(|element| element.clicks).sum();
            shown.push(ShownPage {
                path: page.path,
                views: page.views,
                clicks: on_grid.max(on_elements),
            });
        }
        shown.sort_by(|one, other| (other.views, &one.path).cmp(&(one.views, &other.path)));
        self.listed(covered, shown)
    }

    /// The countries with at least k page views, most first; the rest together at the end under `ZZ`, if they have k.
    pub fn countries(&self, covered: &Covered, sums: Vec<Marginal<Country>>) -> Shown<Vec<Marginal<Country>>> {
        if !self.shows_page(views_of_all(&sums)) {
            return self.nothing(covered);
        }
        let k = self.thresholds.k();
        let (mut shown, rest): (Vec<_>, Vec<_>) = sums
            .into_iter()
            .partition(|sum| sum.key != Country::UNKNOWN && sum.views >= k);
        shown.sort_by_key(|sum| (Reverse(sum.views), sum.key));
        let rest = Marginal {
            key: Country::UNKNOWN,
            views: views_of_all(&rest),
            clicks: rest.iter().map(|sum| sum.clicks).sum(),
        };
        shown.extend((rest.views >= k).then_some(rest));
        self.listed(covered, shown)
    }

    /// The keys with at least k page views, in order.
    pub fn marginal<K: Ord>(&self, covered: &Covered, mut sums: Vec<Marginal<K>>) -> Shown<Vec<Marginal<K>>> {
        if !self.shows_page(views_of_all(&sums)) {
            return self.nothing(covered);
        }
        sums.sort_by(|one, other| one.key.cmp(&other.key));
        sums.retain(|sum| sum.views >= self.thresholds.k());
        self.listed(covered, sums)
    }

    /// A list says nothing of single lines that are left out; of an empty one no more than that it is empty.
    fn listed<T>(&self, covered: &Covered, lines: Vec<T>) -> Shown<Vec<T>> {
        if lines.is_empty() {
            return self.nothing(covered);
        }
        covered.shown(lines, None)
    }
}

fn by_page<T>(sums: OfPages<T>) -> BTreeMap<PageId, Vec<T>> {
    let mut by_page: BTreeMap<PageId, Vec<T>> = BTreeMap::new();
    for (page, sum) in sums {
        by_page.entry(page).or_default().push(sum);
    }
    by_page
}

fn views_of_all<K>(sums: &[Marginal<K>]) -> u64 {
    sums.iter().map(|sum| sum.views).sum()
}
