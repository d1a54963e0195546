//! Calendar months of UTC days, which is all that is known of the time beside a country.

use crate::day::Day;

/// Days of 400 years, after which the calendar repeats itself.
const DAYS_OF_ERA: u32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u32 = 719_468;

/// Year, month (1 to 12) and day of month (1 to 31) in the Gregorian calendar.
pub fn calendar(day: Day) -> (u16, u8, u8) {
    // Years are counted from March, so that the leap day is a year's last.
    let days = u32::from(day.0) + EPOCH;
    let (era, of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    // Every 4th year is longer but every 100th, except the 400th.
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Five months from March have 153 days, and so have the next five.
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year + u32::from(month <= 2);
    (year as u16, month as u8, of_month as u8)
}

/// The first day of the day's month.
pub fn month_of(day: Day) -> Day {
    let (_, _, of_month) = calendar(day);
    Day(day.0 - u16::from(of_month - 1))
}

/// Months that begin before this day are over once `landing` is sealed: its own too if it is the last day of it.
pub fn months_closed_before(landing: Day) -> Day {
    month_of(Day(landing.0.saturating_add(1)))
}

/// The first day of the month that lies so many months before the day's.
pub fn months_before(day: Day, months: u16) -> Day {
    (0..months).fold(month_of(day), |month, _| month_of(Day(month.0.saturating_sub(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_as_in_the_calendar() {
        assert_eq!(calendar(Day(0)), (1970, 1, 1));
        assert_eq!(calendar(Day(20_778)), (2026, 11, 21));
        assert_eq!(calendar(Day(11_016)), (2000, 2, 29));
        assert_eq!(calendar(Day(47_540)), (2100, 2, 28));
        assert_eq!(calendar(Day(47_541)), (2100, 3, 1));
        let mut before = calendar(Day(0));
        for day in 1..=u16::MAX {
            let (year, month, of_month) = calendar(Day(day));
            let follows = (year, month, of_month) == (before.0, before.1, before.2 + 1)
                || (of_month == 1 && before.2 >= 28 && (year, month) == (before.0, before.1 + 1))
                || ((month, of_month) == (1, 1) && (year, 12, 31) == (before.0 + 1, before.1, before.2));
            assert!(
                follows,
                "{day}: {before:?} is followed by {:?}",
                (year, month, of_month)
            );
            before = (year, month, of_month);
        }
    }

    #[test]
    fn a_month_is_over_with_its_last_day() {
        let november = Day(20_758);
        assert_eq!(month_of(Day(20_778)), november);
        assert_eq!(month_of(november), november);
        assert_eq!(months_before(Day(20_778), 0), november);
        assert_eq!(calendar(months_before(Day(20_778), 25)), (2024, 10, 1));
        assert_eq!(months_before(Day(40), 25), Day(0));
        assert_eq!(months_closed_before(Day(20_778)), november);
        assert_eq!(months_closed_before(Day(20_787)), Day(20_788), "30 November");
    }
}
