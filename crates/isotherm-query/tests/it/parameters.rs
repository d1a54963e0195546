//! What may be asked: every bad parameter is refused by its name.

use actix_web::http::StatusCode;
use isotherm_core::ViewportClass;

use crate::world::{PageView, TODAY, World, times};

#[actix_web::test]
async fn a_bad_parameter_is_named() {
    let world = World::of(Vec::new());
    for (question, name) in [
        ("pages?from=yesterday", "from"),
        ("pages?from=2026-02-30", "from"),
        ("pages?from=2026-03-01&to=2026-02-28", "from"),
        ("pages?from=2026-03-16", "from"),
        ("pages?to=", "to"),
        ("pages?to=2026-1-1", "to"),
        ("pages?to=2026-03-01T00:00", "to"),
        ("pages?viewport=desk", "viewport"),
        ("pages?viewport=", "viewport"),
        ("pages?country=de", "country"),
        ("pages?country=DEU", "country"),
        ("pages?sealed=yes", "sealed"),
        ("pages?sealed=", "sealed"),
        ("pages?page=/", "page"),
        ("pages?limit=1", "limit"),
        ("pages?From=2026-03-01", "From"),
        ("pages?from=2026-03-01&from=2026-03-01", "from"),
        ("heatmap", "page"),
        ("heatmap?page=", "page"),
        ("heatmap?page=shop", "page"),
        ("heatmap?page=https://shop.example/", "page"),
        ("heatmap?page=/a%00b", "page"),
        ("heatmap?page=/%25ff", "page"),
        ("heatmap?page=/&layer=", "layer"),
        ("heatmap?page=/&top=", "top"),
        ("heatmap?page=/&top=-1", "top"),
        ("heatmap?page=/&top=1.5", "top"),
        ("heatmap?page=/&top=524289", "top"),
        ("elements?page=/&top=0", "top"),
        ("heatmap?page=/&layer=scroll", "layer"),
        ("heatmap?page=/&layer=click,", "layer"),
        ("heatmap?page=/&layer=click,click", "layer"),
        ("scroll", "page"),
        ("scroll?page=/&layer=click", "layer"),
        ("countries?page=x", "page"),
        ("viewports?layer=tap", "layer"),
        ("timeseries?x", "x"),
        ("status?from=2026-03-01", "from"),
    ] {
        let reply = world.get(question).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{question}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let problem = reply.json();
        assert_eq!(problem["parameter"], name, "{question}");
        assert_eq!(problem["status"], 400);
        assert_eq!(problem["title"], "Bad Request");
        assert!(
            problem["detail"].as_str().is_some_and(|detail| detail.contains(name)),
            "{problem}"
        );
    }
}

#[actix_web::test]
async fn a_problem_does_not_repeat_what_was_sent() {
    let world = World::of(Vec::new());
    for question in [
        "heatmap?page=secret",
        "pages?from=secret",
        "pages?country=secret",
        "pages?viewport=secret",
    ] {
        assert!(!world.get(question).await.text().contains("secret"), "{question}");
    }
    let long = "n".repeat(400);
    let reply = world.get(&format!("pages?{long}=1")).await;
    assert_eq!(reply.json()["parameter"], "n".repeat(40));
    let many = (0..17).map(|at| format!("p{at}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(world.get(&format!("pages?{many}")).await.json()["parameter"], "query");
}

#[actix_web::test]
async fn the_window_is_last_month_and_this_one_until_today() {
    let reply = World::of(Vec::new()).get("scroll?page=/").await.json();
    assert_eq!(
        (reply["from"].as_str(), reply["to"].as_str()),
        (Some("2026-02-01"), Some("2026-03-15"))
    );
}

#[actix_web::test]
async fn both_ends_of_the_window_are_in_it() {
    let on = |day: u16, n| {
        let view = PageView {
            day,
            ..PageView::of("/")
        };
        times(n, &view)
    };
    let world = World::of([on(TODAY - 3, 50), on(TODAY - 2, 60), on(TODAY - 1, 70), on(TODAY, 80)].concat());
    for (window, views) in [
        ("", 260),
        ("&from=2026-03-13", 210),
        ("&to=2026-03-14", 180),
        ("&from=2026-03-13&to=2026-03-13", 60),
        ("&from=2025-01-01&to=2030-01-01", 260),
        ("&sealed=only", 0),
    ] {
        assert_eq!(
            world.get(&format!("heatmap?page=/{window}")).await.json()["views"],
            views,
            "{window}"
        );
    }
    let days = world.get("timeseries?from=2026-03-14").await.text();
    assert_eq!(
        days,
        r#"[{"day":"2026-03-14","views":70,"clicks":0},{"day":"2026-03-15","views":80,"clicks":0}]"#
    );
}

#[actix_web::test]
async fn a_question_is_narrowed_by_viewport_and_country() {
    let view = |viewport, country, n| {
        let view = PageView {
            viewport,
            country,
            ..PageView::of("/")
        };
        times(n, &view)
    };
    let (phone, wide) = (ViewportClass::PhoneLarge, ViewportClass::Wide);
    let world = World::of([view(phone, "DE", 50), view(wide, "DE", 60), view(phone, "FR", 70)].concat());
    for (narrowed, views) in [
        ("viewport=phone-large", 120),
        ("viewport=wide", 60),
        ("viewport=tablet", 0),
        ("country=FR", 70),
        ("country=DE&viewport=phone-large", 50),
    ] {
        let reply = world.get(&format!("scroll?page=/&{narrowed}")).await.json();
        assert_eq!(reply["views"], views, "{narrowed}");
    }
    let classes = world.get("viewports").await.text();
    assert_eq!(
        classes,
        r#"[{"viewport":"phone-large","views":120,"clicks":0},{"viewport":"wide","views":60,"clicks":0}]"#
    );
}

#[actix_web::test]
async fn a_page_is_found_under_every_name_it_has() {
    let world = World::of(times(50, &PageView::of("/tea pots/café")));
    for name in [
        "/tea%20pots/caf%C3%A9",
        "/tea+pots/caf%C3%A9",
        "/tea%2520pots/caf%25C3%25A9",
        "/tea%20pots/caf%C3%A9/",
        "/tea%20pots/caf%C3%A9%3Futm_source=x%23top",
    ] {
        let reply = world.get(&format!("heatmap?page={name}")).await.json();
        assert_eq!(
            (&reply["page"], &reply["views"]),
            (&"/tea pots/café".into(), &50.into()),
            "{name}"
        );
    }
    assert_eq!(
        world.get("heatmap?page=/Tea%20pots/caf%C3%A9").await.json()["views"],
        0,
        "case is kept"
    );
}
