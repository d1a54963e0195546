//! What those who administer did is written down, and what is stored is said by the installation itself.

use std::collections::BTreeMap;

use isotherm_testkit::{temp_dir, wait_until};

use crate::installation::{Installation, PATIENCE, Page, client};

#[tokio::test]
async fn acts_leave_who_what_and_the_day_and_no_path() {
    let dir = temp_dir();
    let house = Installation::new(&dir.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let token = house.json(&["token", "create", "--site", "acme", "--admin"]);
    let token = token["id"].as_str().expect("an id");
    house.json(&["rule", "add", "--site", "acme", "/secret-garden/**", "--drop"]);
    house.json(&["site", "set", "acme", "--retention-months", "13"]);
    house.json(&["erase", "--site", "acme", "--path", "/secret-garden/anna"]);
    house.json(&["token", "revoke", token]);
    let acts = house.json(&["audit", "list"]);
    let acts = acts.as_array().expect("a list");
    let said = |what: &str, subject: &str| {
        let of = |act: &&serde_json::Value| act["act"] == what && (subject.is_empty() || act["subject"] == subject);
        acts.iter().filter(of).count()
    };
    assert_eq!(said("site add", ""), 1);
    assert_eq!(said("token create", token), 1);
    assert_eq!(said("token revoke", token), 1);
    assert_eq!(said("rules", "1"), 1);
    assert_eq!(said("site retention", ""), 1);
    assert_eq!(said("erase", ""), 1);
    // What was done to a site is known when the site is not there any more.
    house.json(&["site", "remove", "acme"]);
    let after = house.json(&["audit", "list"]);
    let after = after.as_array().expect("a list");
    assert_eq!(after.len(), acts.len() + 1);
    assert!(after.iter().any(|act| act["act"] == "site remove"));
    for act in after {
        assert_eq!((&act["who"], &act["site"]), (&"command line".into(), &"acme".into()));
        assert!(act["day"].as_str().is_some_and(|day| day.len() == 10));
        assert!(!act.to_string().contains("secret-garden"), "a path is in the trail");
    }
}

#[tokio::test]
async fn acts_over_http_leave_the_id_of_the_token_that_did_them() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let admin = house.json(&["token", "create", "--site", "acme", "--admin"]);
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (id, secret) = (text(&admin["id"]), text(&admin["token"]));
    house.start().await;
    let tokens = format!("{}/api/v1/sites/acme/tokens", house.public());
    let made = client()
        .post(&tokens)
        .bearer_auth(&secret)
        .json(&serde_json::json!({"scope": "read"}));
    let made = made.send().await.expect("an answer");
    assert!(made.status().is_success(), "{}", made.status());
    let made: serde_json::Value = made.json().await.expect("JSON");
    let revoked = client()
        .delete(format!("{tokens}/{}", text(&made["id"])))
        .bearer_auth(&secret);
    let revoked = revoked.send().await.expect("an answer");
    assert!(revoked.status().is_success(), "{}", revoked.status());
    // One that may only read changes nothing, and leaves nothing.
    let reader = house.json(&["token", "create", "--site", "acme"]);
    let refused = client()
        .post(&tokens)
        .bearer_auth(text(&reader["token"]))
        .json(&serde_json::json!({}));
    assert_eq!(refused.send().await.expect("an answer").status(), 403);

    let acts = house.json(&["audit", "list"]);
    let of_token = acts
        .as_array()
        .expect("a list")
        .iter()
        .filter(|act| act["who"] == id.as_str());
    let mut did: Vec<(String, String)> = of_token
        .map(|act| {
            assert_eq!(act["site"], "acme");
            assert!(act["day"].as_str().is_some_and(|day| day.len() == 10));
            (text(&act["act"]), text(&act["subject"]))
        })
        .collect();
    did.sort();
    let id = text(&made["id"]);
    assert_eq!(
        did,
        [("token create".to_owned(), id.clone()), ("token revoke".to_owned(), id)]
    );
    assert!(!acts.to_string().contains(&secret));
}

/// Rows of every table of the running house.
async fn rows(house: &Installation) -> BTreeMap<String, u64> {
    let sql = "SELECT name, total_rows FROM system.tables WHERE database = 'isotherm' FORMAT TSV";
    let text = house.sql(sql).await;
    let row = |line: &str| {
        let (name, rows) = line.split_once('\t').expect("two columns");
        (name.to_owned(), rows.parse().expect("a number"))
    };
    text.lines().map(row).collect()
}

