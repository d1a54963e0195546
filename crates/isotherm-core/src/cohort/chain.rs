//! Which landing is sealed next, and when.

use super::WAIT_DAYS_MAX;
use super::month::{month_of, months_closed_before};
use crate::day::Day;

/// Milliseconds of a UTC day.
const DAY_MS: u64 = 86_400_000;

/// What there is to be sealed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ChainState {
    /// The newest landing that is sealed.
    pub newest: Option<Day>,
    /// Landings that hold rows, in any order.
    pub landings: Vec<Day>,
    /// The oldest month whose cohorts wait for its end before their countries are published.
    pub oldest_month: Option<Day>,
    /// The oldest day that waits in a group with a page.
    pub oldest_day: Option<Day>,
    /// The oldest day that waits in a site's `other`.
    pub oldest_other: Option<Day>,
}

/// When a landing may be sealed: 24 hours after its end, in milliseconds since 1970.
pub const fn closes_at_unix_ms(landing: Day) -> u64 {
    (landing.0 as u64 + 2) * DAY_MS
}

/// The landing after the newest that has something to be done, if it may be sealed now. A day without rows is sealed only
/// when a month ends with it or something has waited long enough; other such days are passed over.
pub fn next_landing(state: &ChainState, now_unix_ms: u64) -> Option<Day> {
    let earliest = state.newest.map_or(Day(0), |newest| Day(newest.0 + 1));
    let with_rows = state.landings.iter().copied().filter(|day| *day >= earliest).min();
    // Nothing has to be done before the first landing.
    let by_itself = state.newest.and_then(|_| {
        let month_end = state.oldest_month.map(last_day_of_month);
        let loses_page = state.oldest_day.map(|day| Day(day.0.saturating_add(WAIT_DAYS_MAX)));
        let is_deleted = state
            .oldest_other
            .map(|day| Day(day.0.saturating_add(2 * WAIT_DAYS_MAX)));
        let due = [month_end, loses_page, is_deleted].into_iter().flatten().min()?;
        Some(due.max(earliest))
    });
    let next = with_rows.into_iter().chain(by_itself).min()?;
    (now_unix_ms >= closes_at_unix_ms(next)).then_some(next)
}

fn last_day_of_month(month: Day) -> Day {
    let mut day = Day(month_of(month).0.saturating_add(27));
    // At most three more days.
    while months_closed_before(day) <= month_of(month) && day.0 < u16::MAX {
        day = Day(day.0 + 1);
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: Day = Day(20_758);

    fn next(state: &ChainState, at: Day) -> Option<u16> {
        next_landing(state, u64::from(at.0) * DAY_MS).map(|day| day.0)
    }

    #[test]
    fn a_landing_is_sealed_24_hours_after_its_end_and_not_a_millisecond_before() {
        let state = ChainState {
            landings: vec![Day(20_778)],
            ..ChainState::default()
        };
        let closes = closes_at_unix_ms(Day(20_778));
        assert_eq!(closes, 20_780 * DAY_MS);
        assert_eq!(next_landing(&state, closes - 1), None);
        assert_eq!(next_landing(&state, closes), Some(Day(20_778)));
    }

    #[test]
    fn landings_are_sealed_in_order_and_sealed_ones_never_again() {
        let state = ChainState {
            newest: Some(Day(20_770)),
            landings: vec![Day(20_775), Day(20_769), Day(20_772)],
            ..ChainState::default()
        };
        assert_eq!(next(&state, Day(20_779)), Some(20_772));
        assert_eq!(next(&state, Day(20_773)), None);
    }

    #[test]
    fn months_end_and_groups_age_without_any_traffic() {
        let mut state = ChainState {
            newest: Some(Day(20_778)),
            oldest_month: Some(NOVEMBER),
            ..ChainState::default()
        };
        assert_eq!(next(&state, Day(20_900)), Some(20_787), "30 November");
        state.oldest_day = Some(Day(20_745));
        assert_eq!(next(&state, Day(20_900)), Some(20_780));
        state.oldest_other = Some(Day(20_700));
        assert_eq!(next(&state, Day(20_900)), Some(20_779), "overdue: the next day");
        state.landings = vec![Day(20_779)];
        assert_eq!(next(&state, Day(20_900)), Some(20_779));
        assert_eq!(next(&state, Day(20_780)), None);
        state.newest = None;
        assert_eq!(next(&state, Day(20_900)), Some(20_779));
    }
}
