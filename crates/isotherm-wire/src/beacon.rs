//! Beacons as JSON: version 1, unknown fields refused, every number bounded.

use std::borrow::Cow;

use isotherm_core::beacon::{Beacon, BeaconError, Reach};
use isotherm_core::path::PagePath;
use isotherm_core::place::{ATTENTION_BANDS, Anchor, Cell, FirstTouch, Layer, Place, SubCell, Unit};
use isotherm_core::site::SiteKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A beacon as the script sends it: a fragment of one page view. Counts only: no time, no order, no text, no id.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Beacon")]
pub struct BeaconV1<'a> {
    /// The format's version.
    #[schemars(range(min = 1, max = 1))]
    pub v: u8,
    /// The site key of the script tag.
    #[serde(borrow)]
    #[schemars(regex(pattern = r"^[a-z0-9-]{1,32}$"))]
    pub site: Cow<'a, str>,
    /// The path at the page view's start, without query and fragment.
    #[serde(borrow)]
    #[schemars(length(min = 1, max = 3072))]
    pub path: Cow<'a, str>,
    /// Viewport width in CSS px at the page view's start.
    #[schemars(range(min = 1, max = 16384))]
    pub w: u16,
    /// Viewport height in CSS px, rounded to steps of 100; only where `view` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16384))]
    pub h: Option<u16>,
    /// Whether the device is operated by touch.
    pub touch: bool,
    /// Whether this is the page view's first beacon.
    pub view: bool,
    /// Deepest reach so far, in percent of the page's height.
    #[schemars(range(min = 0, max = 100))]
    pub scroll: u8,
    /// What of the reach was already sent, in percent; at most `scroll`.
    #[schemars(range(min = 0, max = 100))]
    pub scrolled: u8,
    /// Places with news, each place at most once.
    #[serde(borrow)]
    #[schemars(length(max = 64))]
    pub places: Vec<PlaceV1<'a>>,
}

/// A place: on the page grid, on an element, or both.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Place")]
pub struct PlaceV1<'a> {
    /// What was done.
    pub layer: LayerV1,
    /// Column and row of the 16 px cell, unscaled page pixels. For `attention`: 0 and the band of the page's height, 0 to 9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<[u16; 2]>,
    /// A stable selector of the element, at most 256 bytes.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub anchor: Option<Cow<'a, str>>,
    /// Column and row inside the element, in `unit`; goes with `anchor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<[u16; 2]>,
    /// How `sub` counts; eighths where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitV1>,
    /// How often since it was last sent.
    #[schemars(range(min = 1, max = 255))]
    pub n: u8,
    /// Levels touched for the first time in this page view: 1 cell, 2 its 32 px parent, 4 its 64 px parent, 8 sub-cell, 16 element.
    #[schemars(range(min = 0, max = 31))]
    pub first: u8,
}

/// What was done at a place.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "Layer")]
pub enum LayerV1 {
    /// Mouse, pen or keyboard.
    Click,
    /// Touch.
    Tap,
    /// Three clicks or taps, each soon after and close to the last; they are clicks and taps, too.
    Rage,
    /// A click or tap to which the page did not answer; it is a click or tap, too.
    Dead,
    /// A sideways stroke by touch.
    Swipe,
    /// The first click or tap of the page view; it is a click or tap, too.
    First,
    /// An element came into view.
    Exposure,
    /// Seconds in view, by band of the page's height.
    Attention,
}

/// How the position inside an element counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "Unit")]
pub enum UnitV1 {
    /// Eighths of the element's box, 0 to 7.
    Eighth,
    /// 16 px squares from the element's corner, in large containers.
    Px16,
}

