//! Variants of a page, groups of pages, and the packed form of a map.

use actix_web::http::StatusCode;
use isotherm_core::ViewportClass;
use serde_json::{Value, json};

use crate::world::{PageView, TODAY, World, times};

/// Page views of a page, some of which click its button.
fn clicked(path: &str, clicks: usize, all: usize) -> Vec<PageView> {
    let view = PageView::of(path);
    [
        times(clicks, &view.clone().clicked_on("#buy", 3, 3)),
        times(all - clicks, &view),
    ]
    .concat()
}

#[actix_web::test]
async fn two_variants_are_set_side_by_side_with_the_interval() {
    let world = World::of([clicked("/p;a", 48, 80), clicked("/p;b", 56, 70), clicked("/p", 1, 90)].concat());
    let reply = world.get("compare?page=/p&variants=a,b").await;
    assert_eq!(
        reply.header("x-isotherm-covers"),
        "2026-02-01/2026-03-15, 2026-02-01/2026-03-15"
    );
    let json = reply.json();
    assert_eq!(json["page"], "/p");
    let side = |page: &str, views: u64| json!({"page": page, "from": "2026-02-01", "to": "2026-03-15", "views": views});
    assert_eq!((&json["a"], &json["b"]), (&side("/p;a", 80), &side("/p;b", 70)));
    let line = &json["elements"][0];
    assert_eq!(
        (&line["a"]["rate"], &line["b"]["rate"], &line["significant"]),
        (&json!(0.6), &json!(0.8), &json!(true))
    );
    let near = |name: &str, value: f64| (line[name].as_f64().expect("a number") - value).abs() < 0.000_06;
    assert!(
        near("difference", 0.2) && near("low", 0.0524) && near("high", 0.3339),
        "{line}"
    );
    let turned = world.get("compare?page=/p&variants=b,a").await.json();
    assert_eq!((&turned["a"], &turned["b"]), (&json["b"], &json["a"]));
    let none = world
        .get("compare?page=/p/&variants=none,b&from=2026-03-15&to=2026-03-15")
        .await
        .json();
    assert_eq!((&none["a"]["page"], &none["a"]["views"]), (&json!("/p"), &json!(90)));
    assert_eq!(none["elements"], json!([]), "one click is too few");
}

