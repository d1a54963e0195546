//! Rates of elements and comparisons: what they say, and that each share and each side stands on enough page views.

use isotherm_core::place::Layer;
use serde_json::{Value, json};

use crate::world::{PageView, TODAY, Touch, World, eighth, times};

const A_AND_B: &str = "from_a=2026-03-14&to_a=2026-03-14&from_b=2026-03-15&to_b=2026-03-15";

/// A page view that did this with `#buy`.
fn view(layers: &[Layer]) -> PageView {
    let touch = |layer: &Layer| Touch {
        layer: *layer,
        cell: (1, 1),
        inside: Some(("#buy", eighth(1, 1))),
        n: 1,
    };
    PageView {
        touches: layers.iter().map(touch).collect(),
        ..PageView::of("/a")
    }
}

fn on(day: u16, views: Vec<PageView>) -> Vec<PageView> {
    views.into_iter().map(|view| PageView { day, ..view }).collect()
}

/// `clicked` of `n` page views clicked.
fn clicked(day: u16, clicked: usize, n: usize) -> Vec<PageView> {
    let rest = times(n - clicked, &view(&[]));
    on(day, [times(clicked, &view(&[Layer::Click])), rest].concat())
}

#[actix_web::test]
async fn each_share_of_an_element_is_shown_with_5_page_views_and_not_with_4() {
    use Layer::{Click, Dead, Exposure, Rage, Tap};
    let world = |raged, dead, clicked| {
        World::of(
            [
                times(raged, &view(&[Click, Rage, Exposure])),
                times(dead, &view(&[Tap, Dead, Exposure])),
                times(clicked, &view(&[Click, Exposure])),
                times(40 - raged - dead - clicked, &view(&[Exposure])),
                times(40, &view(&[])),
            ]
            .concat(),
        )
    };
    let elements = world(4, 5, 16).get("elements?page=/a").await.json();
    let expected = json!({
        "anchor": "#buy", "clicks": 25, "click_rate": 0.25, "exposure_rate": 0.5,
        "attractiveness": 0.5, "rage_share": null, "dead_share": 0.25,
    });
    assert_eq!(elements["elements"], json!([expected]));
    assert_eq!(elements["views"], 80);
    let elements = world(5, 4, 15).get("elements?page=/a").await.json();
    let line = &elements["elements"][0];
    assert_eq!((&line["rage_share"], &line["dead_share"]), (&json!(0.25), &Value::Null));
}

#[actix_web::test]
async fn an_element_that_is_seen_and_hardly_clicked_is_not_listed() {
    let few = |n| {
        [
            times(n, &view(&[Layer::Click, Layer::Exposure])),
            times(60, &view(&[Layer::Exposure])),
        ]
        .concat()
    };
    let elements = World::of(few(4)).get("elements?page=/a").await.json();
    assert_eq!(elements["elements"], json!([]));
    assert_eq!(elements["withheld"], json!({"reason": "below_k", "needed": 5}));
    let elements = World::of(few(5)).get("elements?page=/a").await.json();
    assert_eq!(elements["elements"][0]["exposure_rate"], 1.0);
    assert_eq!(elements["withheld"], Value::Null);
    let hidden = World::of(times(49, &view(&[Layer::Click])))
        .get("elements?page=/a")
        .await
        .json();
    assert_eq!((&hidden["views"], &hidden["elements"]), (&json!(0), &json!([])));
}

#[actix_web::test]
async fn rage_dead_and_exposure_have_maps_of_their_own_and_join_no_other() {
    let views = times(60, &view(&[Layer::Click, Layer::Rage, Layer::Dead, Layer::Exposure]));
    let world = World::of(views);
    for layer in ["rage", "dead", "exposure", "click"] {
        let map = world.get(&format!("heatmap?page=/a&layer={layer}")).await.json();
        assert_eq!(map["cells"][0]["n"], 60, "{layer}");
        assert_eq!(map["elements"][0]["clicks"], 60, "{layer}");
        let joined = world.get(&format!("heatmap?page=/a&layer=click,{layer}")).await;
        assert_eq!(joined.status, 400, "{layer}");
    }
}

