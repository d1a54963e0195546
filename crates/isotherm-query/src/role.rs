//! The HTTP side: one path from request to answer for every endpoint.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::{Compat, Compress, DefaultHeaders};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use futures_util::future::try_join;
use isotherm_core::day::Day;
use isotherm_core::gate::{
    Audience, Comparison, Covered, Gate, RATE_LAYERS, Shown, ShownDepths, ShownMap, ShownPage, ShownRates,
};
use isotherm_core::place::Layer;
use isotherm_core::ports::Clock;
use isotherm_core::reading::{CountReader, DepthSums, Filter, MapSums, ReadError, Sealed};
use isotherm_core::thresholds::Thresholds;
use isotherm_core::{IdKey, PageId};

use crate::access::{self, Access, StatusSource};
use crate::answer::{Answer, Status};
use crate::cells;
use crate::date;
use crate::etag::{self, Whole};
use crate::media::{self, Media};
use crate::openapi;
use crate::picture::{Heat, Picture};
use crate::problem::Problem;
use crate::question::{Asked, Endpoint, Page, Question, Setting};
use crate::table::Table;
use crate::widget::{self, Pictures};

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
    /// Public pictures that are kept for a while.
    pub pictures: Pictures,
}

/// Puts the answers under `/api/v1/sites/{site}/` into an actix application.
pub fn configure(config: &mut web::ServiceConfig, settings: web::Data<QuerySettings>) {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "private, no-cache"))
        .add((VARY, "Accept, Authorization, Cookie"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"));
    config.service(openapi::resource());
    config.service(widget::resource(settings.clone()));
    config.service(
        web::scope("/api/v1/sites/{site}")
            .app_data(settings)
            .wrap(headers)
            .wrap(Compat::new(Compress::default()))
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
    let opened = access::open(settings, request)?;
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
        site: opened.site.clone(),
        today: Day::of_unix_ms(settings.clock.unix_ms()),
        id_key: &settings.id_key,
    };
    let mut question = Question::parse(request.query_string(), setting)?;
    opened.narrow(&mut question)?;
    let answer = ask_in_time_as(opened.audience(), settings, &question).await?;
    let response = write(endpoint, &question, answer, media).await?;
    Ok(etag::answer(request, response))
}

/// The answer to a question, or that there was none in the time that it may take.
pub(crate) async fn ask_in_time(settings: &QuerySettings, question: &Question) -> Result<Answer, ReadError> {
    // A token opens its own site only.
    ask_in_time_as(Audience::OwnToken, settings, question).await
}

/// The same for another audience.
pub(crate) async fn ask_in_time_as(
    audience: Audience,
    settings: &QuerySettings,
    question: &Question,
) -> Result<Answer, ReadError> {
    let late = |_| {
        Err(ReadError::Unavailable(
            "no answer within the time a question may take".into(),
        ))
    };
    rt::time::timeout(QUESTION_TIME_MAX, ask(audience, settings, question))
        .await
        .unwrap_or_else(late)
}

/// One question on its way: narrowed by the gate, asked of the store, shown by the gate.
struct Asking<'a> {
    reader: &'a dyn CountReader,
    gate: Gate,
}