#[actix_web::test]
async fn what_cannot_be_two_variants_of_one_window_is_refused_by_name() {
    let world = World::of(Vec::new());
    for (query, name) in [
        ("page=/p&variants=a", "variants"),
        ("page=/p&variants=a,a", "variants"),
        ("page=/p&variants=a,i", "variants"),
        ("page=/p&variants=a,b,c", "variants"),
        ("page=/p&variants=,b", "variants"),
        ("page=/p&variants=A,b", "variants"),
        ("page=/p&variants=a,b&from_a=2026-03-01", "from_a"),
        ("page=/p&variants=a,b&to_b=2026-03-01", "to_b"),
        ("page=/p&variants=a,b&from=2026-03-20", "from"),
        ("variants=a,b", "page"),
        ("page=/p", "from_a"),
        ("page=/p&from=2026-03-01&to=2026-03-02", "from"),
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
async fn a_variant_below_the_threshold_withholds_the_comparison() {
    let world = World::of([clicked("/p;a", 40, 49), clicked("/p;b", 56, 70)].concat());
    let json = world.get("compare?page=/p&variants=a,b").await.json();
    assert_eq!((&json["elements"], &json["a"]["views"]), (&json!([]), &json!(0)));
    assert_eq!(json["withheld"]["reason"], "below_threshold");
}

#[actix_web::test]
async fn a_group_of_pages_is_marked_and_has_heat() {
    let world = World::of([clicked("/product/*", 60, 60), clicked("/about", 60, 70)].concat());
    let pages = world.get("pages").await.json();
    let marked: Vec<(&Value, &Value)> = pages
        .as_array()
        .expect("pages")
        .iter()
        .map(|page| (&page["path"], &page["group"]))
        .collect();
    assert_eq!(
        marked,
        [(&json!("/about"), &json!(false)), (&json!("/product/*"), &json!(true))]
    );
    let heat = world.get("heatmap?page=/product/*").await.json();
    assert_eq!((&heat["page"], &heat["views"]), (&json!("/product/*"), &json!(60)));
    assert_eq!(
        world.get("heatmap?page=/product/*&viewport=phone").await.json()["views"],
        0
    );
}

/// A page as tall and as warm as they come: every fourth cell of a broad page has clicks.
fn warm() -> World {
    let mut views = Vec::new();
    for y in 0..60_u16 {
        for x in (0..80_u16).step_by(4) {
            let view = PageView {
                viewport: ViewportClass::Desktop,
                day: TODAY,
                ..PageView::of("/a").clicked(x, y)
            };
            views.extend(times(5 + usize::from(x + y) % 40, &view));
        }
    }
    World::of(views)
}

#[actix_web::test]
async fn packed_cells_say_what_json_says_in_a_few_bytes_each() {
    let world = warm();
    let json = world.get("heatmap?page=/a").await;
    let packed = world.get_as("heatmap?page=/a", "application/vnd.isotherm.cells").await;
    assert_eq!(
        (packed.status, packed.header("content-type")),
        (StatusCode::OK, "application/vnd.isotherm.cells")
    );
    let cells = json.json()["cells"].as_array().expect("cells").clone();
    assert_eq!(cells.len(), 1_200);
    assert_eq!(
        unpacked(&packed.body),
        json!({"views": json.json()["views"], "cells": cells})
    );
    let per_cell = |bytes: usize| bytes as f64 / cells.len() as f64;
    let (small, large) = (per_cell(packed.body.len()), per_cell(json.body.len()));
    assert!(small < 4.0 && large > 10.0 * small, "{small} and {large} bytes a cell");
}

#[actix_web::test]
async fn packed_elements_and_what_is_withheld_are_there_too() {
    let world = World::of([clicked("/a", 60, 60), vec![PageView::of("/a").clicked(1, 1)]].concat());
    let packed = world
        .get_as("heatmap?page=/a", "application/vnd.isotherm.cells")
        .await
        .body;
    // 61 page views; 2026-02-01 to 2026-03-15; below k of 5; one cell, 103 rows down, 16 px, column 103, 60 page views with
    // no more clicks; one element with 60 clicks in 60 page views.
    let expected = [
        b"ISC1".as_slice(),
        &[61, 0x85, 0xa0, 1, 0xaf, 0xa0, 1, 2, 5, 1],
        &[0x9c, 3, 103, 120],
        &[1, 4],
        b"#buy",
        &[60, 60],
    ];
    assert_eq!(packed, expected.concat());
    let hidden = World::of(Vec::new())
        .get_as("heatmap?page=/a", "application/vnd.isotherm.cells")
        .await
        .body;
    assert_eq!(hidden[4..], [0, 0x85, 0xa0, 1, 0xaf, 0xa0, 1, 1, 50, 0, 0]);
}

/// Reads it as the dashboard does, but for elements, of which there are none.
fn unpacked(bytes: &[u8]) -> Value {
    let mut rest = bytes.strip_prefix(b"ISC1").expect("the form");
    let mut next = || {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let (byte, behind) = rest.split_first().expect("a byte");
            rest = behind;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    };
    let views = next();
    (0..4).for_each(|_| {
        next();
    });
    let (mut x, mut y) = (0, 0);
    let cells: Vec<Value> = (0..next())
        .map(|_| {
            let (down, along, seen) = (next(), next(), next());
            y += down >> 2;
            x = if down >> 2 == 0 { x + along } else { along };
            let more = if seen & 1 == 1 { next() } else { 0 };
            json!({"x": x, "y": y, "px": 16 << (down & 3), "n": (seen >> 1) + more, "views": seen >> 1})
        })
        .collect();
    assert_eq!(next(), 0);
    assert!(rest.is_empty());
    json!({"views": views, "cells": cells})
}
