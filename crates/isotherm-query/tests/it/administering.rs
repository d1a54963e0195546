//! A site's rules, networks and retention over HTTP: what is taken, what is refused by which name, and that what is refused
//! changes nothing. Who may is in the matrix.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::known::{HERE, RULE};
use crate::world::{ELSEWHERE, Reply, Secrets, World};

/// Asks as the administrator of `other`.
async fn ask(world: &World, method: Method, what: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {}", Secrets::OTHER);
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let request = TestRequest::default().method(method).set_payload(body.to_string());
    world
        .call(request, &format!("/api/v1/sites/other/{what}"), &fields)
        .await
}

fn taken(world: &World) -> Vec<&'static str> {
    std::mem::take(&mut *world.known.changed.lock().expect("one test"))
}

/// Refused with the parameter's name and these words, and nothing is changed.
fn assert_refused(world: &World, reply: &Reply, parameter: &str, says: &str) {
    let (status, problem) = (reply.status, reply.json());
    assert_eq!(
        (status, &problem["parameter"]),
        (StatusCode::BAD_REQUEST, &json!(parameter))
    );
    let detail = problem["detail"].as_str().expect("words");
    assert!(detail.contains(says), "{detail}");
    assert_eq!(taken(world), [""; 0], "{detail}");
}

#[actix_web::test]
async fn rules_are_listed_added_and_removed() {
    let world = World::of(Vec::new());
    let listed = ask(&world, Method::GET, "rules", Value::Null).await;
    assert_eq!(listed.json(), json!([{"pattern": RULE, "action": "drop"}]));
    for body in [
        json!({"pattern": "/product/*", "action": "group"}),
        json!({"pattern": "/admin/**", "action": "drop", "first": true}),
    ] {
        let added = ask(&world, Method::POST, "rules", body).await;
        assert_eq!(added.status, StatusCode::NO_CONTENT);
        assert_eq!(taken(&world), ["rules are changed"]);
    }
    let removed = ask(&world, Method::DELETE, "rules?pattern=%2Fhidden%2F**", Value::Null).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(taken(&world), ["rules are changed"]);
}

#[actix_web::test]
async fn a_rule_that_cannot_hold_is_refused_by_name() {
    let world = World::of(Vec::new());
    let rule = |pattern: &str| json!({"pattern": pattern, "action": "drop"});
    for (body, parameter, says) in [
        (rule("admin"), "pattern", "starts with a slash"),
        (rule("/admin/"), "pattern", "leave it out"),
        (rule("/a?b"), "pattern", "without query"),
        (rule("/**/b"), "pattern", "comes last"),
        (rule(&format!("/{}", "a".repeat(2_000))), "pattern", "at most"),
        (json!({"pattern": "/a"}), "body", "JSON"),
        (json!({"pattern": "/a", "action": "keep"}), "body", "JSON"),
        (json!({"pattern": "/a", "action": "drop", "last": true}), "body", "JSON"),
        (json!([rule("/a")]), "body", "JSON"),
    ] {
        let reply = ask(&world, Method::POST, "rules", body).await;
        assert_refused(&world, &reply, parameter, says);
    }
    for (query, says) in [
        ("", "is needed"),
        ("?pattern=/other", "no rule with this pattern"),
        ("?pattern=/hidden/**&pattern=/hidden/**", "is needed"),
        ("?pattern=/hidden/**&more=1", "is needed"),
    ] {
        let reply = ask(&world, Method::DELETE, &format!("rules{query}"), Value::Null).await;
        assert_refused(&world, &reply, "pattern", says);
    }
}

#[actix_web::test]
async fn networks_are_replaced_by_lists_that_hold_whoever_sends_them() {
    let world = World::of(Vec::new());
    let listed = ask(&world, Method::GET, "networks", Value::Null).await;
    assert_eq!(listed.json(), json!({"allow_ip": [HERE]}));
    let put = async |allow_ip: Value| ask(&world, Method::PUT, "networks", json!({"allow_ip": allow_ip})).await;
    for list in [json!([]), json!([HERE]), json!(["2001:db8::/32", HERE])] {
        assert_eq!(put(list).await.status, StatusCode::NO_CONTENT);
        assert_eq!(taken(&world), ["networks are replaced"]);
    }
    for list in [json!(["192.0.2.0/24"]), json!(["192.0.2.1", "2001:db8::/32"])] {
        assert_refused(&world, &put(list).await, "allow_ip", "would lock you out");
    }
    let many = put(json!(vec![HERE; 65])).await;
    assert_refused(&world, &many, "allow_ip", "at most 64 addresses or networks");
    for (list, entry) in [
        (json!([HERE, "office"]), 1),
        (json!([format!("{HERE}5")]), 0),
        (json!([""]), 0),
    ] {
        let reply = put(list).await;
        assert_refused(&world, &reply, "allow_ip", "neither an address nor a network");
        assert_eq!(reply.json()["entry"], json!(entry));
    }
    let reply = ask(&world, Method::PUT, "networks", json!({})).await;
    assert_refused(&world, &reply, "body", "JSON");
}

#[actix_web::test]
async fn who_is_elsewhere_gives_no_list_at_all() {
    let world = World::of(Vec::new());
    let bearer = format!("Bearer {}", Secrets::OTHER);
    let json = ("content-type", "application/json");
    let fields = [("authorization", bearer.as_str()), json, ELSEWHERE];
    let request = TestRequest::put().set_payload(json!({"allow_ip": []}).to_string());
    let reply = world.call(request, "/api/v1/sites/other/networks", &fields).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(taken(&world), [""; 0]);
}

#[actix_web::test]
async fn a_retention_that_loses_counts_has_to_name_the_day() {
    let world = World::of(Vec::new());
    let known = ask(&world, Method::GET, "retention", Value::Null).await;
    let expected = json!({"months": 25, "then": "coarsen", "oldest": "2025-03-15", "sealed_to": "2026-03-13"});
    assert_eq!(known.json(), expected);
    let put = async |body: Value| ask(&world, Method::PUT, "retention", body).await;
    for body in [
        json!({"months": 25, "then": "coarsen"}),
        json!({"months": 26, "then": "coarsen"}),
        // A year and the running month: March of last year stays.
        json!({"months": 12, "then": "coarsen"}),
        json!({"months": 11, "then": "delete", "lost_before": "2025-04-01"}),
    ] {
        assert_eq!(put(body).await.status, StatusCode::NO_CONTENT);
        assert_eq!(taken(&world), ["retention is set"]);
    }
    for day in [Value::Null, json!("2025-03-01"), json!("yes")] {
        let reply = put(json!({"months": 11, "then": "coarsen", "lost_before": day})).await;
        assert_refused(&world, &reply, "lost_before", "before 2025-04-01 would be lost");
    }
    for months in [0, 2, 1_201, 70_000] {
        let reply = put(json!({"months": months, "then": "delete"})).await;
        assert_refused(&world, &reply, "months", "from 3 to 1200");
    }
    for body in [
        json!({"months": 12}),
        json!({"months": -1, "then": "delete"}),
        json!({"months": 12, "then": "keep"}),
    ] {
        assert_refused(&world, &put(body).await, "body", "JSON");
    }
}
