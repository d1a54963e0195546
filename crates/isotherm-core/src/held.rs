//! The counts of one page, packed so small that many pages fit into memory. A question by day about such a page is a sum
//! over them; the store need not be asked.
//!
//! Distinct places are written once, in order, each as what it differs by from the one before. What a cohort counted there
//! is a list of steps from place to place with small numbers beside them: three bytes for most.

mod bytes;

use crate::day::Day;
use crate::place::Layer;
use crate::reading::{Filter, Sealed};
use crate::row::{Counts, Kind};

use self::bytes::{Numbers, Packed, Unpacking};

/// Places that are collected before they are joined for the first time: a megabyte.
const JOINED_FROM: usize = 65_536;

/// Cohorts of one map, layer and class that follow each other are summed up so many at once, and held as their sum besides; then
/// a window of a month reads a few sums and not each of its days.
const SUMMED_AT_ONCE: usize = 8;
/// They are, where they have at least so many places together: on fewer no time is lost, and a sum takes bytes as well.
const SUMMED_FROM: usize = 4_096;

/// Rows of one cohort, or of one day that is not sealed, that differ by their place only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The map that they belong to.
    pub kind: Kind,
    /// What was done.
    pub layer: Layer,
    /// Code of the viewport class.
    pub viewport: u8,
    /// How fine the places are kept, as in `days`.
    pub level: u8,
    /// First and last day.
    pub days: (Day, Day),
    /// Whether it is of a cohort.
    pub sealed: bool,
    /// Anchor, y and x of each place, in any order, with what was counted there.
    pub places: Vec<((u64, u16, u16), Counts)>,
}

/// What was counted at a place, over all cohorts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Interactions.
    pub n: u64,
    /// Page views at the place itself.
    pub views: u64,
    /// Page views that the cell adds to its 32 px parent.
    pub views_32: u64,
    /// Page views that the cell adds to its 64 px parent.
    pub views_64: u64,
    /// Page views that the position adds to its element.
    pub views_element: u64,
}

/// A place of a page: by layer, anchor, kind, level, y and x, which is also the order of answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HeldPlace {
    /// What was done.
    pub layer: Layer,
    /// The anchor's id, 0 outside elements.
    pub anchor: u64,
    /// The map.
    pub kind: Kind,
    /// How fine it is kept.
    pub level: u8,
    /// Row.
    pub y: u16,
    /// Column.
    pub x: u16,
}

/// What of a page lies inside a question's window and filter.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Places with what was counted there, in order, each once.
    pub places: Vec<(HeldPlace, Sums)>,
    /// Which cohorts they are made of. The newest landing is nothing that a page knows.
    pub sealed: Sealed,
    /// Days among which all lie that are not sealed and counted.
    pub unsealed: Option<(Day, Day)>,
}

/// The packed counts of a page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct HeldPage {
    /// Runs of places that differ by y and x only, with the end of each among all places.
    runs: Vec<(HeldPlace, u32)>,
    places: Box<[u8]>,
    groups: Vec<Head>,
    counts: Box<[u8]>,
}

/// A group, or the sum of some, without its places, and how many they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Head {
    kind: Kind,
    layer: Layer,
    viewport: u8,
    days: (Day, Day),
    sealed: bool,
    places: u32,
    /// Where its counts begin.
    at: u32,
    /// Of a sum: so many heads behind it are its parts.
    parts: u32,
}

impl HeldPage {
    /// Packs the counts of a page; at most 4 GiB of them.
    pub fn pack(groups: Vec<Group>) -> HeldPage {
        HeldPage::pack_summed(groups, SUMMED_FROM)
    }

    fn pack_summed(mut groups: Vec<Group>, summed_from: usize) -> HeldPage {
        // Those of one class have most places in common: what one has brought near the processor the next one finds there.
        groups.sort_by_key(|group| (class(group), group.days));
        let distinct = distinct(&groups);
        let mut packing = Packing {
            distinct: &distinct,
            counts: Packed::default(),
            heads: Vec::with_capacity(groups.len()),
        };
        for of_class in groups.chunk_by(|one, other| class(one) == class(other)) {
            for some in of_class.chunks(SUMMED_AT_ONCE) {
                packing.groups(some, summed_from);
            }
        }
        let (heads, counts) = (packing.heads, packing.counts.into_bytes());
        let (runs, places) = packed_places(&distinct);
        HeldPage {
            runs,
            places,
            groups: heads,
            counts,
        }
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<HeldPage>()
            + self.runs.len() * size_of::<(HeldPlace, u32)>()
            + self.groups.len() * size_of::<Head>()
            + self.places.len()
            + self.counts.len()
    }