async fn ask(audience: Audience, settings: &QuerySettings, question: &Question) -> Result<Answer, ReadError> {
    // All parts of one answer speak of one state of the seals; `status` asks the store of counts nothing.
    let held = match &question.asked {
        Asked::Status => None,
        _ => settings.reader.at_one_state().await?,
    };
    let asking = Asking {
        reader: held.as_deref().unwrap_or(settings.reader.as_ref()),
        gate: Gate::new(settings.thresholds, audience),
    };
    let Asking { reader, gate } = &asking;
    let filter = &question.filter;
    let id = |page: &Option<Page>| page.as_ref().map(|(_, id)| *id);
    Ok(match &question.asked {
        Asked::Pages => Answer::Pages(asking.pages(filter).await?),
        Asked::Heatmap((path, page), layers) => Answer::Heatmap(path.clone(), asking.map(filter, *page, layers).await?),
        Asked::Scroll((path, page)) => Answer::Scroll(path.clone(), asking.depths(filter, *page).await?),
        Asked::Elements((path, page)) => {
            Answer::Elements(path.clone(), asking.rates(filter, *page, &RATE_LAYERS).await?)
        }
        Asked::Compare(path, [(one, page), (other, second)], second_filter) => {
            // Each side passes the gate alone; what is compared are two answers.
            let layers = &[Layer::Click, Layer::Tap];
            let sides = try_join(
                asking.rates(filter, *page, layers),
                asking.rates(second_filter, *second, layers),
            );
            let (a, b) = sides.await?;
            Answer::Compare(path.clone(), [one.clone(), other.clone()], Comparison::of(&a, &b))
        }
        Asked::Countries(page) => {
            let covered = asking.covered_by_months(filter).await?;
            let sums = reader.countries(covered.filter(), id(page)).await?;
            Answer::Countries(gate.countries(&covered, sums))
        }
        Asked::Viewports(page) => {
            let covered = asking.covered(filter, id(page)).await?;
            let sums = reader.viewports(covered.filter(), id(page)).await?;
            Answer::Viewports(gate.marginal(&covered, sums))
        }
        Asked::Timeseries(page) => {
            let covered = asking.covered(filter, id(page)).await?;
            let sums = reader.timeseries(covered.filter(), id(page)).await?;
            Answer::Timeseries(gate.marginal(&covered, sums))
        }
        Asked::Status => Answer::Status(Status::new(&filter.site, &settings.status.status(&filter.site))),
    })
}

impl Asking<'_> {
    /// Narrowed by days, or by months as soon as a country is named.
    async fn covered(&self, filter: &Filter, page: Option<PageId>) -> Result<Covered, ReadError> {
        if filter.country.is_some() {
            return self.covered_by_months(filter).await;
        }
        let sealed = self.reader.sealed(filter, page).await?;
        Ok(self.gate.cover_days(filter.clone(), &sealed))
    }

    /// Months are those of the calendar, so this depends on no page.
    async fn covered_by_months(&self, filter: &Filter) -> Result<Covered, ReadError> {
        let sealed = self.reader.sealed(filter, None).await?;
        Ok(self.gate.cover_months(filter.clone(), &sealed))
    }

    async fn pages(&self, filter: &Filter) -> Result<Shown<Vec<ShownPage>>, ReadError> {
        let covered = self.covered(filter, None).await?;
        let pages = self.reader.pages(covered.filter()).await?;
        let visible = self.gate.visible(&pages);
        let sums = try_join(
            self.reader.cells_of(covered.filter(), &visible),
            self.reader.elements_of(covered.filter(), &visible),
        );
        Ok(self.gate.pages(&covered, pages, sums.await?))
    }

    async fn map(&self, filter: &Filter, page: PageId, layers: &[Layer]) -> Result<Shown<ShownMap>, ReadError> {
        let (covered, sums) = self.covered_map(filter, page, layers).await?;
        Ok(self.gate.map(&covered, sums.views, layers, (sums.cells, sums.elements)))
    }

    /// A map, and what it covers. By days it is one look at the counts, because most of what a question costs is the asking: the map
    /// is read as if no cohort were cut by the window. Where one is, and what is not sealed lies outside the narrower window that
    /// the gate then leaves, it is read again.
    async fn covered_map(
        &self,
        filter: &Filter,
        page: PageId,
        layers: &[Layer],
    ) -> Result<(Covered, MapSums), ReadError> {
        if filter.country.is_some() {
            let covered = self.covered_by_months(filter).await?;
            let sums = self.reader.map(covered.filter(), page, layers).await?;
            return Ok((covered, sums));
        }
        let uncut = self.gate.cover_days(filter.clone(), &Sealed::default());
        let found = self.reader.sealed_map(uncut.filter(), page, layers).await?;
        let covered = self.gate.cover_days(filter.clone(), &found.sealed);
        let Filter { from, to, .. } = covered.filter();
        let is_inside = |(first, last): (Day, Day)| *from <= first && last <= *to;
        if found.unsealed.is_none_or(is_inside) {
            return Ok((covered, found.sums));
        }
        let sums = self.reader.map(covered.filter(), page, layers).await?;
        Ok((covered, sums))
    }

    async fn rates(&self, filter: &Filter, page: PageId, layers: &[Layer]) -> Result<Shown<ShownRates>, ReadError> {
        let covered = self.covered(filter, Some(page)).await?;
        let views = self.reader.page_views(covered.filter(), page).await?;
        let sums = if self.gate.shows_page(views) {
            self.reader.elements(covered.filter(), page, layers).await?
        } else {
            Vec::new()
        };
        Ok(self.gate.rates(&covered, views, sums))
    }

    async fn depths(&self, filter: &Filter, page: PageId) -> Result<Shown<ShownDepths>, ReadError> {
        let covered = self.covered(filter, Some(page)).await?;
        let views = self.reader.page_views(covered.filter(), page).await?;
        let sums = if self.gate.shows_page(views) {
            self.reader.depths(covered.filter(), page).await?
        } else {
            DepthSums::default()
        };
        Ok(self.gate.depths(&covered, views, sums))
    }
}

