//! The load: beacons as the script sends them, from made-up visitors of a made-up site.
//!
//! 2,000 pages and the elements of a page are chosen by Zipf's law; a click lies near the middle of its element. A beacon
//! has 1 to 6 places, each on the grid and on an element. Six widths, twelve countries.

use std::collections::BTreeSet;
use std::fmt::Write;

use isotherm_core::admit::{Context, Interaction, Sites, admit};
use isotherm_core::site::{Origin, Site};
use isotherm_core::{Country, SiteKey};
use isotherm_wire::beacon::parse_beacon;

use crate::random::{Random, Zipf};

/// The site whose pages are visited.
pub(crate) const SITE: &str = "bench";
/// The origin of its pages.
pub(crate) const ORIGIN: &str = "https://bench.example";
/// Pages of the site.
pub(crate) const PAGES: usize = 2_000;
/// Elements of a page that are clicked.
pub(crate) const ELEMENTS: usize = 24;
/// Most places of a beacon; there is at least one.
pub(crate) const PLACES_MAX: u64 = 6;

const WIDTHS: [u16; 6] = [390, 600, 800, 1100, 1440, 1920];
const COUNTRIES: [&str; 12] = ["DE", "US", "FR", "GB", "JP", "BR", "IN", "PL", "ES", "IT", "NL", "SE"];
const WORDS: [&str; 16] = [
    "tea", "cup", "kettle", "bowl", "tray", "spoon", "vase", "tin", "stool", "lamp", "shelf", "rug", "clock", "plate",
    "jug", "basket",
];

/// Makes beacons, one after the other.
pub(crate) struct Visitors {
    random: Random,
    pages: Zipf,
    elements: Zipf,
    countries: Zipf,
}

/// A beacon's body with the number of its places.
pub(crate) struct Body {
    pub(crate) text: String,
    pub(crate) places: u64,
}

impl Visitors {
    pub(crate) fn new(seed: u64) -> Visitors {
        Visitors {
            random: Random::new(seed),
            pages: Zipf::new(PAGES),
            elements: Zipf::new(ELEMENTS),
            countries: Zipf::new(COUNTRIES.len()),
        }
    }

    /// The body of the next beacon.
    pub(crate) fn body(&mut self) -> Body {
        let page = self.pages.rank(&mut self.random);
        let width = WIDTHS[self.random.below(WIDTHS.len() as u64) as usize];
        let touch = width < 1_000;
        let view = self.random.below(10) < 6;
        let scroll = 20 + self.random.below(81);
        let scrolled = if view { 0 } else { scroll - scroll / 4 };
        let mut text = format!(r#"{{"v":1,"site":"{SITE}","path":"{}","w":{width},"#, path(page));
        if view {
            text.push_str(r#""h":900,"#);
        }
        // Writing to a string has no way to fail.
        let _ = write!(
            text,
            r#""touch":{touch},"view":{view},"scroll":{scroll},"scrolled":{scrolled},"places":["#
        );
        let places = self.places(&mut text, page, if touch { "tap" } else { "click" });
        text.push_str("]}");
        Body { text, places }
    }

    /// What collecting makes of the next beacon: parsed and admitted as there.
    pub(crate) fn interaction(&mut self, sites: &Sites) -> anyhow::Result<Interaction> {
        let body = self.body();
        let country = COUNTRIES[self.countries.rank(&mut self.random)];
        let context = Context {
            sites,
            origin: Origin::parse(ORIGIN),
            site_rate: &|_| true,
            bot: false,
            country: Country::parse(country).unwrap_or(Country::UNKNOWN),
        };
        let beacon = parse_beacon(body.text.as_bytes())?;
        admit(beacon, &context).map_err(|reason| anyhow::anyhow!("a beacon of the load is refused: {}", reason.label()))
    }

    fn places(&mut self, text: &mut String, page: usize, layer: &str) -> u64 {
        let mut touched = BTreeSet::new();
        let wanted = 1 + self.random.below(PLACES_MAX);
        let mut places = 0;
        while places < wanted {
            let element = self.elements.rank(&mut self.random);
            let (sub_x, sub_y) = (self.eighth(), self.eighth());
            // Elements are 128 by 32 px: a column of eighths is a cell wide, four rows of eighths are one high.
            let x = ((page + element * 7) % 80) as u64 + sub_x;
            let y = (element * 11 + page % 5) as u64 + sub_y / 4;
            if !touched.insert((element as u64, sub_x, sub_y)) {
                continue;
            }
            let first = self.first(&mut touched, (x, y), element as u64);
            let comma = if places == 0 { "" } else { "," };
            let word = WORDS[element % WORDS.len()];
            // Writing to a string has no way to fail.
            let _ = write!(
                text,
                r##"{comma}{{"layer":"{layer}","cell":[{x},{y}],"anchor":"#{word}-{}","sub":[{sub_x},{sub_y}],"n":1,"first":{first}}}"##,
                letters(element / WORDS.len()),
            );
            places += 1;
        }
        places
    }

    /// First touches: of the sub-cell always, of the levels above it where nothing of them was touched before.
    fn first(&mut self, touched: &mut BTreeSet<(u64, u64, u64)>, (x, y): (u64, u64), element: u64) -> u64 {
        let mut first = 8;
        for (level, bit) in [1, 2, 4].into_iter().enumerate() {
            // Numbers above those of elements and eighths keep the levels apart in one set.
            if !touched.insert((1_000 + level as u64, y >> level, x >> level)) {
                break;
            }
            first += bit;
        }
        first + if touched.insert((2_000, element, 0)) { 16 } else { 0 }
    }

    /// An eighth, more often in the middle.
    fn eighth(&mut self) -> u64 {
        (self.random.below(8) + self.random.below(8)).div_ceil(2).min(7)
    }
}

/// The sites of the load, as collecting knows them.
pub(crate) fn sites() -> anyhow::Result<Vec<Site>> {
    let key = SiteKey::parse(SITE).ok_or_else(|| anyhow::anyhow!("not a site key"))?;
    let origin = Origin::parse(ORIGIN).ok_or_else(|| anyhow::anyhow!("not an origin"))?;
    Ok(vec![Site {
        key,
        origins: vec![origin],
        rules: Vec::new(),
    }])
}

fn path(page: usize) -> String {
    format!("/{}/{}", WORDS[page % WORDS.len()], letters(page / WORDS.len()))
}

/// A number in letters: digits in paths and anchors may be taken for something that is scrubbed.
fn letters(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        // Within the alphabet.
        text.push((b'a' + (number % 26) as u8) as char);
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beacon_is_admitted_with_all_its_places_and_pages_stay_apart() {
        let sites: Sites = sites()
            .expect("sites")
            .into_iter()
            .map(|s| (s.key.clone(), s))
            .collect();
        let (mut bodies, mut visitors) = (Visitors::new(3), Visitors::new(3));
        let mut pages = BTreeSet::new();
        for _ in 0..20_000 {
            let places = bodies.body().places;
            let _country = bodies.countries.rank(&mut bodies.random);
            let interaction = visitors.interaction(&sites).expect("admitted");
            assert_eq!(interaction.places.len() as u64, places);
            pages.insert(interaction.page.as_str().to_owned());
        }
        assert!(pages.len() > PAGES / 2, "{} pages", pages.len());
        let all: BTreeSet<String> = (0..PAGES).map(path).collect();
        assert_eq!(all.len(), PAGES);
    }
}
