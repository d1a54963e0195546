//! What simulated visitors want on the shop's pages, where they lose patience, and where nothing answers them.

use crate::layout::{Area, Kind};

/// Elements that people like more than their kind says: a piece of the anchor and a factor.
const POPULAR: [(&str, f64); 17] = [
    ("#buy", 9.0),
    ("hero-shop", 7.0),
    ("card-teapot", 5.0),
    ("card-cup", 3.0),
    ("card-kettle", 2.0),
    ("place-order", 5.0),
    ("article-teapot", 4.0),
    ("thumb", 2.5),
    // The picture of a product looks as if it would grow, and does not.
    ("gallery", 130.0),
    ("tab-measures", 3.0),
    ("#filter", 3.0),
    ("nav-shop", 3.0),
    ("faq-broken", 3.0),
    ("open-visit", 4.0),
    ("timer-start", 6.0),
    ("contents", 2.0),
    ("footer", 0.3),
];

/// Elements that are clicked quickly, again and again, because they are slow: a piece of the anchor and a share of clicks.
const SLOW: [(&str, f64); 3] = [("place-order", 0.5), ("#filter", 0.25), ("timer-start", 0.05)];

/// Share of clicks on what does nothing that are followed quickly by more.
const RAGE_WHERE_DEAD: f64 = 0.05;

/// Pieces of anchors that are clicked quickly on purpose: the script's `QUICK`.
const QUICK: [&str; 12] = [
    "next", "prev", "pager", "pagin", "step", "plus", "minus", "spin", "slider", "zoom", "quant", "number",
];

/// How much a visitor who has seen the page down to `seen_px` wants to click an element.
pub(crate) fn weight(area: &Area, seen_px: f64) -> f64 {
    if area.middle_px() > seen_px {
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

/// Share of the clicks on an element with which visitors lose patience.
pub(crate) fn rage_share(target: Option<&Area>, dead: bool) -> f64 {
    let anchor = target.map_or("", |area| area.1.as_str());
    if QUICK.iter().any(|piece| anchor.to_ascii_lowercase().contains(piece)) {
        return 0.0;
    }
    let slow = SLOW.iter().find(|(piece, _)| anchor.contains(piece));
    let otherwise = if dead { RAGE_WHERE_DEAD } else { 0.0 };
    slow.map_or(otherwise, |(_, share)| *share)
}
