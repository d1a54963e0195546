//! Days and months as people write them.

use isotherm_core::Day;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// `YYYY-MM-DD`.
pub(crate) fn text(day: Day) -> String {
    date(day).to_string()
}

/// `YYYY-MM-DD`, from 1970 to 2149; else `None`.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: Date = shaped.then(|| text.parse().ok())??;
    day(date)
}

/// The first and the last day of the month in which a day lies.
pub(crate) fn month(of: Day) -> (Day, Day) {
    let date = date(of);
    // The months at both ends of the range are cut where days end.
    (
        day(date.first_of_month()).unwrap_or(Day(0)),
        day(date.last_of_month()).unwrap_or(Day(u16::MAX)),
    )
}

fn date(day: Day) -> Date {
    // 65,535 days after 1970 are far inside the range of timestamps.
    let start = Timestamp::from_second(i64::from(day.0) * DAY_S).unwrap_or(Timestamp::UNIX_EPOCH);
    start.to_zoned(TimeZone::UTC).date()
}

fn day(date: Date) -> Option<Day> {
    let start = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    u16::try_from(start.as_second().div_euclid(DAY_S)).ok().map(Day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written_and_has_its_month() {
        for (number, written) in [(0, "1970-01-01"), (20_778, "2026-11-21"), (u16::MAX, "2149-06-06")] {
            assert_eq!(text(Day(number)), written);
            assert_eq!(parse(written), Some(Day(number)));
        }
        for bad in ["", "2026-2-3", "2026-02-30", "1969-12-31", "2149-06-07", "today"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        let (first, last) = month(Day(20_778));
        assert_eq!((text(first), text(last)), ("2026-11-01".into(), "2026-11-30".into()));
        assert_eq!(month(Day(u16::MAX)).1, Day(u16::MAX));
    }
}
