//! The OpenAPI document: that it is the committed one, complete, and that every answer is as it says.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use expect_test::expect_file;
use isotherm_core::reading::ReadError;
use isotherm_query::openapi;
use serde_json::{Map, Value, json};

use crate::world::{PageView, Reply, Secrets, World, times};

/// Keywords of JSON Schema that say nothing about a value.
const WORDS: [&str; 6] = ["title", "description", "default", "format", "deprecated", "examples"];

/// Every operation: its path, method and description.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in object(&document["paths"]) {
        for (method, operation) in object(methods) {
            all.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    all
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

#[test]
fn the_committed_document_is_the_one_of_the_code() {
    let text = serde_json::to_string_pretty(&openapi::document()).expect("JSON");
    expect_file!["../../../../schemas/openapi.json"].assert_eq(&format!("{text}\n"));
}

#[test]
fn every_operation_says_what_it_is_who_may_and_what_can_go_wrong() {
    let document = openapi::document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id.to_owned()), "{at}: {id} names two");
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 8), "{at}");
        assert!(operation["security"].is_array() && operation["tags"].is_array(), "{at}");
        let responses = object(&operation["responses"]);
        assert!(responses.keys().any(|status| status.starts_with('2')), "{at}");
        if path.starts_with("/api/v1/sites/") {
            assert!(operation["security"][0]["token"].is_array(), "{at}");
            for status in ["401", "403", "503"] {
                assert!(responses.contains_key(status), "{at} does not say {status}");
            }
        }
        let named: Vec<String> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(name)
            .collect();
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            assert!(named.contains(&part.trim_end_matches('}').to_owned()), "{at}: {part}");
        }
    }
    refer(&document, &document);
}

fn name(parameter: &Value) -> String {
    let text = parameter["$ref"]
        .as_str()
        .or(parameter["name"].as_str())
        .expect("a name");
    text.rsplit('/').next().expect("a part").to_owned()
}

/// Every reference leads somewhere.
fn refer(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let there = document.pointer(reference.trim_start_matches('#'));
                assert!(there.is_some(), "{reference} leads nowhere");
            }
            members.values().for_each(|member| refer(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| refer(document, item)),
        _ => {}
    }
}

#[test]
fn every_route_of_the_desk_is_described() {
    let document = openapi::document();
    let paths: String = object(&document["paths"])
        .keys()
        .map(|path| format!("{path} "))
        .collect();
    let source = include_str!("../../src/desk.rs");
    let routes = source
        .split("of_site(\"")
        .skip(1)
        .chain(source.split("resource(\"").skip(1));
    for route in routes.map(|rest| rest.split('"').next().expect("a path")) {
        assert!(paths.contains(&format!("{route} ")), "{route}");
    }
}

/// Whether a value has the shape; a member that the shape does not name is a fault, a keyword that this does not know as well.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return Ok(());
    };
    let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
    for (keyword, means) in schema {
        match keyword.as_str() {
            "$ref" => {
                let pointer = means.as_str().expect("a reference").trim_start_matches('#');
                let there = document.pointer(pointer).expect("leads somewhere");
                check(document, there, value, at)?;
            }
            "type" => {
                let one = std::slice::from_ref(means);
                let any = means.as_array().map_or(one, Vec::as_slice);
                if !any.iter().any(|kind| is_a(kind.as_str().expect("a type"), value)) {
                    return wrong("is of another type");
                }
            }
            "enum" if !means.as_array().expect("a list").contains(value) => return wrong("is not listed"),
            "anyOf"
                if !means
                    .as_array()
                    .expect("a list")
                    .iter()
                    .any(|one| check(document, one, value, at).is_ok()) =>
            {
                return wrong("is none of these");
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, means, item, &format!("{at}/{n}"))?;
                }
            }
            "required" => {
                let mut needed = means
                    .as_array()
                    .expect("names")
                    .iter()
                    .map(|name| name.as_str().expect("a name"));
                if let Some(name) = needed.find(|name| value.is_object() && value.get(name).is_none()) {
                    return wrong(&format!("has no {name}"));
                }
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    let Some(schema) = means.get(name) else {
                        return wrong(&format!("has a member {name}"));
                    };
                    check(document, schema, member, &format!("{at}/{name}"))?;
                }
            }
            "additionalProperties" => {
                let rest = value.as_object().into_iter().flatten();
                for (name, member) in
                    rest.filter(|(name, _)| schema.get("properties").is_none_or(|all| all.get(name).is_none()))
                {
                    check(document, means, member, &format!("{at}/{name}"))?;
                }
            }
            "minimum" if value.is_number() && value.as_f64() < means.as_f64() => return wrong("is too small"),
            "maximum" if value.is_number() && value.as_f64() > means.as_f64() => return wrong("is too large"),
            "enum" | "anyOf" | "minimum" | "maximum" => {}
            known if WORDS.contains(&known) => {}
            other => return Err(format!("{at}: this check does not know {other}")),
        }
    }
    Ok(())
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

