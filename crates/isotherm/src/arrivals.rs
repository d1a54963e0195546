//! What arrived lately, where collecting and answering run apart: ingest writes what is new to the store, query reads
//! the sums. Both speak of the last day only; nothing waits for them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use isotherm_core::arrival::{ArrivalRow, ArrivalStore, lately_since};
use isotherm_core::ports::Clock;
use isotherm_core::reading::{ReadError, Reading};
use isotherm_core::{Hour, Outcome, SiteKey};
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::sites::SiteTable;
use isotherm_query::{SiteStatus, StatusSource};
use isotherm_service::tasks::Tasks;

/// How often ingest writes and query reads: a beacon is in `status` after at most twice this and the store's two answers.
const EXCHANGE_EVERY: Duration = Duration::from_secs(5);

/// How long the store may take. What it has not answered by then is tried again. A stop waits for two answers at most, the
/// one that is under way and the last: less than the deadline of the task set.
const EXCHANGE_TIME_MAX: Duration = Duration::from_secs(2);

/// Writes what is new in the collecting role's arrivals, every `EXCHANGE_EVERY` and once more at the stop. What cannot be
/// written stays new.
pub(crate) fn keep_writing(
    arrivals: Arc<Arrivals>,
    sites: SiteTable,
    store: impl ArrivalStore + 'static,
    tasks: &Tasks,
) {
    let stop = tasks.stop_signal();
    tasks.spawn("arrivals", async move {
        let mut outage = Outage::new("arrivals cannot be written; `status` does not show them yet");
        let mut stopping = false;
        while !stopping {
            stopping = tokio::time::timeout(EXCHANGE_EVERY, stop.cancelled()).await.is_ok();
            let known = sites.current();
            // A removed site's rows are gone from the store: none may follow them.
            arrivals.keep_only(|site| known.contains_key(site));
            let news = arrivals.news();
            if news.is_empty() {
                continue;
            }
            let written = in_time(store.add(&news)).await;
            if written.is_ok() {
                arrivals.written(&news);
            }
            outage.now(written);
        }
    });
}

/// What arrived lately at all ingests, as the store knew it a moment ago. Clones are the same snapshot.
#[derive(Clone, Default)]
pub(crate) struct StoredStatus(Arc<RwLock<Snapshot>>);

#[derive(Default)]
struct Snapshot {
    /// The first hour that is looked at; `None` before the store answered for the first time.
    since: Option<Hour>,
    sites: HashMap<SiteKey, SiteStatus>,
}

impl StoredStatus {
    /// Reads the store now and every `EXCHANGE_EVERY`. While it does not answer, the last snapshot stays.
    pub(crate) fn keep_fresh(&self, store: impl ArrivalStore + 'static, clock: impl Clock + 'static, tasks: &Tasks) {
        let (status, stop) = (self.clone(), tasks.stop_signal());
        tasks.spawn("status", async move {
            let mut outage = Outage::new("arrivals cannot be read; `status` stays as it was");
            loop {
                let since = lately_since(Hour::of_unix_ms(clock.unix_ms()));
                let read = in_time(store.lately(since)).await;
                outage.now(read.map(|rows| status.replace(since, &rows)));
                if tokio::time::timeout(EXCHANGE_EVERY, stop.cancelled()).await.is_ok() {
                    return;
                }
            }
        });
    }

    fn replace(&self, since: Hour, rows: &[ArrivalRow]) {
        let since = Some(since);
        let mut sites = HashMap::<SiteKey, SiteStatus>::new();
        for row in rows {
            let status = sites.entry(row.site.clone()).or_insert_with(|| SiteStatus {
                since,
                ..SiteStatus::default()
            });
            match status.outcomes.iter_mut().find(|(listed, _)| *listed == row.outcome) {
                Some((_, n)) => *n += row.n,
                None => status.outcomes.push((row.outcome, row.n)),
            }
            if row.outcome == Outcome::Admitted {
                status.last_admitted = status.last_admitted.max(Some(row.hour));
            }
        }
        // The snapshot is replaced as a whole; a panic elsewhere leaves the old one.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Snapshot { since, sites };
    }
}

impl StatusSource for StoredStatus {
    fn status(&self, site: &SiteKey) -> SiteStatus {
        let snapshot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let nothing = || SiteStatus {
            since: snapshot.since,
            ..SiteStatus::default()
        };
        snapshot.sites.get(site).cloned().unwrap_or_else(nothing)
    }
}

