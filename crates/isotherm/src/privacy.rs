//! `GET /privacy`: what this installation stores, said by its own database and explained by the data dictionary; its
//! cookies; what it holds for milliseconds; what it does not promise. HTML without JavaScript, or JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use isotherm_store_clickhouse::{StoreSettings, StoredColumn, stored_columns};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

const DICTIONARY: &str = include_str!("../../../schemas/data-dictionary.toml");
const TEXTS: &str = include_str!("privacy.toml");
const PAGE: &str = include_str!("privacy.html");

/// What the page may do: show itself.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// How long an answer of the database is shown: whoever asks for the page often does not ask the database often.
const KEPT: Duration = Duration::from_secs(60);

/// How long the database may take; then the page is made from the dictionary alone and says so.
const SCHEMA_TIME_MAX: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Table {
    purpose: String,
    retention: String,
    columns: BTreeMap<String, Column>,
}

#[derive(Deserialize)]
struct Column {
    purpose: String,
    anonymous: String,
}

/// What stands beside the tables.
#[derive(Deserialize, Serialize)]
struct Texts {
    in_memory: Vec<InMemory>,
    browser_storage: Vec<Stored>,
    not_promised: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct InMemory {
    what: String,
    used_for: String,
    ends: String,
}

#[derive(Deserialize, Serialize)]
struct Stored {
    name: String,
    kind: String,
    who: String,
    holds: String,
    until: String,
}

#[derive(Serialize)]
struct Inventory {
    /// Whether the database was asked.
    live: bool,
    tables: Vec<TableEntry>,
    /// What the database and the dictionary do not agree on; empty in every build that passed its tests.
    differences: Vec<String>,
    #[serde(flatten)]
    texts: Texts,
}

#[derive(Serialize)]
struct TableEntry {
    table: String,
    purpose: String,
    retention: String,
    columns: Vec<ColumnEntry>,
}

#[derive(Serialize)]
struct ColumnEntry {
    column: String,
    #[serde(rename = "type")]
    kind: String,
    purpose: String,
    anonymous: String,
}

struct Answer {
    made: Instant,
    html: String,
    json: String,
}

/// The page of an installation.
pub(crate) struct Privacy {
    store: StoreSettings,
    /// Where visitors opt out; `None` where this process does not know.
    opt_out: Option<String>,
    answer: Mutex<Option<Arc<Answer>>>,
}

impl Privacy {
    /// The page over a store; `opt_out` is the opt-out page's URL, which only a collecting process serves itself.
    pub(crate) fn of(store: &StoreSettings, opt_out: Option<String>) -> web::Data<Privacy> {
        web::Data::new(Privacy {
            store: store.clone(),
            opt_out,
            answer: Mutex::default(),
        })
    }

