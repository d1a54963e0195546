//! A site's own affairs, and heat on its living pages: who may do what, and who may not.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::world::{PageView, Reply, Secrets, World, times};

/// Reads and administers `other`; [`Secrets::ACME`] only reads `acme`.
const ADMIN: &str = Secrets::OTHER;
const ORIGIN: (&str, &str) = ("origin", "https://shop.example");

fn world() -> World {
    World::of(times(60, &PageView::of("/a b").clicked_on("#buy", 3, 4)))
}

async fn call(method: Method, uri: &str, secret: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {secret}");
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let request = TestRequest::default().method(method).set_payload(body.to_string());
    world().call(request, uri, &fields).await
}

async fn overlay(body: Value, fields: &[(&str, &str)]) -> Reply {
    let request = TestRequest::post().set_payload(body.to_string());
    world().call(request, "/api/v1/overlay", fields).await
}

/// A grant of `acme` for `/a b`, and the address it stands in.
async fn grant() -> (String, String) {
    let wanted = json!({"page": "/a%20b"});
    let reply = call(Method::POST, "/api/v1/sites/acme/grants", Secrets::ACME, wanted).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let url = reply.json()["url"].as_str().expect("an address").to_owned();
    let (address, grant) = url.split_once("#isotherm-heat=").expect("a grant in the fragment");
    (address.to_owned(), grant.to_owned())
}

#[actix_web::test]
async fn settings_say_the_tag_and_the_origins() {
    let reply = call(Method::GET, "/api/v1/sites/acme/settings", Secrets::ACME, Value::Null).await;
    let tag = r#"<script defer src="https://heat.example/isotherm.js" data-site="acme"></script>"#;
    assert_eq!(
        reply.json(),
        json!({
            "site": "acme",
            "origins": ["https://shop.example"],
            "script_tag": tag,
            "public_countries": true,
            "countries_url": "https://heat.example/widget/acme/countries.svg",
        })
    );
}

#[actix_web::test]
async fn only_an_administering_token_sees_makes_and_revokes_tokens() {
    let listed = call(Method::GET, "/api/v1/sites/other/tokens", ADMIN, Value::Null).await;
    assert_eq!(listed.json()[0]["id"], "other");
    assert!(!listed.text().contains("hash") && !listed.text().contains("iso_"));
    let made = call(
        Method::POST,
        "/api/v1/sites/other/tokens",
        ADMIN,
        json!({"scope": "read"}),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert!(
        made.json()["token"]
            .as_str()
            .is_some_and(|secret| secret.starts_with("iso_"))
    );
    let listed = call(Method::POST, "/api/v1/sites/other/tokens", ADMIN, json!(["read"])).await;
    assert_eq!(listed.status, StatusCode::BAD_REQUEST, "members in a list");
    let revoked = call(Method::DELETE, "/api/v1/sites/other/tokens/other", ADMIN, Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let unknown = call(Method::DELETE, "/api/v1/sites/other/tokens/acme", ADMIN, Value::Null).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "another site's token");

    for (method, path) in [
        (Method::GET, "tokens"),
        (Method::POST, "tokens"),
        (Method::DELETE, "tokens/acme"),
    ] {
        let reading = call(
            method.clone(),
            &format!("/api/v1/sites/acme/{path}"),
            Secrets::ACME,
            json!({}),
        )
        .await;
        assert_eq!(reading.status, StatusCode::FORBIDDEN, "{method} {path}");
        let foreign = call(method, &format!("/api/v1/sites/acme/{path}"), ADMIN, json!({})).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "of another site: {path}");
    }
}

#[actix_web::test]
async fn terms_that_cannot_hold_are_refused_by_name() {
    for (body, parameter) in [
        (json!({"allow_ip": ["office"]}), "allow_ip"),
        (json!({"allow_ip": vec!["192.0.2.1"; 65]}), "allow_ip"),
        (json!({"expires": "2026-03-14"}), "expires"),
        (json!({"expires": "soon"}), "expires"),
        (json!({"scope": "all"}), "body"),
        (json!({"scope": "read", "more": 1}), "body"),
        (json!({"expires": "x".repeat(9_000)}), "body"),
    ] {
        let reply = call(Method::POST, "/api/v1/sites/other/tokens", ADMIN, body).await;
        assert_eq!(
            (reply.status, &reply.json()["parameter"]),
            (StatusCode::BAD_REQUEST, &json!(parameter))
        );
    }
    let networks = json!({"allow_ip": ["192.0.2.1", "198.51.100.7x"]});
    let reply = call(Method::POST, "/api/v1/sites/other/tokens", ADMIN, networks).await;
    assert_eq!(reply.json()["entry"], json!(1));
    assert!(
        !reply.text().contains("198.51"),
        "an address that was sent is not repeated"
    );
}

#[actix_web::test]
async fn origins_that_are_none_are_refused_by_name_and_replace_nothing() {
    let put = |body: Value| call(Method::PUT, "/api/v1/sites/other/origins", ADMIN, body);
    let good = json!({"origins": ["https://shop.example", "http://localhost:8081"]});
    assert_eq!(put(good).await.status, StatusCode::NO_CONTENT);
    for (body, parameter, entry) in [
        (json!({"origins": []}), "origins", None),
        (
            json!({"origins": ["https://shop.example", "shop", "null"]}),
            "origins",
            Some(1),
        ),
        (json!({"origins": ["null"]}), "origins", Some(0)),
        (json!({"origins": ["https://shop.example/page"]}), "origins", Some(0)),
        (json!({"origins": ["*"]}), "origins", Some(0)),
        (json!({"origins": vec!["https://shop.example"; 65]}), "origins", None),
        (json!({"origins": "https://shop.example"}), "body", None),
        (json!({}), "body", None),
    ] {
        let reply = put(body).await;
        let problem = reply.json();
        assert_eq!(
            (reply.status, &problem["parameter"], &problem["entry"]),
            (StatusCode::BAD_REQUEST, &json!(parameter), &json!(entry)),
        );
    }
}

