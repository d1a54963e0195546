//! The dashboard's session: opened by a token, carried by a cookie, good for its site alone.

use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::test::TestRequest;
use isotherm_core::thresholds::Thresholds;

use crate::world::{PageView, Reply, Secrets, World, times};

const SESSION: &str = "/api/v1/session";
const JSON: (&str, &str) = ("content-type", "application/json");

fn world() -> World {
    World::of(times(60, &PageView::of("/").clicked(3, 4)))
}

async fn log_in(secret: &str, fields: &[(&str, &str)]) -> Reply {
    let body = format!("{{\"token\":\"{secret}\"}}");
    world()
        .call(TestRequest::post().set_payload(body), SESSION, fields)
        .await
}

#[actix_web::test]
async fn a_session_tells_the_thresholds_that_the_operator_set() {
    let mut raised = world();
    raised.thresholds = Thresholds::new(7, 80).expect("above the floors");
    let body = format!("{{\"token\":\"{}\"}}", Secrets::ACME);
    let request = TestRequest::post().set_payload(body);
    let opened = raised.call(request, SESSION, &[JSON]).await;
    assert_eq!(
        opened.json()["thresholds"],
        serde_json::json!({"k": 7, "page_views": 80})
    );
}

/// The cookie as a browser sends it back.
fn cookie(reply: &Reply) -> String {
    let set = reply.header(SET_COOKIE.as_str());
    set.split(';').next().expect("a cookie").to_owned()
}

async fn get(uri: &str, fields: &[(&str, &str)]) -> Reply {
    world().call(TestRequest::get(), uri, fields).await
}

#[actix_web::test]
async fn a_token_opens_a_session_that_reads_its_site_and_no_other() {
    let reply = log_in(Secrets::ACME, &[JSON, ("sec-fetch-site", "same-origin")]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.json(),
        serde_json::json!({
            "site": "acme",
            "scope": "read",
            "sites": [{"site": "acme", "scope": "read"}],
            "expires": "2026-03-16",
            "thresholds": {"k": 5, "page_views": 50},
        })
    );
    let set = reply.header("set-cookie");
    for attribute in [
        "__Host-isotherm_session=",
        "HttpOnly",
        "SameSite=Strict",
        "Secure",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    assert!(!set.contains("Domain") && !set.contains(Secrets::ACME));

    let own = cookie(&reply);
    let fields = [("cookie", own.as_str())];
    assert_eq!(get(SESSION, &fields).await.json()["site"], "acme");
    assert_eq!(get("/api/v1/sites/acme/pages", &fields).await.status, StatusCode::OK);
    for site in ["other", "removed", "nowhere"] {
        let uri = format!("/api/v1/sites/{site}/pages");
        assert_eq!(get(&uri, &fields).await.status, StatusCode::FORBIDDEN, "{site}");
    }
}

#[actix_web::test]
async fn without_a_session_there_is_none() {
    let reply = get(SESSION, &[]).await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::NO_CONTENT, 0));
    let own = cookie(&log_in(Secrets::ACME, &[JSON]).await);
    let (head, last) = own.split_at(own.len() - 1);
    let changed = format!("{head}{}", if last == "A" { "Q" } else { "A" });
    let doubled = format!("{own}; {own}");
    for wrong in [
        "__Host-isotherm_session=",
        "__Host-isotherm_session=a.b",
        &changed,
        &doubled,
    ] {
        let fields = [("cookie", wrong)];
        assert_eq!(
            get(SESSION, &fields).await.status,
            StatusCode::NO_CONTENT,
            "{}",
            wrong.len()
        );
        let answer = get("/api/v1/sites/acme/pages", &fields).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[actix_web::test]
async fn a_wrong_token_opens_nothing() {
    for (secret, status) in [
        (Secrets::UNKNOWN, StatusCode::UNAUTHORIZED),
        ("iso_short", StatusCode::UNAUTHORIZED),
        (Secrets::REMOVED, StatusCode::UNAUTHORIZED),
        (Secrets::BOUND, StatusCode::FORBIDDEN),
        (&"x".repeat(300), StatusCode::BAD_REQUEST),
    ] {
        let reply = log_in(secret, &[JSON]).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("set-cookie"), "");
    }
}

#[actix_web::test]
async fn pages_of_other_sites_can_neither_open_nor_close_a_session() {
    let foreign: [&[(&str, &str)]; 5] = [
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[JSON, ("sec-fetch-site", "cross-site")],
        &[JSON, ("host", "heat.example"), ("origin", "https://elsewhere.example")],
        &[JSON, ("host", "heat.example"), ("origin", "null")],
    ];
    for fields in foreign {
        let opened = log_in(Secrets::ACME, fields).await;
        let closed = world().call(TestRequest::delete(), SESSION, fields).await;
        for reply in [opened, closed] {
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{fields:?}");
            assert_eq!(reply.header("set-cookie"), "");
        }
    }
}

#[actix_web::test]
async fn whoever_tries_too_often_waits_as_long_as_told_also_with_the_right_secret() {
    let mut busy = world();
    busy.known.wait_s = Some(7);
    let cross = ("sec-fetch-site", "cross-site");
    for (uri, right, wrong) in [
        (SESSION, Secrets::ACME, Secrets::UNKNOWN),
        ("/api/v1/shared", Secrets::LINK, Secrets::UNKNOWN_LINK),
    ] {
        let member = if uri == SESSION { "token" } else { "secret" };
        let body = |secret: &str| format!("{{\"{member}\":\"{secret}\"}}");
        for body in [body(right), body(wrong), "[]".into(), "x".repeat(300)] {
            let request = TestRequest::post().set_payload(body);
            let reply = busy.call(request, uri, &[JSON]).await;
            assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(reply.header("retry-after"), "7");
            assert_eq!(reply.header("content-type"), "application/problem+json");
            assert_eq!(
                (reply.header("set-cookie"), reply.json()["status"].as_u64()),
                ("", Some(429))
            );
            assert!(!reply.text().contains("acme"));
        }
        // A page of another site cannot use up the attempts of whoever looks at it: it is refused before.
        let request = TestRequest::post().set_payload(body(right));
        let foreign = busy.call(request, uri, &[JSON, cross]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    }
    // Who is in already stays in, and can leave; a token asks on.
    let own = cookie(&log_in(Secrets::ACME, &[JSON]).await);
    let bearer = format!("Bearer {}", Secrets::ACME);
    for (uri, field) in [
        (SESSION, ("cookie", own.as_str())),
        ("/api/v1/sites/acme/pages", ("cookie", own.as_str())),
        ("/api/v1/sites/acme/pages", ("authorization", bearer.as_str())),
    ] {
        let reply = busy.call(TestRequest::get(), uri, &[field]).await;
        assert_eq!(reply.status, StatusCode::OK, "{uri}");
    }
    let closed = busy.call(TestRequest::delete(), SESSION, &[JSON]).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn closing_takes_the_cookie_away() {
    let reply = world().call(TestRequest::delete(), SESSION, &[JSON]).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let set = reply.header("set-cookie");
    assert!(
        set.starts_with("__Host-isotherm_session=;") && set.contains("Max-Age=0"),
        "{set}"
    );
}

#[actix_web::test]
async fn a_request_with_a_token_is_judged_by_the_token_alone() {
    let own = cookie(&log_in(Secrets::ACME, &[JSON]).await);
    let bearer = format!("Bearer {}", Secrets::UNKNOWN);
    let reply = get(
        "/api/v1/sites/acme/pages",
        &[("cookie", &own), ("authorization", &bearer)],
    )
    .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}
