//! The rule against an oracle that follows single page views, and the rule's own promises.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

type GroupName = (u32, u64, u8);

/// Page views by group and day: of a landing, and all that waits.
type Views = BTreeMap<(GroupName, u16), u64>;

/// What the oracle says became of everything: cohorts as (group, first, last) -> page views, what waits, what is deleted.
#[derive(Default, PartialEq, Eq, Debug)]
struct Outcome {
    cohorts: BTreeMap<(GroupName, u16, u16), u64>,
    waits: Views,
    deleted: u64,
}

/// The rule in its own words, group by group, without any of the code above.
fn oracle(landing: u16, live: &Views, waiting: &Views) -> Outcome {
    let mut outcome = Outcome::default();
    let mut pools: BTreeMap<GroupName, Vec<(u16, u64)>> = BTreeMap::new();
    for ((group, day), views) in live {
        if *views >= 10 {
            *outcome.cohorts.entry((*group, *day, *day)).or_default() += views;
        } else {
            pools.entry(*group).or_default().push((*day, *views));
        }
    }
    for ((group, day), views) in waiting {
        pools.entry(*group).or_default().push((*day, *views));
    }
    let mut others: BTreeMap<u32, Vec<(u16, u64)>> = BTreeMap::new();
    for (group, pool) in pools {
        let oldest = pool.iter().map(|(day, _)| *day).min().expect("a pool has rows");
        let total: u64 = pool.iter().map(|(_, views)| views).sum();
        if (group.1, group.2) == (0, 0) || (total < 10 && landing >= oldest + 35) {
            others.entry(group.0).or_default().extend(pool);
        } else {
            settle(&mut outcome, group, pool, false);
        }
    }
    for (site, pool) in others {
        let oldest = pool.iter().map(|(day, _)| *day).min().expect("a pool has rows");
        settle(&mut outcome, (site, 0, 0), pool, landing >= oldest + 70);
    }
    outcome
}

fn settle(outcome: &mut Outcome, group: GroupName, pool: Vec<(u16, u64)>, delete: bool) {
    let total: u64 = pool.iter().map(|(_, views)| views).sum();
    let first = pool.iter().map(|(day, _)| *day).min().expect("a pool has rows");
    let last = pool.iter().map(|(day, _)| *day).max().expect("a pool has rows");
    if total >= 10 {
        *outcome.cohorts.entry((group, first, last)).or_default() += total;
    } else if delete {
        outcome.deleted += total;
    } else {
        for (day, views) in pool {
            *outcome.waits.entry((group, day)).or_default() += views;
        }
    }
}

/// Applies decisions as the store does: each row looks its own decision up.
fn applied(groups: &[GroupDay], decisions: &[Decision]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut seen = BTreeSet::new();
    for d in decisions {
        let key = (d.site, d.page, d.viewport, d.day.map(|day| day.0));
        assert!(seen.insert(key), "two decisions over {key:?}");
    }
    for group in groups {
        let of = |d: &&Decision| {
            (d.site, d.page, d.viewport) == (group.site, group.page, group.viewport)
                && d.day == (!group.waiting).then_some(group.day)
        };
        let decision = decisions.iter().find(of).expect("a decision over every group");
        let name = if decision.other {
            (group.site, 0, 0)
        } else {
            (group.site, group.page.0, group.viewport)
        };
        match decision.fate {
            Fate::Cohort { first, last } => {
                *outcome.cohorts.entry((name, first.0, last.0)).or_default() += group.views;
            }
            Fate::Waits => *outcome.waits.entry((name, group.day.0)).or_default() += group.views,
            Fate::Deleted => outcome.deleted += group.views,
        }
    }
    outcome
}

fn inputs(live: &Views, waiting: &Views) -> Vec<GroupDay> {
    let of = |views: &Views, waiting: bool| -> Vec<GroupDay> {
        let group = |(((site, page, viewport), day), views): (&(GroupName, u16), &u64)| GroupDay {
            site: *site,
            page: PageId(*page),
            viewport: *viewport,
            day: Day(*day),
            waiting,
            views: *views,
        };
        views.iter().map(group).collect()
    };
    [of(live, false), of(waiting, true)].concat()
}

/// Landings with the page views of each group and day in them.
type Traffic = Vec<(u16, Vec<((GroupName, u16), u64)>)>;

fn days_of_traffic() -> impl Strategy<Value = Traffic> {
    let group = (0u32..2, 1u64..4, 1u8..3);
    // Bursts and small classes; rows up to three days late; days without page views.
    let views = prop_oneof![6 => 0u64..4, 3 => 4u64..12, 1 => 12u64..60];
    let row = ((group, 0u16..4), views);
    let rows = proptest::collection::vec(row, 0..6);
    // Gaps of up to three weeks between landings.
    let gap = prop_oneof![4 => Just(1u16), 1 => 2u16..22];
    proptest::collection::vec((gap, rows), 1..60)
}

proptest! {
    #[test]
    fn every_page_view_ends_where_the_oracle_says(days in days_of_traffic()) {
        let (mut landing, mut waiting) = (1_000, Views::new());
        for (gap, rows) in days {
            landing += gap;
            let mut live = Views::new();
            for ((group, late), views) in rows {
                *live.entry((group, landing - late)).or_default() += views;
            }
            let before: u64 = live.values().chain(waiting.values()).sum();
            let groups = inputs(&live, &waiting);
            let found = applied(&groups, &plan(Day(landing), &groups));
            prop_assert_eq!(&found, &oracle(landing, &live, &waiting));
            // The rule's promises, whatever the oracle says.
            prop_assert!(found.cohorts.values().all(|views| *views >= COHORT_MIN));
            let after: u64 = found.cohorts.values().chain(found.waits.values()).sum();
            prop_assert_eq!(before, after + found.deleted);
            for (group, day) in found.waits.keys() {
                let age = landing - day;
                let limit = if (group.1, group.2) == (0, 0) { 2 * WAIT_DAYS_MAX } else { WAIT_DAYS_MAX };
                prop_assert!(age < limit, "{:?} waits since {} days", group, age);
            }
            waiting = found.waits;
        }
    }
}

#[test]
fn a_removed_site_leaves_nothing() {
    let live = Views::from([(((1, 7, 5), 1_000), 40)]);
    let waiting = Views::from([(((1, 7, 5), 990), 3), (((1, 7, 5), 991), 3), (((1, 0, 0), 980), 2)]);
    let groups = inputs(&live, &waiting);
    let found = applied(&groups, &plan_removed(&groups));
    assert_eq!(
        found,
        Outcome {
            deleted: 48,
            ..Outcome::default()
        }
    );
}
