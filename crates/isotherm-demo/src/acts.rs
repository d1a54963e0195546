//! What a simulated visitor does on a page: clicks or taps, each with what the script makes of it (`js-snippet/src/acts.ts`),
//! and swipes.

use crate::habits::{rage_share, weight};
use crate::layout::{Area, PageLayout};
use crate::people::Device;
use crate::places::{Moment, Spot};
use crate::random::Random;
use crate::stay::Stay;

/// Share of clicks that aim at nothing.
const AIMLESS: f64 = 0.12;
/// Share of clicks on what does nothing that are dead. With the others something is selected, or the page scrolls or is left
/// before 2.5 s have passed.
const DEAD: f64 = 0.8;
/// Share of clicks that are made again at the same place, slowly.
const AGAIN: f64 = 0.06;
/// Share of the visitors with touch screens who swipe over a product's picture that they see.
const SWIPING: f64 = 0.3;

/// One click or tap, or several at one place.
struct Act {
    seen_px: f64,
    spot: Spot,
    n: u8,
    dead: bool,
    rage: bool,
}

/// Everything that is done, by layer.
pub(crate) fn moments(page: &PageLayout, device: Device, stay: &Stay, random: &mut Random) -> Vec<Moment> {
    let layer = if device.touch() { "tap" } else { "click" };
    let weights: Vec<f64> = page.boxes.iter().map(|area| weight(area, stay.seen_px)).collect();
    let acts: Vec<Act> = (0..stay.clicks)
        .map(|_| {
            let aim = random.weighted(weights.iter().copied()).map(|index| &page.boxes[index]);
            let aim = aim.filter(|_| !random.chance(AIMLESS));
            act(layer, page, aim, (device, stay), random)
        })
        .collect();
    let first = acts.iter().min_by(|a, b| a.seen_px.total_cmp(&b.seen_px));
    let first = first.map(|act| act.also("first", 1));
    let swipe = swipe(page, device, stay, random);
    acts.iter().flat_map(Act::moments).chain(first).chain(swipe).collect()
}

fn act(
    layer: &'static str,
    page: &PageLayout,
    aim: Option<&Area>,
    (device, stay): (Device, &Stay),
    random: &mut Random,
) -> Act {
    let point = match aim {
        Some(area) => near_the_middle(area, random),
        None => anywhere(device, stay, random),
    };
    let stuck = aim.is_some_and(Area::stuck);
    let seen_px = if stuck {
        stay.seen_at_any_time(random)
    } else {
        stay.seen_at(point.1, random)
    };
    let target = innermost(page, point, stuck);
    let dead = !target.is_some_and(Area::interactive) && random.chance(DEAD);
    let rage = random.chance(rage_share(target, dead));
    let n = if rage {
        random.between(3, 5)
    } else if random.chance(AGAIN) {
        random.between(2, 4)
    } else {
        1
    };
    Act {
        seen_px,
        spot: Spot::at(layer, point, target, seen_px - stay.window_px),
        n: n as u8,
        dead,
        rage,
    }
}

impl Act {
    /// The clicks, and what else they are.
    fn moments(&self) -> impl Iterator<Item = Moment> {
        let clicks = self.also(self.spot.layer, self.n);
        let rage = self.rage.then(|| self.also("rage", 1));
        let dead = self.dead.then(|| self.also("dead", self.n));
        std::iter::once(clicks).chain(rage).chain(dead)
    }

    fn also(&self, layer: &'static str, n: u8) -> Moment {
        Moment {
            seen_px: self.seen_px,
            spot: self.spot.also(layer),
            n,
        }
    }
}

/// A few swipes over a product's picture, as if there were more of them.
fn swipe(page: &PageLayout, device: Device, stay: &Stay, random: &mut Random) -> Option<Moment> {
    let is_picture = |area: &&Area| area.1.contains("gallery") && area.middle_px() <= stay.seen_px;
    let picture = page.boxes.iter().find(is_picture)?;
    if !device.touch() || !random.chance(SWIPING) {
        return None;
    }
    let point = near_the_middle(picture, random);
    Some(Moment {
        seen_px: stay.seen_at(point.1, random),
        spot: Spot::at("swipe", point, innermost(page, point, false), 0.0),
        n: random.between(1, 3) as u8,
    })
}

/// A point in page px, closer to the middle of the element than to its border, never outside.
fn near_the_middle(area: &Area, random: &mut Random) -> (f64, f64) {
    let mut along = |start: f64, size: f64| start + size * (0.5 + 0.17 * random.normal()).clamp(0.02, 0.98);
    (along(area.2, area.4), along(area.3, area.5))
}

/// A point in page px that was seen.
fn anywhere(device: Device, stay: &Stay, random: &mut Random) -> (f64, f64) {
    (
        random.unit() * f64::from(device.width_px()),
        random.unit() * stay.seen_px,
    )
}

/// The smallest element at a point: what a click there means. Stuck elements lie in a plane of their own.
fn innermost(page: &PageLayout, (x, y): (f64, f64), stuck: bool) -> Option<&Area> {
    page.boxes
        .iter()
        .filter(|area| area.stuck() == stuck && area.holds(x, y))
        .min_by(|a, b| a.surface().total_cmp(&b.surface()))
}