/// The reply is one that the operation documents.
fn is_documented(document: &Value, (path, method): (&str, &str), reply: &Reply) {
    let at = format!("{method} {path}: {}", reply.status);
    let mut response = &document["paths"][path][method]["responses"][reply.status.as_str()];
    assert!(!response.is_null(), "{at} is not documented");
    if let Some(reference) = response["$ref"].as_str() {
        response = document
            .pointer(reference.trim_start_matches('#'))
            .expect("leads somewhere");
    }
    if reply.body.is_empty() {
        assert!(response["content"].is_null() || reply.status == 304, "{at} has no body");
        return;
    }
    let media = reply.header("content-type").split(';').next().expect("a type");
    let schema = &response["content"][media]["schema"];
    assert!(!schema.is_null(), "{at}: {media} is not documented");
    if media.ends_with("json") {
        check(document, schema, &reply.json(), &at).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

fn world() -> World {
    let view = PageView::of("/a").clicked(25, 16).clicked_on("#buy", 4, 3);
    let before = PageView {
        day: view.day - 1,
        ..view.clone()
    };
    World::of([times(60, &view), times(60, &before)].concat())
}

/// A query that answers, for each question.
fn query(path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap_or_default() {
        "heatmap" | "scroll" | "elements" => "?page=/a",
        "compare" => "?page=/a&from_a=2026-03-14&to_a=2026-03-14&from_b=2026-03-15&to_b=2026-03-15",
        _ => "",
    }
}

#[actix_web::test]
async fn every_answer_and_every_error_of_a_question_is_as_documented() {
    let document = openapi::document();
    let questions = operations(&document)
        .into_iter()
        .filter(|(_, _, about)| about["tags"][0] == "answers");
    for (path, method, about) in questions {
        let uri = format!("{}{}", path.replace("{site}", "acme"), query(&path));
        let joint = if uri.contains('?') { '&' } else { '?' };
        let bad = format!("{uri}{joint}nonsense=1");
        let away = |error| World {
            away: Some(error),
            ..world()
        };
        let (gone, broken) = (
            away(ReadError::Unavailable("away".into())),
            away(ReadError::Refused("no".into())),
        );
        let medias = object(&about["responses"]["200"]["content"]).keys();
        let mut asked: Vec<(&World, &str, &str, &str, u16)> = Vec::new();
        let (well, hidden) = (world(), World::of(Vec::new()));
        for media in medias {
            asked.push((&well, &uri, media, Secrets::ACME, 200));
            asked.push((&hidden, &uri, media, Secrets::ACME, 200));
        }
        asked.push((&well, &bad, "*/*", Secrets::ACME, 400));
        asked.push((&well, &uri, "*/*", Secrets::UNKNOWN, 401));
        asked.push((&well, &uri, "*/*", Secrets::OTHER, 403));
        asked.push((&well, &uri, "text/html", Secrets::ACME, 406));
        if !path.ends_with("status") {
            asked.push((&gone, &uri, "*/*", Secrets::ACME, 503));
            asked.push((&broken, &uri, "*/*", Secrets::ACME, 500));
        }
        for (world, uri, media, secret, status) in asked {
            let bearer = format!("Bearer {secret}");
            let fields = [("authorization", bearer.as_str()), ("accept", media)];
            let reply = world.call(TestRequest::get(), uri, &fields).await;
            assert_eq!(reply.status.as_u16(), status, "{uri} as {media}");
            is_documented(&document, (&path, &method), &reply);
        }
    }
}

/// Operation, body, and the status that it answers with.
fn at_the_desk() -> Vec<(&'static str, &'static str, Value, u16)> {
    let token = |secret: &str| json!({"token": secret});
    vec![
        ("get", "/api/v1/openapi.json", Value::Null, 200),
        ("get", "/api/v1/session", Value::Null, 204),
        ("post", "/api/v1/session", token(Secrets::OTHER), 200),
        ("post", "/api/v1/session", token(Secrets::UNKNOWN), 401),
        ("post", "/api/v1/session", token(Secrets::BOUND), 403),
        ("post", "/api/v1/session", json!([]), 400),
        ("delete", "/api/v1/session", Value::Null, 204),
        ("get", "/api/v1/sites/{site}/settings", Value::Null, 200),
        ("get", "/api/v1/sites/{site}/tokens", Value::Null, 200),
        (
            "post",
            "/api/v1/sites/{site}/tokens",
            json!({"expires": "2026-04-01"}),
            201,
        ),
        ("post", "/api/v1/sites/{site}/tokens", json!({"expires": "soon"}), 400),
        ("delete", "/api/v1/sites/{site}/tokens/{id}", Value::Null, 204),
        ("post", "/api/v1/sites/{site}/grants", json!({"page": "/a"}), 201),
        ("post", "/api/v1/sites/{site}/grants", json!({}), 400),
        ("get", "/api/v1/sites/{site}/shares", Value::Null, 200),
        (
            "post",
            "/api/v1/sites/{site}/shares",
            json!({"expires": "2026-04-01"}),
            201,
        ),
        ("post", "/api/v1/sites/{site}/shares", json!({"expires": "soon"}), 400),
        ("delete", "/api/v1/sites/{site}/shares/{id}", json!("page"), 204),
        ("delete", "/api/v1/sites/{site}/shares/{id}", Value::Null, 404),
        ("post", "/api/v1/shared", json!({"secret": Secrets::LINK}), 200),
        ("post", "/api/v1/shared", json!({"secret": Secrets::UNKNOWN_LINK}), 401),
        ("post", "/api/v1/shared", json!({"secret": Secrets::GUARDED_LINK}), 401),
        ("post", "/api/v1/shared", json!({}), 400),
        (
            "post",
            "/api/v1/sites/{site}/widget",
            json!({"public_countries": true}),
            204,
        ),
        ("post", "/api/v1/sites/{site}/widget", json!({}), 400),
        (
            "put",
            "/api/v1/sites/{site}/origins",
            json!({"origins": ["https://shop.example"]}),
            204,
        ),
        ("put", "/api/v1/sites/{site}/origins", json!({"origins": []}), 400),
        ("get", "/api/v1/sites/{site}/rules", Value::Null, 200),
        (
            "post",
            "/api/v1/sites/{site}/rules",
            json!({"pattern": "/a", "action": "group"}),
            204,
        ),
        (
            "post",
            "/api/v1/sites/{site}/rules",
            json!({"pattern": "a", "action": "group"}),
            400,
        ),
        (
            "delete",
            "/api/v1/sites/{site}/rules",
            json!("?pattern=/hidden/**"),
            204,
        ),
        ("delete", "/api/v1/sites/{site}/rules", json!("?pattern=/other"), 400),
        ("get", "/api/v1/sites/{site}/networks", Value::Null, 200),
        ("put", "/api/v1/sites/{site}/networks", json!({"allow_ip": []}), 204),
        (
            "put",
            "/api/v1/sites/{site}/networks",
            json!({"allow_ip": ["office"]}),
            400,
        ),
        ("get", "/api/v1/sites/{site}/retention", Value::Null, 200),
        (
            "put",
            "/api/v1/sites/{site}/retention",
            json!({"months": 25, "then": "coarsen"}),
            204,
        ),
        (
            "put",
            "/api/v1/sites/{site}/retention",
            json!({"months": 2, "then": "coarsen"}),
            400,
        ),
        ("post", "/api/v1/overlay", json!({"grant": "no"}), 401),
        ("post", "/api/v1/overlay", json!({}), 400),
    ]
}

#[actix_web::test]
async fn every_answer_of_the_desk_is_as_documented() {
    let document = openapi::document();
    let bearer = format!("Bearer {}", Secrets::OTHER);
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let mut left: BTreeSet<(String, String)> = operations(&document)
        .into_iter()
        .filter(|(_, _, about)| about["tags"][0] == "desk")
        .map(|(path, method, _)| (path, method))
        .collect();
    for (method, path, body, status) in at_the_desk() {
        // What is deleted is named by its body here.
        let id = body.as_str().unwrap_or("other");
        let query = if id.starts_with('?') { id } else { "" };
        let uri = path.replace("{site}", "other").replace("{id}", id) + query;
        let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let request = TestRequest::default().method(verb).set_payload(body.to_string());
        let reply = world().call(request, &uri, &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{method} {path} {body}");
        is_documented(&document, (path, method), &reply);
        left.remove(&(path.to_owned(), method.to_owned()));
    }
    assert!(left.is_empty(), "never asked: {left:?}");
}

#[actix_web::test]
async fn that_somebody_tries_too_often_is_answered_as_documented() {
    let document = openapi::document();
    let mut busy = world();
    busy.known.wait_s = Some(1);
    for path in ["/api/v1/session", "/api/v1/shared"] {
        let request = TestRequest::post().set_payload("{}");
        let reply = busy.call(request, path, &[("content-type", "application/json")]).await;
        assert_eq!(reply.status.as_u16(), 429, "{path}");
        is_documented(&document, (path, "post"), &reply);
    }
}

#[actix_web::test]
async fn what_the_overlay_draws_is_as_documented() {
    let document = openapi::document();
    let bearer = format!("Bearer {}", Secrets::ACME);
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let wanted = TestRequest::post().set_payload(json!({"page": "/a"}).to_string());
    let granted = world().call(wanted, "/api/v1/sites/acme/grants", &fields).await.json();
    let url = granted["url"].as_str().expect("an address");
    let grant = url.split_once("#isotherm-heat=").expect("a grant").1;
    let asked = TestRequest::post().set_payload(json!({"grant": grant}).to_string());
    let drawn = world()
        .call(asked, "/api/v1/overlay", &[("origin", "https://shop.example")])
        .await;
    assert_eq!(drawn.status.as_u16(), 200);
    is_documented(&document, ("/api/v1/overlay", "post"), &drawn);
}