/// The answer, if it comes within `EXCHANGE_TIME_MAX`.
async fn in_time<T>(asked: Reading<'_, T>) -> Result<T, ReadError> {
    let late = |_| Err(ReadError::Unavailable("no answer in time".into()));
    tokio::time::timeout(EXCHANGE_TIME_MAX, asked)
        .await
        .unwrap_or_else(late)
}

/// Says once that something does not work, and once that it works again.
struct Outage {
    what: &'static str,
    lasts: bool,
}

impl Outage {
    fn new(what: &'static str) -> Outage {
        Outage { what, lasts: false }
    }

    fn now(&mut self, result: Result<(), ReadError>) {
        match &result {
            Err(error) if !self.lasts => tracing::warn!(%error, "{}", self.what),
            Ok(()) if self.lasts => tracing::info!("arrivals go through the store again"),
            _ => {}
        }
        self.lasts = result.is_err();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use isotherm_core::DropReason;
    use isotherm_core::site::Site;
    use isotherm_service::clock::SystemClock;

    use super::*;

    fn key(key: &str) -> SiteKey {
        SiteKey::parse(key).expect("a site key")
    }

    /// A store that holds what it is given, or is away. Clones are the same store.
    #[derive(Clone, Default)]
    struct Shelf {
        away: bool,
        rows: Arc<Mutex<Vec<ArrivalRow>>>,
    }

    impl ArrivalStore for Shelf {
        fn add<'a>(&'a self, rows: &'a [ArrivalRow]) -> Reading<'a, ()> {
            Box::pin(async move {
                if self.away {
                    return Err(ReadError::Unavailable("away".into()));
                }
                self.rows.lock().expect("a lock").extend_from_slice(rows);
                Ok(())
            })
        }

        fn lately(&self, _since: Hour) -> Reading<'_, Vec<ArrivalRow>> {
            Box::pin(async { Ok(self.rows.lock().expect("a lock").clone()) })
        }
    }

    /// Starts writing and stops it at once, which writes once.
    async fn write_once(arrivals: &Arc<Arrivals>, sites: &SiteTable, store: &Shelf) {
        let tasks = Tasks::new();
        keep_writing(arrivals.clone(), sites.clone(), store.clone(), &tasks);
        assert!(tasks.stop().await, "a stop waits for the last write only");
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_written_later_and_once() {
        let sites = SiteTable::default();
        sites.replace(vec![Site {
            key: key("acme"),
            origins: Vec::new(),
            rules: Vec::new(),
        }]);
        let arrivals = Arc::new(Arrivals::new(Arc::new(SystemClock)));
        for site in ["acme", "acme", "removed"] {
            arrivals.count(&key(site), Outcome::Admitted);
        }
        let away = Shelf {
            away: true,
            ..Shelf::default()
        };
        let shelf = Shelf::default();
        for store in [&away, &shelf, &shelf] {
            write_once(&arrivals, &sites, store).await;
        }
        arrivals.count(&key("acme"), Outcome::Admitted);
        write_once(&arrivals, &sites, &shelf).await;
        let written: Vec<(SiteKey, u64)> = shelf
            .rows
            .lock()
            .expect("a lock")
            .iter()
            .map(|row| (row.site.clone(), row.n))
            .collect();
        assert_eq!(written, [(key("acme"), 2), (key("acme"), 1)]);
    }

    #[test]
    fn status_has_the_hour_of_the_last_admitted_beacon_and_all_numbers() {
        let origin = Outcome::Dropped(DropReason::Origin);
        let row = |hour, outcome, n| ArrivalRow {
            site: key("acme"),
            hour: Hour(hour),
            outcome,
            n,
        };
        let stored = StoredStatus::default();
        assert_eq!(stored.status(&key("acme")), SiteStatus::default());
        stored.replace(
            Hour(80),
            &[
                row(98, Outcome::Admitted, 3),
                row(100, Outcome::Admitted, 4),
                row(101, origin, 2),
            ],
        );
        let wanted = SiteStatus {
            outcomes: vec![(Outcome::Admitted, 7), (origin, 2)],
            since: Some(Hour(80)),
            last_admitted: Some(Hour(100)),
        };
        assert_eq!(stored.status(&key("acme")), wanted);
        let silent = SiteStatus {
            since: Some(Hour(80)),
            ..SiteStatus::default()
        };
        assert_eq!(stored.status(&key("zebra")), silent);
        stored.replace(Hour(81), &[]);
        assert_eq!(stored.status(&key("acme")).outcomes, [], "what is over is forgotten");
    }
}
