//! Marks: what was written down of interactions, as numbers of 128 bits whose order is the order of the rows.
//!
//! From the highest bit: kind 3, context 32, anchor 32, y 16, x 16, country 16, then what the mark adds: n 8, first
//! touches 5. Context and anchor are ranks within the fold. A context is (site, page, layer, viewport class, day): what
//! stands before the anchor in a row's key. Until all groups and anchors are known their numbers stand in these places,
//! and the layer's code in that of the country.

use crate::country::Country;
use crate::day::Day;
use crate::ids::{AnchorId, PageId};
use crate::place::{Cell, FirstTouch, Layer, SubCell, Unit};
use crate::row::{Kind, RowKey};
use crate::viewport::ViewportClass;

use super::{Group, GroupKey};

/// A mark.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark(u128);

/// Where the fields begin, counted from the lowest bit.
const KIND_AT: u32 = 125;
const CONTEXT_AT: u32 = 93;
const ANCHOR_AT: u32 = 61;
const Y_AT: u32 = 45;
const X_AT: u32 = 29;
const COUNTRY_AT: u32 = 13;
const N_AT: u32 = 5;

/// What a group gives its marks.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Rank of its context of the first layer.
    first: u32,
    /// How far on the next layer's is.
    stride: u32,
    country: u16,
}

/// The contexts in which the marks of a fold lie.
pub(super) struct Contexts {
    places: Vec<Place>,
    contexts: Vec<Context>,
}

#[derive(Clone, Copy)]
struct Context {
    site: u32,
    page: PageId,
    layer: Layer,
    viewport: ViewportClass,
    day: Day,
}

/// Anchors by rank, and the rank of each by number.
pub(super) struct Anchors {
    sorted: Vec<AnchorId>,
    ranks: Vec<u32>,
}

impl Mark {
    /// Of the page as a whole.
    pub(super) fn of_page(at: (Group, Layer), depth: u8, n: u8, first: FirstTouch) -> Mark {
        Mark::new(Kind::Page, at, (0, u16::from(depth), 0)).adding(n, first)
    }

    /// Of a cell of the grid.
    pub(super) fn of_cell(at: (Group, Layer), cell: Cell, n: u8, first: FirstTouch) -> Mark {
        Mark::new(Kind::Grid, at, (0, cell.y, cell.x)).adding(n, first)
    }

    /// Of an element, its anchor by number.
    pub(super) fn of_element(at: (Group, Layer), (anchor, sub): (u32, SubCell), n: u8, first: FirstTouch) -> Mark {
        let kind = match sub.unit {
            Unit::Eighth => Kind::Eighth,
            Unit::Px16 => Kind::Px16,
        };
        Mark::new(kind, at, (anchor, sub.y, sub.x)).adding(n, first)
    }

    fn new(kind: Kind, (group, layer): (Group, Layer), (anchor, y, x): (u32, u16, u16)) -> Mark {
        Mark(
            (kind as u128) << KIND_AT
                | u128::from(group.0) << CONTEXT_AT
                | u128::from(anchor) << ANCHOR_AT
                | u128::from(y) << Y_AT
                | u128::from(x) << X_AT
                | (layer as u128) << COUNTRY_AT,
        )
    }

    fn adding(self, n: u8, first: FirstTouch) -> Mark {
        Mark(self.0 | u128::from(n) << N_AT | u128::from(first.bits()))
    }

    /// The same with ranks in the place of numbers: only now the order is that of rows.
    pub(super) fn ranked(self, contexts: &Contexts, anchors: &Anchors) -> Mark {
        let place = contexts.places[(self.0 >> CONTEXT_AT) as u32 as usize];
        let layer = (self.0 >> COUNTRY_AT) as u16;
        // Codes of layers count from 1 in the order of `Layer::ALL`.
        let context = place.first + place.stride * (u32::from(layer) - 1);
        let anchor = match self.kind() {
            Kind::Eighth | Kind::Px16 => anchors.ranks[self.anchor() as usize],
            _ => 0,
        };
        let replaced = u128::from(u32::MAX) << CONTEXT_AT | u128::from(u32::MAX) << ANCHOR_AT | 0xffff << COUNTRY_AT;
        Mark(
            self.0 & !replaced
                | u128::from(context) << CONTEXT_AT
                | u128::from(anchor) << ANCHOR_AT
                | u128::from(place.country) << COUNTRY_AT,
        )
    }