#[actix_web::test]
async fn a_difference_has_an_interval_and_is_significant_where_it_leaves_out_0() {
    let world = World::of([clicked(TODAY - 1, 48, 80), clicked(TODAY, 56, 70)].concat());
    let comparison = world.get(&format!("compare?page=/a&{A_AND_B}")).await;
    assert_eq!(
        comparison.header("x-isotherm-covers"),
        "2026-03-14/2026-03-14, 2026-03-15/2026-03-15"
    );
    let json = comparison.json();
    assert_eq!(
        json["a"],
        json!({"page": "/a", "from": "2026-03-14", "to": "2026-03-14", "views": 80})
    );
    let line = &json["elements"][0];
    assert_eq!(line["a"], json!({"views": 48, "rate": 0.6}));
    assert_eq!(line["b"], json!({"views": 56, "rate": 0.8}));
    let near = |name: &str, value: f64| (line[name].as_f64().expect("a number") - value).abs() < 0.000_06;
    assert!(
        near("difference", 0.2) && near("low", 0.0524) && near("high", 0.3339),
        "{line}"
    );
    assert_eq!(line["significant"], true);
    let world = World::of([clicked(TODAY - 1, 40, 80), clicked(TODAY, 40, 70)].concat());
    let comparison = world.get(&format!("compare?page=/a&{A_AND_B}")).await.json();
    assert_eq!(comparison["elements"][0]["significant"], false);
}

#[actix_web::test]
async fn a_comparison_shows_nothing_that_a_side_alone_would_withhold() {
    for (a, b) in [
        ((4, 80), (56, 70)),
        ((48, 80), (4, 70)),
        ((40, 49), (56, 70)),
        ((48, 80), (49, 49)),
    ] {
        let world = World::of([clicked(TODAY - 1, a.0, a.1), clicked(TODAY, b.0, b.1)].concat());
        let comparison = world.get(&format!("compare?page=/a&{A_AND_B}")).await.json();
        assert_eq!(comparison["elements"], json!([]), "{a:?} {b:?}");
        assert!(comparison["withheld"].is_object(), "{a:?} {b:?}");
        for (side, day, (_, n)) in [("a", "2026-03-14", a), ("b", "2026-03-15", b)] {
            let alone = world.get(&format!("elements?page=/a&from={day}&to={day}")).await.json();
            assert_eq!(comparison[side]["views"], alone["views"], "{side}");
            assert_eq!(alone["views"], if n < 50 { 0 } else { n });
        }
    }
}

#[actix_web::test]
async fn periods_are_named_in_full_and_share_no_day() {
    let world = World::of(Vec::new());
    for (query, name) in [
        ("page=/a", "from_a"),
        ("page=/a&from_a=2026-03-01&to_a=2026-03-02&from_b=2026-03-03", "to_b"),
        (
            "page=/a&from_a=2026-03-01&to_a=2026-03-03&from_b=2026-03-03&to_b=2026-03-04",
            "from_b",
        ),
        (
            "page=/a&from_a=2026-03-05&to_a=2026-03-01&from_b=2026-03-06&to_b=2026-03-07",
            "from_a",
        ),
        (&format!("page=/a&{A_AND_B}&from=2026-03-01"), "from"),
        (A_AND_B, "page"),
    ] {
        let reply = world.get(&format!("compare?{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["parameter"]),
            (400, &json!(name)),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn both_are_tables_too() {
    let world = World::of([clicked(TODAY - 1, 40, 80), clicked(TODAY, 40, 80)].concat());
    let elements = world.get_as("elements?page=/a", "text/csv").await.text();
    let expected = concat!(
        "anchor,clicks,click_rate,exposure_rate,attractiveness,rage_share,dead_share\n",
        "#buy,80,0.5,,,,\n"
    );
    assert_eq!(elements, expected);
    let comparison = world
        .get_as(&format!("compare?page=/a&{A_AND_B}"), "text/csv")
        .await
        .text();
    let start = "anchor,views_a,rate_a,views_b,rate_b,difference,low,high,significant\n#buy,40,0.5,40,0.5,0,-0.15";
    assert!(comparison.starts_with(start), "{comparison}");
}
