//! Page views in memory, the reader that sums them up as the pipeline would, and the role on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, test, web};
use isotherm_core::path::PagePath;
use isotherm_core::place::{Cell, FirstTouch, Layer, SubCell, Unit};
use isotherm_core::reading::{
    BandSum, CellSum, CountReader, DepthSums, ElementSum, Filter, Marginal, PageSum, ReadError, Reading, Sealed,
};
use isotherm_core::thresholds::{RARITY_MIN, Thresholds};
use isotherm_core::{Country, Day, IdKey, PageId, SiteKey, ViewportClass};
use isotherm_query::{QuerySettings, configure, desk};

use crate::known::Known;
pub(crate) use crate::known::{ELSEWHERE, ELSEWHERE_OF_ACME, PASSWORD, Secrets};

const CLICKS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// 2026-03-15, the day that the clock of a world shows unless a test moves it.
pub(crate) const TODAY: u16 = 20_527;
/// Milliseconds of an hour, and of a day.
pub(crate) const HOUR_MS: u64 = 3_600_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
/// Noon of that day, the hour at which every world begins.
pub(crate) const NOON_MS: u64 = TODAY as u64 * DAY_MS + DAY_MS / 2;

#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) layer: Layer,
    pub(crate) cell: (u16, u16),
    pub(crate) inside: Option<(&'static str, SubCell)>,
    pub(crate) n: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct PageView {
    pub(crate) site: &'static str,
    pub(crate) path: String,
    pub(crate) day: u16,
    pub(crate) viewport: ViewportClass,
    pub(crate) country: &'static str,
    pub(crate) depth: u16,
    pub(crate) fold: Option<u16>,
    /// Seconds in view, by band.
    pub(crate) seconds: Vec<(u16, u64)>,
    pub(crate) touches: Vec<Touch>,
}

impl PageView {
    pub(crate) fn of(path: &str) -> PageView {
        PageView {
            site: "acme",
            path: path.to_owned(),
            day: TODAY,
            viewport: ViewportClass::Desktop,
            country: "DE",
            depth: 30,
            fold: Some(9),
            seconds: Vec::new(),
            touches: Vec::new(),
        }
    }

    pub(crate) fn looked(mut self, band: u16, seconds: u64) -> PageView {
        self.seconds.push((band, seconds));
        self
    }

    pub(crate) fn clicked(mut self, x: u16, y: u16) -> PageView {
        self.touches.push(Touch {
            layer: Layer::Click,
            cell: (x, y),
            inside: None,
            n: 1,
        });
        self
    }

    pub(crate) fn clicked_on(mut self, anchor: &'static str, x: u16, y: u16) -> PageView {
        self.touches.push(Touch {
            layer: Layer::Click,
            cell: (100 + x, 100 + y),
            inside: Some((anchor, eighth(x, y))),
            n: 1,
        });
        self
    }

    pub(crate) fn clicks(&self) -> u64 {
        self.touches.iter().map(|touch| touch.n).sum()
    }
}

pub(crate) fn eighth(x: u16, y: u16) -> SubCell {
    SubCell::new(Unit::Eighth, x, y).expect("an eighth")
}

pub(crate) fn times(n: usize, view: &PageView) -> Vec<PageView> {
    vec![view.clone(); n]
}

/// A question about everything of a site.
pub(crate) fn all_time() -> Filter {
    Filter {
        site: SiteKey::parse("acme").expect("a site key"),
        from: Day(0),
        to: Day(TODAY),
        viewport: None,
        country: None,
        sealed_only: false,
    }
}

pub(crate) fn id_key() -> IdKey {
    IdKey::new([7; 16])
}

/// Everything that the role is started with.
pub(crate) struct World {
    pub(crate) views: Vec<PageView>,
    pub(crate) away: Option<ReadError>,
    /// The newest landing that is sealed, if any: page views up to its day are in cohorts of their day.
    pub(crate) sealed: Option<u16>,
    /// Another reader than the one that sums up `views`.
    pub(crate) reader: Option<Arc<dyn CountReader>>,
    /// What the operator set.
    pub(crate) thresholds: Thresholds,
    /// Who may ask, and when it is.
    pub(crate) known: Known,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("printable"))
    }
}

impl World {
    pub(crate) fn of(views: Vec<PageView>) -> World {
        World {
            views,
            away: None,
            sealed: None,
            reader: None,
            thresholds: Thresholds::default(),
            known: Known {
                now_ms: NOON_MS,
                wait_s: None,
                used: Arc::default(),
                changed: Arc::default(),
            },
        }
    }

