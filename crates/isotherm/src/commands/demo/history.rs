//! The demo's first weeks. The clock of the process is set back and goes on a day at a time, so that they come through
//! everything that an installation has, sealing included.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use isotherm_core::Day;
use isotherm_core::ports::Clock;
use isotherm_demo::{FillSettings, Filled, fill};
use isotherm_service::clock::{SystemClock, set_back};
use isotherm_store_clickhouse::{Sealer, StoreSettings, verify};

use super::output;
use crate::calendar;
use crate::installation::Installation;
use crate::maintenance;

const DAY_MS: u64 = 86_400_000;
/// The newest days are all there; of those before, one in seven is.
const DAILY: u16 = 30;
/// What a day of the weekend has of page views, beside another day's 1.
const WEEKEND: f64 = 0.6;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// Everything of a day is counted within this.
const COUNTED_MAX: Duration = Duration::from_secs(60);
/// By then the log has let go of what is counted: else the next day finds it waiting there.
const RELEASED_AFTER: Duration = Duration::from_millis(100);
/// How often is asked whether it is counted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Days, and how many page views each has.
pub(super) struct History {
    today: Day,
    days: Vec<(Day, u64)>,
}

impl History {
    /// So many days, today the last. The first of them begins now: call it before anything asks for the time.
    pub(super) fn begin(days: u16, page_views: u64) -> History {
        let today = Day::of_unix_ms(SystemClock.unix_ms());
        let history = History {
            today,
            days: parted(today, days, page_views),
        };
        history.go_to(history.days.first().map_or(today, |(day, _)| *day));
        history
    }

    /// Sends each day's visitors on that day, and seals what is due.
    pub(super) async fn fill(
        &self,
        settings: &FillSettings,
        installation: &Installation,
        store: &StoreSettings,
    ) -> anyhow::Result<Filled> {
        let wanted: u64 = self.days.iter().map(|(_, page_views)| page_views).sum();
        output::line(format!(
            "Sending {wanted} simulated page views through the public endpoint, for {} days from {} on…",
            self.days.len(),
            calendar::text(self.days.first().map_or(self.today, |(day, _)| *day)),
        ));
        let sealer = Sealer::new(store, Arc::new(SystemClock));
        let mut sum = Filled {
            next_visitor: settings.first_visitor,
            ..Filled::default()
        };
        let mut told = Instant::now();
        for (day, page_views) in &self.days {
            self.go_to(*day);
            let of_day = FillSettings {
                first_visitor: sum.next_visitor,
                page_views: *page_views,
                ..settings.clone()
            };
            let before = sum.page_views;
            let filled = fill(of_day, |progress| {
                if told.elapsed() >= TELL_EVERY {
                    told = Instant::now();
                    let sent = before + progress.page_views;
                    output::line(format!(
                        "  {}: {sent} of {wanted} simulated page views",
                        calendar::text(*day)
                    ));
                }
            })
            .await?;
            sum.page_views += filled.page_views;
            sum.beacons += filled.beacons;
            sum.pauses += filled.pauses;
            sum.next_visitor = filled.next_visitor;
            if *day < self.today {
                // What is not counted on its day would land on the next one.
                counted(store, sum.beacons).await?;
            }
            let sealing = async {
                while sealer.seal_next().await?.is_some() {}
                anyhow::Ok(())
            };
            maintenance::alone(installation, store, sealing).await?;
        }
        Ok(sum)
    }

    fn go_to(&self, day: Day) {
        set_back(u64::from(self.today.0.saturating_sub(day.0)) * DAY_MS);
    }
}

/// Waits until so many beacons are counted.
async fn counted(store: &StoreSettings, beacons: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let report = verify(store).await?;
        let counted: u64 = report.partitions.iter().map(|partition| partition.interactions).sum();
        if counted >= beacons {
            tokio::time::sleep(RELEASED_AFTER).await;
            return Ok(());
        }
        ensure!(
            began.elapsed() < COUNTED_MAX,
            "the simulated beacons of a day are not counted after {} s",
            COUNTED_MAX.as_secs()
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Page views by day, oldest first.
fn parted(today: Day, days: u16, page_views: u64) -> Vec<(Day, u64)> {
    let is_there = |ago: &u16| *ago < DAILY || (days - 1 - ago).is_multiple_of(7);
    let all: Vec<Day> = (0..days)
        .rev()
        .filter(is_there)
        .map(|ago| Day(today.0.saturating_sub(ago)))
        .collect();
    // 1970-01-01 was a Thursday.
    let weight = |day: &Day| if (day.0 + 3) % 7 < 5 { 1.0 } else { WEEKEND };
    let whole: f64 = all.iter().map(weight).sum();
    let (mut weighed, mut given) = (0.0, 0);
    let mut part = |day: Day| {
        weighed += weight(&day);
        let until = (page_views as f64 * weighed / whole).round() as u64;
        let of_day = until - given;
        given = until;
        (day, of_day)
    };
    all.into_iter().map(&mut part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_views_are_parted_over_the_days_and_none_is_lost() {
        // A Monday.
        let today = Day(20_780);
        let days = parted(today, 64, 6_000);
        assert_eq!(days.iter().map(|(_, page_views)| page_views).sum::<u64>(), 6_000);
        assert_eq!((days[0].0, days[days.len() - 1].0), (Day(20_717), today));
        assert_eq!(days.len(), 30 + 5);
        let (sunday, monday) = (days[days.len() - 2].1, days[days.len() - 1].1);
        assert!((sunday as f64) < 0.7 * monday as f64, "{sunday} of {monday}");
    }

    #[test]
    fn one_day_is_today() {
        assert_eq!(parted(Day(20_780), 1, 500), [(Day(20_780), 500)]);
    }
}