    /// The anchors of its places, some of them several times.
    pub fn anchors(&self) -> impl Iterator<Item = u64> {
        self.runs
            .iter()
            .map(|(place, _)| place.anchor)
            .filter(|anchor| *anchor != 0)
    }

    /// The sums inside a filter in some layers. Of cohorts those that lie wholly inside the window; of others it says only that
    /// the window cuts them. Its site and country are the caller's to look at.
    pub fn find(&self, filter: &Filter, layers: &[Layer]) -> Found {
        let mut found = Found::default();
        let mut sums = vec![Sums::default(); self.runs.last().map_or(0, |(_, end)| *end as usize)];
        let mut heads = self.groups.iter();
        while let Some(head) = heads.next() {
            let is_asked = head.is_asked(filter, layers);
            if head.parts > 0 {
                // The sum of all parts, or of none of them; else each is looked at.
                if is_asked && !head.is_inside(filter) {
                    continue;
                }
                heads = heads.as_slice()[head.parts as usize..].iter();
            }
            if !is_asked {
                continue;
            }
            if head.sealed && !note(&mut found.sealed, head, filter) {
                continue;
            }
            if !head.sealed {
                found.unsealed = Some(joined(found.unsealed, head.days));
            }
            let (mut bytes, mut at) = (Unpacking::new(&self.counts[head.at as usize..]), 0);
            for _ in 0..head.places {
                let (step, counted) = bytes.step();
                at += step;
                sums[at].add(&Sums::of(counted));
            }
        }
        found.places = self.places(&sums);
        found
    }

    /// The places at which something was counted.
    fn places(&self, sums: &[Sums]) -> Vec<(HeldPlace, Sums)> {
        let (mut bytes, mut at) = (Unpacking::new(&self.places), 0);
        let mut found = Vec::with_capacity(sums.len());
        for (first, end) in &self.runs {
            let mut place = HeldPlace { y: 0, x: 0, ..*first };
            while at < *end as usize {
                let down = bytes.number() as u16;
                let right = bytes.number() as u16;
                place.y += down;
                place.x = if down == 0 { place.x + right } else { right };
                if sums[at] != Sums::default() {
                    found.push((place, sums[at]));
                }
                at += 1;
            }
        }
        found
    }
}

/// What is packed so far.
struct Packing<'a> {
    distinct: &'a [HeldPlace],
    counts: Packed,
    heads: Vec<Head>,
}

impl Packing<'_> {
    /// Adds groups of one class, and in front of them their sum where it is worth it.
    fn groups(&mut self, groups: &[Group], summed_from: usize) {
        let together: usize = groups.iter().map(|group| group.places.len()).sum();
        if groups[0].sealed && groups.len() > 1 && together >= summed_from {
            let days = groups
                .iter()
                .map(|group| group.days)
                .reduce(|span, days| joined(Some(span), days));
            let mut places: Vec<(HeldPlace, Sums)> = groups.iter().flat_map(places_of).collect();
            places.sort_unstable_by_key(|(place, _)| *place);
            sum_up(&mut places);
            self.head(&groups[0], days.unwrap_or(groups[0].days), &places, groups.len());
        }
        for group in groups {
            let mut places: Vec<(HeldPlace, Sums)> = places_of(group).collect();
            places.sort_unstable_by_key(|(place, _)| *place);
            self.head(group, group.days, &places, 0);
        }
    }

    fn head(&mut self, of: &Group, days: (Day, Day), places: &[(HeldPlace, Sums)], parts: usize) {
        self.heads.push(Head {
            kind: of.kind,
            layer: of.layer,
            viewport: of.viewport,
            days,
            sealed: of.sealed,
            places: places.len() as u32,
            at: self.counts.len() as u32,
            parts: parts as u32,
        });
        let mut before = 0;
        for (place, sums) in places {
            let step = self.distinct[before..].partition_point(|other| other < place);
            self.counts.number(step as u64);
            self.counts.numbers(sums.numbers());
            before += step;
        }
    }
}

impl Head {
    fn is_inside(&self, filter: &Filter) -> bool {
        self.days.0 >= filter.from && self.days.1 <= filter.to
    }

    fn is_asked(&self, filter: &Filter, layers: &[Layer]) -> bool {
        self.days.1 >= filter.from
            && self.days.0 <= filter.to
            && (self.sealed || !filter.sealed_only)
            && filter.viewport.is_none_or(|class| class.code() == self.viewport)
            && layers.contains(&self.layer)
    }
}

