//! The HTTP side: one path from request to answer for every endpoint.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpRequest, HttpResponse, rt, web};
use futures_util::future::try_join;
use isotherm_core::day::Day;
use isotherm_core::place::Layer;
use isotherm_core::ports::Clock;
use isotherm_core::reading::{CountReader, DepthSums, Filter, ReadError};
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{IdKey, PageId};

use crate::access::{self, Access, StatusSource};
use crate::answer::{self, Answer, Heatmap, Scroll, Standing, Status, Subject};
use crate::media::{self, Media};
use crate::picture::{Heat, Picture};
use crate::problem::Problem;
use crate::question::{Asked, Endpoint, Page, Question, Setting};
use crate::table;

/// How long a question may take in the store. At the limit it is given up and answered with 503: a client that waits
/// longer has usually gone.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(20);

/// What the role needs.
pub struct QuerySettings {
    /// The store of counts.
    pub reader: Arc<dyn CountReader>,
    /// Tokens and sites.
    pub access: Arc<dyn Access>,
    /// The key of page ids.
    pub id_key: IdKey,
    /// What may be shown.
    pub thresholds: Thresholds,
    /// What day it is.
    pub clock: Arc<dyn Clock>,
    /// What arrived lately.
    pub status: Arc<dyn StatusSource>,
}

/// Puts the answers under `/api/v1/sites/{site}/` into an actix application.
pub fn configure(config: &mut web::ServiceConfig, settings: web::Data<QuerySettings>) {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "private, no-store"))
        .add((VARY, "Accept, Authorization"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"));
    config.service(
        web::scope("/api/v1/sites/{site}")
            .app_data(settings)
            .wrap(headers)
            .service(web::resource("/{endpoint}").to(handle))
            .default_service(web::to(handle)),
    );
}

async fn handle(request: HttpRequest, settings: web::Data<QuerySettings>) -> HttpResponse {
    match answer(&request, &settings).await {
        Ok(response) => response,
        Err(problem) => problem.response(),
    }
}

/// The steps of every request, in order; the first that fails is the answer.
async fn answer(request: &HttpRequest, settings: &QuerySettings) -> Result<HttpResponse, Problem> {
    let site = access::open(settings.access.as_ref(), request)?;
    let endpoint = request
        .match_info()
        .get("endpoint")
        .and_then(Endpoint::parse)
        .ok_or(Problem::NotFound)?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::Method);
    }
    let media = media::negotiate(request.headers(), endpoint.offers())?;
    let setting = Setting {
        endpoint,
        site,
        today: Day::of_unix_ms(settings.clock.unix_ms()),
        id_key: &settings.id_key,
    };
    let question = Question::parse(request.query_string(), setting)?;
    let answer = rt::time::timeout(QUESTION_TIME_MAX, ask(settings, &question))
        .await
        .unwrap_or_else(|_| {
            Err(ReadError::Unavailable(
                "no answer within the time a question may take".into(),
            ))
        })?;
    write(endpoint, &question, answer, media).await
}

async fn ask(settings: &QuerySettings, question: &Question) -> Result<Answer, ReadError> {
    let QuerySettings { reader, thresholds, .. } = settings;
    let filter = &question.filter;
    let id = |page: &Option<Page>| page.as_ref().map(|(_, id)| *id);
    Ok(match &question.asked {
        Asked::Pages => Answer::Pages(answer::pages(thresholds, reader.pages(filter).await?)),
        Asked::Heatmap(page, layers) => Answer::Heatmap(heatmap(settings, filter, page, layers).await?),
        Asked::Scroll(page) => Answer::Scroll(scroll(settings, filter, page).await?),
        Asked::Countries(page) => {
            Answer::Countries(answer::countries(thresholds, reader.countries(filter, id(page)).await?))
        }
        Asked::Viewports(page) => {
            Answer::Viewports(answer::viewports(thresholds, reader.viewports(filter, id(page)).await?))
        }
        Asked::Timeseries(page) => Answer::Timeseries(answer::timeseries(
            thresholds,
            reader.timeseries(filter, id(page)).await?,
        )),
        Asked::Status => Answer::Status(Status::new(&filter.site, &settings.status.status(&filter.site))),
    })
}

async fn heatmap(
    settings: &QuerySettings,
    filter: &Filter,
    (path, page): &Page,
    layers: &[Layer],
) -> Result<Heatmap, ReadError> {
    let reader = &settings.reader;
    let standing = standing(settings, filter, *page).await?;
    // Of a page that may not be seen nothing more is even read.
    let (cells, elements) = if standing.thresholds.shows_page(standing.views) {
        try_join(
            reader.cells(filter, *page, layers),
            reader.elements(filter, *page, layers),
        )
        .await?
    } else {
        (Vec::new(), Vec::new())
    };
    Ok(Heatmap::new(Subject::of(path, filter), standing, cells, elements))
}

async fn scroll(settings: &QuerySettings, filter: &Filter, (path, page): &Page) -> Result<Scroll, ReadError> {
    let standing = standing(settings, filter, *page).await?;
    let sums = if standing.thresholds.shows_page(standing.views) {
        settings.reader.depths(filter, *page).await?
    } else {
        DepthSums::default()
    };
    Ok(Scroll::new(Subject::of(path, filter), standing, sums))
}

async fn standing(settings: &QuerySettings, filter: &Filter, page: PageId) -> Result<Standing, ReadError> {
    Ok(Standing {
        thresholds: settings.thresholds,
        views: settings.reader.page_views(filter, page).await?,
    })
}

async fn write(endpoint: Endpoint, question: &Question, answer: Answer, media: Media) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, media.content_type()));
    if let Some(withheld) = answer.withheld() {
        let text = format!("{};needed={}", withheld.reason, withheld.needed);
        response.insert_header(("X-Isotherm-Withheld", text));
    }
    let body = match (media, &answer) {
        (Media::Png, Answer::Heatmap(heatmap)) => {
            let heat = Heat::new(
                question.filter.viewport,
                heatmap.cells.iter().map(|cell| (cell.x, cell.y, cell.views)),
            );
            // Drawing takes milliseconds of a core; the thread that answers others is not the one to do it.
            let drawn = web::block(move || Picture::draw(&heat).png()).await;
            drawn.map_err(internal)?.map_err(internal)?
        }
        (Media::Csv, _) => {
            let name = format!(
                "attachment; filename=\"{}-{}.csv\"",
                question.filter.site.as_str(),
                endpoint.name()
            );
            response.insert_header((CONTENT_DISPOSITION, name));
            table::csv(&answer).map_err(internal)?
        }
        (Media::Json | Media::Png, _) => serde_json::to_vec(&answer).map_err(internal)?,
    };
    Ok(response.body(body))
}

fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "an answer cannot be written");
    Problem::Internal
}
