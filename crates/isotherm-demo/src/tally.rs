//! Counts one page view as the script does (`js-snippet/src/pageview.ts`): distinct places within its bounds, with `n` and
//! first touches at each level.

use std::collections::{BTreeMap, BTreeSet};

use crate::places::{Place, Spot};

/// Distinct places kept per page view.
const PLACES_MAX: usize = 64;
/// Once so many are taken, only clicks and taps take further ones.
const OTHER_PLACES_MAX: usize = 40;

/// What a page view has counted so far.
#[derive(Default)]
pub(crate) struct Tally {
    places: BTreeMap<Spot, News>,
    touched: BTreeSet<(&'static str, Level)>,
}

/// What was counted of a place since the last beacon.
#[derive(Default)]
struct News {
    n: u8,
    first: u8,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Square(u8, u16, u16),
    Sub(String, Option<[u16; 2]>, Option<&'static str>),
    Element(String),
}

impl Tally {
    /// Counts a place `n` times; bounds drop it silently.
    pub(crate) fn count(&mut self, spot: Spot, n: u8) {
        let is_click = matches!(spot.layer, "click" | "tap");
        let most = if is_click { PLACES_MAX } else { OTHER_PLACES_MAX };
        if !self.places.contains_key(&spot) {
            if self.places.len() >= most {
                return;
            }
            let first = self.touch(&spot);
            self.places.insert(spot.clone(), News { n: 0, first });
        }
        if let Some(news) = self.places.get_mut(&spot) {
            news.n = news.n.saturating_add(n);
        }
    }

    /// What is new since the last time, sorted: the order says nothing about the order of the visitor's acts.
    pub(crate) fn flush(&mut self) -> Vec<Place> {
        let news = self.places.iter_mut().filter(|(_, news)| news.n > 0);
        news.map(|(spot, news)| place(spot, std::mem::take(news))).collect()
    }

    /// The bits of the levels that this place is the first to touch.
    fn touch(&mut self, spot: &Spot) -> u8 {
        levels(spot)
            .into_iter()
            .filter_map(|(bit, level)| self.touched.insert((spot.layer, level)).then_some(bit))
            .sum()
    }
}

fn levels(spot: &Spot) -> Vec<(u8, Level)> {
    let mut levels = Vec::with_capacity(5);
    if let Some([x, y]) = spot.cell {
        levels.extend((0..3).map(|shift| (1 << shift, Level::Square(shift, x >> shift, y >> shift))));
    }
    if let Some(anchor) = &spot.anchor {
        levels.push((8, Level::Sub(anchor.clone(), spot.sub, spot.unit)));
        levels.push((16, Level::Element(anchor.clone())));
    }
    levels
}

fn place(spot: &Spot, news: News) -> Place {
    let Spot {
        layer,
        cell,
        anchor,
        sub,
        unit,
    } = spot.clone();
    Place {
        layer,
        cell,
        anchor,
        sub,
        unit,
        n: news.n,
        first: news.first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_take_places_when_other_layers_may_not() {
        let mut tally = Tally::default();
        for y in 0..100 {
            tally.count(Spot::on_page("dead", [0, y]), 1);
        }
        for y in 0..100 {
            tally.count(Spot::on_page("click", [0, y]), 1);
        }
        let places = tally.flush();
        let dead = places.iter().filter(|place| place.layer == "dead").count();
        assert_eq!((dead, places.len()), (OTHER_PLACES_MAX, PLACES_MAX));
    }

    #[test]
    fn what_was_sent_is_neither_sent_nor_first_again() {
        let mut tally = Tally::default();
        let spot = Spot::of_element("exposure", "#a");
        tally.count(spot.clone(), 1);
        let sent = tally.flush();
        assert_eq!((sent[0].n, sent[0].first), (1, 24));
        assert!(tally.flush().is_empty());
        tally.count(spot, 2);
        let again = tally.flush();
        assert_eq!((again[0].n, again[0].first), (2, 0));
    }
}