    /// The same world when its clock shows this, ms since 1970. Nothing of a world is kept between two requests but what
    /// the role hands out.
    pub(crate) fn at(mut self, now_ms: u64) -> World {
        self.known.now_ms = now_ms;
        self
    }

    /// `GET /api/v1/sites/acme/{what}` with the site's own token.
    pub(crate) async fn get(&self, what: &str) -> Reply {
        self.get_as(what, "application/json").await
    }

    pub(crate) async fn get_as(&self, what: &str, accept: &str) -> Reply {
        let bearer = format!("Bearer {}", Secrets::ACME);
        let fields = [("Authorization", bearer.as_str()), ("Accept", accept)];
        self.call(test::TestRequest::get(), &format!("/api/v1/sites/acme/{what}"), &fields)
            .await
    }

    pub(crate) async fn call(&self, request: test::TestRequest, uri: &str, fields: &[(&str, &str)]) -> Reply {
        let known = Arc::new(self.known.clone());
        let settings = web::Data::new(QuerySettings {
            reader: self.reader.clone().unwrap_or_else(|| {
                Arc::new(Memory {
                    views: self.views.clone(),
                    away: self.away.clone(),
                    sealed: self.sealed,
                })
            }),
            access: known.clone(),
            id_key: id_key(),
            thresholds: self.thresholds,
            clock: known.clone(),
            status: known,
            pictures: isotherm_query::Pictures::default(),
        });
        let routes = |config: &mut web::ServiceConfig| {
            desk::configure(
                config,
                settings.clone(),
                web::Data::new(desk::Desk(Box::new(self.known.clone()))),
            );
            configure(config, settings);
        };
        let app = test::init_service(App::new().configure(routes)).await;
        let request = fields
            .iter()
            .fold(request.uri(uri), |request, field| request.append_header(*field));
        let response = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await.to_vec();
        Reply { status, headers, body }
    }
}

/// Sums single page views up as the pipeline does: first touches are marked per layer, levels add up.
struct Memory {
    views: Vec<PageView>,
    away: Option<ReadError>,
    sealed: Option<u16>,
}

impl Memory {
    fn chosen<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> impl Iterator<Item = &'a PageView> {
        self.views.iter().filter(move |view| {
            let path = PagePath::normalise(&view.path).expect("a path");
            view.site == filter.site.as_str()
                && (filter.from.0..=filter.to.0).contains(&view.day)
                && filter.viewport.is_none_or(|class| class == view.viewport)
                && filter.country.is_none_or(|country| country.as_str() == view.country)
                && (!filter.sealed_only || self.sealed.is_some_and(|newest| view.day <= newest))
                && page.is_none_or(|page| page == id_key().page(&filter.site, &path))
        })
    }

    fn marginal<K: Ord + Copy + Hash>(
        &self,
        filter: &Filter,
        page: Option<PageId>,
        key: impl Fn(&PageView) -> K,
    ) -> Vec<Marginal<K>> {
        let mut sums: BTreeMap<K, (u64, u64)> = BTreeMap::new();
        for view in self.chosen(filter, page) {
            let sum = sums.entry(key(view)).or_default();
            *sum = (sum.0 + 1, sum.1 + view.clicks());
        }
        let marginal = |(key, (views, clicks))| Marginal { key, views, clicks };
        sums.into_iter().map(marginal).collect()
    }

    fn answer<'a, T: Send + 'a>(&'a self, answer: T) -> Reading<'a, T> {
        let answer = self.away.clone().map_or(Ok(answer), Err);
        Box::pin(async move { answer })
    }

    fn anchor_views(&self, anchor: &str) -> u64 {
        let touches = |view: &&PageView| {
            view.touches
                .iter()
                .any(|t| t.inside.is_some_and(|(name, _)| name == anchor))
        };
        self.views.iter().filter(touches).count() as u64
    }
}

impl CountReader for Memory {
    fn sealed<'a>(&'a self, _: &'a Filter, _: Option<PageId>) -> Reading<'a, Sealed> {
        self.answer(Sealed {
            newest: self.sealed.map(Day),
            ..Sealed::default()
        })
    }

