//! Simulated visitors. Each is one page view, made from a seed and an index alone: device, country, page, depth,
//! clicks, time in view.
//!
//! They behave roughly as people do on such pages (many leave early, most clicks go to few buttons near the top, some
//! go nowhere), so that the pictures look like something. They prove nothing about anybody, and are called simulated.

use serde::Serialize;

use crate::attention::{self, Sight};
use crate::layout::{Area, Kind, Layout, PageLayout};
use crate::people::{Device, origin};
pub use crate::places::Place;
use crate::places::{Touched, merged};
use crate::random::Random;

/// How often each page is viewed, in parts of the sum.
const PAGES: [(&str, f64); 16] = [
    ("/", 22.0),
    ("/products", 15.0),
    ("/product/teapot", 14.0),
    ("/product/cup", 6.0),
    ("/product/kettle", 5.0),
    ("/product/bowl", 2.0),
    ("/product/tray", 2.0),
    ("/product/tin", 2.0),
    ("/product/spoon", 1.5),
    ("/product/vase", 1.5),
    ("/journal/a-slow-pot", 11.0),
    ("/checkout", 7.0),
    ("/about", 6.0),
    ("/app", 4.0),
    ("/app/timer", 2.0),
    ("/app/orders", 1.0),
];

/// Elements that people like more than their kind says: a piece of the anchor and a factor.
const POPULAR: [(&str, f64); 16] = [
    ("#buy", 9.0),
    ("hero-shop", 7.0),
    ("card-teapot", 5.0),
    ("card-cup", 3.0),
    ("card-kettle", 2.0),
    ("place-order", 5.0),
    ("article-teapot", 4.0),
    ("thumb", 2.5),
    ("tab-measures", 3.0),
    ("#filter", 2.0),
    ("nav-shop", 3.0),
    ("faq-broken", 3.0),
    ("open-visit", 4.0),
    ("timer-start", 6.0),
    ("contents", 2.0),
    ("footer", 0.3),
];

/// Share of clicks that aim at nothing.
const AIMLESS: f64 = 0.12;

/// One simulated page view. It carries an address and a user agent and therefore cannot be printed.
pub struct Visit {
    /// What is sent as the forwarding header: a documentation address.
    pub(crate) address: String,
    /// What is sent as the user agent.
    pub(crate) user_agent: &'static str,
    /// The country the address is said to lie in (ISO 3166-1 alpha-2).
    pub country: &'static str,
    /// What the script would send, in order; at least one.
    pub beacons: Vec<Beacon>,
}

/// A beacon of the contract.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Beacon {
    /// Version, always 1.
    pub v: u8,
    /// Site key.
    pub site: String,
    /// Page.
    pub path: &'static str,
    /// Viewport width in px.
    pub w: u16,
    /// Viewport height in steps of 100 px, in the first beacon only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h: Option<u16>,
    /// Whether the device has touch.
    pub touch: bool,
    /// Whether this is the page view's first beacon.
    pub view: bool,
    /// Deepest reach so far in percent.
    pub scroll: u8,
    /// What of it was sent before, in percent.
    pub scrolled: u8,
    /// Clicks or taps, and seconds in view.
    pub places: Vec<Place>,
}

/// The visitor number `index` of a seed; the same for ever. `None` if the layout lacks the page it wants.
pub fn visit(layout: &Layout, site: &str, (seed, index): (u64, u64)) -> Option<Visit> {
    let mut random = Random::new(seed, index);
    let random = &mut random;
    let device = Device::any(random);
    let (address, country) = origin(random);
    let user_agent = device.user_agent(random);
    let path = PAGES[random.weighted(PAGES.iter().map(|(_, weight)| *weight))?].0;
    let page = layout.page(path, device.width_px())?;
    let height_px = device.height_px(random);
    let stay = Stay::new(path, page, height_px, random);
    let places = clicks(page, device, &stay, random);
    let whole = Beacon {
        v: 1,
        site: site.to_owned(),
        path,
        w: device.width_px(),
        h: Some(height_px),
        touch: device.touch(),
        view: true,
        scroll: stay.reach,
        scrolled: 0,
        places,
    };
    let mut beacons = in_parts(whole, stay.seen_at_once, random);
    let sight = Sight {
        page_px: page.height,
        window_px: f64::from(height_px),
        scrolled_px: stay.scrolled_px,
    };
    // What was looked at is known when the page is left.
    beacons.last_mut()?.places.extend(attention::places(sight, random));
    Some(Visit {
        address,
        user_agent,
        country,
        beacons,
    })
}

/// How long and how deep a visitor stays.
struct Stay {
    /// Percent of the page that is seen without scrolling.
    seen_at_once: u8,
    /// Percent of the page that is seen in the end.
    reach: u8,
    /// Clicks, dead ones included.
    clicks: u32,
    /// How far the window can have moved over the page, in px.
    scrolled_px: f64,
    /// Where the page's seen part ends, in px.
    seen_px: f64,
}