/// Asks for a site's pages so many times.
async fn ask(house: &Installation, secret: &str, times: usize) {
    let url = format!("{}/api/v1/sites/acme/pages", house.public());
    for _ in 0..times {
        let answer = client().get(&url).bearer_auth(secret).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_tokens_uses_the_day_is_written_once_and_answers_write_nothing_else() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let tokens: [_; 3] = std::array::from_fn(|_| house.json(&["token", "create", "--site", "acme"]));
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let [often, later, never] = tokens.map(|token| (text(&token["id"]), text(&token["token"])));
    house.start().await;
    let before = rows(&house).await;
    let last_used = |id: &str| {
        let listed = house.json(&["token", "list"]);
        let of = listed
            .as_array()
            .expect("a list")
            .iter()
            .find(|token| token["id"] == id);
        of.expect("listed")["last_used"].as_str().map(str::to_owned)
    };
    ask(&house, &often.1, 20).await;
    wait_until(PATIENCE, "the use is noted", async || last_used(&often.0).is_some()).await;
    // Once the second is noted, so would have been whatever else the first did before.
    ask(&house, &often.1, 20).await;
    ask(&house, &later.1, 1).await;
    wait_until(PATIENCE, "the use of the second is noted", async || {
        last_used(&later.0).is_some()
    })
    .await;

    assert!(last_used(&often.0).is_some_and(|day| day.len() == "2026-03-15".len()));
    assert_eq!(last_used(&never.0), None);
    let sql = format!(
        "SELECT count() = uniqExact(day) FROM token_uses WHERE id = '{}'",
        often.0
    );
    assert_eq!(house.sql(&sql).await, "1", "one row a day");
    let mut after = rows(&house).await;
    let uses = after.get_mut("token_uses").expect("a table");
    assert!(
        (2..=4).contains(uses),
        "{uses} rows, at most one for each of two tokens and days"
    );
    *uses = before["token_uses"];
    assert_eq!(after, before, "answers write nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_that_an_administrator_replaces_hold_at_once_and_leave_who_did_it() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    house.json(&["rule", "add", "--site", "acme", "/admin/**", "--drop"]);
    let admin = house.json(&["token", "create", "--site", "acme", "--admin"]);
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (id, secret) = (text(&admin["id"]), text(&admin["token"]));
    house.start().await;
    let put = async |origins: &[&str]| {
        let url = format!("{}/api/v1/sites/acme/origins", house.public());
        let body = serde_json::json!({"origins": origins});
        let answer = client().put(url).bearer_auth(&secret).json(&body).send().await;
        answer.expect("an answer").status().as_u16()
    };
    let page = |path: &'static str| Page { site: "acme", path };
    assert_eq!(house.send(&page("/"), (1, 1)).await, "admitted");
    assert_eq!(put(&["https://other.example"]).await, 204);
    assert_eq!(house.send(&page("/"), (1, 1)).await, "origin");
    assert_eq!(put(&["https://other.example", "https://acme.example"]).await, 204);
    assert_eq!(house.send(&page("/"), (1, 1)).await, "admitted");
    assert_eq!(house.send(&page("/admin/x"), (1, 1)).await, "rule", "rules stay");
    assert_eq!(put(&["nowhere"]).await, 400);

    let acts = house.json(&["audit", "list"]);
    let acts = acts
        .as_array()
        .expect("a list")
        .iter()
        .filter(|act| act["act"] == "site origins");
    let mut subjects: Vec<String> = acts
        .map(|act| {
            assert_eq!((&act["who"], &act["site"]), (&id.as_str().into(), &"acme".into()));
            text(&act["subject"])
        })
        .collect();
    subjects.sort();
    assert_eq!(subjects, ["1", "2"], "how many, and which of them is said nowhere");
}

#[tokio::test]
async fn the_privacy_page_lists_exactly_what_the_database_stores() {
    let dir = temp_dir();
    let mut house = Installation::new(&dir.path().join("data"));
    house.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    house.start().await;
    let url = format!("{}/privacy", house.public());
    let answer = client()
        .get(&url)
        .header("Accept", "application/json")
        .send()
        .await
        .expect("an answer");
    let inventory: serde_json::Value = answer.json().await.expect("JSON");
    assert_eq!(inventory["live"], true);
    assert_eq!(inventory["differences"], serde_json::json!([]));
    let columns = |table: &serde_json::Value| table["columns"].as_array().map_or(0, Vec::len);
    let tables = inventory["tables"].as_array().expect("tables");
    let listed: usize = tables.iter().map(columns).sum();
    let stored = house
        .sql("SELECT count() FROM system.columns WHERE database = currentDatabase()")
        .await;
    assert_eq!(listed.to_string(), stored);

    let page = client()
        .get(&url)
        .header("Accept", "text/html,*/*;q=0.8")
        .send()
        .await
        .expect("an answer");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script-src"),
        "{policy}"
    );
    assert!(page.headers().get("set-cookie").is_none());
    let html = page.text().await.expect("text");
    assert!(html.contains("stores these columns and no others") && html.contains("__Host-isotherm_optout"));
    assert!(!html.contains("<script"));
}
