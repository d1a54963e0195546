//! Several sites in one session: a further token adds its site, and each site goes by its own token alone.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::known::{MANY, one_of_many, secret_of_many};
use crate::world::{
    DAY_MS, ELSEWHERE, ELSEWHERE_OF_ACME, HOUR_MS, NOON_MS, PageView, Reply, Secrets, TODAY, World, times,
};

const SESSION: &str = "/api/v1/session";
const JSON: (&str, &str) = ("content-type", "application/json");
/// The last millisecond at which [`Secrets::EXPIRED`] opens anything.
const BEFORE_MIDNIGHT_MS: u64 = TODAY as u64 * DAY_MS - 1;
/// As many as a session holds.
const SITES_MAX: usize = 32;

/// Two sites that have nothing in common.
fn world() -> World {
    let own = PageView::of("/acmes").clicked_on("#acmes", 3, 4);
    let other = PageView {
        site: "other",
        ..PageView::of("/others").clicked_on("#others", 5, 6)
    };
    World::of([times(60, &own), times(70, &other)].concat())
}

async fn log_in(world: &World, secret: &str, cookie: &str) -> Reply {
    let body = json!({"token": secret}).to_string();
    let fields = [JSON, ("cookie", cookie)];
    let fields = &fields[..if cookie.is_empty() { 1 } else { 2 }];
    world.call(TestRequest::post().set_payload(body), SESSION, fields).await
}

/// The cookie of a session that these tokens were given to, one after the other.
async fn opened(world: &World, secrets: &[&str]) -> String {
    let mut cookie = String::new();
    for secret in secrets {
        let reply = log_in(world, secret, &cookie).await;
        assert_eq!(reply.status, StatusCode::OK);
        cookie = cookie_of(&reply);
    }
    cookie
}

/// The cookie as a browser sends it back.
fn cookie_of(reply: &Reply) -> String {
    let set = reply.header("set-cookie").split(';').next();
    set.expect("a cookie").to_owned()
}

async fn get(world: &World, uri: &str, fields: &[(&str, &str)]) -> Reply {
    world.call(TestRequest::get(), uri, fields).await
}

/// The sites that a session says are open.
fn sites(told: &Value) -> Vec<&str> {
    let sites = told["sites"].as_array().into_iter().flatten();
    sites.map(|open| open["site"].as_str().expect("a key")).collect()
}

