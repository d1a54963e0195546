//! Arrivals: what became of a site's beacons, hour by hour, as sums without any visitor, and the port through which the
//! collecting role hands them to the answering one.

use crate::day::Hour;
use crate::outcome::Outcome;
use crate::reading::Reading;
use crate::site::SiteKey;

/// Hours that an installation check looks back, the current one included.
pub const LATELY_HOURS: u32 = 24;

/// How often a site's beacons had one outcome within one hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArrivalRow {
    /// The site.
    pub site: SiteKey,
    /// The UTC hour in which they came.
    pub hour: Hour,
    /// What became of them.
    pub outcome: Outcome,
    /// How many.
    pub n: u64,
}

/// Where arrivals are kept between roles. They help to install a site and are not what "counted exactly once" speaks of.
pub trait ArrivalStore: Send + Sync {
    /// Adds rows to what is kept. After an error nobody knows whether they are; who adds them again may count them twice.
    fn add<'a>(&'a self, rows: &'a [ArrivalRow]) -> Reading<'a, ()>;
    /// The sums of all sites from an hour on, by site, hour and outcome.
    fn lately(&self, since: Hour) -> Reading<'_, Vec<ArrivalRow>>;
}

/// The first of the `LATELY_HOURS` that end with this hour.
pub const fn lately_since(now: Hour) -> Hour {
    Hour((now.0 + 1).saturating_sub(LATELY_HOURS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_looked_back_with_the_current_hour_in_it() {
        assert_eq!(lately_since(Hour(100)), Hour(77));
        assert_eq!(lately_since(Hour(3)), Hour(0), "not before time begins");
    }
}
