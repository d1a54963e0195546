//! Every layer of the script is among what simulated visitors send, by the script's definitions and in plausible shares.

use std::collections::{BTreeMap, BTreeSet};

use isotherm_demo::Layout;
use isotherm_demo::visitors::{Place, Visit, visit};
use serde_json::Value;

use crate::visitors::seen;

const VISITS: u64 = 3_000;
/// The script's bounds: places of a page view, and of all but clicks and taps.
const PLACES_MAX: usize = 64;
const OTHER_PLACES_MAX: usize = 40;

fn visits(seed: u64) -> Vec<Visit> {
    let layout = Layout::embedded().expect("the layout parses");
    (0..VISITS)
        .map(|index| visit(&layout, "shop", (seed, index)).expect("every page is measured"))
        .collect()
}

fn places(visit: &Visit) -> impl Iterator<Item = &Place> {
    visit.beacons.iter().flat_map(|beacon| &beacon.places)
}

fn is_click(place: &Place) -> bool {
    matches!(place.layer, "click" | "tap")
}

/// How often each layer was counted.
fn sums<'a>(visits: impl IntoIterator<Item = &'a Visit>, of: impl Fn(&Place) -> bool) -> BTreeMap<&'static str, u64> {
    let mut sums = BTreeMap::new();
    for place in visits.into_iter().flat_map(places).filter(|place| of(place)) {
        *sums.entry(place.layer).or_default() += u64::from(place.n);
    }
    sums
}

fn per_cent(part: u64, whole: u64) -> u64 {
    part * 100 / whole
}

#[test]
fn every_layer_occurs_in_a_plausible_share() {
    let visits = visits(20);
    let sums = sums(&visits, |_| true);
    let clicks = sums["click"] + sums["tap"];
    assert!((5..=20).contains(&per_cent(sums["dead"], clicks)), "{sums:?}");
    assert!((1..=4).contains(&per_cent(sums["rage"], clicks)), "{sums:?}");
    assert!((2..=12).contains(&per_cent(sums["swipe"], VISITS)), "{sums:?}");
    assert!((5..=15).contains(&(sums["exposure"] / VISITS)), "{sums:?}");
    // Each page view with a click has one first click, but for those that had come to the bound by then.
    let clicking = visits.iter().filter(|visit| places(visit).any(is_click)).count() as u64;
    assert!((90..=100).contains(&per_cent(sums["first"], clicking)), "{sums:?}");
}

#[test]
fn the_picture_disappoints_and_the_slow_buttons_anger() {
    let visits = visits(21);
    let on = |piece: &'static str| {
        sums(&visits, move |place| {
            place.anchor.as_ref().is_some_and(|anchor| anchor.contains(piece))
        })
    };
    let (picture, filters, order) = (on("gallery"), on("#filter"), on("place-order"));
    let all = sums(&visits, |_| true);
    let clicks = picture["click"] + picture["tap"];
    assert!(per_cent(picture["dead"], clicks) > 60, "{picture:?}");
    assert!(per_cent(picture["dead"], all["dead"]) > 15, "{picture:?} of {all:?}");
    let angry = filters["rage"] + order["rage"];
    assert!(
        per_cent(angry, all["rage"]) > 50,
        "{filters:?} and {order:?} of {all:?}"
    );
    assert!(order["rage"] > 10, "{order:?}");
    assert!(!filters.contains_key("dead") && !order.contains_key("dead"));
}

/// What is dead, in rage or first is a click as well, at the same spot and no less often; rage begins with the third.
#[test]
fn a_dead_or_angry_or_first_click_is_a_click_at_the_same_spot() {
    for visit in visits(22) {
        for beacon in &visit.beacons {
            for place in &beacon.places {
                let least = match place.layer {
                    "dead" | "first" => place.n,
                    "rage" => place.n * 3,
                    _ => continue,
                };
                let spot = |place: &Place| (place.cell, place.anchor.clone(), place.sub, place.unit);
                let clicks = beacon.places.iter().filter(|other| is_click(other));
                let same = clicks.clone().find(|click| spot(click) == spot(place));
                assert!(same.is_some_and(|click| click.n >= least), "{place:?} of {beacon:?}");
            }
        }
    }
}

