//! Who may ask: every endpoint with every wrong way to log in.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use isotherm_core::reading::ReadError;

use crate::world::{ELSEWHERE, PageView, Secrets, World, times};

const QUESTIONS: [&str; 7] = [
    "pages",
    "heatmap?page=/",
    "scroll?page=/",
    "countries",
    "viewports",
    "timeseries",
    "status",
];

fn world() -> World {
    World::of(times(60, &PageView::of("/").clicked(3, 4)))
}

#[actix_web::test]
async fn the_sites_own_token_opens_every_answer() {
    for question in QUESTIONS {
        let reply = world().get(question).await;
        assert_eq!(reply.status, StatusCode::OK, "{question}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("cache-control"), "private, no-cache");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(
            reply
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
    }
}

#[actix_web::test]
async fn without_a_known_token_nothing_opens() {
    let acme = Secrets::ACME;
    let ways: [&[(&str, &str)]; 7] = [
        &[],
        &[("Authorization", "")],
        &[("Authorization", "Bearer")],
        &[("Authorization", &format!("Basic {acme}"))],
        &[("Authorization", &format!("Bearer {}", Secrets::UNKNOWN))],
        &[("Authorization", &format!("Bearer {acme}A"))],
        &[
            ("Authorization", &format!("Bearer {acme}")),
            ("Authorization", &format!("Bearer {acme}")),
        ],
    ];
    for question in QUESTIONS.into_iter().chain(["nothing", "heatmap?what=ever"]) {
        let mut bodies = Vec::new();
        for fields in ways {
            for site in ["acme", "nowhere", "NO_SITE"] {
                let uri = format!("/api/v1/sites/{site}/{question}");
                let reply = world().call(TestRequest::get(), &uri, fields).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{question}");
                assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"isotherm\"");
                assert_eq!(reply.header("content-type"), "application/problem+json");
                bodies.push(reply.body);
            }
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "all refusals of {question} are alike");
    }
}

#[actix_web::test]
async fn a_token_of_something_else_is_told_that_and_nothing_else() {
    for question in QUESTIONS.into_iter().chain(["nothing", "heatmap?what=ever"]) {
        let mut bodies = Vec::new();
        for (secret, site) in [
            (Secrets::OTHER, "acme"),
            (Secrets::ACME, "other"),
            (Secrets::ACME, "nowhere"),
            (Secrets::ACME, "NO_SITE"),
            (Secrets::ACME, "acm%65x"),
            (Secrets::REMOVED, "removed"),
            (Secrets::BOUND, "acme"),
        ] {
            let uri = format!("/api/v1/sites/{site}/{question}");
            let reply = world()
                .call(
                    TestRequest::get(),
                    &uri,
                    &[("Authorization", &format!("Bearer {secret}"))],
                )
                .await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{question} of {site}");
            assert_eq!(reply.header("content-type"), "application/problem+json");
            bodies.push(reply.body);
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "all refusals of {question} are alike");
    }
}

#[actix_web::test]
async fn the_scheme_is_read_without_case() {
    let fields = [("Authorization", format!("bearer  {}", Secrets::ACME))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reply = world()
        .call(TestRequest::get(), "/api/v1/sites/acme/pages", &fields)
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem_document() {
    let bearer = format!("Bearer {}", Secrets::ACME);
    let fields = [("Authorization", bearer.as_str())];
    for uri in [
        "/api/v1/sites/acme/nothing",
        "/api/v1/sites/acme/pages/more",
        "/api/v1/sites/acme",
    ] {
        let reply = world().call(TestRequest::get(), uri, &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{uri}");
        assert_eq!(reply.json()["status"], 404);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let reply = world()
            .call(
                TestRequest::default().method(method),
                "/api/v1/sites/acme/pages",
                &fields,
            )
            .await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.header("allow"), "GET, HEAD");
    }
    let head = TestRequest::default().method(Method::HEAD);
    assert_eq!(
        world().call(head, "/api/v1/sites/acme/pages", &fields).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn a_store_that_is_away_is_503_and_one_that_refuses_is_500_without_its_words() {
    for question in QUESTIONS.into_iter().filter(|question| *question != "status") {
        let mut world = world();
        world.away = Some(ReadError::Unavailable("connection refused by engine-7".into()));
        let reply = world.get(question).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{question}");
        assert_eq!(reply.header("retry-after"), "5");
        assert!(!reply.text().contains("engine-7"));
        world.away = Some(ReadError::Refused("syntax error near SELECT".into()));
        let reply = world.get(question).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{question}");
        assert!(!reply.text().contains("SELECT"));
    }
}

#[actix_web::test]
async fn a_use_is_noted_once_by_request_where_something_opens_and_nowhere_else() {
    let world = world();
    let taken = || std::mem::take(&mut *world.known.used.lock().expect("one test"));
    let login = TestRequest::post().set_payload(format!("{{\"token\":\"{}\"}}", Secrets::ACME));
    let json = ("content-type", "application/json");
    let opened = world.call(login, "/api/v1/session", &[json]).await;
    let cookie = opened.header("set-cookie").split(';').next().expect("a cookie");
    taken();
    let bearer = format!("Bearer {}", Secrets::ACME);
    for field in [("authorization", bearer.as_str()), ("cookie", cookie)] {
        for question in QUESTIONS.into_iter().chain(["settings"]) {
            let uri = format!("/api/v1/sites/acme/{question}");
            world.call(TestRequest::get(), &uri, &[field]).await;
            assert_eq!(taken(), ["acme"], "{question}");
        }
    }
    for (secret, site, more) in [
        (Secrets::ACME, "other", None),
        (Secrets::ACME, "acme", Some(ELSEWHERE)),
        (Secrets::UNKNOWN, "acme", None),
        (Secrets::EXPIRED, "acme", None),
        (Secrets::BOUND, "acme", None),
        (Secrets::REMOVED, "removed", None),
    ] {
        let bearer = format!("Bearer {secret}");
        let mut fields = vec![("authorization", bearer.as_str())];
        fields.extend(more);
        let uri = format!("/api/v1/sites/{site}/pages");
        let refused = world.call(TestRequest::get(), &uri, &fields).await;
        assert!(refused.status.is_client_error());
        assert_eq!(taken(), [""; 0], "what is refused says nothing of the token's owner");
    }
}