#[actix_web::test]
async fn a_further_token_adds_its_site_and_each_may_do_what_its_own_token_may() {
    let first = opened(&world(), &[Secrets::ACME]).await;
    let reply = log_in(&world(), Secrets::OTHER, &first).await;
    let expected = json!({
        "site": "other",
        "scope": "admin",
        "sites": [{"site": "acme", "scope": "read"}, {"site": "other", "scope": "admin"}],
        "expires": "2026-03-16",
        "thresholds": {"k": 5, "page_views": 50},
    });
    assert_eq!(reply.json(), expected);
    let set = reply.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(set.contains(attribute), "{attribute}");
    }
    for told in [Secrets::ACME, Secrets::OTHER, "Domain"] {
        assert!(!set.contains(told), "the cookie holds no secret");
    }
    let cookie = cookie_of(&reply);
    let fields = [("cookie", cookie.as_str()), JSON];
    assert_eq!(get(&world(), SESSION, &fields).await.json(), expected);
    for (site, read, administered) in [("acme", 200, 403), ("other", 200, 200), ("removed", 403, 403)] {
        for (what, status) in [("pages", read), ("settings", read), ("tokens", administered)] {
            let reply = get(&world(), &format!("/api/v1/sites/{site}/{what}"), &fields).await;
            assert_eq!(reply.status.as_u16(), status, "{what} of {site}");
        }
    }
    // A grant and a link are of the site at whose door they are made.
    let made = |what: &str, body: Value| {
        let request = TestRequest::post().set_payload(body.to_string());
        (request, format!("/api/v1/sites/acme/{what}"))
    };
    let (request, uri) = made("grants", json!({"page": "/acmes"}));
    assert_eq!(world().call(request, &uri, &fields).await.status, StatusCode::CREATED);
    let (request, uri) = made("shares", json!({"expires": "2026-04-01"}));
    assert_eq!(world().call(request, &uri, &fields).await.status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_site_answers_as_to_its_own_token_alone_and_shows_nothing_of_the_other() {
    let questions = [
        "pages",
        "heatmap?page=/acmes",
        "heatmap?page=/others",
        "scroll?page=/acmes",
        "elements?page=/others",
        "countries",
        "viewports",
        "timeseries",
        "status",
        "settings",
        "tokens",
        "shares",
    ];
    for order in [[Secrets::ACME, Secrets::OTHER], [Secrets::OTHER, Secrets::ACME]] {
        let cookie = opened(&world(), &order).await;
        for (site, secret, foreign) in [("acme", Secrets::ACME, "#others"), ("other", Secrets::OTHER, "#acmes")] {
            let bearer = format!("Bearer {secret}");
            for question in questions {
                let uri = format!("/api/v1/sites/{site}/{question}");
                let alone = get(&world(), &uri, &[("authorization", &bearer)]).await;
                let common = get(&world(), &uri, &[("cookie", &cookie)]).await;
                assert_eq!((common.status, &common.body), (alone.status, &alone.body), "{uri}");
                assert_eq!(common.header("etag"), alone.header("etag"), "{uri}");
                assert!(!common.text().contains(foreign), "{uri}");
            }
        }
    }
}

#[actix_web::test]
async fn a_site_closes_with_its_own_token_and_the_others_stay_open() {
    let nowhere = ("x-nothing", "");
    let (midnight_ms, open) = (BEFORE_MIDNIGHT_MS + 1, &["acme", "other"][..]);
    for (secret, opened_ms, now_ms, from, own, other, told) in [
        (Secrets::ACME, NOON_MS, NOON_MS, nowhere, 200, 200, open),
        (
            Secrets::EXPIRED,
            BEFORE_MIDNIGHT_MS,
            BEFORE_MIDNIGHT_MS,
            nowhere,
            200,
            200,
            open,
        ),
        (
            Secrets::EXPIRED,
            BEFORE_MIDNIGHT_MS,
            midnight_ms,
            nowhere,
            401,
            200,
            &["other"],
        ),
        (Secrets::REVOKED, NOON_MS - 1, NOON_MS - 1, nowhere, 200, 200, open),
        (Secrets::REVOKED, NOON_MS - 1, NOON_MS, nowhere, 401, 200, &["other"]),
        (Secrets::ACME, NOON_MS, NOON_MS, ELSEWHERE_OF_ACME, 403, 200, &["other"]),
        (Secrets::ACME, NOON_MS, NOON_MS, ELSEWHERE, 403, 403, &[]),
    ] {
        for first_is_own in [true, false] {
            let mut order = [secret, Secrets::OTHER];
            if !first_is_own {
                order.reverse();
            }
            let cookie = opened(&world().at(opened_ms), &order).await;
            let (world, fields) = (world().at(now_ms), [("cookie", cookie.as_str()), from]);
            for (site, status) in [("acme", own), ("other", other)] {
                let reply = get(&world, &format!("/api/v1/sites/{site}/pages"), &fields).await;
                assert_eq!(reply.status.as_u16(), status, "{site} at {now_ms}");
                assert!(status == 200 || !reply.text().contains('/'), "{}", reply.text());
            }
            let look = get(&world, SESSION, &fields).await;
            if told.is_empty() {
                assert_eq!(look.status, StatusCode::NO_CONTENT);
            } else {
                let (look, mut told) = (look.json(), told.to_vec());
                let mut sites = sites(&look);
                sites.sort_unstable();
                told.sort_unstable();
                assert_eq!(sites, told, "at {now_ms}");
            }
        }
    }
}

#[actix_web::test]
async fn a_further_login_does_not_prolong_a_session() {
    let first = log_in(&world(), Secrets::ACME, "").await;
    assert!(first.header("set-cookie").contains("Max-Age=43200"));
    let later = NOON_MS + 5 * HOUR_MS;
    let reply = log_in(&world().at(later), Secrets::OTHER, &cookie_of(&first)).await;
    assert!(reply.header("set-cookie").contains("Max-Age=25200"));
    let (cookie, end_ms) = (cookie_of(&reply), NOON_MS + 12 * HOUR_MS);
    for (now_ms, status) in [(end_ms - 1, 200), (end_ms, 401)] {
        for site in ["acme", "other"] {
            let uri = format!("/api/v1/sites/{site}/pages");
            let reply = get(&world().at(now_ms), &uri, &[("cookie", &cookie)]).await;
            assert_eq!(reply.status.as_u16(), status, "{site}");
        }
    }
}

#[actix_web::test]
async fn what_is_no_open_session_adds_nothing_and_a_new_one_begins() {
    let ended = opened(&world().at(NOON_MS - 12 * HOUR_MS), &[Secrets::ACME]).await;
    let revoked = opened(&world().at(NOON_MS - 1), &[Secrets::REVOKED]).await;
    let own = opened(&world(), &[Secrets::ACME]).await;
    let doubled = format!("{own}; {own}");
    for cookie in [&ended, &revoked, &doubled, "__Host-isotherm_session=e30.AAAA"] {
        let reply = log_in(&world(), Secrets::OTHER, cookie).await;
        assert_eq!(sites(&reply.json()), ["other"]);
        assert!(reply.header("set-cookie").contains("Max-Age=43200"));
    }
}

#[actix_web::test]
async fn a_wrong_token_leaves_the_session_as_it_was() {
    let own = opened(&world(), &[Secrets::ACME]).await;
    for (secret, status) in [
        (Secrets::UNKNOWN, StatusCode::UNAUTHORIZED),
        (Secrets::EXPIRED, StatusCode::UNAUTHORIZED),
        (Secrets::REVOKED, StatusCode::UNAUTHORIZED),
        (Secrets::BOUND, StatusCode::FORBIDDEN),
    ] {
        let reply = log_in(&world(), secret, &own).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (status, ""));
    }
}