    async fn answer(&self) -> anyhow::Result<Arc<Answer>> {
        let mut kept = self.answer.lock().await;
        if let Some(answer) = kept.as_ref().filter(|answer| answer.made.elapsed() < KEPT) {
            return Ok(answer.clone());
        }
        let asked = tokio::time::timeout(SCHEMA_TIME_MAX, stored_columns(&self.store)).await;
        let inventory = inventory(asked.ok().and_then(Result::ok))?;
        let answer = Arc::new(Answer {
            made: Instant::now(),
            html: html(&inventory, self.opt_out.as_deref()),
            json: serde_json::to_string_pretty(&inventory)?,
        });
        *kept = Some(answer.clone());
        Ok(answer)
    }
}

/// Adds the page's route.
pub(crate) fn configure(config: &mut web::ServiceConfig, privacy: web::Data<Privacy>) {
    config.service(
        web::resource("/privacy")
            .app_data(privacy)
            .route(web::route().method(Method::GET).to(page))
            .route(web::route().method(Method::HEAD).to(page)),
    );
}

async fn page(request: HttpRequest, privacy: web::Data<Privacy>) -> HttpResponse {
    let Ok(answer) = privacy.answer().await else {
        return HttpResponse::InternalServerError().finish();
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
    match likes_json(&request) {
        true => response.content_type("application/json").body(answer.json.clone()),
        false => response
            .content_type("text/html; charset=utf-8")
            .body(answer.html.clone()),
    }
}

/// JSON for who names it and not HTML; a browser names HTML.
fn likes_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get_all(ACCEPT);
    let accept: Vec<&str> = accept.filter_map(|field| field.to_str().ok()).collect();
    let names = |media: &str| accept.iter().any(|field| field.to_ascii_lowercase().contains(media));
    names("application/json") && !names("text/html")
}

/// The dictionary beside what the database says; the dictionary alone where it says nothing.
fn inventory(columns: Option<Vec<StoredColumn>>) -> anyhow::Result<Inventory> {
    let dictionary: BTreeMap<String, Table> = toml::from_str(DICTIONARY)?;
    let live = columns.is_some();
    let described = || {
        let all = dictionary.iter();
        let of_table = |(table, entry): (&String, &Table)| {
            let column = |name: &String| StoredColumn {
                table: table.clone(),
                name: name.clone(),
                kind: String::new(),
            };
            entry.columns.keys().map(column).collect::<Vec<_>>()
        };
        all.flat_map(of_table).collect::<Vec<_>>()
    };
    let stored = columns.unwrap_or_else(described);
    let mut differences: Vec<String> = described()
        .iter()
        .filter(|said| {
            !stored
                .iter()
                .any(|column| (&column.table, &column.name) == (&said.table, &said.name))
        })
        .map(|said| format!("{}.{} is described but not stored", said.table, said.name))
        .collect();
    let mut tables: Vec<TableEntry> = Vec::new();
    for column in stored {
        let table = dictionary.get(&column.table);
        let entry = table.and_then(|table| table.columns.get(&column.name));
        if entry.is_none() {
            differences.push(format!("{}.{} is stored but not described", column.table, column.name));
        }
        let said = |text: Option<&String>| text.cloned().unwrap_or_else(|| "not described".into());
        if tables.last().is_none_or(|last| last.table != column.table) {
            tables.push(TableEntry {
                table: column.table.clone(),
                purpose: said(table.map(|table| &table.purpose)),
                retention: said(table.map(|table| &table.retention)),
                columns: Vec::new(),
            });
        }
        let row = ColumnEntry {
            column: column.name,
            kind: column.kind,
            purpose: said(entry.map(|entry| &entry.purpose)),
            anonymous: said(entry.map(|entry| &entry.anonymous)),
        };
        if let Some(last) = tables.last_mut() {
            last.columns.push(row);
        }
    }
    Ok(Inventory {
        live,
        tables,
        differences,
        texts: toml::from_str(TEXTS)?,
    })
}

fn html(inventory: &Inventory, opt_out: Option<&str>) -> String {
    let mut tables = String::new();
    for table in &inventory.tables {
        let rows = table.columns.iter();
        let rows = rows.map(|c| {
            vec![
                code(&c.column),
                code(&c.kind),
                escaped(&c.purpose),
                escaped(&c.anonymous),
            ]
        });
        // Writing to a string cannot fail.
        let _ = write!(
            tables,
            "<section><h3 id=\"{0}\"><code>{0}</code></h3><p>{1}</p><p><strong>Kept:</strong> {2}</p>\n{3}</section>\n",
            escaped(&table.table),
            escaped(&table.purpose),
            escaped(&table.retention),
            grid(&["Column", "Type", "What for", "Why it identifies nobody"], rows)
        );
    }
    let texts = &inventory.texts;
    let memory = texts.in_memory.iter();
    let memory = memory.map(|row| vec![escaped(&row.what), escaped(&row.used_for), escaped(&row.ends)]);
    let storage = texts.browser_storage.iter().map(|row| {
        let Stored {
            name,
            kind,
            who,
            holds,
            until,
        } = row;
        vec![code(name), escaped(kind), escaped(who), escaped(holds), escaped(until)]
    });
    let not: String = texts
        .not_promised
        .iter()
        .map(|text| format!("<li>{}</li>\n", escaped(text)))
        .collect();
    let agreement = match (inventory.live, inventory.differences.is_empty()) {
        (true, true) => "The database was asked when this page was made: it stores these columns and no others.".into(),
        (true, false) => format!(
            "Database and description differ: {}.",
            escaped(&inventory.differences.join("; "))
        ),
        (false, _) => "The database does not answer now; this is what this build stores.".into(),
    };
    let (item, way) = match opt_out.map(escaped) {
        Some(url) => (
            format!("<li><a href=\"{url}\">Opt out</a></li>\n"),
            format!("at <a href=\"{url}\">opt-out</a>"),
        ),
        None => (
            String::new(),
            "at /opt-out of the host that the script comes from".into(),
        ),
    };
    PAGE.replace("{{agreement}}", &agreement)
        .replace("{{opt_out_item}}", &item)
        .replace("{{opt_out}}", &way)
        .replace("{{tables}}", &tables)
        .replace("{{memory}}", &grid(&["What arrives", "Used for", "Ends"], memory))
        .replace(
            "{{storage}}",
            &grid(&["Name", "Kind", "Who has it", "Holds", "Until"], storage),
        )
        .replace("{{not_promised}}", &not)
}

fn grid(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let heads: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .collect();
    let cells = |row: Vec<String>| {
        let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.map(cells).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("<code>{}</code>", escaped(text)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(table: &str, name: &str) -> StoredColumn {
        StoredColumn {
            table: table.into(),
            name: name.into(),
            kind: "String".into(),
        }
    }

    #[test]
    fn without_the_database_the_dictionary_is_shown_and_says_so() {
        let inventory = inventory(None).expect("texts that can be read");
        assert!(inventory.differences.is_empty() && !inventory.live);
        let html = html(&inventory, None);
        assert!(html.contains("does not answer now") && html.contains("id=\"waiting_days\""));
        assert!(!html.contains("{{") && !html.contains("<script"));
    }

    #[test]
    fn a_column_that_nobody_described_is_named() {
        let inventory = inventory(Some(vec![column("live", "address")])).expect("texts that can be read");
        let differs = |text: &str| inventory.differences.iter().any(|difference| difference == text);
        assert!(differs("live.address is stored but not described"));
        assert!(differs("live.day is described but not stored"));
        assert!(html(&inventory, None).contains("live.address is stored but not described"));
    }

    #[test]
    fn texts_from_outside_are_escaped() {
        let inventory = inventory(Some(vec![column("<b>", "a\"&")])).expect("texts that can be read");
        let html = html(&inventory, None);
        assert!(html.contains("&lt;b&gt;") && html.contains("a&quot;&amp;") && !html.contains("<b>"));
    }

    #[test]
    fn the_way_to_opt_out_is_one_that_is_there() {
        let inventory = inventory(None).expect("an inventory");
        let here = html(&inventory, Some("/opt-out"));
        assert_eq!(here.matches("<a href=\"/opt-out\">").count(), 2);
        let elsewhere = html(&inventory, Some("https://heat.example/opt-out"));
        assert_eq!(
            elsewhere.matches("<a href=\"https://heat.example/opt-out\">").count(),
            2
        );
        let unknown = html(&inventory, None);
        assert!(
            !unknown.contains("<a href=\"/opt-out")
                && unknown.contains("/opt-out of the host that the script comes from")
        );
        for page in [here, elsewhere, unknown] {
            assert!(!page.contains("{{"), "a place was left empty");
        }
    }
}
