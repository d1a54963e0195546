//! Simulated visitors are the same for ever, and what they send is valid.

use std::collections::{BTreeMap, BTreeSet};

use isotherm_core::place::Anchor;
use isotherm_demo::visitors::{self, Visit, visit};
use isotherm_demo::{COUNTRY_BLOCKS, Layout};

const VISITS: u64 = 3_000;
const BEACON_BYTES_MAX: usize = 16 * 1024;

fn visits(seed: u64) -> Vec<Visit> {
    let layout = Layout::embedded().expect("the layout parses");
    (0..VISITS)
        .map(|index| visit(&layout, "shop", (seed, index)).expect("every page is measured"))
        .collect()
}

fn beacons(seed: u64) -> Vec<visitors::Beacon> {
    visits(seed).into_iter().flat_map(|visit| visit.beacons).collect()
}

/// What was seen when a beacon went, in percent. The first of several says nothing of it yet: the next one does.
pub(crate) fn seen(visit: &Visit, nth: usize) -> u8 {
    let told = &visit.beacons[nth..];
    told.iter()
        .take(if nth == 0 { 2 } else { 1 })
        .map(|beacon| beacon.scroll)
        .max()
        .unwrap_or(0)
}

#[test]
fn a_seed_makes_the_same_visitors_every_time() {
    assert_eq!(beacons(1), beacons(1));
    assert_ne!(beacons(1), beacons(2));
}

#[test]
fn every_beacon_is_within_all_bounds() {
    for beacon in beacons(3) {
        let bytes = serde_json::to_vec(&beacon).expect("plain data");
        assert!(bytes.len() <= BEACON_BYTES_MAX);
        assert!(beacon.h.is_none_or(|h| h % 100 == 0));
        assert_eq!(beacon.h.is_some(), beacon.view);
        assert!(beacon.places.iter().all(|place| place.n > 0));
        assert_eq!(beacon.v, 1);
        let parsed = isotherm_wire::beacon::parse_beacon(&bytes);
        assert!(parsed.is_ok(), "{beacon:?}");
    }
}

#[test]
fn anchors_pass_the_scrubber_unchanged() {
    let anchors: BTreeSet<String> = beacons(4)
        .into_iter()
        .flat_map(|beacon| beacon.places)
        .filter_map(|place| place.anchor)
        .collect();
    assert!(anchors.len() > 100);
    for anchor in anchors {
        assert_eq!(Anchor::parse(&anchor).expect("an anchor").as_str(), anchor);
    }
}

/// Over all beacons of a page view each level of each place of a layer is marked first exactly once: in the first beacon
/// that has it. Within a beacon places are sorted, which hides which of them was first.
#[test]
fn first_touches_are_marked_once_per_page_view() {
    for visit in visits(5) {
        let mut seen = BTreeSet::new();
        for beacon in &visit.beacons {
            let mut marks: BTreeMap<(&str, u8, String), u32> = BTreeMap::new();
            for place in &beacon.places {
                for (bit, key) in levels(place) {
                    *marks.entry((place.layer, bit, key)).or_default() += u32::from(place.first & bit != 0);
                }
            }
            for (level, marks) in marks {
                assert_eq!(marks, u32::from(seen.insert(level)));
            }
        }
    }
}

/// The levels of a place, each with its bit.
fn levels(place: &visitors::Place) -> Vec<(u8, String)> {
    let mut levels = Vec::new();
    if let Some([x, y]) = place.cell {
        levels.extend((0..3).map(|level| (1 << level, format!("{},{}", x >> level, y >> level))));
    }
    if let Some(anchor) = &place.anchor {
        levels.push((8, format!("{anchor} {:?} {:?}", place.sub, place.unit)));
        levels.push((16, anchor.clone()));
    }
    levels
}

#[test]
fn each_page_view_is_said_once_and_its_reach_tiles() {
    let mut several = 0;
    for visit in visits(6) {
        several += u32::from(visit.beacons.len() > 1);
        assert!(
            visit
                .beacons
                .iter()
                .enumerate()
                .all(|(index, beacon)| beacon.view == (index == 0))
        );
        assert_eq!(visit.beacons[0].scrolled, 0);
        assert!(visit.beacons.windows(2).all(|pair| pair[1].scrolled == pair[0].scroll));
    }
    assert!(
        (600..2_400).contains(&several),
        "some page views come in several beacons"
    );
}

#[test]
fn visitors_come_from_many_countries_and_to_every_page() {
    let known: BTreeSet<&str> = COUNTRY_BLOCKS.into_iter().map(|(_, country)| country).collect();
    assert!((18..=24).contains(&known.len()));
    let visits = visits(7);
    let met: BTreeSet<&str> = visits.iter().map(|visit| visit.country).collect();
    assert_eq!(met, known);
    let pages: BTreeSet<&str> = visits.iter().map(|visit| visit.beacons[0].path).collect();
    assert_eq!(pages.into_iter().collect::<Vec<_>>(), isotherm_demo::shop_paths());
    let taps = visits.iter().flat_map(|visit| &visit.beacons);
    assert!(taps.flat_map(|beacon| &beacon.places).any(|place| place.layer == "tap"));
}

/// Elements in open shadow roots and large containers are among what is clicked.
#[test]
fn every_kind_of_position_occurs() {
    let places: Vec<visitors::Place> = beacons(8).into_iter().flat_map(|beacon| beacon.places).collect();
    assert!(places.iter().any(|place| place.unit == Some("px16")));
    let inside = |place: &visitors::Place| place.anchor.as_ref().is_some_and(|anchor| anchor.contains(" >>> "));
    assert!(places.iter().any(inside));
    assert!(places.iter().any(|place| place.n > 1));
    assert!(places.iter().any(|place| place.anchor.is_none()));
}

/// Time in view is of bands without a gap from the top, none of them below what was seen.
#[test]
fn what_is_looked_at_is_what_was_seen_and_most_of_it_lies_near_the_top() {
    let mut sums = [0_u64; 10];
    for visit in visits(9) {
        let mut looked: BTreeMap<u16, u64> = BTreeMap::new();
        for (nth, beacon) in visit.beacons.iter().enumerate() {
            for place in beacon.places.iter().filter(|place| place.layer == "attention") {
                let [column, band] = place.cell.expect("a band");
                assert_eq!(column, 0);
                let percent = seen(&visit, nth);
                assert!(u16::from(percent) + 1 >= 10 * band, "band {band} of {percent} percent");
                *looked.entry(band).or_default() += u64::from(place.n);
            }
        }
        assert!(!looked.is_empty(), "every visitor looks at something");
        for (expected, (band, seconds)) in (0..).zip(looked) {
            assert_eq!(band, expected);
            assert!((1..=120).contains(&seconds));
            sums[usize::from(band)] += seconds;
        }
    }
    assert!(
        sums.iter().all(|seconds| *seconds > 500),
        "somebody reads to the end: {sums:?}"
    );
    assert!(
        sums[1] > sums[4] && sums[4] > sums[7] && sums[7] > sums[9],
        "fewer see what lies below: {sums:?}"
    );
}