    fn pages<'a>(&'a self, filter: &'a Filter) -> Reading<'a, Vec<PageSum>> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for view in self.chosen(filter, None) {
            *sums.entry(&view.path).or_default() += 1;
        }
        let sum = |(path, views): (&str, u64)| PageSum {
            page: id_key().page(&filter.site, &PagePath::normalise(path).expect("a path")),
            path: path.to_owned(),
            views,
        };
        let mut pages: Vec<PageSum> = sums.into_iter().map(sum).collect();
        pages.sort_by_key(|page| std::cmp::Reverse(page.views));
        self.answer(pages)
    }

    fn page_views<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, u64> {
        self.answer(self.chosen(filter, Some(page)).count() as u64)
    }

    fn cells<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<CellSum>> {
        let mut sums: BTreeMap<(Layer, Cell), [u64; 4]> = BTreeMap::new();
        for view in self.chosen(filter, Some(page)) {
            let mut seen = BTreeSet::new();
            for touch in view.touches.iter().filter(|touch| layers.contains(&touch.layer)) {
                let cell = Cell::new(touch.cell.0, touch.cell.1).expect("a cell");
                let sum = sums.entry((touch.layer, cell)).or_default();
                sum[0] += touch.n;
                for level in 0..3 {
                    sum[1 + usize::from(level)] += u64::from(seen.insert((touch.layer, level, cell.parent(level))));
                }
            }
        }
        let sum = |((layer, cell), [n, views, views_32, views_64]): ((Layer, Cell), [u64; 4])| CellSum {
            layer,
            cell,
            level: 0,
            n,
            views,
            views_32,
            views_64,
        };
        self.answer(sums.into_iter().map(sum).collect())
    }

    fn cells_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, CellSum)>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for page in pages {
                let sums = self.cells(filter, *page, &CLICKS).await?;
                all.extend(sums.into_iter().map(|sum| (*page, sum)));
            }
            Ok(all)
        })
    }

    fn elements_of<'a>(&'a self, filter: &'a Filter, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, ElementSum)>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for page in pages {
                let sums = self.elements(filter, *page, &CLICKS).await?;
                all.extend(sums.into_iter().map(|sum| (*page, sum)));
            }
            Ok(all)
        })
    }

    fn elements<'a>(&'a self, filter: &'a Filter, page: PageId, layers: &'a [Layer]) -> Reading<'a, Vec<ElementSum>> {
        let mut sums: BTreeMap<(Layer, &str, SubCell), [u64; 3]> = BTreeMap::new();
        for view in self.chosen(filter, Some(page)) {
            let mut first: BTreeMap<(Layer, &str), BTreeSet<SubCell>> = BTreeMap::new();
            for touch in view.touches.iter().filter(|touch| layers.contains(&touch.layer)) {
                let Some((anchor, sub)) = touch.inside else {
                    continue;
                };
                let seen = first.entry((touch.layer, anchor)).or_default();
                let element = u8::from(seen.is_empty()) * FirstTouch::ELEMENT;
                let position = u8::from(seen.insert(sub)) * FirstTouch::SUB;
                let first = FirstTouch::new(element | position).expect("possible bits");
                let sum = sums.entry((touch.layer, anchor, sub)).or_default();
                sum[0] += touch.n;
                sum[1] += u64::from(first.at(FirstTouch::SUB));
                sum[2] += u64::from(first.at(FirstTouch::ELEMENT));
            }
        }
        let sum = |((layer, anchor, sub), [n, views, views_element]): ((Layer, &str, SubCell), [u64; 3])| ElementSum {
            layer,
            anchor: (self.anchor_views(anchor) >= RARITY_MIN).then(|| anchor.into()),
            anchor_id: id_key().anchor_of_text("acme", anchor).0,
            sub,
            level: 0,
            n,
            views,
            views_element,
        };
        self.answer(sums.into_iter().map(sum).collect())
    }

    fn depths<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, DepthSums> {
        let (mut reach, mut folds) = (BTreeMap::new(), BTreeMap::new());
        let mut bands: BTreeMap<u16, BandSum> = BTreeMap::new();
        for view in self.chosen(filter, Some(page)) {
            for depth in 1..=view.depth {
                *reach.entry(depth).or_default() += 1;
            }
            if let Some(fold) = view.fold {
                *folds.entry(fold).or_default() += 1;
            }
            for (band, seconds) in &view.seconds {
                let (band, none) = (*band, (0, 0));
                let (seconds_before, views) = bands.get(&band).map_or(none, |sum| (sum.seconds, sum.views));
                let (seconds, views) = (seconds_before + seconds, views + 1);
                bands.insert(band, BandSum { band, seconds, views });
            }
        }
        self.answer(DepthSums {
            reach: reach.into_iter().collect(),
            folds: folds.into_iter().collect(),
            bands: bands.into_values().collect(),
        })
    }

    fn countries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<Country>>> {
        let country = |view: &PageView| Country::parse(view.country).expect("a country");
        self.answer(self.marginal(filter, page, country))
    }

    fn viewports<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<ViewportClass>>> {
        self.answer(self.marginal(filter, page, |view| view.viewport))
    }

    fn timeseries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<(Day, Day)>>> {
        self.answer(self.marginal(filter, page, |view| (Day(view.day), Day(view.day))))
    }
}
