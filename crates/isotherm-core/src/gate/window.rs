//! The window of a question: narrowed to whole cohorts before the store is asked, never widened.
//!
//! Only facts about cohorts move the window: they can be asked for anyway, and speak of at least 10 page views each. What
//! is live or waits never does, for a single page view's day would show in it.

use super::{Gate, Shown};
use crate::cohort::month_of;
use crate::day::Day;
use crate::reading::{Filter, Sealed};
use crate::thresholds::Withheld;

/// A question whose window is narrowed. The store is asked with its filter; what comes back is shown under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Covered {
    filter: Filter,
    left_out: Option<Withheld>,
    /// What an answer without anything says: it depends on question and calendar alone.
    blank: (Day, Day),
    blank_reason: Option<Withheld>,
}

impl Covered {
    /// What the store is asked.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(super) fn shown<T>(&self, what: T, withheld: Option<Withheld>) -> Shown<T> {
        Shown {
            what,
            from: self.filter.from,
            to: self.filter.to,
            withheld: self.left_out.or(withheld),
        }
    }

    pub(super) fn blank<T: Default>(&self, withheld: Withheld) -> Shown<T> {
        Shown {
            what: T::default(),
            from: self.blank.0,
            to: self.blank.1,
            withheld: Some(self.blank_reason.unwrap_or(withheld)),
        }
    }
}

impl Gate {
    /// Narrows a question by days. Where the window cuts cohorts at one of its ends, that end moves to the cohorts that
    /// lie wholly inside; if none does, the sealed part has nothing to say.
    pub fn cover_days(&self, filter: Filter, sealed: &Sealed) -> Covered {
        let mut filter = self.admit(filter);
        let blank = (filter.from, filter.to);
        let cut = sealed.cut_before || sealed.cut_after;
        if let Some((first, last)) = sealed.inside {
            filter.from = if sealed.cut_before {
                first.max(filter.from)
            } else {
                filter.from
            };
            filter.to = if sealed.cut_after {
                last.min(filter.to)
            } else {
                filter.to
            };
        }
        Covered {
            filter,
            left_out: cut.then_some(Withheld::CutCohorts),
            blank,
            blank_reason: None,
        }
    }

    /// Narrows a question about countries: sealed time by whole months, for in no kept row a country has a day. Unsealed
    /// days follow behind for the site's own tokens, and with them the month that is not over.
    pub fn cover_months(&self, filter: Filter, sealed: &Sealed) -> Covered {
        let mut filter = self.admit(filter);
        let months = match sealed.newest {
            Some(newest) if filter.from <= newest => whole_months(&filter, newest),
            _ if filter.sealed_only => Months::NONE,
            // Nothing of it is sealed: all goes by days.
            _ => Months {
                window: Some((filter.from, filter.to)),
                cut: false,
            },
        };
        let unsealed = sealed
            .newest
            .filter(|newest| *newest < filter.to && !filter.sealed_only);
        if let Some((from, to)) = months.window {
            (filter.from, filter.to) = (from, to);
        } else if let Some(newest) = unsealed {
            filter.from = Day(newest.0 + 1);
        }
        let reason = if months.window.is_none() {
            Some(Withheld::NoWholeMonth)
        } else {
            months.cut.then_some(Withheld::CutCohorts)
        };
        Covered {
            blank: (filter.from, filter.to),
            blank_reason: reason.filter(|reason| *reason == Withheld::NoWholeMonth),
            left_out: reason,
            filter,
        }
    }
}

/// The days from the first whole month on, `None` where there is no such month, and whether sealed days are left out.
struct Months {
    window: Option<(Day, Day)>,
    cut: bool,
}

impl Months {
    const NONE: Months = Months {
        window: None,
        cut: true,
    };
}

fn whole_months(filter: &Filter, newest: Day) -> Months {
    let from = if month_of(filter.from) == filter.from {
        filter.from
    } else {
        after(last_of_month(filter.from))
    };
    // All that the month of the newest landing holds so far lies in a window that goes on behind that landing.
    let to = if !filter.sealed_only && filter.to >= newest {
        filter.to
    } else {
        last_whole_month(filter.to.min(newest))
    };
    if from > to.min(newest) {
        return Months::NONE;
    }
    Months {
        window: Some((from, to)),
        cut: from != filter.from || to < filter.to.min(newest),
    }
}

/// The last day of the last month that is over by the end of a day.
fn last_whole_month(day: Day) -> Day {
    if last_of_month(day) == day {
        return day;
    }
    Day(month_of(day).0.saturating_sub(1))
}

fn after(day: Day) -> Day {
    Day(day.0.saturating_add(1))
}

