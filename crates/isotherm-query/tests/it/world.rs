//! Page views in memory, the reader that sums them up as the pipeline would, and the role on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, test, web};
use isotherm_core::control::{Scope, Share, Token, TokenHash};
use isotherm_core::path::PagePath;
use isotherm_core::place::{Cell, FirstTouch, Layer, SubCell, Unit};
use isotherm_core::ports::Clock;
use isotherm_core::reading::{
    BandSum, CellSum, CountReader, DepthSums, ElementSum, Filter, Marginal, PageSum, ReadError, Reading, Sealed,
};
use isotherm_core::site::{Origin, Site};
use isotherm_core::thresholds::{RARITY_MIN, Thresholds};
use isotherm_core::{Country, Day, Hour, IdKey, Outcome, PageId, SiteKey, ViewportClass};
use isotherm_query::{Access, QuerySettings, SiteStatus, StatusSource, configure, desk, share, token};

const CLICKS: [Layer; 2] = [Layer::Click, Layer::Tap];

/// 2026-03-15, the day that the clock of every test shows.
pub(crate) const TODAY: u16 = 20_527;

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
}

/// Secrets of the tokens that every world knows.
pub(crate) struct Secrets;

impl Secrets {
    pub(crate) const ACME: &'static str = "iso_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    pub(crate) const OTHER: &'static str = "iso_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    pub(crate) const BOUND: &'static str = "iso_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    pub(crate) const REMOVED: &'static str = "iso_DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";
    /// Of `acme`; it ended yesterday.
    pub(crate) const EXPIRED: &'static str = "iso_FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    /// A share link to all of `acme`, one to its page `/a`, one with a password, and one that ended yesterday.
    pub(crate) const LINK: &'static str = "isl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    pub(crate) const PAGE_LINK: &'static str = "isl_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    pub(crate) const GUARDED_LINK: &'static str = "isl_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    pub(crate) const ENDED_LINK: &'static str = "isl_DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";
    pub(crate) const UNKNOWN_LINK: &'static str = "isl_EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE";
    pub(crate) const UNKNOWN: &'static str = "iso_EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE";
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
        }
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
        let known = Arc::new(Known);
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
            thresholds: Thresholds::default(),
            clock: known.clone(),
            status: known,
            pictures: isotherm_query::Pictures::default(),
        });
        let routes = |config: &mut web::ServiceConfig| {
            desk::configure(config, settings.clone(), web::Data::new(desk::Desk(Box::new(Known))));
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

/// Two sites, four tokens, four links, one clock.
struct Known;

/// The password of [`Secrets::GUARDED_LINK`].
pub(crate) const PASSWORD: &str = "correct horse";
/// A request with this field comes from where the site's owner lets nobody ask.
pub(crate) const ELSEWHERE: (&str, &str) = ("x-test-elsewhere", "1");

fn links() -> &'static [(&'static str, Share)] {
    static LINKS: std::sync::OnceLock<Vec<(&'static str, Share)>> = std::sync::OnceLock::new();
    LINKS.get_or_init(|| {
        let made = |secret: &'static str, id: &str, page: Option<&str>, password: Option<&str>| {
            let terms = share::Terms {
                page: page.map(str::to_owned),
                expires: "2026-04-01".into(),
                password: password.map(str::to_owned),
                made_by: "other".into(),
            };
            let site = SiteKey::parse("acme").expect("a key");
            let (_, share) = share::issue(&site, &terms, &id_key(), Day(TODAY)).expect("made");
            let (id, hash) = (id.to_owned(), token::hash(secret));
            (secret, Share { id, hash, ..share })
        };
        let mut all = vec![
            made(Secrets::LINK, "whole", None, None),
            made(Secrets::PAGE_LINK, "page", Some("/a"), None),
            made(Secrets::GUARDED_LINK, "guarded", None, Some(PASSWORD)),
            made(Secrets::ENDED_LINK, "ended", None, None),
        ];
        all[3].1.expires = Day(TODAY - 1);
        all
    })
}