#[actix_web::test]
async fn another_token_of_an_open_site_takes_the_place_of_the_one_before() {
    let before = world().at(NOON_MS - 1);
    let cookie = opened(&before, &[Secrets::REVOKED, Secrets::OTHER, Secrets::ACME]).await;
    let look = get(&world(), SESSION, &[("cookie", &cookie)]).await.json();
    assert_eq!(
        sites(&look),
        ["other", "acme"],
        "the one that was opened last is the last"
    );
    let own = get(&world(), "/api/v1/sites/acme/pages", &[("cookie", &cookie)]).await;
    assert_eq!(own.status, StatusCode::OK, "the token before is revoked by now");
}

#[actix_web::test]
async fn a_session_holds_many_sites_and_its_cookie_fits_a_browser() {
    let secrets: Vec<String> = (0..MANY).map(secret_of_many).collect();
    let first: Vec<&str> = secrets[..SITES_MAX].iter().map(String::as_str).collect();
    let full = opened(&world(), &first).await;
    assert!((2_000..4_096).contains(&full.len()), "{} bytes", full.len());
    let keys: Vec<String> = (0..SITES_MAX).map(one_of_many).collect();
    assert_eq!(sites(&get(&world(), SESSION, &[("cookie", &full)]).await.json()), keys);
    for key in &keys {
        let uri = format!("/api/v1/sites/{key}/timeseries");
        assert_eq!(get(&world(), &uri, &[("cookie", &full)]).await.status, StatusCode::OK);
    }
    let refused = log_in(&world(), &secrets[SITES_MAX], &full).await;
    assert_eq!(
        (refused.status, refused.header("set-cookie")),
        (StatusCode::BAD_REQUEST, "")
    );
    let sentence = "`token`: a session holds at most 32 sites; log out and begin with this one";
    assert_eq!(refused.json()["detail"], sentence);
    let again = log_in(&world(), &secrets[0], &full).await;
    assert_eq!(again.status, StatusCode::OK, "a site that is open takes no more room");
}