/// Why a body is not a beacon. The texts name fields, never their values.
#[derive(Debug, Error)]
pub enum MalformedBeacon {
    /// Not the JSON of a beacon.
    #[error("not the JSON of a beacon (line {line}, column {column})")]
    Json {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
    },
    /// A version that this service does not know.
    #[error("`v` must be 1")]
    Version,
    /// Not a site key.
    #[error("`site` must be a site key: a-z, 0-9 and -, 1 to 32 characters")]
    Site,
    /// Not a path.
    #[error("`path` must start with / and, decoded once, be UTF-8 of at most 1024 bytes without control characters")]
    Path,
    /// Reach out of bounds or order.
    #[error("`scrolled` and `scroll` must be percentages in this order")]
    Scroll,
    /// A place out of bounds.
    #[error("`places` holds a place whose `{0}` is out of bounds or missing")]
    Place(&'static str),
    /// What no single field can tell.
    #[error(transparent)]
    Beacon(#[from] BeaconError),
}

/// A body's bytes to a well-formed beacon.
pub fn parse_beacon(body: &[u8]) -> Result<Beacon, MalformedBeacon> {
    // An array would be taken for an object's members in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(MalformedBeacon::Json { line: 1, column: 1 });
    }
    let raw: BeaconV1 = serde_json::from_slice(body).map_err(|error| MalformedBeacon::Json {
        line: error.line(),
        column: error.column(),
    })?;
    Beacon::try_from(raw)
}

/// The JSON schema of a beacon: what stands in `schemas/beacon.v1.json`.
pub fn beacon_schema() -> String {
    let schema = schemars::schema_for!(BeaconV1);
    // A schema is a tree of plain JSON values, which always serialise.
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

impl TryFrom<BeaconV1<'_>> for Beacon {
    type Error = MalformedBeacon;

    fn try_from(raw: BeaconV1) -> Result<Beacon, MalformedBeacon> {
        if raw.v != 1 {
            return Err(MalformedBeacon::Version);
        }
        let beacon = Beacon {
            site: SiteKey::parse(&raw.site).ok_or(MalformedBeacon::Site)?,
            path: PagePath::normalise(&raw.path).map_err(|_| MalformedBeacon::Path)?,
            width_px: raw.w,
            height_px: raw.h,
            view: raw.view,
            reach: Reach::new(raw.scrolled, raw.scroll).ok_or(MalformedBeacon::Scroll)?,
            places: raw.places.into_iter().map(Place::try_from).collect::<Result<_, _>>()?,
        };
        Ok(beacon.checked()?)
    }
}

impl TryFrom<PlaceV1<'_>> for Place {
    type Error = MalformedBeacon;

    fn try_from(raw: PlaceV1) -> Result<Place, MalformedBeacon> {
        let bad = MalformedBeacon::Place;
        let cell = match raw.cell {
            None => None,
            Some([x, y]) => Some(Cell::new(x, y).ok_or(bad("cell"))?),
        };
        let anchor = match (raw.anchor, raw.sub) {
            (None, None) if raw.unit.is_none() => None,
            (Some(text), Some([x, y])) => {
                let unit = match raw.unit.unwrap_or(UnitV1::Eighth) {
                    UnitV1::Eighth => Unit::Eighth,
                    UnitV1::Px16 => Unit::Px16,
                };
                let sub = SubCell::new(unit, x, y).ok_or(bad("sub"))?;
                Some((Anchor::parse(&text).ok_or(bad("anchor"))?, sub))
            }
            _ => return Err(bad("anchor")),
        };
        let first = FirstTouch::new(raw.first).ok_or(bad("first"))?;
        let grid_bits = FirstTouch::CELL | FirstTouch::CELL_32 | FirstTouch::CELL_64;
        let stray = (cell.is_none() && first.bits() & grid_bits != 0)
            || (anchor.is_none() && first.bits() & (FirstTouch::SUB | FirstTouch::ELEMENT) != 0);
        if cell.is_none() && anchor.is_none() {
            return Err(bad("cell"));
        }
        if stray {
            return Err(bad("first"));
        }
        // `PLACE_N_MAX` is all that a byte holds.
        if raw.n == 0 {
            return Err(bad("n"));
        }
        let layer = Layer::from(raw.layer);
        let in_band = anchor.is_none() && cell.is_some_and(|cell| cell.x == 0 && cell.y < ATTENTION_BANDS);
        if layer == Layer::Attention && !in_band {
            return Err(bad("cell"));
        }
        Ok(Place {
            layer,
            cell,
            anchor,
            n: raw.n,
            first,
        })
    }
}

impl From<LayerV1> for Layer {
    fn from(raw: LayerV1) -> Layer {
        match raw {
            LayerV1::Click => Layer::Click,
            LayerV1::Tap => Layer::Tap,
            LayerV1::Rage => Layer::Rage,
            LayerV1::Dead => Layer::Dead,
            LayerV1::Swipe => Layer::Swipe,
            LayerV1::First => Layer::First,
            LayerV1::Exposure => Layer::Exposure,
            LayerV1::Attention => Layer::Attention,
        }
    }
}
