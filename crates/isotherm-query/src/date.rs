//! Days and hours as text: `YYYY-MM-DD`, and the default window of a question.

use isotherm_core::{Day, Hour};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// `YYYY-MM-DD`.
pub(crate) fn text(day: Day) -> String {
    date(day).to_string()
}

/// The start of an hour as RFC 3339, e.g. `2026-03-04T15:00:00Z`.
pub(crate) fn hour_text(hour: Hour) -> String {
    timestamp(hour).to_string()
}

/// Exactly `YYYY-MM-DD`, from 1970 on, within the range of `Day`; else `None`.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let start = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    u16::try_from(start.as_second() / 86_400)
        .ok()
        .filter(|_| start.as_second() >= 0)
        .map(Day)
}

/// The first day of the month before the one in which `today` lies; in the first month of 1970 that month's.
pub(crate) fn first_of_last_month(today: Day) -> Day {
    let this_month = date(today).first_of_month();
    let last_month = this_month.yesterday().map_or(this_month, Date::first_of_month);
    parse(&last_month.to_string()).unwrap_or(Day(0))
}

fn date(day: Day) -> Date {
    timestamp(Hour(u32::from(day.0) * 24)).to_zoned(TimeZone::UTC).date()
}

fn timestamp(hour: Hour) -> Timestamp {
    // An hour behind the year 9999, where timestamps end, comes from no clock; it stands for the epoch.
    Timestamp::from_second(i64::from(hour.0) * 3_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_and_read_back() {
        for (day, written) in [(0, "1970-01-01"), (20_778, "2026-11-21"), (u16::MAX, "2149-06-06")] {
            assert_eq!(text(Day(day)), written);
            assert_eq!(parse(written), Some(Day(day)));
        }
        assert_eq!(hour_text(Hour(20_778 * 24 + 15)), "2026-11-21T15:00:00Z");
    }

    #[test]
    fn only_whole_days_of_the_calendar_are_read() {
        for bad in [
            "",
            "today",
            "2026-2-3",
            "20260203",
            "2026-02-30",
            "2026-02-03T00",
            "1969-12-31",
            "2149-06-07",
            "+026-02-03",
            " 2026-02-03",
            "2026_02_03",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_window_begins_with_the_month_before() {
        let from = |today: &str| text(first_of_last_month(parse(today).expect("a day")));
        assert_eq!(from("2026-03-31"), "2026-02-01");
        assert_eq!(from("2026-01-01"), "2025-12-01");
        assert_eq!(from("1970-01-20"), "1970-01-01");
    }
}
