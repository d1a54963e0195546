//! The web server of the example shop and of the heat over it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;

use crate::assets::FILES;
use crate::heat;
use crate::pages::{TAG_PLACEHOLDER, assembled};

/// Open connections of the shop. Further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 512;
/// How long a graceful stop waits for requests under way, in s.
const STOP_S: u64 = 2;
/// A question to the query API may take this long, in s.
const API_TIMEOUT_S: u64 = 20;
/// In the query string of a page: shown under heat, therefore without the tag.
const FRAME_PARAMETER: &str = "isotherm-frame";

/// What the shop must know of the installation it shows.
#[derive(Clone)]
pub struct ShopSettings {
    /// The script tag, as HTML.
    pub tag_html: String,
    /// URL of the opt-out page.
    pub opt_out_url: String,
    /// Base URL of the query API, without a path, e.g. `http://127.0.0.1:8080`.
    pub api_url: String,
    /// Read token of the site. It stays on the server.
    pub token: String,
    /// Site key.
    pub site: String,
}

impl fmt::Debug for ShopSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ShopSettings")
            .field("api_url", &self.api_url)
            .field("site", &self.site)
            .field("token", &"***")
            .finish_non_exhaustive()
    }
}

/// A page in both forms.
struct Page {
    measured: Bytes,
    framed: Bytes,
}

/// All that the handlers share; made once.
pub(crate) struct Shop {
    pages: BTreeMap<String, Page>,
    pub(crate) settings: ShopSettings,
    pub(crate) client: reqwest::Client,
}

/// Serves the shop on `listener` until the server's handle stops it. It takes no signals: that is the binary's business.
///
/// # Errors
/// When the listener cannot be taken over.
pub fn serve(listener: TcpListener, settings: ShopSettings) -> std::io::Result<Server> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(API_TIMEOUT_S))
        .build()
        .map_err(std::io::Error::other)?;
    let shop = web::Data::new(Shop {
        pages: pages(&settings),
        settings,
        client,
    });
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .route("/heat", web::get().to(heat::index))
            .route("/heat/{page:.*}", web::get().to(heat::view))
            .route("/heat-data/{question}", web::get().to(heat::data))
            .default_service(web::get().to(page_or_file))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .max_connections(CONNECTIONS_MAX)
        .shutdown_timeout(STOP_S)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

fn pages(settings: &ShopSettings) -> BTreeMap<String, Page> {
    let page = |html: String| Page {
        measured: html.replace(TAG_PLACEHOLDER, &settings.tag_html).into(),
        framed: html.replace(TAG_PLACEHOLDER, "").into(),
    };
    assembled(&settings.opt_out_url)
        .into_iter()
        .map(|(path, html)| (path, page(html)))
        .collect()
}

impl Shop {
    /// Whether the shop has such a page.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.pages.contains_key(path)
    }

    /// Every path, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.pages.keys().map(String::as_str)
    }
}

async fn page_or_file(shop: web::Data<Shop>, request: HttpRequest) -> HttpResponse {
    let path = match request.path() {
        "/" => "/",
        path => path.trim_end_matches('/'),
    };
    if let Some((_, media_type, text)) = FILES.iter().find(|(name, ..)| *name == path) {
        return answer(media_type, Bytes::from_static(text.as_bytes()));
    }
    let Some(page) = shop.pages.get(path) else {
        return HttpResponse::NotFound()
            .content_type("text/html; charset=utf-8")
            .body("<!doctype html><title>Not found</title><p>The example shop has no such page. <a href=\"/\">To the shop</a></p>");
    };
    let framed = request.query_string().split('&').any(|pair| pair == FRAME_PARAMETER);
    html(if framed { &page.framed } else { &page.measured }.clone())
}

/// A page of HTML.
pub(crate) fn html(body: Bytes) -> HttpResponse {
    answer("text/html; charset=utf-8", body)
}

fn answer(media_type: &'static str, body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}
