//! What arrived lately, by site and outcome: counters in memory, for the installation check. They know no visitor. In a
//! cluster what is new in them is written to the store every few seconds; else they are gone with the process.
//!
//! These are not the counts that "exactly once" speaks of. What is new is written at least once while the process lives:
//! a write without an answer is repeated and may count twice, and a crash loses what was not yet written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isotherm_core::arrival::{ArrivalRow, lately_since};
use isotherm_core::ports::Clock;
use isotherm_core::{Hour, Outcome, SiteKey};

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
    pub counts: Counts,
    /// The hour from which on they are counted: `LATELY_HOURS` back, or the process's start.
    pub since: Hour,
    /// The last hour in which a beacon was admitted.
    pub last_admitted: Option<Hour>,
}

/// One number per outcome, in the order of `Outcome::ALL`.
type Counts = [u64; Outcome::ALL.len()];

/// What arrived for a site within an hour, and how much of that is written.
#[derive(Clone)]
struct HourArrivals {
    hour: Hour,
    counts: Counts,
    written: Counts,
}

#[derive(Clone, Default)]
struct SiteArrivals {
    /// At most `LATELY_HOURS` of them, in the order of time.
    hours: Vec<HourArrivals>,
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
        let since = self.started.max(lately_since(now));
        let sites = self.lock();
        let Some(arrivals) = sites.get(site) else {
            return Lately {
                counts: Counts::default(),
                since,
                last_admitted: None,
            };
        };
        let admitted = |arrived: &&HourArrivals| arrived.counts[Outcome::Admitted.index()] > 0;
        let last_admitted = arrivals.hours.iter().rev().find(admitted).map(|arrived| arrived.hour);
        Lately {
            counts: arrivals.lately(now),
            since,
            last_admitted,
        }
    }

    /// What was counted and is not said to be written, lately: at most sites times `LATELY_HOURS` times outcomes rows,
    /// however long nothing can be written. What is older by then is never written.
    pub fn news(&self) -> Vec<ArrivalRow> {
        let since = lately_since(Hour::of_unix_ms(self.clock.unix_ms()));
        let sites = self.lock();
        let news = sites.iter().flat_map(|(site, arrivals)| arrivals.news(site, since));
        news.collect()
    }

    /// Says that rows that `news` gave are written: they are no news any more.
    pub fn written(&self, rows: &[ArrivalRow]) {
        let mut sites = self.lock();
        for row in rows {
            if let Some(arrivals) = sites.get_mut(&row.site) {
                arrivals.written(row);
            }
        }
    }

    /// Forgets all sites but these.
    pub fn keep_only(&self, is_known: impl Fn(&SiteKey) -> bool) {
        self.lock().retain(|site, _| is_known(site));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteKey, SiteArrivals>> {
        // Counters have no broken middle state.
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SiteArrivals {
    fn count(&mut self, outcome: Outcome, now: Hour) {
        if self.hours.last().is_none_or(|arrived| arrived.hour != now) {
            self.hours.push(HourArrivals {
                hour: now,
                counts: Counts::default(),
                written: Counts::default(),
            });
            self.hours.retain(|arrived| arrived.hour >= lately_since(now));
        }
        if let Some(arrived) = self.hours.last_mut() {
            arrived.counts[outcome.index()] += 1;
        }
    }

    fn lately(&self, now: Hour) -> Counts {
        let mut sums = Counts::default();
        for arrived in self.hours.iter().filter(|arrived| arrived.hour >= lately_since(now)) {
            for (sum, count) in sums.iter_mut().zip(arrived.counts) {
                *sum += count;
            }
        }
        sums
    }

    fn news(&self, site: &SiteKey, since: Hour) -> impl Iterator<Item = ArrivalRow> {
        let lately = self.hours.iter().filter(move |arrived| arrived.hour >= since);
        lately.flat_map(move |arrived| {
            Outcome::ALL.into_iter().filter_map(move |outcome| {
                let n = arrived.counts[outcome.index()] - arrived.written[outcome.index()];
                (n > 0).then(|| ArrivalRow {
                    site: site.clone(),
                    hour: arrived.hour,
                    outcome,
                    n,
                })
            })
        })
    }

    fn written(&mut self, row: &ArrivalRow) {
        if let Some(arrived) = self.hours.iter_mut().find(|arrived| arrived.hour == row.hour) {
            let at = row.outcome.index();
            // Never more than was counted, whatever is said: the difference is what is new.
            arrived.written[at] = (arrived.written[at] + row.n).min(arrived.counts[at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use isotherm_core::DropReason;

    use super::*;

    const ORIGIN: Outcome = Outcome::Dropped(DropReason::Origin);

    /// A clock that stands still until it is told another hour.
    #[derive(Default)]
    struct HourHand(AtomicU64);

    impl HourHand {
        fn show(&self, hour: u32) {
            self.0.store(Hour(hour).start_unix_ms(), Ordering::SeqCst);
        }
    }

    impl Clock for HourHand {
        fn unix_ms(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn site(key: &str) -> SiteKey {
        SiteKey::parse(key).expect("a site key")
    }

    /// Site, hour, outcome and number of all news, sorted.
    fn told(arrivals: &Arrivals) -> Vec<(String, u32, &'static str, u64)> {
        let rows = arrivals.news().into_iter();
        let mut told: Vec<_> = rows
            .map(|row| (row.site.as_str().to_owned(), row.hour.0, row.outcome.label(), row.n))
            .collect();
        told.sort();
        told
    }

    fn of(key: &str, hour: u32, outcome: &'static str, n: u64) -> (String, u32, &'static str, u64) {
        (key.into(), hour, outcome, n)
    }

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

    #[test]
    fn news_is_what_was_counted_and_not_yet_written() {
        let clock = Arc::new(HourHand::default());
        clock.show(100);
        let arrivals = Arrivals::new(clock.clone());
        assert_eq!(told(&arrivals), []);
        for _ in 0..3 {
            arrivals.count(&site("acme"), Outcome::Admitted);
        }
        arrivals.count(&site("acme"), ORIGIN);
        arrivals.count(&site("zebra"), ORIGIN);
        let first = arrivals.news();
        let told_first = [
            of("acme", 100, "admitted", 3),
            of("acme", 100, "origin", 1),
            of("zebra", 100, "origin", 1),
        ];
        assert_eq!(told(&arrivals), told_first, "what was not written stays news");

        // Counted while the first news are on their way.
        arrivals.count(&site("acme"), Outcome::Admitted);
        clock.show(101);
        arrivals.count(&site("acme"), Outcome::Admitted);
        arrivals.written(&first);
        assert_eq!(
            told(&arrivals),
            [of("acme", 100, "admitted", 1), of("acme", 101, "admitted", 1)]
        );
        arrivals.written(&arrivals.news());
        assert_eq!(told(&arrivals), []);
        assert_eq!(arrivals.lately(&site("acme")).counts[Outcome::Admitted.index()], 5);
    }

    #[test]
    fn while_nothing_can_be_written_a_day_of_news_is_kept_and_no_more() {
        let clock = Arc::new(HourHand::default());
        let arrivals = Arrivals::new(clock.clone());
        for hour in 100..200 {
            clock.show(hour);
            arrivals.count(&site("acme"), Outcome::Admitted);
        }
        let hours: Vec<u32> = told(&arrivals).into_iter().map(|(_, hour, _, _)| hour).collect();
        assert_eq!(hours, (176..200).collect::<Vec<_>>());
        clock.show(223);
        assert_eq!(told(&arrivals), [], "what is older than a day is no news");
    }

    #[test]
    fn of_a_site_that_is_not_kept_nothing_is_news() {
        let clock = Arc::new(HourHand::default());
        let arrivals = Arrivals::new(clock);
        for key in ["acme", "zebra"] {
            arrivals.count(&site(key), Outcome::Admitted);
        }
        let before = arrivals.news();
        arrivals.keep_only(|known| known.as_str() == "zebra");
        assert_eq!(told(&arrivals), [of("zebra", 0, "admitted", 1)]);
        arrivals.written(&before);
        assert_eq!(told(&arrivals), []);
    }
}