/// The last day of the month in which a day lies.
fn last_of_month(day: Day) -> Day {
    // 31 days after its first day lies a day of the next month.
    let next = month_of(Day(month_of(day).0.saturating_add(31)));
    Day(next.0 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::SiteKey;
    use crate::thresholds::Thresholds;

    const MARCH: u16 = 20_513;
    const APRIL: u16 = MARCH + 31;

    /// The window that is asked and the reason, for a question about countries.
    fn months(from: u16, to: u16, sealed_only: bool, newest: Option<u16>) -> (u16, u16, &'static str) {
        let sealed = Sealed {
            newest: newest.map(Day),
            ..Sealed::default()
        };
        covered(from, to, sealed_only, |gate, filter| gate.cover_months(filter, &sealed))
    }

    fn covered(
        from: u16,
        to: u16,
        sealed_only: bool,
        cover: impl Fn(&Gate, Filter) -> Covered,
    ) -> (u16, u16, &'static str) {
        let filter = Filter {
            site: SiteKey::parse("acme").expect("a site key"),
            from: Day(from),
            to: Day(to),
            viewport: None,
            country: None,
            sealed_only,
        };
        let gate = Gate::new(Thresholds::default(), super::super::Audience::OwnToken);
        let covered = cover(&gate, filter);
        assert_eq!(covered.filter.sealed_only, sealed_only);
        let reason = covered.left_out.map_or("", Withheld::reason);
        (covered.filter.from.0, covered.filter.to.0, reason)
    }

    #[test]
    fn months_begin_and_end_as_in_the_calendar() {
        assert_eq!(last_of_month(Day(MARCH)), Day(APRIL - 1));
        assert_eq!(last_of_month(Day(APRIL - 1)), Day(APRIL - 1));
        assert_eq!(last_of_month(Day(MARCH - 1)), Day(MARCH - 1));
        assert_eq!(last_of_month(Day(MARCH - 28)), Day(MARCH - 1), "February");
    }

    #[test]
    fn sealed_time_is_asked_by_whole_months() {
        let (feb, mid) = (MARCH - 28, MARCH + 14);
        // Sealed until the middle of March.
        let newest = Some(mid);
        assert_eq!(months(feb, mid + 2, true, newest), (feb, MARCH - 1, "cut_cohorts"));
        assert_eq!(months(feb, MARCH - 1, true, newest), (feb, MARCH - 1, ""));
        assert_eq!(
            months(feb + 1, mid + 2, true, newest),
            (feb + 1, mid + 2, "no_whole_month")
        );
        assert_eq!(
            months(MARCH, APRIL + 9, true, newest),
            (MARCH, APRIL + 9, "no_whole_month")
        );
        assert_eq!(
            months(feb - 3, MARCH + 3, true, newest),
            (feb, MARCH - 1, "cut_cohorts")
        );
        assert_eq!(months(feb, APRIL, true, None), (feb, APRIL, "no_whole_month"));
        // With its last landing the month is over.
        assert_eq!(months(MARCH, APRIL + 9, true, Some(APRIL - 1)), (MARCH, APRIL - 1, ""));
    }

    #[test]
    fn unsealed_days_follow_for_the_sites_own_token() {
        let (feb, mid) = (MARCH - 28, MARCH + 14);
        let newest = Some(mid);
        assert_eq!(months(feb, mid + 2, false, newest), (feb, mid + 2, ""));
        assert_eq!(months(feb + 1, mid + 2, false, newest), (MARCH, mid + 2, "cut_cohorts"));
        assert_eq!(
            months(MARCH + 1, mid + 2, false, newest),
            (mid + 1, mid + 2, "no_whole_month")
        );
        assert_eq!(months(mid + 1, mid + 2, false, newest), (mid + 1, mid + 2, ""));
        assert_eq!(
            months(MARCH + 1, mid - 2, false, newest),
            (MARCH + 1, mid - 2, "no_whole_month")
        );
        assert_eq!(months(feb, mid - 2, false, newest), (feb, MARCH - 1, "cut_cohorts"));
        assert_eq!(months(MARCH + 3, mid, false, None), (MARCH + 3, mid, ""));
    }

    #[test]
    fn who_is_not_the_site_itself_asks_for_cohorts_only() {
        let filter = |sealed_only| Filter {
            site: SiteKey::parse("acme").expect("a site key"),
            from: Day(MARCH),
            to: Day(APRIL),
            viewport: None,
            country: None,
            sealed_only,
        };
        for (audience, asked, expected) in [
            (super::super::Audience::OwnToken, false, false),
            (super::super::Audience::OwnToken, true, true),
            (super::super::Audience::Shared, false, true),
        ] {
            let gate = Gate::new(Thresholds::default(), audience);
            let sealed = Sealed::default();
            assert_eq!(gate.cover_days(filter(asked), &sealed).filter().sealed_only, expected);
            assert_eq!(gate.cover_months(filter(asked), &sealed).filter().sealed_only, expected);
        }
    }

    #[test]
    fn an_end_that_cuts_cohorts_moves_to_those_inside_and_never_outwards() {
        let days = |inside: Option<(u16, u16)>, cut_before, cut_after| {
            let sealed = Sealed {
                newest: Some(Day(MARCH + 30)),
                inside: inside.map(|(first, last)| (Day(first), Day(last))),
                cut_before,
                cut_after,
            };
            covered(MARCH, MARCH + 20, false, |gate, filter| {
                gate.cover_days(filter, &sealed)
            })
        };
        let (from, to) = (MARCH, MARCH + 20);
        assert_eq!(days(Some((from + 3, to - 4)), false, false), (from, to, ""));
        assert_eq!(
            days(Some((from + 3, to - 4)), true, false),
            (from + 3, to, "cut_cohorts")
        );
        assert_eq!(
            days(Some((from + 3, to - 4)), false, true),
            (from, to - 4, "cut_cohorts")
        );
        assert_eq!(days(None, true, true), (from, to, "cut_cohorts"));
    }
}