async fn write(endpoint: Endpoint, question: &Question, answer: Answer, media: Media) -> Result<Whole, Problem> {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, media.content_type()));
    if let Some((days, withheld)) = answer.covers() {
        // For forms that have no other place for it: lists, tables, pictures.
        let span = |(from, to): &(Day, Day)| format!("{}/{}", date::text(*from), date::text(*to));
        let spans: Vec<String> = days.iter().map(span).collect();
        response.insert_header(("X-Isotherm-Covers", spans.join(", ")));
        if let Some(withheld) = withheld {
            let text = format!("{};needed={}", withheld.reason(), withheld.needed());
            response.insert_header(("X-Isotherm-Withheld", text));
        }
    }
    let body = match (media, &answer) {
        (Media::Png, Answer::Heatmap(_, shown)) => {
            let heat = Heat::of(question.filter.viewport, shown).below(question.top_px);
            // Drawing takes milliseconds of a core; the thread that answers others is not the one to do it.
            let draw = move || {
                let picture = Picture::draw(&heat);
                (picture.cut_px(), picture.png())
            };
            let (cut_px, png) = web::block(draw).await.map_err(internal)?;
            if let Some((shown_px, page_px)) = cut_px {
                response.insert_header(("X-Isotherm-Cut", format!("{shown_px};of={page_px}")));
            }
            png.map_err(internal)?
        }
        (Media::Cells, Answer::Heatmap(_, shown)) => cells::packed(shown),
        (Media::Csv, _) => {
            response.insert_header(saved_as(endpoint, question, "csv"));
            Table::of(&answer).csv().map_err(internal)?
        }
        (Media::Arrow, _) => {
            response.insert_header(saved_as(endpoint, question, "arrows"));
            Table::of(&answer).arrow().map_err(internal)?
        }
        (Media::Json | Media::Png | Media::Cells, _) => serde_json::to_vec(&answer).map_err(internal)?,
    };
    Ok((response, body))
}

/// Under which name a browser saves the answer.
fn saved_as(endpoint: Endpoint, question: &Question, extension: &str) -> (HeaderName, String) {
    let (site, what) = (question.filter.site.as_str(), endpoint.name());
    let name = format!("attachment; filename=\"{site}-{what}.{extension}\"");
    (CONTENT_DISPOSITION, name)
}

fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "an answer cannot be written");
    Problem::Internal
}
