//! The cohort rule: which page views are kept together under one key, which go on waiting, and when a landing is sealed.
//!
//! Values in, values out. The store asks how many page views each group has, this says what becomes of them, and the store
//! moves the rows; so the rows themselves never leave it.

mod chain;
mod countries;
mod month;
mod retention;
mod slices;
#[cfg(test)]
mod tests;

use crate::day::Day;
use crate::ids::PageId;

pub use chain::{ChainState, closes_at_unix_ms, next_landing};
pub use countries::{CountryViews, joins_unknown};
pub use month::{calendar, month_of, months_before, months_closed_before};
pub use retention::{Kept, Older, Retention};
pub use slices::{PageRows, Slice, slices};

/// Page views without which there is no cohort. Cannot be set lower.
pub const COHORT_MIN: u64 = 10;
/// A group that waits loses page, class and place when its oldest row is this many days old, and is deleted as part of the
/// site's `other` when that one's oldest row is twice as old.
pub const WAIT_DAYS_MAX: u16 = 35;
/// Numbers beside a country are multiples of this.
pub const ROUNDED_TO: u64 = 5;
/// Whole months for which sealed counts are kept besides the running one, where a site's owner does not say otherwise.
pub const RETENTION_MONTHS: u16 = 25;
/// The shortest retention in months: longer than anything waits, so that no cohort is old when it is made.
pub const RETENTION_MONTHS_MIN: u16 = 3;
/// The longest retention in months, a hundred years: more is a slip of the hand.
pub const RETENTION_MONTHS_MAX: u16 = 1_200;
/// Viewport class and page of what lost both: the site's `other`.
pub const OTHER: (PageId, u8) = (PageId(0), 0);

/// How many page views a group has on a day: of the landing that is sealed, or of what waits from earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GroupDay {
    /// The site, as a number of the caller's.
    pub site: u32,
    /// The page; 0 in the site's `other`.
    pub page: PageId,
    /// Code of the viewport class; 0 in the site's `other`.
    pub viewport: u8,
    /// The UTC day.
    pub day: Day,
    /// Whether the rows waited before this seal; else they are of the landing.
    pub waiting: bool,
    /// Page views; 0 where only later parts of page views fell on the day.
    pub views: u64,
}

/// What becomes of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// They are (part of) a cohort with these days.
    Cohort {
        /// First UTC day of the cohort.
        first: Day,
        /// Its last.
        last: Day,
    },
    /// They go on waiting.
    Waits,
    /// They are deleted, and stand in the seal's balance.
    Deleted,
}

/// What becomes of the rows of a group: of one day of the landing, or of all that waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The site, as in the input.
    pub site: u32,
    /// The page.
    pub page: PageId,
    /// Code of the viewport class.
    pub viewport: u8,
    /// The day, for rows of the landing; `None` for all rows of the group that waited, of whatever day.
    pub day: Option<Day>,
    /// What becomes of them.
    pub fate: Fate,
    /// Whether they lose page, class and place.
    pub other: bool,
}

/// Page views that wait together, and their days.
#[derive(Clone, Copy, Default)]
struct Pool {
    views: u64,
    days: Option<(Day, Day)>,
}

/// Decides over everything that a seal of `landing` has before it, in any order. One decision for each group and day of the
/// landing and one for each group that waited, ordered by site, page and class.
pub fn plan(landing: Day, groups: &[GroupDay]) -> Vec<Decision> {
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    let mut decisions = Vec::with_capacity(groups.len());
    for site in groups.chunk_by(|a, b| a.site == b.site) {
        plan_site(landing, site, &mut decisions);
    }
    decisions
}

/// Deletes everything: what is left of a site that was removed.
pub fn plan_removed(groups: &[GroupDay]) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = groups
        .iter()
        .map(|group| decision(group, Fate::Deleted, false))
        .collect();
    decisions.sort_unstable_by_key(|d| (d.site, d.page, d.viewport, d.day));
    decisions.dedup();
    decisions
}

fn plan_site(landing: Day, site: &[GroupDay], decisions: &mut Vec<Decision>) {
    // What joins the site's other can be decided only when all of it is known.
    let mut other = Pool::default();
    let mut joins_other = Vec::new();
    for group in site.chunk_by(|a, b| (a.page, a.viewport) == (b.page, b.viewport)) {
        let is_other = (group[0].page, group[0].viewport) == OTHER;
        let (own, rest): (Vec<&GroupDay>, Vec<&GroupDay>) = group
            .iter()
            .partition(|g| !is_other && !g.waiting && g.views >= COHORT_MIN);
        decisions.extend(own.into_iter().map(|g| decision(g, own_cohort(g.day), false)));
        let mut pool = Pool::default();
        rest.iter().for_each(|g| pool.add(g.views, g.day));
        if is_other || (pool.views < COHORT_MIN && pool.age_at(landing) >= WAIT_DAYS_MAX) {
            rest.iter().for_each(|g| other.add(g.views, g.day));
            joins_other.extend(rest);
        } else {
            let fate = pool.cohort().unwrap_or(Fate::Waits);
            push_distinct(decisions, rest, fate, false);
        }
    }
    let too_old = other.age_at(landing) >= 2 * WAIT_DAYS_MAX;
    let fate = match other.cohort() {
        Some(cohort) => cohort,
        None if too_old => Fate::Deleted,
        None => Fate::Waits,
    };
    push_distinct(decisions, joins_other, fate, true);
}

/// One decision for each day of the landing, and one for all days that waited.
fn push_distinct(decisions: &mut Vec<Decision>, rest: Vec<&GroupDay>, fate: Fate, other: bool) {
    let mut new: Vec<Decision> = rest.into_iter().map(|group| decision(group, fate, other)).collect();
    new.sort_unstable_by_key(|d| (d.page, d.viewport, d.day));
    new.dedup();
    decisions.extend(new);
}

fn decision(group: &GroupDay, fate: Fate, other: bool) -> Decision {
    Decision {
        site: group.site,
        page: group.page,
        viewport: group.viewport,
        day: (!group.waiting).then_some(group.day),
        fate,
        other,
    }
}

fn own_cohort(day: Day) -> Fate {
    Fate::Cohort { first: day, last: day }
}

impl Pool {
    fn add(&mut self, views: u64, day: Day) {
        self.views += views;
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
    }

    /// Days between the oldest row and the landing; 0 without rows.
    fn age_at(&self, landing: Day) -> u16 {
        self.days.map_or(0, |(first, _)| landing.0.saturating_sub(first.0))
    }

    /// The cohort, if there are enough page views for one.
    fn cohort(&self) -> Option<Fate> {
        let (first, last) = self.days?;
        (self.views >= COHORT_MIN).then_some(Fate::Cohort { first, last })
    }
}
