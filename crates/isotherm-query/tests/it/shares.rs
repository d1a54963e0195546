//! Share links: what they show, to whom, and everything that they do not.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use isotherm_query::openapi;
use serde_json::{Value, json};

use crate::world::{ELSEWHERE, HOUR_MS, NOON_MS, PASSWORD, PageView, Reply, Secrets, TODAY, World, times};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Sixty page views of two pages in cohorts, and sixty more of today, which are in none yet.
fn world() -> World {
    let of = |path: &str, day: u16| {
        let view = PageView::of(path).clicked(3, 4).clicked_on("#buy", 3, 4);
        times(60, &PageView { day, ..view })
    };
    let mut world = World::of([of("/a", TODAY - 20), of("/b", TODAY - 20), of("/a", TODAY)].concat());
    world.sealed = Some(TODAY - 3);
    world
}

async fn open(body: Value, fields: &[(&str, &str)]) -> Reply {
    let request = TestRequest::post().set_payload(body.to_string());
    world().call(request, "/api/v1/shared", fields).await
}

async fn bearer(secret: &str, password: Option<&str>) -> String {
    let reply = open(json!({"secret": secret, "password": password}), &[JSON]).await;
    assert_eq!(reply.status, StatusCode::OK);
    reply.json()["bearer"].as_str().expect("a bearer").to_owned()
}

async fn get(bearer: &str, site: &str, what: &str) -> Reply {
    let authorization = format!("Bearer {bearer}");
    let fields = [("authorization", authorization.as_str())];
    world()
        .call(TestRequest::get(), &format!("/api/v1/sites/{site}/{what}"), &fields)
        .await
}

/// What a link to a page shows of it.
const OF_A_PAGE: [&str; 6] = ["heatmap", "scroll", "elements", "countries", "viewports", "timeseries"];

