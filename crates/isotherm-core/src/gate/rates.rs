//! What page views did with each element: clicked it, saw it, clicked it in anger or in vain. And two such answers side by
//! side.
//!
//! An element stands in an answer once enough page views clicked it; what else is said of it, only where enough page views
//! stand behind that as well. A comparison is made of two answers that passed the gate, and of nothing else: it can tell
//! nothing that the two do not tell already.

use std::sync::Arc;

use super::{Covered, Gate, Shown, elements};
use crate::day::Day;
use crate::place::Layer;
use crate::reading::ElementSum;
use crate::thresholds::{RARITY_MIN, Withheld};

/// The layers from which the rates of elements are made.
pub const RATE_LAYERS: [Layer; 5] = [Layer::Click, Layer::Tap, Layer::Rage, Layer::Dead, Layer::Exposure];
/// The layers whose interactions are called clicks.
const CLICKS: [Layer; 2] = [Layer::Click, Layer::Tap];
/// The quantile of the normal distribution for a two-sided interval of 95 %.
const Z_95: f64 = 1.959_963_984_540_054;

/// The elements of a page by what page views did with them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ShownRates {
    /// Page views of the page; 0 where it may not be seen.
    pub views: u64,
    /// Elements, most clicks first, then by anchor.
    pub elements: Vec<ShownRate>,
}

/// An element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownRate {
    /// Its published anchor.
    pub anchor: Arc<str>,
    /// Clicks and taps on it.
    pub clicks: u64,
    /// Page views with one of them, at least k.
    pub clicked: u64,
    /// Page views in which it came into view; `None` below k, as where nobody looks for it.
    pub exposed: Option<u64>,
    /// Page views with a rage click on it; `None` below k.
    pub raged: Option<u64>,
    /// Page views with a dead click on it; `None` below k.
    pub dead: Option<u64>,
}

/// One side of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    /// The first UTC day that it covers.
    pub from: Day,
    /// The last UTC day that it covers.
    pub to: Day,
    /// Page views of the page; 0 where it may not be seen.
    pub views: u64,
    /// Why something of this side is missing.
    pub withheld: Option<Withheld>,
}

/// An element on both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct Compared {
    /// Its published anchor.
    pub anchor: Arc<str>,
    /// Page views with a click on it, on the first side and on the second.
    pub clicked: [u64; 2],
    /// The second side's click rate less the first's, -1 to 1.
    pub difference: f64,
    /// The 95 % interval of the difference.
    pub interval: (f64, f64),
}

/// Two answers side by side. Made of two that passed the gate.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    sides: [Side; 2],
    elements: Vec<Compared>,
}

impl Gate {
    /// The rates of a page's elements, from sums in [`RATE_LAYERS`] or in some of them.
    pub fn rates(&self, covered: &Covered, views: u64, mut sums: Vec<ElementSum>) -> Shown<ShownRates> {
        if !self.shows_page(views) {
            return self.nothing(covered);
        }
        let k = self.thresholds.k();
        let (mut shown, mut small, mut unnamed) = (Vec::new(), false, false);
        for element in elements::gather(&mut sums, &CLICKS) {
            let by = &element.views;
            let clicked = by.of(Layer::Click).max(by.of(Layer::Tap));
            match element.anchor {
                _ if clicked < k => small = true,
                None => unnamed = true,
                Some(anchor) => shown.push(ShownRate {
                    anchor,
                    clicks: element.clicks,
                    clicked,
                    exposed: enough(by.of(Layer::Exposure), k),
                    raged: enough(by.of(Layer::Rage), k),
                    dead: enough(by.of(Layer::Dead), k),
                }),
            }
        }
        shown.sort_by(|one, other| (other.clicks, &one.anchor).cmp(&(one.clicks, &other.anchor)));
        let rarity = unnamed.then_some(Withheld::BelowK { needed: RARITY_MIN });
        let rates = ShownRates { views, elements: shown };
        covered.shown(rates, self.below_k(small).or(rarity))
    }
}

