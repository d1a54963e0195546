//! The numbers themselves: answers against a count of single page views that knows nothing of sums or first touches.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::rt::System;
use isotherm_core::place::{Layer, SubCell, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{PageView, Touch, World, times};

const ANCHORS: [&str; 3] = ["#buy", "nav>a", "=cmd|'/c calc'!A1"];

#[actix_web::test]
async fn an_answer_has_exactly_these_members_in_this_order() {
    let view = PageView::of("/a").clicked(25, 16).clicked_on("#buy", 4, 3);
    let world = World::of(times(50, &view));
    let expected = concat!(
        r#"{"page":"/a","from":"2026-02-01","to":"2026-03-15","views":50,"#,
        r#""cells":[{"x":25,"y":16,"px":16,"n":50,"views":50},{"x":104,"y":103,"px":16,"n":50,"views":50}],"#,
        r##""elements":[{"anchor":"#buy","clicks":50,"views":50,"rate":1.0,"##,
        r#""cells":[{"unit":"eighth","x":4,"y":3,"n":50,"views":50}]}],"withheld":null}"#
    );
    assert_eq!(world.get("heatmap?page=/a&layer=click").await.text(), expected);
    let scroll = world.get("scroll?page=/a").await.text();
    let start = concat!(
        r#"{"page":"/a","from":"2026-02-01","to":"2026-03-15","views":50,"fold":{"p25":900,"p50":900,"p75":900},"#,
        r#""reach":[{"depth":1,"views":50,"share":1.0},"#
    );
    assert!(scroll.starts_with(start), "{scroll}");
    assert!(
        scroll.ends_with(r#"{"depth":30,"views":50,"share":1.0}],"withheld":null}"#),
        "{scroll}"
    );
    assert_eq!(
        world.get("countries").await.text(),
        r#"[{"country":"DE","views":50,"clicks":100}]"#
    );
}

#[actix_web::test]
async fn status_lists_every_outcome() {
    let status = World::of(Vec::new()).get("status").await.text();
    let expected = concat!(
        r#"{"site":"acme","outcomes":{"dnt":0,"gpc":0,"opted_out":0,"content_type":0,"encoding":0,"too_large":0,"#,
        r#""rate_limited":0,"malformed":0,"unknown_site":0,"origin":0,"bot":0,"rule":0,"unavailable":0,"admitted":3},"#,
        r#""since":null,"last_admitted_hour":"2026-03-15T11:00:00Z"}"#
    );
    assert_eq!(status, expected);
}

#[actix_web::test]
async fn of_several_layers_page_views_are_the_largest_and_clicks_the_sum() {
    let touch = |layer, n| Touch {
        layer,
        cell: (1, 2),
        inside: None,
        n,
    };
    let both = PageView {
        touches: vec![touch(Layer::Click, 1), touch(Layer::Tap, 2)],
        ..PageView::of("/a")
    };
    let tapped = PageView {
        touches: vec![touch(Layer::Tap, 1)],
        ..PageView::of("/a")
    };
    let world = World::of([times(40, &both), times(20, &tapped)].concat());
    for (layer, n, views) in [
        ("&layer=click", 40, 40),
        ("&layer=tap", 100, 60),
        ("&layer=click,tap", 140, 60),
        ("&layer=tap,click", 140, 60),
        ("", 140, 60),
    ] {
        let heatmap = world.get(&format!("heatmap?page=/a{layer}")).await.json();
        assert_eq!(
            heatmap["cells"],
            json!([{"x": 1, "y": 2, "px": 16, "n": n, "views": views}]),
            "{layer}"
        );
    }
}

/// Page views at a place: in each layer those with a touch there, of the layers the largest.
fn views_at(views: &[PageView], layers: &[Layer], at: impl Fn(&Touch) -> bool) -> u64 {
    let in_layer = |layer: Layer| {
        let touched = |view: &&PageView| view.touches.iter().any(|touch| touch.layer == layer && at(touch));
        views.iter().filter(touched).count() as u64
    };
    layers.iter().map(|layer| in_layer(*layer)).max().unwrap_or(0)
}

fn clicks_at(views: &[PageView], layers: &[Layer], at: impl Fn(&Touch) -> bool) -> u64 {
    let touches = views.iter().flat_map(|view| &view.touches);
    touches
        .filter(|touch| layers.contains(&touch.layer) && at(touch))
        .map(|touch| touch.n)
        .sum()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}

/// Page views and clicks of something shown are those counted afresh.
fn is_counted(shown: &Value, clicks: &str, views: &[PageView], layers: &[Layer], at: impl Fn(&Touch) -> bool) {
    assert_eq!(shown["views"], views_at(views, layers, &at), "{shown}");
    assert_eq!(shown[clicks], clicks_at(views, layers, &at), "{shown}");
    assert!(number(&shown["views"]) >= 5, "{shown}");
}

/// Every square is what counting afresh gives, has 5 page views and lies apart from all others, so that nothing can be
/// subtracted; every cell with 5 page views lies in one, and so does something of every 64 px with as many.
fn squares_are_right(cells: &Value, views: &[PageView], layers: &[Layer]) {
    let mut shown: BTreeSet<(u64, u64)> = BTreeSet::new();
    for square in cells.as_array().expect("cells") {
        let (x, y, edge) = (number(&square["x"]), number(&square["y"]), number(&square["px"]) / 16);
        assert!([1, 2, 4].contains(&edge) && x % edge == 0 && y % edge == 0, "{square}");
        let inside = |touch: &Touch| {
            let (at_x, at_y) = (u64::from(touch.cell.0), u64::from(touch.cell.1));
            (x..x + edge).contains(&at_x) && (y..y + edge).contains(&at_y)
        };
        is_counted(square, "n", views, layers, inside);
        for at in (y..y + edge).flat_map(|y| (x..x + edge).map(move |x| (x, y))) {
            assert!(shown.insert(at), "{square} lies upon another");
        }
    }
    let touched = views
        .iter()
        .flat_map(|view| &view.touches)
        .filter(|t| layers.contains(&t.layer));
    for (x, y) in touched.map(|touch| touch.cell) {
        if views_at(views, layers, |touch| touch.cell == (x, y)) >= 5 {
            assert!(shown.contains(&(x.into(), y.into())), "{x} {y}");
        }
        let block = |touch: &Touch| (touch.cell.0 >> 2, touch.cell.1 >> 2) == (x >> 2, y >> 2);
        let any = shown
            .iter()
            .any(|(sx, sy)| (sx >> 2, sy >> 2) == (u64::from(x >> 2), u64::from(y >> 2)));
        assert_eq!(any, views_at(views, layers, block) >= 5, "{x} {y}");
    }
}

/// Elements are what counting afresh gives; what an element's total leaves over is nothing, or speaks of 5 page views.
fn elements_are_right(elements: &Value, views: &[PageView], layers: &[Layer]) {
    let mut expected = BTreeMap::new();
    for anchor in ANCHORS {
        let on = move |touch: &Touch| touch.inside.is_some_and(|(name, _)| name == anchor);
        let ever = views.iter().filter(|view| view.touches.iter().any(on)).count();
        if views_at(views, layers, on) >= 5 && ever >= 10 {
            expected.insert((u64::MAX - clicks_at(views, layers, on), anchor), on);
        }
    }
    let elements = elements.as_array().expect("elements");
    assert_eq!(elements.len(), expected.len());
    for (element, ((_, anchor), on)) in elements.iter().zip(&expected) {
        assert_eq!(element["anchor"], *anchor);
        is_counted(element, "clicks", views, layers, on);
        let positions = element["cells"].as_array().expect("positions");
        let place = |position: &Value| {
            let unit = if position["unit"] == "eighth" {
                Unit::Eighth
            } else {
                Unit::Px16
            };
            let at = |axis: &str| number(&position[axis]) as u16;
            SubCell::new(unit, at("x"), at("y")).expect("a position")
        };
        let shown: BTreeSet<SubCell> = positions.iter().map(place).collect();
        for position in positions {
            is_counted(position, "n", views, layers, |t| {
                t.inside == Some((*anchor, place(position)))
            });
        }
        let rest = |touch: &Touch| {
            touch
                .inside
                .is_some_and(|(name, sub)| name == *anchor && !shown.contains(&sub))
        };
        let left_over = views_at(views, layers, rest);
        assert!(left_over == 0 || left_over >= 5, "{element} leaves over {left_over}");
        let large = |sub: SubCell| views_at(views, layers, |t| t.inside == Some((*anchor, sub))) >= 5;
        let missing = [Unit::Eighth, Unit::Px16].into_iter().flat_map(|unit| {
            let subs = (0..2).flat_map(move |x| (0..2).map(move |y| SubCell::new(unit, x, y).expect("a position")));
            subs.filter(|sub| large(*sub) && !shown.contains(sub))
        });
        assert!(missing.count() <= 1, "one position at most is left out to hide others");
    }
}

fn touch() -> impl Strategy<Value = Touch> {
    let inside = prop_oneof![
        Just(None),
        (0..3_usize, any::<bool>(), 0..2_u16, 0..2_u16).prop_map(|(anchor, eighth, x, y)| {
            let unit = if eighth { Unit::Eighth } else { Unit::Px16 };
            SubCell::new(unit, x, y).map(|sub| (ANCHORS[anchor], sub))
        })
    ];
    (any::<bool>(), (0..3_u16, 0..3_u16), inside, 1..4_u64).prop_map(|(tap, cell, inside, n)| Touch {
        layer: if tap { Layer::Tap } else { Layer::Click },
        cell,
        inside,
        n,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn heat_is_what_counting_page_views_one_by_one_gives(
        touches in prop::collection::vec(prop::collection::vec(touch(), 0..5), 50..90),
        which in 0..3_usize,
    ) {
        let (name, layers): (&str, &[Layer]) =
            [("click", &[Layer::Click][..]), ("tap", &[Layer::Tap]), ("click,tap", &[Layer::Click, Layer::Tap])][which];
        let view = |touches| PageView { touches, ..PageView::of("/a") };
        let views: Vec<PageView> = touches.into_iter().map(view).collect();
        let count = views.len();
        let world = World::of(views.clone());
        let heatmap = System::new().block_on(world.get(&format!("heatmap?page=/a&layer={name}"))).json();
        squares_are_right(&heatmap["cells"], &views, layers);
        elements_are_right(&heatmap["elements"], &views, layers);
        prop_assert_eq!(&heatmap["views"], &json!(count));
    }
}
