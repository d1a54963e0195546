//! What ends, ends at its hour: tokens, sessions, grants and share links, each one millisecond before and at its end.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::world::{DAY_MS, HOUR_MS, NOON_MS, PageView, Reply, Secrets, TODAY, World, times};

const JSON: (&str, &str) = ("content-type", "application/json");
const ORIGIN: (&str, &str) = ("origin", "https://shop.example");
const PAGES: &str = "/api/v1/sites/acme/pages";
const SESSION: &str = "/api/v1/session";

/// The first millisecond of today: [`Secrets::EXPIRED`] and [`Secrets::ENDED_LINK`] had yesterday as their last day.
const MIDNIGHT_MS: u64 = TODAY as u64 * DAY_MS;

/// A world when its clock shows this. A link shows cohorts, so all is sealed.
fn at(now_ms: u64) -> World {
    let mut world = World::of(times(60, &PageView::of("/a").clicked(3, 4)));
    world.sealed = Some(TODAY);
    world.at(now_ms)
}

async fn get(now_ms: u64, uri: &str, field: (&str, &str)) -> Reply {
    at(now_ms).call(TestRequest::get(), uri, &[field]).await
}

async fn post(now_ms: u64, uri: &str, body: Value, fields: &[(&str, &str)]) -> Reply {
    let request = TestRequest::post().set_payload(body.to_string());
    at(now_ms).call(request, uri, fields).await
}

async fn log_in(now_ms: u64, secret: &str) -> Reply {
    post(now_ms, SESSION, json!({"token": secret}), &[JSON]).await
}

/// The cookie of a session that is opened at this time.
async fn cookie(now_ms: u64, secret: &str) -> String {
    let reply = log_in(now_ms, secret).await;
    assert_eq!(reply.status, StatusCode::OK);
    let cookie = reply.header("set-cookie").split(';').next();
    cookie.expect("a cookie").to_owned()
}

/// A grant for `/a` that is made at this time.
async fn grant(now_ms: u64, secret: &str) -> String {
    let bearer = format!("Bearer {secret}");
    let fields = [JSON, ("authorization", bearer.as_str())];
    let reply = post(now_ms, "/api/v1/sites/acme/grants", json!({"page": "/a"}), &fields).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let url = reply.json()["url"].as_str().expect("an address").to_owned();
    url.split_once("#isotherm-heat=").expect("a grant").1.to_owned()
}

async fn overlay(now_ms: u64, grant: &str) -> Reply {
    post(now_ms, "/api/v1/overlay", json!({"grant": grant}), &[ORIGIN]).await
}

async fn open_link(now_ms: u64, secret: &str) -> Reply {
    post(now_ms, "/api/v1/shared", json!({"secret": secret}), &[JSON]).await
}

/// What a link that is opened at this time gives, as a field.
async fn link_bearer(now_ms: u64, secret: &str) -> String {
    let reply = open_link(now_ms, secret).await;
    assert_eq!(reply.status, StatusCode::OK);
    format!("Bearer {}", reply.json()["bearer"].as_str().expect("a bearer"))
}

/// A refusal shows nothing of the page and keeps nothing in the browser.
fn assert_closed(reply: &Reply, what: &str) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
    assert!(!reply.text().contains("/a"), "{what}");
    for name in ["set-cookie", "etag", "access-control-allow-origin"] {
        assert_eq!(reply.header(name), "", "{what}");
    }
}

#[actix_web::test]
async fn a_token_ends_with_its_last_day() {
    let bearer = format!("Bearer {}", Secrets::EXPIRED);
    let field = ("authorization", bearer.as_str());
    for uri in [PAGES, "/api/v1/sites/acme/settings"] {
        assert_eq!(get(MIDNIGHT_MS - 1, uri, field).await.status, StatusCode::OK, "{uri}");
        assert_closed(&get(MIDNIGHT_MS, uri, field).await, uri);
    }
    assert_eq!(log_in(MIDNIGHT_MS - 1, Secrets::EXPIRED).await.status, StatusCode::OK);
    assert_closed(&log_in(MIDNIGHT_MS, Secrets::EXPIRED).await, "a login");
    let wanted = json!({"page": "/a"});
    let reply = post(MIDNIGHT_MS, "/api/v1/sites/acme/grants", wanted, &[JSON, field]).await;
    assert_closed(&reply, "a grant");
}