impl Access for Known {
    fn token(&self, hash: &TokenHash) -> Option<Token> {
        let known = [
            (Secrets::ACME, "acme", Vec::new()),
            (Secrets::OTHER, "other", Vec::new()),
            (Secrets::BOUND, "acme", vec!["192.0.2.0/24".to_owned()]),
            (Secrets::REMOVED, "removed", Vec::new()),
            (Secrets::EXPIRED, "acme", Vec::new()),
        ];
        let found = known.into_iter().find(|(secret, ..)| token::hash(secret) == *hash)?;
        Some(Token {
            id: found.1.to_owned(),
            hash: *hash,
            site: SiteKey::parse(found.1)?,
            scope: if found.0 == Secrets::OTHER {
                Scope::Admin
            } else {
                Scope::Read
            },
            allow_ip: found.2,
            created: Day(TODAY),
            expires: (found.0 == Secrets::EXPIRED).then_some(Day(TODAY - 1)),
            last_used: None,
        })
    }

    fn token_named(&self, id: &str) -> Option<Token> {
        let secret = match id {
            "acme" => Secrets::ACME,
            "other" => Secrets::OTHER,
            _ => return None,
        };
        self.token(&token::hash(secret))
    }

    fn share(&self, hash: &TokenHash) -> Option<Share> {
        let known = links().iter().find(|(_, share)| share.hash == *hash)?;
        Some(known.1.clone())
    }

    fn share_named(&self, id: &str) -> Option<Share> {
        let known = links().iter().find(|(_, share)| share.id == id)?;
        Some(known.1.clone())
    }

    fn admits_to_site(&self, _: &SiteKey, request: &RequestHead) -> bool {
        !request.headers.contains_key(ELSEWHERE.0)
    }

    fn shows_countries(&self, site: &SiteKey) -> bool {
        site.as_str() == "acme"
    }

    fn site_exists(&self, site: &SiteKey) -> bool {
        ["acme", "other"].contains(&site.as_str())
    }
}

impl desk::Affairs for Known {
    fn site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Option<Site>> {
        let origin = Origin::parse("https://shop.example").expect("an origin");
        let site = Site {
            key: key.clone(),
            origins: vec![origin],
            rules: Vec::new(),
        };
        Box::pin(async { Ok(Some(site)) })
    }

    fn tokens<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Token>> {
        let tokens = self.token_named(key.as_str()).into_iter().collect();
        Box::pin(async { Ok(tokens) })
    }

    fn put_token<'a>(&'a self, _: &'a Token, _: &'a Token) -> Reading<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn revoke_token<'a>(&'a self, _: &'a str, _: &'a Token) -> Reading<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn shares<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Share>> {
        // Of `other` there is one as well, so that its administrator has something to look at.
        let own = links().iter().map(|(_, share)| share.clone()).take(2);
        let own = own.map(|share| Share {
            site: key.clone(),
            ..share
        });
        Box::pin(async { Ok(own.collect()) })
    }

    fn put_share<'a>(&'a self, _: &'a Share, _: &'a Token) -> Reading<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn revoke_share<'a>(&'a self, _: &'a str, _: &'a Token) -> Reading<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn page_paths<'a>(&'a self, _: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>> {
        Box::pin(async move { Ok(pages.iter().map(|page| (*page, "/a".to_owned())).collect()) })
    }

    fn show_countries<'a>(&'a self, _: bool, _: &'a Token) -> Reading<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn public_url(&self) -> String {
        "https://heat.example".to_owned()
    }
}

impl Clock for Known {
    fn unix_ms(&self) -> u64 {
        u64::from(TODAY) * 86_400_000 + 12 * 3_600_000
    }
}

impl StatusSource for Known {
    fn status(&self, site: &SiteKey) -> SiteStatus {
        assert_eq!(site.as_str(), "acme");
        SiteStatus {
            outcomes: vec![(Outcome::Admitted, 3)],
            since: None,
            last_admitted: Some(Hour(u32::from(TODAY) * 24 + 11)),
        }
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
            anchor: (self.anchor_views(anchor) >= RARITY_MIN).then(|| anchor.to_owned()),
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