#[test]
fn a_page_view_keeps_within_the_bounds_of_the_script() {
    let mut most = 0;
    for visit in visits(23) {
        let spot = |place: &Place| format!("{:?}", (place.layer, place.cell, &place.anchor, place.sub, place.unit));
        let all: BTreeSet<String> = places(&visit).map(spot).collect();
        let others = places(&visit).filter(|place| !is_click(place));
        let others = others.map(spot).collect::<BTreeSet<_>>().len();
        assert!(all.len() <= PLACES_MAX && others <= OTHER_PLACES_MAX);
        most = most.max(others);
        for beacon in &visit.beacons {
            let once: BTreeSet<String> = beacon.places.iter().map(spot).collect();
            assert_eq!(once.len(), beacon.places.len(), "each place at most once per beacon");
        }
    }
    assert!(
        most > OTHER_PLACES_MAX / 2,
        "{most}: some page views come near the bound"
    );
}

#[test]
fn only_touch_screens_are_swiped() {
    for visit in visits(24) {
        let touch = visit.beacons[0].touch;
        let strange = if touch { ["click", "click"] } else { ["tap", "swipe"] };
        assert!(!places(&visit).any(|place| strange.contains(&place.layer)));
    }
}

/// An exposed element is a named one of the page, said once, and its middle line lies above what the beacon says was seen.
#[test]
fn only_named_elements_are_exposed_and_none_below_what_was_seen() {
    let layout: Value = serde_json::from_str(include_str!("../../../../demo/layout.json")).expect("JSON");
    for visit in visits(25) {
        let mut exposed = BTreeSet::new();
        for (nth, beacon) in visit.beacons.iter().enumerate() {
            let page = &layout["pages"][beacon.path][beacon.w.to_string()];
            // What is sent is rounded to a whole percent.
            let seen_px = f64::from(seen(&visit, nth) + 1) / 100.0 * page["height"].as_f64().expect("a height");
            for place in beacon.places.iter().filter(|place| place.layer == "exposure") {
                let anchor = place.anchor.as_deref().expect("an element");
                assert!(
                    anchor.starts_with("[data-isotherm=\"")
                        && anchor.matches('"').count() == 2
                        && anchor.ends_with("\"]")
                );
                assert_eq!((place.cell, place.sub, place.unit), (None, Some([0, 0]), None));
                assert_eq!((place.n, place.first), (1, 8 + 16));
                assert!(exposed.insert(anchor), "{anchor} is said once");
                assert!(middle_px(page, anchor) <= seen_px, "{anchor} of {beacon:?}");
            }
        }
        assert!(!exposed.is_empty(), "the header is always seen");
    }
}

/// The highest middle line of an element of this name.
fn middle_px(page: &Value, anchor: &str) -> f64 {
    let boxes = page["boxes"].as_array().expect("boxes").iter();
    let middles = boxes.filter(|area| area[1] == anchor).map(|area| {
        let [y, height] = [3, 5].map(|index| area[index].as_f64().expect("a number"));
        y + height / 2.0
    });
    middles.fold(f64::INFINITY, f64::min)
}

#[test]
fn quick_clicks_on_what_is_clicked_quickly_on_purpose_are_no_rage() {
    let angry = visits(26).into_iter().flat_map(|visit| visit.beacons);
    let angry = angry
        .flat_map(|beacon| beacon.places)
        .filter(|place| place.layer == "rage");
    for place in angry {
        let anchor = place.anchor.unwrap_or_default();
        assert!(!anchor.contains("step") && !anchor.contains("#amount"), "{anchor}");
    }
}
