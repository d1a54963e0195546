//! Heat over the shop's pages: the list, the view, and the way to the query API, on which the token stays here.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};

use crate::assets::{HEAT_INDEX, HEAT_VIEW};
use crate::pages::escaped;
use crate::shop::{Shop, html};

/// Longest answer of the query API that is passed on, in bytes. A longer one becomes a 502: a page of this shop has at
/// most a few thousand places.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Questions that are passed on.
const QUESTIONS: [&str; 3] = ["heatmap", "scroll", "pages"];
/// Parameters that are passed on.
const PARAMETERS: [&str; 6] = ["page", "layer", "viewport", "from", "to", "country"];

/// The list of pages.
pub(crate) async fn index(shop: web::Data<Shop>) -> HttpResponse {
    let list: String = shop
        .paths()
        .map(|path| {
            let path = escaped(path);
            let target = if path == "/" { "" } else { path.as_str() };
            format!("<li><a href=\"/heat{target}{}\"><span class=\"thumb\"><iframe src=\"{path}?isotherm-frame\" loading=\"lazy\" tabindex=\"-1\" aria-hidden=\"true\"></iframe></span><b>{path}</b><span data-views=\"{path}\"></span></a></li>\n", if target.is_empty() { "/" } else { "" })
        })
        .collect();
    html(HEAT_INDEX.replace("<!--pages-->", &list).into())
}

/// One page with its heat.
pub(crate) async fn view(shop: web::Data<Shop>, request: HttpRequest) -> HttpResponse {
    let path = format!("/{}", request.match_info().query("page").trim_matches('/'));
    if !shop.has(&path) {
        return HttpResponse::NotFound().body("the example shop has no such page: see /heat for the list");
    }
    let options: String = shop
        .paths()
        .map(|other| {
            let chosen = if other == path { " selected" } else { "" };
            format!("<option{chosen}>{}</option>", escaped(other))
        })
        .collect();
    html(
        HEAT_VIEW
            .replace("<!--pages-->", &options)
            .replace("{{path}}", &escaped(&path))
            .into(),
    )
}

/// Passes a question on to the query API with the site's token.
pub(crate) async fn data(shop: web::Data<Shop>, request: HttpRequest) -> HttpResponse {
    let question = request.match_info().query("question");
    if !QUESTIONS.contains(&question) {
        return problem(404, "there is no such question");
    }
    let known = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| PARAMETERS.contains(&name));
    let query = request
        .query_string()
        .split('&')
        .filter(known)
        .collect::<Vec<_>>()
        .join("&");
    let settings = &shop.settings;
    let url = format!(
        "{}/api/v1/sites/{}/{question}?{query}",
        settings.api_url.trim_end_matches('/'),
        settings.site
    );
    let asked = shop
        .client
        .get(url)
        .bearer_auth(&settings.token)
        .header("Accept", "application/json");
    let Ok(answer) = asked.send().await else {
        return problem(502, "the query API does not answer");
    };
    // Both crates count the same status codes; what is not one cannot have come over HTTP.
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).unwrap_or_default();
    match bounded(answer).await {
        Some(body) => HttpResponse::build(status)
            .content_type("application/json")
            .insert_header(("Cache-Control", "no-store"))
            .body(body),
        None => problem(502, "the answer of the query API broke off or is too long"),
    }
}

/// The whole body, or `None` if it breaks off or is longer than `ANSWER_BYTES_MAX`.
async fn bounded(mut answer: reqwest::Response) -> Option<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body.freeze())
}

fn problem(status: u16, title: &str) -> HttpResponse {
    let body = serde_json::json!({ "type": "about:blank", "title": title, "status": status });
    // The numbers are written in this file.
    let code = actix_web::http::StatusCode::from_u16(status).expect("a status code");
    HttpResponse::build(code)
        .content_type("application/problem+json")
        .body(body.to_string())
}
