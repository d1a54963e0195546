//! What may be seen: 49 and 50 page views of a page, 4 and 5 at a place.

use actix_web::http::StatusCode;
use isotherm_core::ViewportClass;

use crate::world::{PageView, TODAY, World, times};

const NO_DATA: &str = r#""views":0,"cells":[],"elements":[],"withheld":{"reason":"below_threshold","needed":50}}"#;

#[actix_web::test]
async fn a_page_with_49_page_views_answers_exactly_like_one_that_does_not_exist() {
    let seen = PageView::of("/a").clicked(3, 4).clicked_on("#buy", 1, 2);
    let world = World::of(times(49, &seen));
    for question in ["heatmap", "scroll", "elements", "countries", "viewports", "timeseries"] {
        for accept in ["application/json", "text/csv", "image/png"] {
            if accept == "image/png" && question != "heatmap" {
                continue;
            }
            let withheld = world.get_as(&format!("{question}?page=/a"), accept).await;
            let empty = world.get_as(&format!("{question}?page=/b"), accept).await;
            assert_eq!(withheld.status, StatusCode::OK);
            let renamed = String::from_utf8_lossy(&empty.body).replace("\"/b\"", "\"/a\"");
            assert_eq!(
                String::from_utf8_lossy(&withheld.body),
                renamed,
                "{question} as {accept}"
            );
            // The same page where there is nothing at all: the same in every byte, tag and all.
            let nothing = World::of(Vec::new())
                .get_as(&format!("{question}?page=/a"), accept)
                .await;
            let head = |reply: &crate::world::Reply| {
                let mut lines: Vec<String> = reply.headers.iter().map(|field| format!("{field:?}")).collect();
                lines.sort();
                lines
            };
            assert_eq!(head(&withheld), head(&nothing));
            assert_eq!(withheld.body, nothing.body);
            assert!(!withheld.header("etag").is_empty());
        }
    }
    let heatmap = world.get("heatmap?page=/a").await.text();
    assert_eq!(
        heatmap,
        format!(r#"{{"page":"/a","from":"2026-02-01","to":"2026-03-15",{NO_DATA}"#)
    );
    assert_eq!(world.get("pages").await.text(), "[]");
    let fiftieth = World::of([world.views, vec![seen]].concat());
    let heatmap = fiftieth.get("heatmap?page=/a").await.json();
    assert_eq!(
        (&heatmap["views"], &heatmap["withheld"]),
        (&50.into(), &serde_json::Value::Null)
    );
    assert_eq!(
        fiftieth.get("pages").await.text(),
        r#"[{"path":"/a","group":false,"views":50,"clicks":100}]"#
    );
}

#[actix_web::test]
async fn a_withheld_scroll_answer_says_nothing_but_why() {
    let world = World::of(times(49, &PageView::of("/a")));
    let expected = concat!(
        r#"{"page":"/a","from":"2026-02-01","to":"2026-03-15","views":0,"fold":{"p25":null,"p50":null,"p75":null},"#,
        r#""reach":[],"withheld":{"reason":"below_threshold","needed":50}}"#
    );
    assert_eq!(world.get("scroll?page=/a").await.text(), expected);
}

#[actix_web::test]
async fn a_cell_and_a_position_and_an_element_need_5_page_views() {
    let views = |at_4, at_5| {
        let page = PageView::of("/a");
        let mut views = times(41, &page);
        views.extend(times(4, &at_4));
        views.extend(times(5, &at_5));
        views
    };
    let clicked = |x| PageView::of("/a").clicked(x, 7);
    // Of two cells far from each other one is shown and one is not; side by side they are shown as one square.
    for (other, shown) in [
        (90, serde_json::json!([{"x": 2, "y": 7, "px": 16, "n": 5, "views": 5}])),
        (3, serde_json::json!([{"x": 2, "y": 6, "px": 32, "n": 9, "views": 9}])),
    ] {
        let world = World::of(views(clicked(other), clicked(2)));
        let heatmap = world.get("heatmap?page=/a").await.json();
        assert_eq!(heatmap["cells"], shown);
        assert_eq!(heatmap["withheld"]["reason"] == "below_k", other == 90);
    }

    // One element: what its total leaves over speaks of the positions that are not shown, so these need 5 together.
    let on = |x| PageView::of("/a").clicked_on("#buy", x, 0);
    let position = |x, n| serde_json::json!({"unit": "eighth", "x": x, "y": 0, "n": n, "views": n});
    for (alone, third, shown) in [
        (4, 4, serde_json::json!([position(2, 15), position(4, 7)])),
        (4, 0, serde_json::json!([position(2, 15)])),
        (0, 0, serde_json::json!([position(2, 15), position(4, 7)])),
    ] {
        let clicks = [
            times(alone, &on(1)),
            times(15, &on(2)),
            times(third, &on(3)),
            times(7, &on(4)),
        ]
        .concat();
        let all = clicks.len();
        let heatmap = World::of([clicks, times(30, &PageView::of("/a"))].concat())
            .get("heatmap?page=/a")
            .await
            .json();
        let expected = serde_json::json!([{
            "anchor": "#buy", "clicks": all, "views": all, "rate": all as f64 / (all + 30) as f64, "cells": shown,
        }]);
        assert_eq!(heatmap["elements"], expected);
    }
}

#[actix_web::test]
async fn who_clicks_a_hundred_times_in_one_page_view_stands_for_one() {
    let mut restless = PageView::of("/a");
    for _ in 0..100 {
        restless = restless.clicked(9, 9);
    }
    let heatmap = World::of([times(60, &PageView::of("/a")), vec![restless]].concat())
        .get("heatmap?page=/a")
        .await;
    assert_eq!(heatmap.json()["cells"], serde_json::json!([]));
}

#[actix_web::test]
async fn an_element_whose_name_is_too_rare_is_not_shown() {
    let named = |n| {
        let on = PageView::of("/a").clicked_on("#jane", 1, 1);
        World::of([times(60, &PageView::of("/a")), times(n, &on)].concat())
    };
    let heatmap = named(9).get("heatmap?page=/a").await;
    assert!(!heatmap.text().contains("jane"));
    assert_eq!(
        heatmap.json()["withheld"],
        serde_json::json!({"reason": "below_k", "needed": 10})
    );
    assert_eq!(
        named(10).get("heatmap?page=/a").await.json()["elements"][0]["anchor"],
        "#jane"
    );
}

#[actix_web::test]
async fn a_text_that_is_not_published_stands_in_no_answer() {
    let rare = PageView::of("/a").clicked_on("#jane", 1, 1);
    let world = World::of([times(60, &PageView::of("/a")), times(9, &rare)].concat());
    for question in [
        "pages",
        "heatmap?page=/a",
        "scroll?page=/a",
        "countries",
        "viewports",
        "timeseries",
        "status",
    ] {
        for accept in ["application/json", "text/csv", "image/png"] {
            let reply = world.get_as(question, accept).await;
            let text = format!("{:?}{}", reply.headers, String::from_utf8_lossy(&reply.body));
            assert!(!text.contains("jane"), "{question} as {accept}");
        }
    }
}

#[actix_web::test]
async fn a_depth_needs_5_page_views() {
    let to = |depth, n| {
        let view = PageView {
            depth,
            ..PageView::of("/a")
        };
        times(n, &view)
    };
    let scroll = World::of([to(2, 50), to(3, 1), to(4, 4), to(5, 4)].concat())
        .get("scroll?page=/a")
        .await
        .json();
    let expected = serde_json::json!([
        {"depth": 1, "views": 59, "share": 1.0},
        {"depth": 2, "views": 59, "share": 1.0},
        {"depth": 3, "views": 9, "share": 9.0 / 59.0},
        {"depth": 4, "views": 8, "share": 8.0 / 59.0},
    ]);
    assert_eq!(scroll["reach"], expected);
    assert_eq!(
        scroll["withheld"],
        serde_json::json!({"reason": "below_k", "needed": 5})
    );
    assert_eq!(scroll["fold"], serde_json::json!({"p25": 900, "p50": 900, "p75": 900}));
}

#[actix_web::test]
async fn a_fold_that_few_page_views_tell_is_not_shown() {
    let view = |fold, n| {
        let view = PageView {
            fold,
            ..PageView::of("/a")
        };
        times(n, &view)
    };
    for (known, fold) in [(4, serde_json::Value::Null), (5, 700.into())] {
        let scroll = World::of([view(None, 60), view(Some(7), known)].concat())
            .get("scroll?page=/a")
            .await
            .json();
        assert_eq!(scroll["fold"]["p50"], fold);
    }
}

#[actix_web::test]
async fn small_countries_join_the_rest_and_a_small_rest_is_not_shown() {
    let from = |country, n| {
        let view = PageView {
            country,
            ..PageView::of("/a").clicked(1, 1)
        };
        times(n, &view)
    };
    let world = World::of(
        [
            from("DE", 50),
            from("FR", 5),
            from("IT", 4),
            from("ES", 1),
            from("SE", 60),
        ]
        .concat(),
    );
    let countries = world.get("countries").await.text();
    let expected = concat!(
        r#"[{"country":"SE","views":60,"clicks":60},{"country":"DE","views":50,"clicks":50},"#,
        r#"{"country":"FR","views":5,"clicks":5},{"country":"ZZ","views":5,"clicks":5}]"#
    );
    assert_eq!(countries, expected);
    let rest = World::of([from("DE", 50), from("IT", 3), from("ZZ", 1)].concat())
        .get("countries")
        .await
        .text();
    assert_eq!(rest, r#"[{"country":"DE","views":50,"clicks":50}]"#);
    assert_eq!(World::of(from("DE", 49)).get("countries").await.text(), "[]");
}

#[actix_web::test]
async fn small_days_and_classes_are_not_shown() {
    let on = |day, viewport, n| {
        let view = PageView {
            day,
            viewport,
            ..PageView::of("/a")
        };
        times(n, &view)
    };
    let (phone, wide) = (ViewportClass::Phone, ViewportClass::Wide);
    let world = World::of([on(TODAY, wide, 46), on(TODAY - 1, phone, 4), on(TODAY - 2, wide, 5)].concat());
    let days = r#"[{"day":"2026-03-13","views":5,"clicks":0},{"day":"2026-03-15","views":46,"clicks":0}]"#;
    assert_eq!(world.get("timeseries").await.text(), days);
    assert_eq!(world.get("timeseries?page=/a").await.text(), days);
    assert_eq!(
        world.get("viewports").await.text(),
        r#"[{"viewport":"wide","views":51,"clicks":0}]"#
    );
}
