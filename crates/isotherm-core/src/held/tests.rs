//! Random pages, packed, against sums by hand.

use std::collections::BTreeMap;

use super::*;
use crate::site::SiteKey;
use crate::viewport::ViewportClass;

const DAY: u16 = 20_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % below
    }
}

fn group(dice: &mut Dice) -> Group {
    let first = DAY + dice.below(20) as u16;
    let kind = [Kind::Page, Kind::Grid, Kind::Eighth, Kind::Px16][dice.below(4) as usize];
    let mut places = BTreeMap::new();
    for _ in 0..dice.below(30) {
        let anchor = if kind >= Kind::Eighth {
            7 + dice.below(3) * (u64::MAX / 4)
        } else {
            0
        };
        let n = 1 + dice.below(3) * dice.below(900);
        let counts = Counts {
            n: n as u32,
            views: dice.below(n + 1) as u32,
            views_32: dice.below(2) as u32,
            views_64: dice.below(2) as u32 * 400,
            views_element: (dice.below(2) * n) as u32,
        };
        places.insert((anchor, dice.below(9) as u16 * 3_000, dice.below(1_024) as u16), counts);
    }
    Group {
        kind,
        layer: [Layer::View, Layer::Click, Layer::Tap, Layer::Scroll][dice.below(4) as usize],
        viewport: 1 + dice.below(6) as u8,
        level: dice.below(3) as u8,
        days: (Day(first), Day(first + dice.below(3) as u16)),
        sealed: dice.below(3) > 0,
        places: places.into_iter().collect(),
    }
}

fn filter(dice: &mut Dice) -> Filter {
    let from = DAY + dice.below(22) as u16;
    Filter {
        site: SiteKey::parse("acme").expect("a site key"),
        from: Day(from),
        to: Day(from + dice.below(12) as u16),
        viewport: [None, Some(ViewportClass::Phone)][dice.below(2) as usize],
        country: None,
        sealed_only: dice.below(3) == 0,
    }
}

/// The same by hand.
fn expected(groups: &[Group], filter: &Filter, layers: &[Layer]) -> Found {
    let (mut found, mut places) = (Found::default(), BTreeMap::<HeldPlace, Sums>::new());
    for group in groups {
        let (first, last) = group.days;
        let asked = first <= filter.to && filter.from <= last && layers.contains(&group.layer);
        let wanted = group.sealed || !filter.sealed_only;
        if !asked || !wanted || filter.viewport.is_some_and(|class| class.code() != group.viewport) {
            continue;
        }
        let whole = filter.from <= first && last <= filter.to;
        if group.sealed && !whole {
            found.sealed.cut_before |= first < filter.from;
            found.sealed.cut_after |= filter.to < last;
            continue;
        }
        if !group.sealed {
            found.unsealed = Some(joined(found.unsealed, group.days));
        } else if (group.kind, group.layer) == (Kind::Page, Layer::View) {
            found.sealed.inside = Some(joined(found.sealed.inside, group.days));
        }
        for (place, sums) in places_of(group) {
            places.entry(place).or_default().add(&sums);
        }
    }
    found.places = places.into_iter().collect();
    found
}

#[test]
fn a_packed_page_answers_as_its_rows_do() {
    let mut dice = Dice(5);
    let (mut whole, mut cut, mut summed) = (0, 0, 0);
    for _ in 0..60 {
        let groups: Vec<Group> = (0..dice.below(40)).map(|_| group(&mut dice)).collect();
        // With and without sums of several cohorts.
        let page = HeldPage::pack_summed(groups.clone(), 1);
        summed += page.groups.iter().filter(|head| head.parts > 1).count();
        let parts = groups.split_at(groups.len() / 2);
        for _ in 0..20 {
            let filter = filter(&mut dice);
            let layers = &[Layer::View, Layer::Tap, Layer::Click, Layer::Scroll][..1 + dice.below(4) as usize];
            let found = page.find(&filter, layers);
            assert_eq!(found, expected(&groups, &filter, layers));
            let [one, other] = [parts.0, parts.1].map(|part| HeldPage::pack(part.to_vec()).find(&filter, layers));
            assert_eq!(one + other, found, "two parts of a page are the page");
            whole += usize::from(found.sealed.inside.is_some());
            cut += usize::from(found.sealed.cut_before && found.sealed.cut_after);
        }
    }
    assert!(
        whole > 50 && cut > 50 && summed > 50,
        "{whole} windows with cohorts, {cut} cut at both ends, {summed} sums"
    );
}

#[test]
fn a_page_without_counts_takes_no_room_and_says_nothing() {
    let page = HeldPage::pack(Vec::new());
    assert_eq!(page.bytes(), size_of::<HeldPage>());
    assert_eq!(page.find(&filter(&mut Dice(1)), &[Layer::View]), Found::default());
}
