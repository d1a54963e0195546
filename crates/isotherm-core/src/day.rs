//! Time as it may be stored: whole UTC days, and whole UTC hours in the log.

/// Days since 1970-01-01 (UTC). ClickHouse's `Date` holds the same number, so the range is that of `u16`: until 2149.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub u16);

/// Hours since 1970-01-01T00 (UTC): the finest time that the log knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hour(pub u32);

impl Hour {
    /// The hour in which a moment, in milliseconds since 1970, lies.
    pub const fn of_unix_ms(unix_ms: u64) -> Hour {
        Hour((unix_ms / 3_600_000) as u32)
    }

    /// The hour's first moment in milliseconds since 1970.
    pub const fn start_unix_ms(self) -> u64 {
        self.0 as u64 * 3_600_000
    }

    /// The UTC day in which the hour lies.
    pub const fn day(self) -> Day {
        Day((self.0 / 24) as u16)
    }
}

impl Day {
    /// The day in which a moment, in milliseconds since 1970, lies.
    pub const fn of_unix_ms(unix_ms: u64) -> Day {
        Hour::of_unix_ms(unix_ms).day()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        // 2026-11-21T23:59:59.999Z and one millisecond later.
        assert_eq!(Day::of_unix_ms(1_795_305_599_999), Day(20_778));
        assert_eq!(Day::of_unix_ms(1_795_305_600_000), Day(20_779));
        assert_eq!(Hour::of_unix_ms(1_795_305_599_999).start_unix_ms(), 1_795_302_000_000);
    }
}