    /// Whether both add to one row.
    pub(super) fn is_with(&self, other: &Mark) -> bool {
        (self.0 ^ other.0) >> COUNTRY_AT == 0
    }

    /// The key of the row of a ranked mark.
    pub(super) fn key(self, contexts: &Contexts, anchors: &Anchors) -> RowKey {
        let kind = self.kind();
        let context = contexts.contexts[(self.0 >> CONTEXT_AT) as u32 as usize];
        let country = ((self.0 >> COUNTRY_AT) as u16).to_be_bytes();
        RowKey {
            kind,
            site: context.site,
            page: context.page,
            layer: context.layer,
            viewport: context.viewport,
            day: context.day,
            anchor: match kind {
                Kind::Eighth | Kind::Px16 => anchors.sorted[self.anchor() as usize].0,
                _ => 0,
            },
            y: (self.0 >> Y_AT) as u16,
            x: (self.0 >> X_AT) as u16,
            // The bytes were those of a country.
            country: Country::new(country).unwrap_or(Country::UNKNOWN),
        }
    }

    pub(super) fn kind(self) -> Kind {
        match (self.0 >> KIND_AT) as u8 {
            5 => Kind::Grid,
            6 => Kind::Eighth,
            7 => Kind::Px16,
            _ => Kind::Page,
        }
    }

    /// Interactions and first touches.
    pub(super) fn added(self) -> (u8, FirstTouch) {
        let first = FirstTouch::new((self.0 & 31) as u8);
        // The bits were those of a `FirstTouch`.
        ((self.0 >> N_AT) as u8, first.unwrap_or(FirstTouch::NONE))
    }

    fn anchor(self) -> u32 {
        (self.0 >> ANCHOR_AT) as u32
    }
}

impl Contexts {
    /// Ranks the contexts of groups whose sites are already numbered in order.
    pub(super) fn of(groups: &[GroupKey]) -> Contexts {
        let key = |number: &u32| groups[*number as usize];
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_unstable_by_key(|number| {
            (
                key(number).site,
                key(number).page,
                key(number).viewport,
                key(number).day,
            )
        });
        let (mut places, mut contexts) = (vec![Place::default(); groups.len()], Vec::new());
        for page in order.chunk_by(|a, b| (key(a).site, key(a).page) == (key(b).site, key(b).page)) {
            let runs = || page.chunk_by(|a, b| (key(a).viewport, key(a).day) == (key(b).viewport, key(b).day));
            let stride = runs().count() as u32;
            for (first, run) in (contexts.len() as u32..).zip(runs()) {
                for number in run {
                    let country = u16::from_be_bytes(key(number).country.bytes());
                    places[*number as usize] = Place { first, stride, country };
                }
            }
            for layer in Layer::ALL {
                contexts.extend(runs().map(|run| Context::of(&key(&run[0]), layer)));
            }
        }
        Contexts { places, contexts }
    }
}

impl Context {
    fn of(group: &GroupKey, layer: Layer) -> Context {
        let GroupKey {
            site,
            page,
            viewport,
            day,
            ..
        } = *group;
        Context {
            site,
            page,
            layer,
            viewport,
            day,
        }
    }
}

impl Anchors {
    /// Ranks anchors by id.
    pub(super) fn of(anchors: &[AnchorId]) -> Anchors {
        let mut order: Vec<u32> = (0..anchors.len() as u32).collect();
        order.sort_unstable_by_key(|number| anchors[*number as usize]);
        let mut ranks = vec![0; anchors.len()];
        for (rank, number) in (0..).zip(&order) {
            ranks[*number as usize] = rank;
        }
        let sorted = order.iter().map(|number| anchors[*number as usize]).collect();
        Anchors { sorted, ranks }
    }
}
