//! Elements: positions inside one merge to the whole element until enough page views stand behind each.
//!
//! An element is shown with its totals, and they stand beside its positions: what they leave over would speak of the
//! positions that are left out. So these, taken together, must have enough page views, too; where they have not, the
//! smallest position that could be shown is left out with them.

use std::collections::BTreeMap;

use super::{ByLayer, ShownElement, ShownPosition, counts};
use crate::place::{Layer, SubCell};
use crate::reading::ElementSum;
use crate::thresholds::{RARITY_MIN, Withheld};

/// An element before the gate.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) anchor: Option<String>,
    pub(super) clicks: u64,
    pub(super) views: ByLayer,
    /// By position, and whether it is kept as the element alone.
    positions: BTreeMap<(SubCell, bool), Position>,
}

#[derive(Default)]
struct Position {
    n: u64,
    views: ByLayer,
    views_element: ByLayer,
}

/// The elements shown, most clicks first, and why something is left out.
pub(super) fn shown(sums: Vec<ElementSum>, layers: &[Layer], k: u64) -> (Vec<ShownElement>, Option<Withheld>) {
    let (mut elements, mut small, mut unnamed) = (Vec::new(), false, false);
    for element in gather(sums, layers).into_values() {
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
pub(super) fn gather(sums: Vec<ElementSum>, layers: &[Layer]) -> BTreeMap<u64, Gathered> {
    let mut by_anchor: BTreeMap<u64, Gathered> = BTreeMap::new();
    for sum in sums {
        let n = if counts(sum.layer, layers) { sum.n } else { 0 };
        let element = by_anchor.entry(sum.anchor_id).or_default();
        element.anchor = element.anchor.take().or(sum.anchor);
        element.clicks += n;
        element.views.add(sum.layer, sum.views_element);
        let position = element.positions.entry((sum.sub, sum.level > 0)).or_default();
        position.n += n;
        position.views.add(sum.layer, sum.views);
        position.views_element.add(sum.layer, sum.views_element);
    }
    by_anchor
}

fn shown_positions(positions: BTreeMap<(SubCell, bool), Position>, k: u64) -> (Vec<ShownPosition>, bool) {
    let (mut shown, hidden): (Vec<_>, Vec<_>) = positions
        .into_iter()
        .partition(|((_, whole), position)| !whole && position.views.largest() >= k);
    let some = !hidden.is_empty();
    if some && together(&hidden) < k {
        let smallest = (0..shown.len()).min_by_key(|at| (shown[*at].1.views.largest(), shown[*at].1.n));
        smallest.map(|at| shown.remove(at));
    }
    let position = |((sub, _), position): ((SubCell, bool), Position)| ShownPosition {
        sub,
        n: position.n,
        views: position.views.largest(),
    };
    (shown.into_iter().map(position).collect(), some)
}

/// Page views that certainly stand behind these positions together: those whose first touch of the element fell on one
/// of them, and at least those of each position alone.
fn together(positions: &[((SubCell, bool), Position)]) -> u64 {
    let mut first = ByLayer::default();
    positions
        .iter()
        .for_each(|(_, position)| first.join(&position.views_element));
    let alone = positions.iter().map(|(_, position)| position.views.largest()).max();
    first.largest().max(alone.unwrap_or(0))
}
