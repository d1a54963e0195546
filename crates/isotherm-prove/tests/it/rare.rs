//! The rarity gate on the real binary: what fewer than ten page views share is read by nobody, in no table, line or answer.

use std::time::Duration;

use isotherm_prove::{Answered, Canary, Form, House, Kind, MARKER, Search, Shape, clean, send_views, sweep};
use isotherm_testkit::wait_until;

/// No rule of scrubbing knows this text or the next: only the gate keeps it hidden.
const RARE: &str = "/for-the-heron-family/second-visit";
const ANCHOR: &str = "#heron-family-note";
/// A page of which nobody ever told.
const ABSENT: &str = "/for-the-otter-family/second-visit";
/// Page views that publish a text, and those from which its page is shown.
const PUBLISHED: usize = 10;
const SHOWN: usize = 50;
const PATIENCE: Duration = Duration::from_secs(60);

/// Questions about one page.
const OF_PAGE: [&str; 7] = [
    "heatmap?page=",
    "scroll?page=",
    "elements?page=",
    "countries?page=",
    "viewports?page=",
    "timeseries?page=",
    "compare?from_a=2026-01-01&to_a=2026-06-30&from_b=2026-07-01&to_b=2030-01-01&page=",
];
/// Questions about the whole site, and what everybody may ask.
const OF_SITE: [&str; 8] = [
    "/api/v1/sites/acme/pages",
    "/api/v1/sites/acme/pages?from=2026-01-01&to=2030-01-01",
    "/api/v1/sites/acme/countries",
    "/api/v1/sites/acme/viewports",
    "/api/v1/sites/acme/timeseries",
    "/api/v1/sites/acme/status",
    "/api/v1/openapi.json",
    "/privacy",
];
const ACCEPTED: [&str; 3] = ["application/json", "text/csv", "image/png"];

async fn told(house: &House, count: usize, all: usize) {
    assert_eq!(
        send_views(house, (RARE, ANCHOR), 9, count).await.expect("admitted"),
        count
    );
    house.counted(all).await;
}

/// The answer with the page's own name taken out of it, which the question said.
fn unnamed(mut answer: Answered, page: &str) -> Answered {
    answer.body = String::from_utf8_lossy(&answer.body).replace(page, "PAGE").into_bytes();
    answer
}

/// Whether it is an answer about data, not one about the asking: a refusal would say nothing whatever the gate does.
fn is_of_data(answer: &Answered, accept: &str) -> bool {
    // Not every question has an answer of every form.
    answer.status == 200 || (answer.status == 406 && accept != "application/json")
}

async fn answers_say_nothing(house: &House, search: &Search, token: &str) {
    for accept in ACCEPTED {
        for question in OF_PAGE {
            let ask = |page: &'static str| house.answer_of_page(question, page, accept, token);
            let (rare, absent) = (ask(RARE).await, ask(ABSENT).await);
            assert!(is_of_data(&rare, accept), "{question} as {accept}: {}", rare.status);
            assert_eq!(unnamed(rare, RARE), unnamed(absent, ABSENT), "{question} as {accept}");
        }
        for path in OF_SITE {
            let answer = house.answer(path, accept, token).await.expect("an answer");
            assert!(is_of_data(&answer, accept), "{path} as {accept}: {}", answer.status);
            let said = [&answer.body[..], answer.headers.as_bytes()].concat();
            assert_eq!(search.hits(path, &said), vec![], "{path} as {accept}");
        }
    }
}

trait OfPage {
    async fn answer_of_page(&self, question: &str, page: &str, accept: &str, token: &str) -> Answered;
}

impl OfPage for House {
    async fn answer_of_page(&self, question: &str, page: &str, accept: &str, token: &str) -> Answered {
        let path = format!("/api/v1/sites/acme/{question}{page}");
        self.answer(&path, accept, token).await.expect("an answer")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fewer_than_ten_page_views_share_is_in_no_table_line_or_answer() {
    let canaries = [
        Canary::of(Kind::Path, RARE, "heron-family/second"),
        Canary::of(Kind::Anchor, ANCHOR, "heron-family-note"),
    ];
    let search = Search::of(canaries.iter()).expect("an automaton");
    let binary = clean().expect("the binary");
    let mut house = House::start(Shape::Embedded, &binary, "")
        .await
        .expect("the service starts");
    let token = house.token().expect("a token");
    let others = send_views(&house, (MARKER, "#buy"), 1, SHOWN + PUBLISHED)
        .await
        .expect("admitted");
    told(&house, PUBLISHED - 1, others + PUBLISHED - 1).await;

    answers_say_nothing(&house, &search, &token).await;
    let swept = sweep(&mut house, &search).await.expect("everything can be read");
    // The log holds it until it forgets, and the memory of whoever collects what the log has not forgotten.
    let may_hold = ["log on disk", "memory of the service"];
    let (log, elsewhere): (Vec<_>, Vec<_>) = swept.hits.iter().partition(|hit| may_hold.contains(&hit.sink.as_str()));
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    for kind in [Kind::Path, Kind::Anchor] {
        let there =
            |hit: &&&isotherm_prove::Hit| (hit.kind, hit.form) == (kind, Form::Plain) && hit.sink == "log on disk";
        assert!(
            log.iter().any(|hit| there(&hit)),
            "{kind:?}: scrubbing hides it, so the gate was not asked"
        );
    }

    told(&house, 1, others + PUBLISHED).await;
    let texts = format!(
        "SELECT count() FROM (SELECT path AS text FROM pages UNION ALL SELECT text FROM anchors) \
         WHERE text IN ('{RARE}', '{ANCHOR}')"
    );
    wait_until(PATIENCE, "the texts are published", async || {
        house.number(&texts).await == 2
    })
    .await;
    answers_say_nothing(&house, &search, &token).await;

    told(&house, SHOWN - PUBLISHED, others + SHOWN).await;
    // Sealing shows it, some seconds after it is counted.
    wait_until(PATIENCE, "the page is shown", async || {
        let listed = house
            .answer("/api/v1/sites/acme/pages", "application/json", &token)
            .await;
        String::from_utf8_lossy(&listed.expect("an answer").body).contains(RARE)
    })
    .await;
    wait_until(PATIENCE, "and so is its element", async || {
        let map = house
            .answer_of_page("heatmap?page=", RARE, "application/json", &token)
            .await;
        String::from_utf8_lossy(&map.body).contains(ANCHOR)
    })
    .await;
}