impl Stay {
    fn new(path: &str, page: &PageLayout, height_px: u16, random: &mut Random) -> Stay {
        let at_once = (f64::from(height_px) / page.height).min(1.0);
        let (leave, read_on) = match path {
            "/journal/a-slow-pot" => (0.22, 0.55),
            "/checkout" => (0.1, 0.75),
            _ => (0.3, 0.3),
        };
        // Who leaves at once sees the first screen; who reads on nearly all; the rest something between.
        let (share, clicks) = if random.chance(leave) {
            (at_once, random.between(0, 1))
        } else if random.chance(read_on) {
            (0.86 + 0.2 * random.unit(), random.between(1, 5))
        } else {
            (
                at_once + (1.0 - at_once) * random.unit() * random.unit().sqrt(),
                random.between(0, 3),
            )
        };
        let share = share.clamp(at_once, 1.0);
        let percent = |share: f64| (share * 100.0).round().clamp(1.0, 100.0) as u8;
        Stay {
            seen_at_once: percent(at_once),
            reach: percent(share),
            clicks,
            scrolled_px: (share * page.height - f64::from(height_px)).max(0.0),
            seen_px: share * page.height,
        }
    }
}

fn clicks(page: &PageLayout, device: Device, stay: &Stay, random: &mut Random) -> Vec<Place> {
    let layer = if device.touch() { "tap" } else { "click" };
    let weights: Vec<f64> = page.boxes.iter().map(|area| weight(area, stay.seen_px)).collect();
    let mut touched = Touched::default();
    let mut places = Vec::new();
    for _ in 0..stay.clicks {
        let aimless = random.chance(AIMLESS);
        let aim = if aimless {
            None
        } else {
            random.weighted(weights.iter().copied())
        };
        let point = match aim.map(|index| &page.boxes[index]) {
            Some(area) => near_the_middle(area, random),
            None => (
                random.unit() * f64::from(device.width_px()),
                random.unit() * stay.seen_px,
            ),
        };
        let stuck = aim.is_some_and(|index| page.boxes[index].stuck());
        let scrolled_px = if stuck { random.unit() * stay.scrolled_px } else { 0.0 };
        let target = innermost(page, point, stuck).map(|area| (area, scrolled_px));
        let n = if random.chance(0.06) {
            random.between(2, 4) as u8
        } else {
            1
        };
        places.push(touched.place(layer, point, target, n));
    }
    places
}

/// How much a visitor who has seen the page down to `seen_px` wants to click an element.
fn weight(area: &Area, seen_px: f64) -> f64 {
    if area.3 + area.5 / 2.0 > seen_px {
        return 0.0;
    }
    let by_kind = match area.0 {
        Kind::Act => 1.0,
        Kind::Field => 1.4,
        Kind::Text => 0.05,
        Kind::Area => 0.02,
    };
    let liked: f64 = POPULAR
        .iter()
        .filter(|(piece, _)| area.1.contains(piece))
        .map(|(_, factor)| *factor)
        .product();
    by_kind * liked / (1.0 + area.3 / 2_500.0)
}

/// A point in page px, closer to the middle of the element than to its border, never outside.
fn near_the_middle(area: &Area, random: &mut Random) -> (f64, f64) {
    let mut along = |start: f64, size: f64| start + size * (0.5 + 0.17 * random.normal()).clamp(0.02, 0.98);
    (along(area.2, area.4), along(area.3, area.5))
}

/// The smallest element at a point: what a click there means. Stuck elements lie in a plane of their own.
fn innermost(page: &PageLayout, (x, y): (f64, f64), stuck: bool) -> Option<&Area> {
    page.boxes
        .iter()
        .filter(|area| area.stuck() == stuck && area.holds(x, y))
        .min_by(|a, b| a.surface().total_cmp(&b.surface()))
}

/// Parts a page view into the beacons that the script would send: often one, sometimes two or three.
fn in_parts(whole: Beacon, seen_at_once: u8, random: &mut Random) -> Vec<Beacon> {
    let parts = 1 + random.weighted([0.45, 0.4, 0.15].into_iter()).unwrap_or(0);
    let per_part = whole.places.len().div_ceil(parts).max(1);
    let mut chunks = whole.places.chunks(per_part);
    let mut scrolled = 0;
    let mut beacons = Vec::with_capacity(parts);
    for part in 1..=parts {
        let scroll = match part {
            _ if part == parts => whole.scroll,
            1 => seen_at_once.min(whole.scroll),
            _ => scrolled + (whole.scroll - scrolled) / 2,
        };
        let places = merged(chunks.next().unwrap_or_default().to_vec());
        // Nothing new: the script stays silent.
        if part > 1 && scroll == scrolled && places.is_empty() {
            continue;
        }
        beacons.push(Beacon {
            h: whole.h.filter(|_| part == 1),
            view: part == 1,
            scroll,
            scrolled,
            places,
            ..whole.clone()
        });
        scrolled = scroll;
    }
    beacons
}
