//! The countries' picture: for everybody where its owner says so, of cohorts alone, and the same until it is made again.
//!
//! Pictures are kept by site for minutes of the world's clock, which stands still: each test of another content is a test of
//! its own site.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::world::{PageView, Reply, Secrets, TODAY, World, times};

/// A day of February, whose month is over and sealed.
const FEBRUARY: u16 = TODAY - 30;

fn world() -> World {
    let from = |country, day, n| {
        let view = PageView {
            country,
            day,
            ..PageView::of("/secret")
        };
        times(n, &view)
    };
    let sealed = [
        from("DE", FEBRUARY, 90),
        from("FR", FEBRUARY, 40),
        from("IT", FEBRUARY, 4),
    ]
    .concat();
    World {
        sealed: Some(TODAY - 3),
        // Not in a cohort yet.
        ..World::of([sealed, from("SE", TODAY, 500)].concat())
    }
}

async fn get(site: &str, query: &str, fields: &[(&str, &str)]) -> Reply {
    let uri = format!("/widget/{site}/countries.svg{query}");
    world().call(TestRequest::get(), &uri, fields).await
}

#[actix_web::test]
async fn a_public_picture_shows_cohorts_to_everybody_and_nothing_else() {
    let reply = get("acme", "", &[]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("content-type"), "image/svg+xml");
    assert_eq!(reply.header("cache-control"), "public, max-age=3600");
    assert_eq!(reply.header("set-cookie"), "");
    let svg = reply.text();
    assert!(
        svg.contains("<title>Page views by country, 2025-03-01 to 2026-02-28: DE 90, FR 40</title>"),
        "{}",
        &svg[..400]
    );
    assert!(!svg.contains("SE 5") && !svg.contains("IT 4") && !svg.contains("secret"));
    let coloured = svg.matches("fill=\"#b9369a\"").count();
    assert_eq!(coloured, 2, "Germany and France");
    assert!(svg.contains("fill-opacity=\"1\"") && svg.contains("fill-opacity=\".8\""));
    let badge = get("acme", "?size=badge", &[]).await.text();
    assert!(badge.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\"") && !badge.contains("<text"));

    let tag = reply.header("etag");
    let again = get("acme", "", &[("if-none-match", tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let packed = get("acme", "", &[("accept-encoding", "br")]).await;
    assert!(packed.body.len() < 30_000, "{}", packed.body.len());
}

#[actix_web::test]
async fn a_site_that_is_not_public_looks_like_none_to_whoever_asks() {
    let bearer = format!("Bearer {}", Secrets::OTHER);
    for fields in [&[][..], &[("authorization", bearer.as_str())]] {
        let none = get("nowhere", "", fields).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        for site in ["other", "removed", "No-Key"] {
            let reply = get(site, "", fields).await;
            assert_eq!((reply.status, &reply.body), (none.status, &none.body), "{site}");
        }
    }
}

#[actix_web::test]
async fn other_parameters_are_refused_by_name() {
    for (query, name) in [("?size=huge", "size"), ("?page=/secret", "page")] {
        let reply = get("acme", query, &[]).await;
        assert_eq!(
            (reply.status, reply.json()["parameter"].as_str()),
            (StatusCode::BAD_REQUEST, Some(name))
        );
    }
}
