//! Places as numbers of 128 bits whose order is the order of the rows.
//!
//! From the highest bit: kind 3, context 32, anchor 32, y 16, x 16, country 16, then what the place adds: n 8, first
//! touches 5. Context and anchor are ranks within the fold. A context is (site, page, layer, viewport class, day): what
//! stands before the anchor in a row's key.

use crate::day::Day;
use crate::ids::{AnchorId, PageId};
use crate::place::{FirstTouch, Layer};
use crate::row::Kind;
use crate::viewport::ViewportClass;

use super::{GroupKey, GroupState, Touch};

/// Bits below the key.
const ADDED_BITS: u32 = 13;

/// The groups in the order of rows, and the contexts in which their places lie.
pub(super) struct Contexts {
    /// Indexes of groups by site, page, viewport class, day, country.
    pub(super) order: Vec<u32>,
    /// By index of group: rank of its context of the first layer, and how far the next layer's is.
    places: Vec<(u32, u32)>,
    /// By rank of context.
    contexts: Vec<Context>,
}

/// What stands before the anchor in a row's key.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) site: u32,
    pub(super) page: PageId,
    pub(super) layer: Layer,
    pub(super) viewport: ViewportClass,
    pub(super) day: Day,
}

/// Anchors by rank, and the rank of each by index.
pub(super) struct Anchors {
    sorted: Vec<AnchorId>,
    ranks: Vec<u32>,
}

/// A touch as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackedTouch(u128);

impl Contexts {
    /// Ranks the groups, whose sites are already numbered in order.
    pub(super) fn of(groups: &[GroupState]) -> Contexts {
        let key = |index: &u32| groups[*index as usize].key;
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_unstable_by_key(|index| {
            let GroupKey {
                site,
                page,
                viewport,
                day,
                country,
            } = key(index);
            (site, page, viewport, day, country)
        });
        let (mut places, mut contexts) = (vec![(0, 0); groups.len()], Vec::with_capacity(groups.len()));
        for page in order.chunk_by(|a, b| (key(a).site, key(a).page) == (key(b).site, key(b).page)) {
            let runs = || page.chunk_by(|a, b| (key(a).viewport, key(a).day) == (key(b).viewport, key(b).day));
            let stride = runs().count() as u32;
            for (rank, run) in (contexts.len() as u32..).zip(runs()) {
                for index in run {
                    places[*index as usize] = (rank, stride);
                }
            }
            for layer in Layer::ALL {
                contexts.extend(runs().map(|run| Context::of(&key(&run[0]), layer)));
            }
        }
        Contexts {
            order,
            places,
            contexts,
        }
    }

    fn rank(&self, group: u32, layer: Layer) -> u32 {
        let (first, stride) = self.places[group as usize];
        // Codes of layers count from 1 in the order of `Layer::ALL`.
        first + stride * (layer as u32 - 1)
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
        order.sort_unstable_by_key(|index| anchors[*index as usize]);
        let mut ranks = vec![0; anchors.len()];
        for (rank, index) in (0..).zip(&order) {
            ranks[*index as usize] = rank;
        }
        let sorted = order.iter().map(|index| anchors[*index as usize]).collect();
        Anchors { sorted, ranks }
    }
}

impl PackedTouch {
    /// Packs a touch; `country` is that of its group.
    pub(super) fn pack(touch: &Touch, country: [u8; 2], contexts: &Contexts, anchors: &Anchors) -> PackedTouch {
        let anchor = match touch.kind {
            Kind::Grid => 0,
            _ => anchors.ranks[touch.anchor as usize],
        };
        let mut bits = touch.kind as u128;
        bits = bits << 32 | u128::from(contexts.rank(touch.group.0, touch.layer));
        bits = bits << 32 | u128::from(anchor);
        bits = bits << 16 | u128::from(touch.y);
        bits = bits << 16 | u128::from(touch.x);
        bits = bits << 16 | u128::from(u16::from_be_bytes(country));
        bits = bits << 8 | u128::from(touch.n);
        PackedTouch(bits << 5 | u128::from(touch.first.bits()))
    }

    /// All but what it adds: equal for touches of one row.
    pub(super) fn key(self) -> u128 {
        self.0 >> ADDED_BITS
    }

    pub(super) fn kind(self) -> Kind {
        match self.0 >> 125 {
            6 => Kind::Eighth,
            7 => Kind::Px16,
            _ => Kind::Grid,
        }
    }

    pub(super) fn context(self, contexts: &Contexts) -> Context {
        contexts.contexts[(self.0 >> 93) as u32 as usize]
    }

    /// The anchor's id; 0 on the grid.
    pub(super) fn anchor(self, anchors: &Anchors) -> u64 {
        match self.kind() {
            Kind::Grid => 0,
            _ => anchors.sorted[(self.0 >> 61) as u32 as usize].0,
        }
    }

    /// Row and column.
    pub(super) fn cell(self) -> (u16, u16) {
        ((self.0 >> 45) as u16, (self.0 >> 29) as u16)
    }

    pub(super) fn country(self) -> [u8; 2] {
        ((self.0 >> ADDED_BITS) as u16).to_be_bytes()
    }

    /// Interactions and first touches.
    pub(super) fn added(self) -> (u8, FirstTouch) {
        let first = FirstTouch::new((self.0 & 31) as u8);
        // The bits were those of a `FirstTouch`.
        ((self.0 >> 5) as u8, first.unwrap_or_default())
    }
}
