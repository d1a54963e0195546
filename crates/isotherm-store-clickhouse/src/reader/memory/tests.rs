//! What stays in memory and what goes, without a store.

use isotherm_core::day::Day;
use isotherm_core::held::Group;
use isotherm_core::place::Layer;
use isotherm_core::row::{Counts, Kind};

use super::*;

const SITE: &str = "acme";

fn versions(sealed: u64, live: u64) -> Versions {
    Versions {
        sealed,
        live,
        ..Versions::default()
    }
}

fn key(page: u64) -> Key {
    (SITE.to_owned(), page)
}

/// A page with so many places.
fn counts(places: u16) -> Held {
    let place = |y| {
        (
            (0, y, 0),
            Counts {
                n: 1,
                ..Counts::default()
            },
        )
    };
    Some(Arc::new(HeldPage::pack(vec![Group {
        kind: Kind::Grid,
        layer: Layer::Click,
        viewport: 1,
        level: 0,
        days: (Day(1), Day(1)),
        sealed: true,
        places: (0..places).map(place).collect(),
    }])))
}

fn bytes(places: u16) -> usize {
    PAGE_BYTES + counts(places).map_or(0, |held| held.bytes())
}

fn known(memory: &Memory, page: u64, versions: &Versions) -> bool {
    memory.is_known(&key(page), versions)
}

#[test]
fn what_nobody_asked_for_goes_first_and_what_was_just_asked_for_last() {
    let memory = Memory::new(bytes(100) * 5);
    let now = versions(1, 1);
    memory.forget_old(Some(&now));
    for page in 1..=4 {
        assert!(memory.sealed(SITE, PageId(page), &now).is_none());
        if page == 2 {
            memory.no_longer_wanted(&key(page));
        }
        memory.keep_sealed(key(page), &now, counts(100));
        memory.no_longer_wanted(&key(page));
    }
    // The newest is asked for and larger than what is free: it stays, and page 2, which was read ahead, goes.
    memory.sealed(SITE, PageId(1), &now).expect("held");
    assert!(memory.sealed(SITE, PageId(9), &now).is_none());
    memory.keep_sealed(key(9), &now, counts(110));
    let left: Vec<u64> = (1..10).filter(|page| known(&memory, *page, &now)).collect();
    assert_eq!(left, [1, 3, 4, 9]);
    let size = memory.size();
    assert_eq!(size.0, 4);
    assert_eq!(size.1, 3 * bytes(100) + bytes(110));
}

#[test]
fn what_was_read_before_a_change_is_not_kept_after_it() {
    let memory = Memory::new(1 << 20);
    let (before, after) = (versions(1, 1), versions(2, 2));
    memory.forget_old(Some(&before));
    memory.keep_sealed(key(1), &before, counts(10));
    memory.forget_old(Some(&after));
    memory.keep_sealed(key(2), &before, counts(10));
    assert_eq!(memory.size(), (0, 0));
    memory.keep_sealed(key(3), &after, counts(10));
    assert!(
        memory.keep_live(&key(3), &before, counts(10)).is_some(),
        "it answers who read it"
    );
    memory.keep_texts(&key(3), &versions(2, 2), Arc::default());
    assert_eq!(memory.size(), (1, bytes(10)));
    assert_eq!(memory.live(&key(3), &before), None);
    memory.forget_old(None);
    memory.keep_sealed(key(3), &after, counts(10));
    assert_eq!(memory.size(), (0, 0));
}

#[test]
fn a_part_that_is_too_large_is_known_as_such_and_what_is_live_until_the_next_seal() {
    let memory = Memory::new(bytes(100) * 2);
    let now = versions(1, 1);
    memory.forget_old(Some(&now));
    memory.keep_sealed(key(1), &now, counts(100));
    assert!(memory.sealed(SITE, PageId(1), &now) == Some(None));
    assert_eq!(memory.size(), (0, PAGE_BYTES));
    memory.keep_sealed(key(2), &now, counts(10));
    assert_eq!(memory.keep_live(&key(2), &now, counts(100)), None);
    for (versions, expected) in [
        (versions(1, 1), Some(None)),
        (versions(1, 2), Some(None)),
        (versions(2, 2), None),
    ] {
        memory.forget_old(Some(&versions));
        assert_eq!(memory.live(&key(2), &versions), expected, "{versions:?}");
    }
}

#[test]
fn a_page_waits_once_and_its_live_part_is_read_by_one_at_a_time() {
    let memory = Memory::new(1 << 20);
    let now = versions(1, 1);
    memory.forget_old(Some(&now));
    let waiting = || memory.wanted.try_lock().expect("nobody reads").len();
    for _ in 0..3 {
        assert!(memory.sealed(SITE, PageId(1), &now).is_none());
        assert_eq!(waiting(), 1);
    }
    memory.no_longer_wanted(&key(1));
    assert!(memory.sealed(SITE, PageId(1), &now).is_none());
    assert_eq!(waiting(), 2);
    let reading = memory.read_live(&key(1));
    assert!(reading.is_some() && memory.read_live(&key(1)).is_none() && memory.read_live(&key(2)).is_some());
    drop(reading);
    assert!(memory.read_live(&key(1)).is_some());
}
