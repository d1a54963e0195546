//! Elements: positions inside one merge to the whole element until enough page views stand behind each.
//!
//! An element is shown with its totals, and they stand beside its positions: what they leave over would speak of the
//! positions that are left out. So these, taken together, must have enough page views, too; where they have not, the
//! smallest position that could be shown is left out with them.

use std::sync::Arc;

use super::{ByLayer, ShownElement, ShownPosition, counts};
use crate::place::{Layer, SubCell};
use crate::reading::ElementSum;
use crate::thresholds::{RARITY_MIN, Withheld};

/// An element before the gate.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) anchor: Option<Arc<str>>,
    pub(super) clicks: u64,
    pub(super) views: ByLayer,
    /// In order.
    positions: Vec<Position>,
}

struct Position {
    sub: SubCell,
    /// Whether it is kept as the element alone.
    whole: bool,
    n: u64,
    views: ByLayer,
    views_element: ByLayer,
}

/// The elements shown, most clicks first, and why something is left out.
pub(super) fn shown(mut sums: Vec<ElementSum>, layers: &[Layer], k: u64) -> (Vec<ShownElement>, Option<Withheld>) {
    let (mut elements, mut small, mut unnamed) = (Vec::new(), false, false);
    for element in gather(&mut sums, layers) {
        let views = element.views.largest();
        // Without its text, which is published once its id has so many page views, nobody could find the place.
        match element.anchor {
            _ if views < k => small = true,
            None => unnamed = true,
            Some(anchor) => {
                let (positions, some) = shown_positions(element.positions, k);
                small |= some;
                elements.push(ShownElement {
                    anchor,
                    clicks: element.clicks,
                    views,
                    positions,
                });
            }
        }
    }
    elements.sort_by(|one, other| (other.clicks, &one.anchor).cmp(&(one.clicks, &other.anchor)));
    let small = small.then_some(Withheld::BelowK { needed: k });
    let rarity = unnamed.then_some(Withheld::BelowK { needed: RARITY_MIN });
    (elements, small.or(rarity))
}

/// The sums of each element, by its anchor's id.
pub(super) fn gather(sums: &mut [ElementSum], layers: &[Layer]) -> impl Iterator<Item = Gathered> {
    // They come in runs that are sorted, which the stable sort joins in one walk.
    sums.sort_by_key(place);
    let elements = sums.chunk_by(|one, other| one.anchor_id == other.anchor_id);
    elements.map(|sums| gathered(sums, layers))
}

fn place(sum: &ElementSum) -> (u64, SubCell, bool) {
    (sum.anchor_id, sum.sub, sum.level > 0)
}

/// An element of its sums.
fn gathered(sums: &[ElementSum], layers: &[Layer]) -> Gathered {
    let mut element = Gathered {
        anchor: sums.iter().find_map(|sum| sum.anchor.clone()),
        ..Gathered::default()
    };
    for sums in sums.chunk_by(|one, other| place(one) == place(other)) {
        let mut position = Position {
            sub: sums[0].sub,
            whole: sums[0].level > 0,
            n: 0,
            views: ByLayer::default(),
            views_element: ByLayer::default(),
        };
        for sum in sums {
            position.n += if counts(sum.layer, layers) { sum.n } else { 0 };
            position.views.add(sum.layer, sum.views);
            position.views_element.add(sum.layer, sum.views_element);
        }
        element.clicks += position.n;
        element.views.join(&position.views_element);
        element.positions.push(position);
    }
    element
}

fn shown_positions(positions: Vec<Position>, k: u64) -> (Vec<ShownPosition>, bool) {
    let (mut shown, hidden): (Vec<_>, Vec<_>) = positions
        .into_iter()
        .partition(|position| !position.whole && position.views.largest() >= k);
    let some = !hidden.is_empty();
    if some && together(&hidden) < k {
        let smallest = (0..shown.len()).min_by_key(|at| (shown[*at].views.largest(), shown[*at].n));
        smallest.map(|at| shown.remove(at));
    }
    let position = |position: Position| ShownPosition {
        sub: position.sub,
        n: position.n,
        views: position.views.largest(),
    };
    (shown.into_iter().map(position).collect(), some)
}

/// Page views that certainly stand behind these positions together: those whose first touch of the element fell on one
/// of them, and at least those of each position alone.
fn together(positions: &[Position]) -> u64 {
    let mut first = ByLayer::default();
    positions
        .iter()
        .for_each(|position| first.join(&position.views_element));
    let alone = positions.iter().map(|position| position.views.largest()).max();
    first.largest().max(alone.unwrap_or(0))
}
