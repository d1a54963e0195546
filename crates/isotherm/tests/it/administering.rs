//! A site's rules, networks and retention, changed over HTTP by who administers it: they hold when the answer is there, the
//! command line sees the same, and the audit trail has who did it.

use std::net::Ipv4Addr;

use isotherm_testkit::{temp_dir, wait_until};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::installation::{Installation, PATIENCE, Page, cell};

/// Whoever has a secret, at 127.0.0.`last`.
struct Visitor {
    client: Client,
    secret: String,
    base: String,
}

impl Visitor {
    fn from(last: u8, secret: &str, house: &Installation) -> Visitor {
        let address = Ipv4Addr::new(127, 0, 0, last);
        let client = Client::builder().no_proxy().local_address(Some(address.into()));
        Visitor {
            client: client.build().expect("a client"),
            secret: secret.to_owned(),
            base: format!("{}/api/v1/sites/acme", house.public()),
        }
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method, format!("{}/{what}", self.base));
        let request = request.bearer_auth(&self.secret);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, what: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, what, None).await;
        assert_eq!(status, 200, "{what}");
        answer
    }

    async fn put(&self, what: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PUT, what, Some(body)).await
    }
}

/// The site with an administering token: its id and secret.
fn added(house: &Installation) -> (String, String) {
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let made = house.json(&["token", "create", "--site", "acme", "--admin"]);
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (text("id"), text("token"))
}