fn enough(views: u64, k: u64) -> Option<u64> {
    (views >= k).then_some(views)
}

impl Comparison {
    /// The elements that both answers show, the largest difference first, then by anchor.
    pub fn of(one: &Shown<ShownRates>, other: &Shown<ShownRates>) -> Comparison {
        let of_both = |rate: &ShownRate| {
            let twin = other.what.elements.iter().find(|twin| twin.anchor == rate.anchor)?;
            let both = [(rate.clicked, one.what.views), (twin.clicked, other.what.views)];
            let [a, b] = both.map(|(clicked, views)| Proportion::of(clicked, views));
            Some(Compared {
                anchor: rate.anchor.clone(),
                clicked: [rate.clicked, twin.clicked],
                difference: b.rate - a.rate,
                interval: difference_interval(b, a),
            })
        };
        let mut elements: Vec<Compared> = one.what.elements.iter().filter_map(of_both).collect();
        elements.sort_by(|one, other| {
            let by_size = other.difference.abs().total_cmp(&one.difference.abs());
            by_size.then_with(|| one.anchor.cmp(&other.anchor))
        });
        let side = |shown: &Shown<ShownRates>| Side {
            from: shown.from,
            to: shown.to,
            views: shown.what.views,
            withheld: shown.withheld,
        };
        Comparison {
            sides: [side(one), side(other)],
            elements,
        }
    }

    /// The two sides.
    pub const fn sides(&self) -> &[Side; 2] {
        &self.sides
    }

    /// What both show.
    pub fn elements(&self) -> &[Compared] {
        &self.elements
    }

    /// Why something is missing: what the first side says, else the second. A side that shows nothing at all comes first.
    pub fn withheld(&self) -> Option<Withheld> {
        let said = || self.sides.iter().filter(|side| side.withheld.is_some());
        let empty = said().find(|side| side.views == 0);
        empty.or_else(|| said().next()).and_then(|side| side.withheld)
    }
}

impl Compared {
    /// Whether the interval leaves out that there is no difference.
    pub fn is_significant(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// A share of page views, with the limits between which it lies in 95 of 100 cases.
#[derive(Clone, Copy)]
struct Proportion {
    rate: f64,
    low: f64,
    high: f64,
}

impl Proportion {
    /// Wilson's score interval (E. B. Wilson, Journal of the American Statistical Association 22, 1927, 209-212).
    fn of(clicked: u64, views: u64) -> Proportion {
        let n = views.max(1) as f64;
        // A forged page view can click without a view of its own; what would be above 1 is 1.
        let rate = (clicked as f64 / n).min(1.0);
        let z2 = Z_95 * Z_95;
        let middle = 2.0 * n * rate + z2;
        let half = Z_95 * (z2 + 4.0 * n * rate * (1.0 - rate)).sqrt();
        let below = 2.0 * (n + z2);
        Proportion {
            rate,
            low: (middle - half) / below,
            high: (middle + half) / below,
        }
    }
}

/// The 95 % interval of `p - q` for independent proportions: Newcombe's hybrid score interval (R. G. Newcombe, Statistics in
/// Medicine 17, 1998, 873-890, method 10).
fn difference_interval(p: Proportion, q: Proportion) -> (f64, f64) {
    let difference = p.rate - q.rate;
    let down = (p.rate - p.low).hypot(q.high - q.rate);
    let up = (p.high - p.rate).hypot(q.rate - q.low);
    (difference - down, difference + up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_newcombes_table() {
        // Method 10 of Table II of the paper.
        for ((a, n), (b, m), low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((0, 10), (0, 20), -0.1611, 0.2775),
        ] {
            let interval = difference_interval(Proportion::of(a, n), Proportion::of(b, m));
            let near = |one: f64, other: f64| (one - other).abs() < 0.000_06;
            assert!(
                near(interval.0, low) && near(interval.1, high),
                "{a}/{n} - {b}/{m}: {interval:?}"
            );
        }
    }
}
