//! What arrived lately, by site and outcome: counters in memory, for the installation check. They know no visitor and
//! are gone with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isotherm_core::ports::Clock;
use isotherm_core::{Hour, Outcome, SiteKey};

/// Hours that are looked back, the current one included.
pub const LATELY_HOURS: u32 = 24;

/// Counters by site and outcome.
pub struct Arrivals {
    clock: Arc<dyn Clock>,
    started: Hour,
    sites: Mutex<HashMap<SiteKey, SiteArrivals>>,
}

/// What arrived for a site within the last `LATELY_HOURS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lately {
    /// One number per outcome, in the order of `Outcome::ALL`.
    pub counts: [u64; Outcome::ALL.len()],
    /// The hour from which on they are counted: `LATELY_HOURS` back, or the process's start.
    pub since: Hour,
    /// The last hour in which a beacon was admitted.
    pub last_admitted: Option<Hour>,
}

#[derive(Clone, Default)]
struct SiteArrivals {
    /// Per hour, at most `LATELY_HOURS` of them, one number per outcome.
    hours: Vec<(Hour, [u64; Outcome::ALL.len()])>,
}

impl Arrivals {
    /// Nothing has arrived yet.
    pub fn new(clock: Arc<dyn Clock>) -> Arrivals {
        let started = Hour::of_unix_ms(clock.unix_ms());
        let sites = Mutex::default();
        Arrivals { clock, started, sites }
    }

    /// Counts a request for a known site.
    pub fn count(&self, site: &SiteKey, outcome: Outcome) {
        let now = Hour::of_unix_ms(self.clock.unix_ms());
        let mut sites = self.lock();
        if let Some(arrivals) = sites.get_mut(site) {
            arrivals.count(outcome, now);
        } else {
            // Only known sites are counted, so the map is bounded by their number.
            sites.entry(site.clone()).or_default().count(outcome, now);
        }
    }

    /// What arrived for a site within the last `LATELY_HOURS`.
    pub fn lately(&self, site: &SiteKey) -> Lately {
        let now = Hour::of_unix_ms(self.clock.unix_ms());
        let since = self.started.max(Hour((now.0 + 1).saturating_sub(LATELY_HOURS)));
        let sites = self.lock();
        let Some(arrivals) = sites.get(site) else {
            return Lately {
                counts: [0; Outcome::ALL.len()],
                since,
                last_admitted: None,
            };
        };
        let admitted = |(_, counts): &&(Hour, [u64; Outcome::ALL.len()])| counts[Outcome::Admitted.index()] > 0;
        let last_admitted = arrivals.hours.iter().rev().find(admitted).map(|(hour, _)| *hour);
        Lately {
            counts: arrivals.lately(now),
            since,
            last_admitted,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteKey, SiteArrivals>> {
        // Counters have no broken middle state.
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SiteArrivals {
    fn count(&mut self, outcome: Outcome, now: Hour) {
        if self.hours.last().is_none_or(|(hour, _)| *hour != now) {
            self.hours.push((now, [0; Outcome::ALL.len()]));
            self.hours.retain(|(hour, _)| hour.0 + LATELY_HOURS > now.0);
        }
        if let Some((_, counts)) = self.hours.last_mut() {
            counts[outcome.index()] += 1;
        }
    }

    fn lately(&self, now: Hour) -> [u64; Outcome::ALL.len()] {
        let mut sums = [0; Outcome::ALL.len()];
        for (_, counts) in self.hours.iter().filter(|(hour, _)| hour.0 + LATELY_HOURS > now.0) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_later_nothing_is_lately() {
        let mut arrivals = SiteArrivals::default();
        for hour in [100, 100, 101] {
            arrivals.count(Outcome::Admitted, Hour(hour));
        }
        let admitted = |now| arrivals.lately(Hour(now))[Outcome::Admitted.index()];
        assert_eq!(
            [admitted(101), admitted(123), admitted(124), admitted(125)],
            [3, 3, 1, 0]
        );
    }
}
