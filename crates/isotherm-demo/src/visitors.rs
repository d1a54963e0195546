//! Simulated visitors. Each is one page view, made from a seed and an index alone: device, country, page, depth,
//! clicks with what comes of them, what is seen and for how long.
//!
//! They behave roughly as people do on such pages (many leave early, most clicks go to few buttons near the top, some
//! go nowhere), so that the pictures look like something. They prove nothing about anybody, and are called simulated.

use serde::Serialize;

use crate::layout::{Layout, PageLayout};
use crate::people::{Device, origin};
use crate::places::Moment;
pub use crate::places::Place;
use crate::random::Random;
use crate::stay::Stay;
use crate::tally::Tally;
use crate::{acts, attention, exposure};

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
    /// What was done and seen, by place.
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
    let empty = Beacon {
        v: 1,
        site: site.to_owned(),
        path,
        w: device.width_px(),
        h: Some(height_px),
        touch: device.touch(),
        view: true,
        scroll: 0,
        scrolled: 0,
        places: Vec::new(),
    };
    let moments = in_order(page, device, &stay, random);
    Some(Visit {
        address,
        user_agent,
        country,
        beacons: in_parts(&empty, &stay, moments, random),
    })
}

/// All that the script counts in a page view, in the order in which it happens: from the page's top down.
fn in_order(page: &PageLayout, device: Device, stay: &Stay, random: &mut Random) -> Vec<Moment> {
    let mut moments = exposure::moments(page, stay);
    moments.extend(acts::moments(page, device, stay, random));
    moments.extend(attention::moments(stay, random));
    moments.sort_by(|a, b| a.seen_px.total_cmp(&b.seen_px));
    moments
}

/// Parts a page view into the beacons that the script would send: often one, sometimes two or three.
fn in_parts(empty: &Beacon, stay: &Stay, moments: Vec<Moment>, random: &mut Random) -> Vec<Beacon> {
    let parts = 1 + random.weighted([0.45, 0.4, 0.15].into_iter()).unwrap_or(0);
    let mut moments = moments.into_iter().peekable();
    let mut tally = Tally::default();
    let mut scrolled = 0;
    let mut beacons = Vec::with_capacity(parts);
    for part in 1..=parts {
        let seen_px = match part {
            _ if part == parts => stay.seen_px,
            1 => stay.window_px,
            _ => stay.window_px + stay.scrolled_px() / 2.0,
        };
        let is_now = |moment: &Moment| moment.seen_px <= seen_px || part == parts;
        while let Some(moment) = moments.next_if(is_now) {
            tally.count(moment.spot, moment.n);
        }
        // The first of several says nothing of reach yet, as the script's does.
        let scroll = if part < parts && part == 1 {
            1
        } else {
            stay.percent(seen_px)
        };
        let places = tally.flush();
        // Nothing new: the script stays silent.
        if part > 1 && scroll == scrolled && places.is_empty() {
            continue;
        }
        beacons.push(Beacon {
            h: empty.h.filter(|_| part == 1),
            view: part == 1,
            scroll,
            scrolled,
            places,
            ..empty.clone()
        });
        scrolled = scroll;
    }
    beacons
}
