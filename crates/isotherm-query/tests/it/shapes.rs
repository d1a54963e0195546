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

/// What the heat map has to be, counted afresh for every place.
fn expected(views: &[PageView], layers: &[Layer]) -> (Value, Value) {
    let touches = || {
        views
            .iter()
            .flat_map(|view| &view.touches)
            .filter(|touch| layers.contains(&touch.layer))
    };
    let cells: BTreeSet<(u16, u16)> = touches().map(|touch| (touch.cell.1, touch.cell.0)).collect();
    let cells = cells.into_iter().filter_map(|(y, x)| {
        let here = |touch: &Touch| touch.cell == (x, y);
        let at = views_at(views, layers, here);
        (at >= 5).then(|| json!({"x": x, "y": y, "px": 16, "n": clicks_at(views, layers, here), "views": at}))
    });
    let cells: Value = cells.collect();
    let anchors: BTreeSet<&str> = touches()
        .filter_map(|touch| touch.inside.map(|(anchor, _)| anchor))
        .collect();
    let mut elements = BTreeMap::new();
    for anchor in anchors {
        let on = |touch: &Touch| touch.inside.is_some_and(|(name, _)| name == anchor);
        let at = views_at(views, layers, on);
        let ever = views.iter().filter(|view| view.touches.iter().any(on)).count();
        if at < 5 || ever < 10 {
            continue;
        }
        let subs: BTreeSet<SubCell> = touches()
            .filter(|touch| on(touch))
            .filter_map(|t| Some(t.inside?.1))
            .collect();
        let cells = subs.into_iter().filter_map(|sub| {
            let here = |touch: &Touch| touch.inside == Some((anchor, sub));
            let unit = if sub.unit == Unit::Eighth { "eighth" } else { "px16" };
            let (n, at) = (clicks_at(views, layers, here), views_at(views, layers, here));
            (at >= 5).then(|| json!({"unit": unit, "x": sub.x, "y": sub.y, "n": n, "views": at}))
        });
        let cells: Value = cells.collect();
        let clicks = clicks_at(views, layers, on);
        let rate = at as f64 / views.len() as f64;
        let element = json!({"anchor": anchor, "clicks": clicks, "views": at, "rate": rate, "cells": cells});
        elements.insert((u64::MAX - clicks, anchor), element);
    }
    // Reading JSON may round a rate's last digit; what is expected goes the same way.
    let read = |value: Value| serde_json::from_str(&value.to_string()).expect("JSON");
    (read(cells), read(elements.into_values().collect()))
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
        let (cells, elements) = expected(&views, layers);
        let count = views.len();
        let world = World::of(views);
        let heatmap = System::new().block_on(world.get(&format!("heatmap?page=/a&layer={name}"))).json();
        prop_assert_eq!(&heatmap["cells"], &cells);
        prop_assert_eq!(&heatmap["elements"], &elements);
        prop_assert_eq!(&heatmap["views"], &json!(count));
    }
}