impl Sums {
    /// Adds another's numbers.
    pub fn add(&mut self, other: &Sums) {
        self.n += other.n;
        self.views += other.views;
        self.views_32 += other.views_32;
        self.views_64 += other.views_64;
        self.views_element += other.views_element;
    }

    const fn numbers(&self) -> Numbers {
        [self.n, self.views, self.views_32, self.views_64, self.views_element]
    }

    const fn of([n, views, views_32, views_64, views_element]: Numbers) -> Sums {
        Sums {
            n,
            views,
            views_32,
            views_64,
            views_element,
        }
    }
}

/// Puts what was found in two parts of a page together.
impl std::ops::Add for Found {
    type Output = Found;

    fn add(mut self, more: Found) -> Found {
        // Two sorted runs: the stable sort takes as long as one walk.
        self.places.extend(more.places);
        self.places.sort_by_key(|(place, _)| *place);
        sum_up(&mut self.places);
        let both = |one: Option<(Day, Day)>, other: Option<(Day, Day)>| other.map(|days| joined(one, days)).or(one);
        self.sealed = Sealed {
            newest: self.sealed.newest.max(more.sealed.newest),
            inside: both(self.sealed.inside, more.sealed.inside),
            cut_before: self.sealed.cut_before || more.sealed.cut_before,
            cut_after: self.sealed.cut_after || more.sealed.cut_after,
        };
        self.unsealed = both(self.unsealed, more.unsealed);
        self
    }
}

/// Notes what a cohort says of the window; whether it lies inside. Every cohort has a row of page views.
fn note(sealed: &mut Sealed, head: &Head, filter: &Filter) -> bool {
    sealed.cut_before |= head.days.0 < filter.from;
    sealed.cut_after |= head.days.1 > filter.to;
    let inside = head.is_inside(filter);
    if inside && head.kind == Kind::Page && head.layer == Layer::View {
        sealed.inside = Some(joined(sealed.inside, head.days));
    }
    inside
}

/// Makes one of those that stand side by side and have one place.
fn sum_up(places: &mut Vec<(HeldPlace, Sums)>) {
    places.dedup_by(|(place, sums), (before, sum)| {
        let same = place == before;
        if same {
            sum.add(sums);
        }
        same
    });
}

fn joined(span: Option<(Day, Day)>, (first, last): (Day, Day)) -> (Day, Day) {
    span.map_or((first, last), |(from, to)| (from.min(first), to.max(last)))
}

/// What of a group does not change from one day to the next.
const fn class(group: &Group) -> (Kind, Layer, u8, bool) {
    (group.kind, group.layer, group.viewport, group.sealed)
}

fn sums(counts: &Counts) -> Sums {
    let Counts {
        n,
        views,
        views_32,
        views_64,
        views_element,
    } = *counts;
    Sums::of([n, views, views_32, views_64, views_element].map(u64::from))
}

fn places_of(group: &Group) -> impl Iterator<Item = (HeldPlace, Sums)> {
    let whole = |((anchor, y, x), counts): &((u64, u16, u16), Counts)| {
        let place = HeldPlace {
            layer: group.layer,
            anchor: *anchor,
            kind: group.kind,
            level: group.level,
            y: *y,
            x: *x,
        };
        (place, sums(counts))
    };
    group.places.iter().map(whole)
}

/// The places of all groups in order, each once. Cohorts share most of them, so they are joined now and again on the way.
fn distinct(groups: &[Group]) -> Vec<HeldPlace> {
    let mut places: Vec<HeldPlace> = Vec::new();
    let mut room = JOINED_FROM;
    for group in groups {
        places.extend(places_of(group).map(|(place, _)| place));
        if places.len() > room {
            places.sort_unstable();
            places.dedup();
            room = JOINED_FROM.max(2 * places.len());
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Runs, and how far each of their places lies below and to the right of the one before.
fn packed_places(distinct: &[HeldPlace]) -> (Vec<(HeldPlace, u32)>, Box<[u8]>) {
    let (mut runs, mut bytes) = (Vec::new(), Packed::default());
    let of_run = |place: &HeldPlace| HeldPlace { y: 0, x: 0, ..*place };
    let mut end = 0;
    for run in distinct.chunk_by(|one, other| of_run(one) == of_run(other)) {
        let (mut y, mut x) = (0, 0);
        for place in run {
            let down = place.y - y;
            bytes.number(u64::from(down));
            bytes.number(u64::from(if down == 0 { place.x - x } else { place.x }));
            (y, x) = (place.y, place.x);
        }
        end += run.len() as u32;
        runs.push((of_run(&run[0]), end));
    }
    runs.shrink_to_fit();
    (runs, bytes.into_bytes())
}

#[cfg(test)]
mod tests;