#[actix_web::test]
async fn a_grant_opens_its_page_to_its_origin() {
    let (address, grant) = grant().await;
    assert_eq!(address, "https://shop.example/a%20b");
    let reply = overlay(json!({"grant": grant, "layer": "click"}), &[ORIGIN]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    let answer = reply.json();
    assert_eq!(answer["heatmap"]["page"], "/a b");
    assert_eq!(answer["heatmap"]["elements"][0]["anchor"], "#buy");
    assert_eq!(answer["scroll"]["views"], 60);
}

#[actix_web::test]
async fn a_grant_is_good_for_nothing_else() {
    let (_, grant) = grant().await;
    let good = json!({"grant": grant});
    for origin in ["https://elsewhere.example", "null", "http://shop.example"] {
        let reply = overlay(good.clone(), &[("origin", origin)]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    assert_eq!(overlay(good.clone(), &[]).await.status, StatusCode::FORBIDDEN);
    let changed = json!({"grant": format!("A{grant}")});
    assert_eq!(overlay(changed, &[ORIGIN]).await.status, StatusCode::UNAUTHORIZED);
    let more = json!({"grant": grant, "page": "/"});
    assert_eq!(overlay(more, &[ORIGIN]).await.status, StatusCode::BAD_REQUEST);
    // Neither as a token nor as a session.
    let bearer = format!("Bearer {grant}");
    let cookie = format!("__Host-isotherm_session={grant}");
    for field in [("authorization", bearer.as_str()), ("cookie", cookie.as_str())] {
        let reply = world()
            .call(TestRequest::get(), "/api/v1/sites/acme/pages", &[field])
            .await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
}

#[actix_web::test]
async fn a_grant_is_made_for_the_sites_own_origins_by_our_own_pages() {
    let foreign = json!({"page": "/", "origin": "https://elsewhere.example"});
    let reply = call(Method::POST, "/api/v1/sites/acme/grants", Secrets::ACME, foreign).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let other = call(
        Method::POST,
        "/api/v1/sites/other/grants",
        Secrets::ACME,
        json!({"page": "/"}),
    )
    .await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let bearer = format!("Bearer {}", Secrets::ACME);
    let plain = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    let request = TestRequest::post().set_payload(r#"{"page":"/"}"#);
    let reply = world().call(request, "/api/v1/sites/acme/grants", &plain).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

/// The address that is granted for a page that lies at `address`, or the parameter that is refused.
async fn granted_at(page: &str, address: &str) -> Result<String, Value> {
    let wanted = json!({"page": page, "address": address});
    let reply = call(Method::POST, "/api/v1/sites/acme/grants", Secrets::ACME, wanted).await;
    match reply.status {
        StatusCode::CREATED => Ok(reply.json()["url"].as_str().expect("an address").to_owned()),
        _ => Err(reply.json()["parameter"].clone()),
    }
}

#[actix_web::test]
async fn a_page_without_an_address_of_its_own_is_granted_at_one_that_is_counted_as_it() {
    for (page, address) in [
        ("/order/:number", "https://shop.example/order/1234567?from=mail"),
        ("/app/cart", "https://shop.example/app#/cart"),
        ("/about;b", "https://shop.example/about"),
    ] {
        let url = granted_at(page, address).await.expect("a grant");
        assert!(url.starts_with(&format!("{address}#isotherm-heat=")), "{page}");
    }
    for (page, address) in [
        ("/order/:number", "https://shop.example/order/last"),
        ("/order/:number", "https://elsewhere.example/order/1234567"),
        ("/order/:number", "javascript:alert(1234567)"),
    ] {
        assert_eq!(granted_at(page, address).await, Err(json!("address")), "{address}");
    }
}

#[actix_web::test]
async fn a_grant_follows_routes_only_where_it_was_made_so() {
    let followed = |routes: bool, route: &'static str, origin: &'static str| async move {
        let wanted = json!({"page": "/", "routes": routes});
        let reply = call(Method::POST, "/api/v1/sites/acme/grants", Secrets::ACME, wanted).await;
        let url = reply.json()["url"].as_str().expect("an address").to_owned();
        let (_, grant) = url.split_once("#isotherm-heat=").expect("a grant");
        overlay(json!({"grant": grant, "route": route}), &[("origin", origin)]).await
    };
    let reply = followed(true, "/a%20b/?q=1#top", ORIGIN.1).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["heatmap"]["page"], "/a b");
    assert_eq!(reply.json()["heatmap"]["views"], 60);
    for (routes, route, origin, status) in [
        (false, "/a b", ORIGIN.1, StatusCode::FORBIDDEN),
        (true, "/a b", "https://elsewhere.example", StatusCode::FORBIDDEN),
        (true, "a b", ORIGIN.1, StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(followed(routes, route, origin).await.status, status, "{route}");
    }
}

#[actix_web::test]
async fn the_overlay_asks_for_one_country_by_the_rules_of_every_question() {
    let (_, grant) = grant().await;
    let asked = |country: &'static str| json!({"grant": grant, "country": country});
    assert_eq!(overlay(asked("DE"), &[ORIGIN]).await.status, StatusCode::OK);
    let reply = overlay(asked("de"), &[ORIGIN]).await;
    assert_eq!(
        (reply.status, &reply.json()["parameter"]),
        (StatusCode::BAD_REQUEST, &json!("country"))
    );
}