#[actix_web::test]
async fn a_session_ends_twelve_hours_after_it_was_opened() {
    // Whatever part of a second it was opened at, it is never good for longer.
    for opened_ms in [NOON_MS, NOON_MS + 999] {
        let cookie = cookie(opened_ms, Secrets::ACME).await;
        let field = ("cookie", cookie.as_str());
        let end_ms = NOON_MS + 12 * HOUR_MS;
        for now_ms in [opened_ms, opened_ms + 6 * HOUR_MS, end_ms - 1] {
            let look = get(now_ms, SESSION, field).await;
            assert_eq!(
                (look.status, look.header("set-cookie")),
                (StatusCode::OK, ""),
                "use prolongs nothing"
            );
            assert_eq!(get(now_ms, PAGES, field).await.status, StatusCode::OK);
        }
        for now_ms in [end_ms, end_ms + 1_000, end_ms + 30 * DAY_MS] {
            assert_eq!(get(now_ms, SESSION, field).await.status, StatusCode::NO_CONTENT);
            assert_closed(&get(now_ms, PAGES, field).await, "an answer");
        }
    }
}

#[actix_web::test]
async fn the_day_on_which_a_session_ends_is_the_same_whenever_it_is_looked_at() {
    let opened_ms = NOON_MS - 2 * HOUR_MS;
    let cookie = cookie(opened_ms, Secrets::ACME).await;
    let told = log_in(opened_ms, Secrets::ACME).await.json()["expires"].clone();
    for hours in [0, 6, 11] {
        let look = get(opened_ms + hours * HOUR_MS, SESSION, ("cookie", cookie.as_str())).await;
        assert_eq!(look.json()["expires"], told, "after {hours} hours");
    }
}

#[actix_web::test]
async fn a_session_ends_with_the_token_that_opened_it() {
    let cookie = cookie(MIDNIGHT_MS - HOUR_MS, Secrets::EXPIRED).await;
    let field = ("cookie", cookie.as_str());
    assert_eq!(get(MIDNIGHT_MS - 1, SESSION, field).await.status, StatusCode::OK);
    assert_eq!(get(MIDNIGHT_MS - 1, PAGES, field).await.status, StatusCode::OK);
    assert_eq!(get(MIDNIGHT_MS, SESSION, field).await.status, StatusCode::NO_CONTENT);
    assert_closed(&get(MIDNIGHT_MS, PAGES, field).await, "an answer");
}

#[actix_web::test]
async fn a_grant_ends_an_hour_after_it_was_made() {
    for made_ms in [NOON_MS, NOON_MS + 999] {
        let grant = grant(made_ms, Secrets::ACME).await;
        let end_ms = NOON_MS + HOUR_MS;
        for now_ms in [made_ms, end_ms - 1] {
            let drawn = overlay(now_ms, &grant).await;
            assert_eq!(
                (drawn.status, &drawn.json()["heatmap"]["page"]),
                (StatusCode::OK, &json!("/a"))
            );
        }
        for now_ms in [end_ms, end_ms + 1_000, end_ms + 30 * DAY_MS] {
            assert_closed(&overlay(now_ms, &grant).await, "an overlay");
        }
    }
}

#[actix_web::test]
async fn a_grant_ends_with_the_token_that_made_it() {
    let grant = grant(MIDNIGHT_MS - HOUR_MS / 2, Secrets::EXPIRED).await;
    assert_eq!(overlay(MIDNIGHT_MS - 1, &grant).await.status, StatusCode::OK);
    assert_closed(&overlay(MIDNIGHT_MS, &grant).await, "an overlay");
}

#[actix_web::test]
async fn a_link_is_opened_until_its_last_day_is_over() {
    assert_eq!(
        open_link(MIDNIGHT_MS - 1, Secrets::ENDED_LINK).await.status,
        StatusCode::OK
    );
    assert_closed(&open_link(MIDNIGHT_MS, Secrets::ENDED_LINK).await, "a link");
    // The others end on 2026-04-01, 17 days after today.
    let end_ms = MIDNIGHT_MS + 18 * DAY_MS;
    for secret in [Secrets::LINK, Secrets::PAGE_LINK] {
        assert_eq!(open_link(end_ms - 1, secret).await.status, StatusCode::OK);
        assert_closed(&open_link(end_ms, secret).await, "a link");
    }
}

#[actix_web::test]
async fn what_is_handed_out_for_a_link_ends_after_an_hour_and_with_the_link() {
    for (secret, opened_ms, end_ms) in [
        (Secrets::LINK, NOON_MS, NOON_MS + HOUR_MS),
        (Secrets::PAGE_LINK, NOON_MS + 999, NOON_MS + HOUR_MS),
        (Secrets::ENDED_LINK, MIDNIGHT_MS - HOUR_MS / 2, MIDNIGHT_MS),
    ] {
        let bearer = link_bearer(opened_ms, secret).await;
        let field = ("authorization", bearer.as_str());
        let heat = "/api/v1/sites/acme/heatmap?page=/a";
        assert_eq!(get(opened_ms, heat, field).await.status, StatusCode::OK);
        assert_eq!(get(end_ms - 1, heat, field).await.status, StatusCode::OK);
        for now_ms in [end_ms, end_ms + 1_000] {
            assert_closed(&get(now_ms, heat, field).await, "an answer");
        }
    }
}