/// What the token did, with its subject.
fn did(house: &Installation, id: &str) -> Vec<(String, String)> {
    let acts = house.json(&["audit", "list"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let of_token = acts.as_array().expect("a list").iter().filter(|act| act["who"] == id);
    let mut did: Vec<_> = of_token
        .map(|act| {
            assert_eq!(act["site"], "acme");
            (text(&act["act"]), text(&act["subject"]))
        })
        .collect();
    did.sort();
    did
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_holds_from_the_answer_on_and_the_command_line_lists_the_same() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    let (id, secret) = added(&house);
    house.start().await;
    let admin = Visitor::from(1, &secret, &house);
    let page = |path: &'static str| Page { site: "acme", path };
    assert_eq!(house.send(&page("/admin/x"), cell(1)).await, "admitted");
    for rule in [
        json!({"pattern": "/product/*", "action": "group"}),
        json!({"pattern": "/admin/**", "action": "drop", "first": true}),
    ] {
        assert_eq!(admin.ask(Method::POST, "rules", Some(rule)).await.0, 204);
    }
    assert_eq!(house.send(&page("/admin/x"), cell(1)).await, "rule");
    let listed = admin.get("rules").await;
    assert_eq!(
        listed,
        json!([{"pattern": "/admin/**", "action": "drop"}, {"pattern": "/product/*", "action": "group"}])
    );
    assert_eq!(house.json(&["rule", "list", "--site", "acme"]), listed);
    let remove = async || admin.ask(Method::DELETE, "rules?pattern=/admin/**", None).await;
    assert_eq!(remove().await.0, 204);
    assert_eq!(house.send(&page("/admin/x"), cell(1)).await, "admitted");
    let (status, problem) = remove().await;
    assert_eq!((status, &problem["parameter"]), (400, &json!("pattern")));
    assert_eq!(
        house.json(&["rule", "list", "--site", "acme"]),
        json!([{"pattern": "/product/*", "action": "group"}])
    );
    let rules = |n: &str| ("rules".to_owned(), n.to_owned());
    assert_eq!(did(&house, &id), [rules("1"), rules("1"), rules("2")], "and no pattern");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_networks_holds_at_once_and_never_locks_out_who_sends_it() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    let (id, secret) = added(&house);
    house.json(&["site", "set", "acme", "--public-countries", "true"]);
    house.start().await;
    let (admin, other) = (Visitor::from(1, &secret, &house), Visitor::from(2, &secret, &house));
    let put = async |visitor: &Visitor, list: &[&str]| visitor.put("networks", json!({"allow_ip": list})).await;

    for list in [&["127.0.0.2"][..], &["192.0.2.0/24", "2001:db8::/32"]] {
        let (status, problem) = put(&admin, list).await;
        assert_eq!((status, &problem["parameter"]), (400, &json!("allow_ip")));
        assert!(
            problem["detail"]
                .as_str()
                .expect("words")
                .contains("would lock you out")
        );
    }
    assert_eq!(
        admin.get("networks").await,
        json!({"allow_ip": []}),
        "refused is unchanged"
    );
    assert_eq!(put(&admin, &["127.0.0.1", "192.0.2.0/24"]).await.0, 204);
    assert_eq!(
        admin.get("networks").await,
        json!({"allow_ip": ["127.0.0.1", "192.0.2.0/24"]})
    );
    assert_eq!(
        admin.get("settings").await["public_countries"],
        true,
        "what is not said stays"
    );
    assert_eq!(put(&other, &[]).await.0, 403, "who is out changes nothing");
    assert_eq!(other.ask(Method::GET, "pages", None).await.0, 403);
    assert_eq!(put(&admin, &[]).await.0, 204);
    assert_eq!(other.ask(Method::GET, "pages", None).await.0, 200);
    let access = || ("site access".to_owned(), String::new());
    assert_eq!(did(&house, &id), [access(), access()]);
}

/// What was counted today is from some days ago, batches and all.
async fn make_older(house: &Installation, ago: u16) {
    let older = format!(
        "INSERT INTO live SELECT * REPLACE (landing - {ago} AS landing, if(kind >= 'page', day - {ago}, day) AS day) FROM \
         (SELECT * FROM live WHERE landing = toDate(now('UTC')))"
    );
    let landing = house.sql("SELECT toYYYYMMDD(toDate(now('UTC')))").await;
    house.sql(&older).await;
    house
        .sql(&format!("ALTER TABLE live DROP PARTITION ID '{landing}'"))
        .await;
}

/// Enough page views for a cohort, counted and made older; with those before they are so many.
async fn landed(house: &Installation, ago: u16, total: u64) {
    let page = Page {
        site: "acme",
        path: "/",
    };
    for _ in 0..30 {
        assert_eq!(house.send(&page, cell(1)).await, "admitted");
    }
    wait_until(PATIENCE, "all is counted", async || {
        house.cells().await.values().sum::<u64>() == total
    })
    .await;
    make_older(house, ago).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_retention_deletes_what_was_named_and_nothing_unnamed() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    let (id, secret) = added(&house);
    house.start().await;
    let admin = Visitor::from(1, &secret, &house);
    let none = json!({"months": 25, "then": "delete", "oldest": null, "sealed_to": null});
    assert_eq!(admin.get("retention").await, none);
    for (ago, total) in [(200, 30), (4, 60)] {
        landed(&house, ago, total).await;
    }
    house.json(&["seal"]);
    let day = async |sql: &str| house.sql(&format!("SELECT toString({sql})")).await;
    let newest = day("toDate(now('UTC')) - 4").await;
    let first_kept = day("addMonths(toStartOfMonth(toDate(now('UTC')) - 4), -3)").await;
    let known = admin.get("retention").await;
    assert_eq!(known["sealed_to"], *newest);
    // The month of a country is older than its day.
    assert_eq!(known["oldest"], *day("toStartOfMonth(toDate(now('UTC')) - 200)").await);

    let (status, problem) = admin.put("retention", json!({"months": 3, "then": "delete"})).await;
    assert_eq!((status, &problem["parameter"]), (400, &json!("lost_before")));
    assert!(problem["detail"].as_str().expect("words").contains(&first_kept));
    assert_eq!(admin.get("retention").await, known);
    let named = json!({"months": 3, "then": "delete", "lost_before": first_kept});
    assert_eq!(admin.put("retention", named).await.0, 204);
    assert_eq!(admin.get("retention").await["months"], 3);
    landed(&house, 3, 90).await;
    house.json(&["seal"]);
    let left = house
        .sql("SELECT toString(min(last_day)) FROM days WHERE site = 'acme'")
        .await;
    assert_eq!(left, newest);
    // Longer brings nothing back, and needs no word.
    assert_eq!(
        admin.put("retention", json!({"months": 25, "then": "coarsen"})).await.0,
        204
    );
    let retention = |subject: &str| ("site retention".to_owned(), subject.to_owned());
    assert_eq!(
        did(&house, &id),
        [retention("25 months, then coarsen"), retention("3 months, then delete")]
    );
}
