//! Everything that is answered about a site, as the OpenAPI document lists it, against everybody who may not have it.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use isotherm_query::openapi;

use crate::world::{PageView, Secrets, World, times};

/// Every method and path below a site.
fn of_a_site() -> Vec<(String, String)> {
    let document = openapi::document();
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/v1/sites/")) {
        let methods = methods.as_object().expect("methods").keys();
        all.extend(methods.map(|method| (method.to_uppercase(), path.replace("{id}", "acme"))));
    }
    assert!(all.len() >= 14, "{all:?}");
    all
}

/// What is not below a site, and so is asked for without a token of it. Each has tests of its own; a further one has to be
/// put here, and thought about.
const WITHOUT_A_TOKEN: [(&str, &str); 7] = [
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/session"),
    ("GET", "/widget/{site}/countries.svg"),
    ("POST", "/api/v1/overlay"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/shared"),
];

#[actix_web::test]
async fn what_needs_no_token_of_a_site_is_listed_and_tells_nobody_of_one() {
    let document = openapi::document();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let methods = methods.as_object().expect("methods").keys();
        if !path.starts_with("/api/v1/sites/") {
            found.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
        }
    }
    found.sort();
    let listed: Vec<_> = WITHOUT_A_TOKEN
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .into();
    assert_eq!(found, listed);
    let world = World::of(times(60, &PageView::of("/hidden").clicked(3, 4)));
    let known = format!("Bearer {}", Secrets::ACME);
    for (method, path) in WITHOUT_A_TOKEN {
        // Not even a token that opens the site is taken there: only what each asks for in its own way.
        for authorization in ["", known.as_str()] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = TestRequest::default().method(method).set_payload("{}");
            let fields = [("content-type", "application/json"), ("authorization", authorization)];
            let reply = world.call(request, &path.replace("{site}", "acme"), &fields).await;
            assert!(!reply.text().contains("hidden"), "{path}");
        }
    }
}

#[actix_web::test]
async fn nothing_opens_without_the_right_token_from_the_right_place() {
    let world = World::of(times(60, &PageView::of("/hidden").clicked(3, 4)));
    let bearer = |secret: &str| Some(format!("Bearer {secret}"));
    let (unauthorized, forbidden) = (StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
    let who = [
        ("none", None, "acme", unauthorized),
        ("wrong", bearer(Secrets::UNKNOWN), "acme", unauthorized),
        ("not even one", bearer("iso_short"), "acme", unauthorized),
        ("expired", bearer(Secrets::EXPIRED), "acme", unauthorized),
        ("other site's", bearer(Secrets::OTHER), "acme", forbidden),
        ("other site's", bearer(Secrets::ACME), "other", forbidden),
        ("wrong network", bearer(Secrets::BOUND), "acme", forbidden),
        ("no such site", bearer(Secrets::ACME), "nowhere", forbidden),
        ("removed site's", bearer(Secrets::REMOVED), "removed", forbidden),
    ];
    for (method, path) in of_a_site() {
        for (name, authorization, site, expected) in &who {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = TestRequest::default().method(method.clone()).set_payload("{}");
            let mut fields = vec![("content-type", "application/json")];
            fields.extend(authorization.as_deref().map(|text| ("authorization", text)));
            let reply = world.call(request, &path.replace("{site}", site), &fields).await;
            assert_eq!(reply.status, *expected, "{name}: {method} {path}");
            assert_eq!(reply.header("content-type"), "application/problem+json");
            assert_eq!(
                reply.header("x-content-type-options"),
                "nosniff",
                "{name}: {method} {path}"
            );
            assert!(!reply.text().contains("hidden") && reply.header("etag").is_empty());
        }
    }
}
