//! Every operation that the OpenAPI document lists, against everything that somebody may come with: tokens, sessions, grants
//! and share links of every wrong kind, site, place and time.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use isotherm_query::openapi;
use serde_json::{Value, json};

use crate::world::{
    DAY_MS, ELSEWHERE, ELSEWHERE_OF_ACME, HOUR_MS, NOON_MS, PageView, Reply, Secrets, TODAY, World, times,
};

/// The only origin from which a grant is good.
const ORIGIN: &str = "https://shop.example";

/// Who an operation is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Door {
    /// For anybody, and the same for everybody.
    Everybody,
    /// For tokens and sessions of the site.
    Own,
    /// For those, and for links to the site or to the page that is asked for.
    Page,
    /// For those, and for links to the whole site.
    Site,
    /// For tokens and sessions that may administer the site.
    Admin,
    /// For what stands in the body: a token, a link's secret, a grant.
    Body(&'static str),
    /// Says whose session the request's cookie is.
    Cookie,
}

/// An operation: its name in the document, who it is for, and its query or body.
type Row = (&'static str, Door, &'static str);

/// A new operation has to be put here, and thought about.
const ROWS: [Row; 33] = [
    ("openapi", Door::Everybody, ""),
    ("countriesWidget", Door::Everybody, ""),
    ("logOut", Door::Everybody, ""),
    ("session", Door::Cookie, ""),
    ("logIn", Door::Body("token"), ""),
    ("openLink", Door::Body("secret"), ""),
    ("overlay", Door::Body("grant"), ""),
    ("pages", Door::Site, ""),
    ("heatmap", Door::Page, "?page=/a"),
    ("scroll", Door::Page, "?page=/a"),
    ("elements", Door::Page, "?page=/a"),
    ("countries", Door::Page, "?page=/a"),
    ("viewports", Door::Page, "?page=/a"),
    ("timeseries", Door::Page, "?page=/a"),
    (
        "compare",
        Door::Own,
        "?page=/a&from_a=2026-03-14&to_a=2026-03-14&from_b=2026-03-15&to_b=2026-03-15",
    ),
    ("status", Door::Own, ""),
    ("settings", Door::Own, ""),
    ("grant", Door::Own, r#"{"page":"/a"}"#),
    ("tokens", Door::Admin, ""),
    ("makeToken", Door::Admin, r#"{"scope":"admin"}"#),
    ("revokeToken", Door::Admin, ""),
    ("shares", Door::Admin, ""),
    ("makeShare", Door::Admin, r#"{"expires":"2026-04-01"}"#),
    ("revokeShare", Door::Admin, ""),
    ("setOrigins", Door::Admin, r#"{"origins":["https://shop.example"]}"#),
    ("rules", Door::Admin, ""),
    ("addRule", Door::Admin, r#"{"pattern":"/a","action":"drop"}"#),
    ("removeRule", Door::Admin, "?pattern=/hidden/**"),
    ("networks", Door::Admin, ""),
    ("setNetworks", Door::Admin, r#"{"allow_ip":["198.51.100.0/24"]}"#),
    ("retention", Door::Admin, ""),
    ("setRetention", Door::Admin, r#"{"months":25,"then":"coarsen"}"#),
    ("setWidget", Door::Admin, r#"{"public_countries":true}"#),
];

/// An operation as it is asked.
struct Operation {
    id: String,
    door: Door,
    method: Method,
    /// With `{site}` in it.
    path: String,
    query: &'static str,
    body: &'static str,
    is_question: bool,
}

/// Every operation of the document with its row.
fn operations() -> Vec<Operation> {
    let document = openapi::document();
    let mut left: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, about) in methods.as_object().expect("methods") {
            let id = about["operationId"].as_str().expect("an id").to_owned();
            let row = ROWS.iter().find(|row| row.0 == id);
            let (_, door, sent) = row.unwrap_or_else(|| panic!("say in ROWS who {id} is for"));
            let is_query = sent.starts_with('?');
            let named = if id == "revokeShare" { "page" } else { "{site}" };
            all.push(Operation {
                method: Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method"),
                path: path.replace("{id}", named),
                query: if is_query { sent } else { "" },
                body: if is_query { "" } else { sent },
                is_question: about["tags"][0] == "answers",
                door: *door,
                id: id.clone(),
            });
            left.remove(id.as_str());
        }
    }
    assert!(left.is_empty(), "in no document: {left:?}");
    all
}

/// Page views of two sites; what is asked for is in cohorts, so that links show it as well.
fn world() -> World {
    let view = PageView::of("/a").clicked_on("#hidden", 3, 4);
    let other = PageView {
        site: "other",
        ..view.clone()
    };
    let mut world = World::of([times(60, &view), times(60, &other)].concat());
    world.sealed = Some(TODAY);
    world
}

async fn post(world: &World, uri: &str, body: Value, fields: &[(&str, &str)]) -> Reply {
    let request = TestRequest::post().set_payload(body.to_string());
    let json = ("content-type", "application/json");
    world.call(request, uri, &[&[json], fields].concat()).await
}

async fn ask(world: &World, operation: &Operation, site: &str, fields: &[(&str, &str)]) -> Reply {
    let request = TestRequest::default()
        .method(operation.method.clone())
        .set_payload(operation.body);
    let uri = format!("{}{}", operation.path.replace("{site}", site), operation.query);
    let json = ("content-type", "application/json");
    world.call(request, &uri, &[&[json], fields].concat()).await
}

/// What can be had from the role for secrets, some of it before now.
struct Texts {
    session: String,
    admins_session: String,
    /// Of both sites.
    common_session: String,
    /// Of both sites, of which one is by a token that was revoked since.
    half_revoked_session: String,
    old_session: String,
    ended_session: String,
    grant: String,
    old_grant: String,
    ended_grant: String,
    link: String,
    page_link: String,
    old_link: String,
}

impl Texts {
    async fn made() -> Texts {
        let (now, earlier) = (world(), world().at(NOON_MS - 12 * HOUR_MS));
        // Secrets that ended yesterday were good then.
        let yesterday = world().at(u64::from(TODAY) * DAY_MS - 1);
        Texts {
            session: session(&now, Secrets::ACME).await,
            admins_session: session(&now, Secrets::OTHER).await,
            common_session: common(&now, Secrets::ACME).await,
            half_revoked_session: common(&world().at(NOON_MS - 1), Secrets::REVOKED).await,
            old_session: session(&earlier, Secrets::ACME).await,
            ended_session: session(&yesterday, Secrets::EXPIRED).await,
            grant: grant(&now, Secrets::ACME).await,
            old_grant: grant(&earlier, Secrets::ACME).await,
            ended_grant: grant(&yesterday, Secrets::EXPIRED).await,
            link: link(&now, Secrets::LINK).await,
            page_link: link(&now, Secrets::PAGE_LINK).await,
            old_link: link(&earlier, Secrets::LINK).await,
        }
    }
}

/// The value of the cookie that a login sets.
async fn session(world: &World, secret: &str) -> String {
    session_beside(world, secret, &[]).await
}

/// The same of a session that the administrator's token of `other` was added to.
async fn common(world: &World, secret: &str) -> String {
    let first = format!("__Host-isotherm_session={}", session(world, secret).await);
    session_beside(world, Secrets::OTHER, &[("cookie", &first)]).await
}

async fn session_beside(world: &World, secret: &str, fields: &[(&str, &str)]) -> String {
    let reply = post(world, "/api/v1/session", json!({"token": secret}), fields).await;
    let set = reply.header("set-cookie").split(';').next().expect("a cookie");
    set.strip_prefix("__Host-isotherm_session=")
        .expect("its name")
        .to_owned()
}

async fn grant(world: &World, secret: &str) -> String {
    let bearer = format!("Bearer {secret}");
    let field = ("authorization", bearer.as_str());
    let reply = post(world, "/api/v1/sites/acme/grants", json!({"page": "/a"}), &[field]).await;
    let url = reply.json()["url"].as_str().expect("an address").to_owned();
    url.split_once("#isotherm-heat=").expect("a grant").1.to_owned()
}

async fn link(world: &World, secret: &str) -> String {
    let reply = post(world, "/api/v1/shared", json!({"secret": secret}), &[]).await;
    reply.json()["bearer"].as_str().expect("a bearer").to_owned()
}

/// Somebody with something, at a site's door.
struct Caller {
    name: &'static str,
    fields: Vec<(&'static str, String)>,
    site: &'static str,
    /// What opens.
    opens: &'static [Door],
    /// With what everything else is refused: questions, and the rest.
    refused: (u16, u16),
}

const READER: &[Door] = &[Door::Own, Door::Page, Door::Site];
const ADMIN: &[Door] = &[Door::Own, Door::Page, Door::Site, Door::Admin];
const UNKNOWN: (u16, u16) = (401, 401);
const FOREIGN: (u16, u16) = (403, 403);

fn caller(name: &'static str, site: &'static str, opens: &'static [Door], refused: (u16, u16)) -> Caller {
    Caller {
        name,
        fields: Vec::new(),
        site,
        opens,
        refused,
    }
}

impl Caller {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Caller {
        self.fields.push((name, value.into()));
        self
    }

    fn bearer(self, text: &str) -> Caller {
        self.with("authorization", format!("Bearer {text}"))
    }

    fn cookie(self, text: &str) -> Caller {
        self.with("cookie", format!("__Host-isotherm_session={text}"))
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }
}

fn callers(texts: &Texts) -> Vec<Caller> {
    let all = [
        with_tokens(),
        with_sessions(texts),
        with_common_sessions(texts),
        with_links(texts),
    ];
    all.into_iter().flatten().collect()
}

fn with_tokens() -> Vec<Caller> {
    let elsewhere = |caller: Caller| caller.with(ELSEWHERE.0, ELSEWHERE.1);
    vec![
        caller("nothing", "acme", &[], UNKNOWN),
        caller("nothing, no such site", "nowhere", &[], UNKNOWN),
        caller("read token", "acme", READER, FOREIGN).bearer(Secrets::ACME),
        caller("admin token", "other", ADMIN, FOREIGN).bearer(Secrets::OTHER),
        caller("unknown token", "acme", &[], UNKNOWN).bearer(Secrets::UNKNOWN),
        caller("not even a token", "acme", &[], UNKNOWN).bearer("iso_short"),
        caller("ended token", "acme", &[], UNKNOWN).bearer(Secrets::EXPIRED),
        caller("other site's admin token", "acme", &[], FOREIGN).bearer(Secrets::OTHER),
        caller("other site's read token", "other", &[], FOREIGN).bearer(Secrets::ACME),
        caller("token, no such site", "nowhere", &[], FOREIGN).bearer(Secrets::ACME),
        caller("token bound to another network", "acme", &[], FOREIGN).bearer(Secrets::BOUND),
        elsewhere(caller("token from elsewhere", "acme", &[], FOREIGN).bearer(Secrets::ACME)),
        elsewhere(caller("admin token from elsewhere", "other", &[], FOREIGN).bearer(Secrets::OTHER)),
        caller("removed site's token", "removed", &[], FOREIGN).bearer(Secrets::REMOVED),
        caller("token as a cookie", "acme", &[], UNKNOWN).cookie(Secrets::ACME),
    ]
}

fn with_sessions(texts: &Texts) -> Vec<Caller> {
    let (own, admins) = (&texts.session, &texts.admins_session);
    // One character of the claim is another.
    let changed = format!("{}{}", if own.starts_with('f') { 'e' } else { 'f' }, &own[1..]);
    let elsewhere = |caller: Caller| caller.with(ELSEWHERE.0, ELSEWHERE.1);
    vec![
        caller("session", "acme", READER, FOREIGN).cookie(own),
        caller("admin session", "other", ADMIN, FOREIGN).cookie(admins),
        caller("other site's session", "other", &[], FOREIGN).cookie(own),
        caller("other site's admin session", "acme", &[], FOREIGN).cookie(admins),
        caller("session, no such site", "nowhere", &[], FOREIGN).cookie(own),
        elsewhere(caller("session from elsewhere", "acme", &[], FOREIGN).cookie(own)),
        caller("changed session", "acme", &[], UNKNOWN).cookie(&changed),
        caller("old session", "acme", &[], UNKNOWN).cookie(&texts.old_session),
        caller("session of an ended token", "acme", &[], UNKNOWN).cookie(&texts.ended_session),
        caller("session as a token", "acme", &[], UNKNOWN).bearer(own),
        caller("session beside a wrong token", "acme", &[], UNKNOWN)
            .cookie(own)
            .bearer(Secrets::UNKNOWN),
        caller("session beside another site's token", "acme", &[], FOREIGN)
            .cookie(own)
            .bearer(Secrets::OTHER),
        caller("grant as a cookie", "acme", &[], UNKNOWN).cookie(&texts.grant),
        caller("grant as a token", "acme", &[], UNKNOWN).bearer(&texts.grant),
    ]
}

/// Each site goes by its own token, whatever the other's may do or has become.
fn with_common_sessions(texts: &Texts) -> Vec<Caller> {
    let (both, revoked) = (&texts.common_session, &texts.half_revoked_session);
    let from = |field: (&'static str, &'static str), caller: Caller| caller.with(field.0, field.1);
    vec![
        caller("session of both", "acme", READER, FOREIGN).cookie(both),
        caller("session of both", "other", ADMIN, FOREIGN).cookie(both),
        caller("session of both", "removed", &[], FOREIGN).cookie(both),
        caller("session of both", "nowhere", &[], FOREIGN).cookie(both),
        from(
            ELSEWHERE,
            caller("session of both, elsewhere", "other", &[], FOREIGN).cookie(both),
        ),
        from(
            ELSEWHERE_OF_ACME,
            caller("session of both, not from here", "acme", &[], FOREIGN).cookie(both),
        ),
        from(
            ELSEWHERE_OF_ACME,
            caller("session of both, the other from here", "other", ADMIN, FOREIGN).cookie(both),
        ),
        caller("session of both, one revoked", "acme", &[], UNKNOWN).cookie(revoked),
        caller("session of both, the other revoked", "other", ADMIN, FOREIGN).cookie(revoked),
    ]
}

fn with_links(texts: &Texts) -> Vec<Caller> {
    let whole: &[Door] = &[Door::Page, Door::Site];
    // What is no question takes a token or a session, and what is handed out for a link is neither.
    let refused = (403, 401);
    let elsewhere = |caller: Caller| caller.with(ELSEWHERE.0, ELSEWHERE.1);
    vec![
        caller("link", "acme", whole, refused).bearer(&texts.link),
        caller("link to the page", "acme", &[Door::Page], refused).bearer(&texts.page_link),
        caller("other site's link", "other", &[], refused).bearer(&texts.link),
        caller("other site's link to the page", "other", &[], refused).bearer(&texts.page_link),
        caller("link, no such site", "nowhere", &[], refused).bearer(&texts.link),
        elsewhere(caller("link from elsewhere", "acme", &[], refused).bearer(&texts.link)),
        caller("old link", "acme", &[], UNKNOWN).bearer(&texts.old_link),
        caller("link's secret", "acme", &[], UNKNOWN).bearer(Secrets::LINK),
        caller("link's secret as a cookie", "acme", &[], UNKNOWN).cookie(Secrets::LINK),
        caller("link as a cookie", "acme", &[], UNKNOWN).cookie(&texts.link),
    ]
}

/// A refusal says what it is, and nothing of what is behind the door.
fn assert_closed(reply: &Reply, status: u16, at: &str) {
    assert_eq!(reply.status.as_u16(), status, "{at}");
    assert_eq!(reply.header("content-type"), "application/problem+json", "{at}");
    assert_eq!(reply.header("cache-control"), "private, no-store", "{at}");
    for name in [
        "etag",
        "set-cookie",
        "x-isotherm-covers",
        "x-isotherm-withheld",
        "access-control-allow-origin",
    ] {
        assert_eq!(reply.header(name), "", "{at}: {name}");
    }
    for text in ["hidden", "\"/a\"", "shop.example", "198.51.100", "iso_", "isl_", "2026"] {
        assert!(!reply.text().contains(text), "{at}: {text}");
    }
}

#[actix_web::test]
async fn below_a_site_each_operation_opens_to_those_it_is_for_and_to_nobody_else() {
    let world = world();
    let taken = || std::mem::take(&mut *world.known.changed.lock().expect("one test"));
    let texts = Texts::made().await;
    let callers = callers(&texts);
    let mut opened = BTreeSet::new();
    for operation in operations().iter().filter(|one| one.path.starts_with("/api/v1/sites/")) {
        let mut refusals = BTreeSet::new();
        for caller in &callers {
            let at = format!("{} with {} of {}", operation.id, caller.name, caller.site);
            let reply = ask(&world, operation, caller.site, &caller.fields()).await;
            let changes = operation.door == Door::Admin && operation.method != Method::GET;
            if caller.opens.contains(&operation.door) {
                assert!(reply.status.is_success(), "{at}: {}", reply.status);
                assert_eq!(taken().len(), usize::from(changes), "{at}");
                opened.insert(operation.id.clone());
                continue;
            }
            let status = if operation.is_question {
                caller.refused.0
            } else {
                caller.refused.1
            };
            assert_closed(&reply, status, &at);
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{at}");
            assert_eq!(taken(), [""; 0], "{at}");
            if caller.opens.is_empty() {
                refusals.insert((status, reply.body));
            }
        }
        assert_eq!(
            refusals.len(),
            2,
            "{}: who has nothing there learns no more than 401 or 403",
            operation.id
        );
    }
    assert_eq!(
        opened.len(),
        26,
        "each operation below a site opens to somebody: {opened:?}"
    );
}

#[test]
fn the_document_says_who_each_operation_is_for() {
    let document = openapi::document();
    for operation in operations() {
        let method = operation.method.as_str().to_lowercase();
        let mut methods = document["paths"].as_object().expect("paths").values();
        let about = methods.find(|about| about[&method]["operationId"] == operation.id.as_str());
        let expected = match operation.door {
            Door::Own | Door::Admin => json!([{"token": []}, {"session": []}]),
            Door::Page | Door::Site => json!([{"token": []}, {"session": []}, {"link": []}]),
            Door::Everybody | Door::Body(_) | Door::Cookie => json!([]),
        };
        assert_eq!(
            about.expect("listed")[&method]["security"],
            expected,
            "{}",
            operation.id
        );
    }
}

#[actix_web::test]
async fn a_page_of_another_site_changes_nothing_with_a_readers_session() {
    let world = world();
    let texts = Texts::made().await;
    let cookie = format!("__Host-isotherm_session={}", texts.admins_session);
    for operation in operations().iter().filter(|one| one.method != Method::GET) {
        if !operation.path.starts_with("/api/v1/sites/") {
            continue;
        }
        for foreign in [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://elsewhere.example"),
            ("origin", "null"),
        ] {
            let fields = [("cookie", cookie.as_str()), foreign, ("host", "heat.example")];
            let reply = ask(&world, operation, "other", &fields).await;
            assert_closed(&reply, 403, &format!("{} {foreign:?}", operation.id));
        }
    }
    assert_eq!(*world.known.changed.lock().expect("one test"), [""; 0]);
}

#[actix_web::test]
async fn what_is_for_everybody_is_the_same_for_everybody() {
    let world = world();
    let texts = Texts::made().await;
    let callers = callers(&texts);
    for operation in operations().iter().filter(|one| one.door == Door::Everybody) {
        let mut replies = BTreeSet::new();
        for caller in &callers {
            let reply = ask(&world, operation, "acme", &caller.fields()).await;
            assert!(!reply.text().contains("hidden"), "{}", operation.id);
            replies.insert((reply.status.as_u16(), reply.body));
        }
        assert_eq!(replies.len(), 1, "{}", operation.id);
    }
}

#[actix_web::test]
async fn whose_session_it_is_is_told_to_that_session_alone() {
    let world = world();
    let texts = Texts::made().await;
    let callers = callers(&texts);
    let look = operations()
        .into_iter()
        .find(|one| one.door == Door::Cookie)
        .expect("it is listed");
    for caller in &callers {
        let reply = ask(&world, &look, "acme", &caller.fields()).await;
        let closed = caller.fields.iter().find(|(name, _)| *name == ELSEWHERE.0);
        let closed = closed.map_or("", |(_, whose)| whose);
        let whose = [
            (&texts.session, &["acme"][..]),
            (&texts.admins_session, &["other"]),
            (&texts.common_session, &["acme", "other"]),
            (&texts.half_revoked_session, &["other"]),
        ];
        let whose = whose.iter().find(|(text, _)| {
            let cookie = caller.fields.iter().find(|(name, _)| *name == "cookie");
            cookie.is_some_and(|(_, value)| value.ends_with(*text))
        });
        let sites = whose.map_or(&[][..], |(_, sites)| *sites).iter();
        let sites: Vec<_> = sites.filter(|site| closed != ELSEWHERE.1 && closed != **site).collect();
        match sites.last() {
            Some(last) => {
                let told = reply.json();
                assert_eq!(told["site"], **last, "{}", caller.name);
                let told = told["sites"].as_array().expect("sites");
                let told: Vec<_> = told.iter().map(|open| open["site"].as_str().expect("a key")).collect();
                assert_eq!(told, sites.into_iter().copied().collect::<Vec<_>>(), "{}", caller.name);
            }
            None => assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0), "{}", caller.name),
        }
    }
}

#[actix_web::test]
async fn what_stands_in_a_body_opens_the_door_that_it_was_made_for_and_no_other() {
    let texts = Texts::made().await;
    let all = [
        (Secrets::ACME, Some("token")),
        (Secrets::OTHER, Some("token")),
        (Secrets::UNKNOWN, None),
        (Secrets::EXPIRED, None),
        (Secrets::REMOVED, None),
        (Secrets::LINK, Some("secret")),
        (Secrets::PAGE_LINK, Some("secret")),
        (Secrets::UNKNOWN_LINK, None),
        (Secrets::ENDED_LINK, None),
        (&texts.grant, Some("grant")),
        (&texts.old_grant, None),
        (&texts.ended_grant, None),
        (&texts.session, None),
        (&texts.admins_session, None),
        (&texts.link, None),
        (&texts.page_link, None),
        ("", None),
    ];
    let (bearer, cookie) = (
        format!("Bearer {}", Secrets::ACME),
        format!("__Host-isotherm_session={}", texts.session),
    );
    let beside = [("authorization", bearer.as_str()), ("cookie", cookie.as_str())];
    for operation in operations() {
        let Door::Body(member) = operation.door else {
            continue;
        };
        for (n, (text, opens)) in all.iter().enumerate() {
            let at = format!("{} with the text {n}", operation.id);
            // A token beside it is not looked at, and a session is no help; of origins only the grant's matters.
            let fields = [&beside[..], &[("origin", ORIGIN)][usize::from(member != "grant")..]].concat();
            let reply = post(&world(), &operation.path, json!({member: text}), &fields).await;
            match *opens == Some(member) {
                true => assert!(reply.status.is_success(), "{at}: {}", reply.status),
                // A login takes no text that is longer than any token.
                false if member == "token" && text.len() > 240 => assert_closed(&reply, 400, &at),
                false => assert_closed(&reply, 401, &at),
            }
            if *opens == Some(member) {
                let fields = [&fields[..], &[ELSEWHERE]].concat();
                let reply = post(&world(), &operation.path, json!({member: text}), &fields).await;
                assert_closed(&reply, 403, &format!("{at} from elsewhere"));
            }
        }
    }
}