#[actix_web::test]
async fn a_link_shows_cohorts_and_nothing_else() {
    let bearer = bearer(Secrets::LINK, None).await;
    let pages = get(&bearer, "acme", "pages").await;
    assert_eq!(pages.status, StatusCode::OK);
    let views = |json: Value| {
        json.as_array()
            .expect("pages")
            .iter()
            .map(|page| page["views"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(views(pages.json()), [60, 60], "today's 60 of /a are not sealed");
    assert_eq!(
        world().get("pages").await.json()[0]["views"],
        120,
        "to the site's own token"
    );
    for sealed in ["", "&sealed=only"] {
        let heat = get(&bearer, "acme", &format!("heatmap?page=/a{sealed}")).await.json();
        assert_eq!((&heat["views"], &heat["cells"][0]["n"]), (&json!(60), &json!(60)));
    }
    let days = get(&bearer, "acme", "timeseries").await.json();
    assert_eq!(days.as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn a_link_to_a_page_shows_that_page_alone() {
    let opened = open(json!({"secret": Secrets::PAGE_LINK}), &[JSON]).await.json();
    assert_eq!((&opened["shows"], &opened["page"]), (&json!("page"), &json!("/a")));
    let bearer = opened["bearer"].as_str().expect("a bearer");
    for what in OF_A_PAGE {
        let own = get(bearer, "acme", &format!("{what}?page=/a")).await;
        assert_eq!(own.status, StatusCode::OK, "{what}");
        for other in ["?page=/b", "?page=/nothing", "?page=/A"] {
            let reply = get(bearer, "acme", &format!("{what}{other}")).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}{other}");
            assert!(reply.header("etag").is_empty() && reply.header("x-isotherm-covers").is_empty());
        }
    }
    for what in ["pages", "countries", "viewports", "timeseries"] {
        assert_eq!(
            get(bearer, "acme", what).await.status,
            StatusCode::FORBIDDEN,
            "{what} of the site"
        );
    }
}

#[actix_web::test]
async fn a_link_opens_no_other_endpoint() {
    let document = openapi::document();
    let shown: Vec<&str> = OF_A_PAGE.into_iter().chain(["pages"]).collect();
    let (whole, page) = (
        bearer(Secrets::LINK, None).await,
        bearer(Secrets::PAGE_LINK, None).await,
    );
    let mut refused = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let Some(name) = path
            .strip_prefix("/api/v1/sites/{site}/")
            .filter(|name| !shown.contains(name))
        else {
            continue;
        };
        for (method, about) in methods.as_object().expect("methods") {
            let uri = match name {
                "compare" => "compare?page=/a&variants=a,none".to_owned(),
                other => other.replace("{id}", "page"),
            };
            for bearer in [&whole, &page] {
                let authorization = format!("Bearer {bearer}");
                let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
                let request = TestRequest::default().method(verb).set_payload("{}");
                let fields = [("authorization", authorization.as_str()), JSON];
                let reply = world()
                    .call(request, &format!("/api/v1/sites/acme/{uri}"), &fields)
                    .await;
                let closed = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&reply.status);
                assert!(closed, "{method} {uri}: {}", reply.status);
            }
            assert!(!about["security"].to_string().contains("link"), "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
}

#[actix_web::test]
async fn a_bearer_of_a_link_that_ended_or_of_another_site_or_from_elsewhere_opens_nothing() {
    let bearer = bearer(Secrets::LINK, None).await;
    let changed = format!("{}A", &bearer[..bearer.len() - 1]);
    for (name, text, site, elsewhere, expected) in [
        ("changed", changed.as_str(), "acme", false, StatusCode::UNAUTHORIZED),
        (
            "a secret itself",
            Secrets::LINK,
            "acme",
            false,
            StatusCode::UNAUTHORIZED,
        ),
        ("other site", &bearer, "other", false, StatusCode::FORBIDDEN),
        ("no such site", &bearer, "nowhere", false, StatusCode::FORBIDDEN),
        ("wrong network", &bearer, "acme", true, StatusCode::FORBIDDEN),
    ] {
        for what in OF_A_PAGE
            .map(|what| format!("{what}?page=/a"))
            .iter()
            .chain(&["pages".to_owned()])
        {
            let authorization = format!("Bearer {text}");
            let mut fields = vec![("authorization", authorization.as_str())];
            fields.extend(elsewhere.then_some(ELSEWHERE));
            let uri = format!("/api/v1/sites/{site}/{what}");
            let reply = world().call(TestRequest::get(), &uri, &fields).await;
            assert_eq!(reply.status, expected, "{name}: {what}");
            assert_eq!(reply.header("content-type"), "application/problem+json");
        }
    }
}

#[actix_web::test]
async fn only_a_known_link_from_our_own_page_is_opened() {
    let good = json!({"secret": Secrets::LINK});
    for (body, fields, status) in [
        (json!({"secret": Secrets::UNKNOWN_LINK}), vec![JSON], 401),
        (json!({"secret": Secrets::ENDED_LINK}), vec![JSON], 401),
        (json!({"secret": Secrets::ACME}), vec![JSON], 401),
        (json!({"secret": "x"}), vec![JSON], 401),
        (json!({}), vec![JSON], 400),
        (json!({"secret": Secrets::LINK, "more": 1}), vec![JSON], 400),
        (good.clone(), vec![("content-type", "text/plain")], 403),
        (good.clone(), vec![JSON, ("sec-fetch-site", "cross-site")], 403),
        (good.clone(), vec![JSON, ELSEWHERE], 403),
    ] {
        let reply = open(body.clone(), &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{body} {fields:?}");
        assert!(!reply.text().contains("bearer\":"), "{body}");
    }
    let opened = open(good, &[JSON]).await;
    assert_eq!(opened.header("cache-control"), "private, no-store");
    assert_eq!(opened.header("set-cookie"), "", "nothing is stored in the browser");
    assert_eq!(
        (&opened.json()["shows"], &opened.json()["page"]),
        (&json!("site"), &Value::Null)
    );
    // A link is no token, neither to log in with nor to ask with.
    let login = TestRequest::post().set_payload(json!({"token": Secrets::LINK}).to_string());
    let reply = world().call(login, "/api/v1/session", &[JSON]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_password_is_asked_for_and_cannot_be_guessed_at_leisure() {
    let with = |password: Value| open(json!({"secret": Secrets::GUARDED_LINK, "password": password}), &[JSON]);
    let asked = with(Value::Null).await;
    assert_eq!(
        (asked.status.as_u16(), &asked.json()["parameter"]),
        (401, &json!("password"))
    );
    assert!(!bearer(Secrets::GUARDED_LINK, Some(PASSWORD)).await.is_empty());
    let mut wrong = 0;
    let limited = loop {
        let reply = with(json!("wrong horse")).await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            break reply;
        }
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["parameter"]),
            (401, &json!("password"))
        );
        wrong += 1;
        assert!(wrong < 30, "no end");
    };
    assert_eq!((wrong, limited.header("retry-after")), (29, "3600"));
    assert_eq!(with(json!(PASSWORD)).await.status, StatusCode::TOO_MANY_REQUESTS);
    let next_hour_ms = NOON_MS + HOUR_MS;
    for (now_ms, status) in [(next_hour_ms - 1, 429), (next_hour_ms, 200)] {
        let body = json!({"secret": Secrets::GUARDED_LINK, "password": PASSWORD}).to_string();
        let request = TestRequest::post().set_payload(body);
        let reply = world().at(now_ms).call(request, "/api/v1/shared", &[JSON]).await;
        assert_eq!(reply.status.as_u16(), status);
    }
}

#[actix_web::test]
async fn a_link_is_made_and_listed_without_its_secret() {
    let authorization = format!("Bearer {}", Secrets::OTHER);
    let fields = [("authorization", authorization.as_str()), JSON];
    let terms = json!({"page": "/a", "expires": "2026-04-01", "password": "a long password"});
    let request = TestRequest::post().set_payload(terms.to_string());
    let made = world().call(request, "/api/v1/sites/other/shares", &fields).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    assert!(
        url.starts_with("https://heat.example/#/shared/isl_"),
        "the secret stands in the fragment"
    );
    let listed = world()
        .call(TestRequest::get(), "/api/v1/sites/other/shares", &fields)
        .await;
    let lines = listed.json();
    assert_eq!((&lines[0]["shows"], &lines[0]["page"]), (&json!("site"), &Value::Null));
    assert_eq!((&lines[1]["shows"], &lines[1]["page"]), (&json!("page"), &json!("/a")));
    assert!(!listed.text().contains("isl_") && !listed.text().contains("argon2") && !listed.text().contains("hash"));
    for (terms, parameter) in [
        (json!({"expires": "2026-03-14"}), "expires"),
        (json!({"expires": "2028-01-01"}), "expires"),
        (json!({"expires": "2026-04-01", "password": "short"}), "password"),
        (json!({"expires": "2026-04-01", "page": "no path"}), "page"),
        (json!({}), "body"),
    ] {
        let request = TestRequest::post().set_payload(terms.to_string());
        let reply = world().call(request, "/api/v1/sites/other/shares", &fields).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["parameter"]),
            (400, &json!(parameter))
        );
    }
}
