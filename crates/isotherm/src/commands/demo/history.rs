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
/// Two days that follow each other are one landing: the first is before midnight, the second behind it, each by more than it may
/// take to send a day's visitors and to count them.
const AROUND_MIDNIGHT_MS: u64 = 15 * 60_000;
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
/// How often a seal that failed is tried again, and how long after.
const SEAL_RETRIES_MAX: u32 = 5;
const SEAL_PAUSE: Duration = Duration::from_secs(2);
/// How often is asked whether it is counted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Days, and how many page views each has.
pub(super) struct History {
    /// The time at its begin, and since when that is.
    now_ms: u64,
    begun: Instant,
    /// One or two days, which are counted together.
    turns: Vec<Vec<(Day, u64)>>,
}

impl History {
    /// So many days, today the last. The first of them begins now: call it before anything asks for the time.
    pub(super) fn begin(days: u16, page_views: u64) -> History {
        let now_ms = SystemClock.unix_ms();
        let turns = in_turns(parted(Day::of_unix_ms(now_ms), days, page_views));
        let history = History {
            now_ms,
            begun: Instant::now(),
            turns,
        };
        history.go_to(history.first(), 0);
        history
    }

    /// Today alone, with what it has of so many days.
    pub(super) fn today_of(days: u16, page_views: u64) -> History {
        let now_ms = SystemClock.unix_ms();
        let today = parted(Day::of_unix_ms(now_ms), days, page_views);
        History {
            now_ms,
            begun: Instant::now(),
            turns: today.last().map(|of_today| vec![*of_today]).into_iter().collect(),
        }
    }

    /// Sends each day's visitors on that day, and seals what is due.
    pub(super) async fn fill(
        &self,
        settings: &FillSettings,
        installation: &Installation,
        store: &StoreSettings,
    ) -> anyhow::Result<Filled> {
        let wanted: u64 = self.turns.iter().flatten().map(|(_, page_views)| page_views).sum();
        let span = match self.turns.iter().flatten().count() {
            1 => calendar::text(self.today()),
            _ => format!("{} to {}", calendar::text(self.first()), calendar::text(self.today())),
        };
        output::line(format!(
            "Sending {wanted} simulated page views of {span} through the public endpoint…"
        ));
        let sealer = Sealer::new(store, Arc::new(SystemClock));
        let mut sent = Sent::new(settings, wanted);
        for turn in &self.turns {
            for (nth, (day, page_views)) in turn.iter().enumerate() {
                self.go_to(*day, nth);
                sent.day(*day, *page_views).await?;
            }
            let sealing = maintenance::alone(installation, store, seal_due(&sealer));
            // What is not counted on its day would land on the next one; today's is counted while people look.
            let until = if turn.last().is_some_and(|(day, _)| *day < self.today()) {
                sent.sum.beacons
            } else {
                0
            };
            tokio::try_join!(sealing, counted(store, until))?;
        }
        Ok(sent.sum)
    }

    fn today(&self) -> Day {
        Day::of_unix_ms(self.now_ms)
    }

    fn first(&self) -> Day {
        self.turns
            .iter()
            .flatten()
            .map(|(day, _)| *day)
            .next()
            .unwrap_or(self.today())
    }

    /// Sets the clock to shortly before the end of a turn's first day, or shortly behind the begin of its second one; today it is
    /// right.
    fn go_to(&self, day: Day, nth: usize) {
        set_back(back_ms(self.now_ms, self.begun.elapsed(), day, nth));
    }
}

/// How far the clock is set back for a day, when so much time has passed since it was `began_ms`: what was spent on the days
/// before is no part of this one.
fn back_ms(began_ms: u64, passed: Duration, day: Day, nth: usize) -> u64 {
    let now_ms = began_ms + passed.as_millis() as u64;
    let midnight_ms = (u64::from(day.0) + 1 - nth as u64) * DAY_MS;
    match nth {
        _ if day >= Day::of_unix_ms(began_ms) => 0,
        0 => now_ms - (midnight_ms - AROUND_MIDNIGHT_MS),
        _ => now_ms - (midnight_ms + AROUND_MIDNIGHT_MS),
    }
}

/// What was sent, and where the next day begins.
struct Sent<'a> {
    settings: &'a FillSettings,
    wanted: u64,
    sum: Filled,
    told: Instant,
}

impl Sent<'_> {
    fn new(settings: &FillSettings, wanted: u64) -> Sent<'_> {
        let sum = Filled {
            next_visitor: settings.first_visitor,
            ..Filled::default()
        };
        Sent {
            settings,
            wanted,
            sum,
            told: Instant::now(),
        }
    }

    /// A day's visitors; says now and then how far it is.
    async fn day(&mut self, day: Day, page_views: u64) -> anyhow::Result<()> {
        let of_day = FillSettings {
            first_visitor: self.sum.next_visitor,
            page_views,
            ..self.settings.clone()
        };
        let (told, before, wanted) = (&mut self.told, self.sum.page_views, self.wanted);
        let filled = fill(of_day, |progress| {
            if told.elapsed() >= TELL_EVERY {
                *told = Instant::now();
                let sent = before + progress.page_views;
                output::line(format!(
                    "  {}: {sent} of {wanted} simulated page views",
                    calendar::text(day)
                ));
            }
        })
        .await?;
        self.sum.page_views += filled.page_views;
        self.sum.beacons += filled.beacons;
        self.sum.pauses += filled.pauses;
        self.sum.next_visitor = filled.next_visitor;
        Ok(())
    }
}

/// Seals what is due. A store that has no memory for it now has some soon; an attempt that was given up counts nothing.
async fn seal_due(sealer: &Sealer) -> anyhow::Result<()> {
    let mut failures = 0;
    loop {
        match sealer.seal_next().await {
            Ok(Some(_)) => failures = 0,
            Ok(None) => return Ok(()),
            Err(error) if failures == SEAL_RETRIES_MAX => return Err(error.into()),
            Err(_) => {
                failures += 1;
                tokio::time::sleep(SEAL_PAUSE).await;
            }
        }
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

/// Two days that follow each other are a turn; today is one by itself.
fn in_turns(days: Vec<(Day, u64)>) -> Vec<Vec<(Day, u64)>> {
    let today = days.last().map(|(day, _)| *day);
    let mut turns: Vec<Vec<(Day, u64)>> = Vec::new();
    for (day, page_views) in days {
        let follows = |turn: &&mut Vec<(Day, u64)>| turn.len() == 1 && turn[0].0.0 + 1 == day.0 && Some(day) != today;
        match turns.last_mut().filter(follows) {
            Some(turn) => turn.push((day, page_views)),
            None => turns.push(vec![(day, page_views)]),
        }
    }
    turns
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
    fn two_days_that_follow_each_other_are_counted_together_and_today_alone() {
        let days = [1, 8, 9, 10, 11].map(|day| (Day(day), 1));
        let turns = in_turns(days.to_vec());
        let named: Vec<Vec<u16>> = turns
            .iter()
            .map(|turn| turn.iter().map(|(day, _)| day.0).collect())
            .collect();
        assert_eq!(named, [vec![1], vec![8, 9], vec![10], vec![11]]);
    }

    #[test]
    fn a_day_begins_at_its_time_however_long_the_days_before_it_took() {
        let today = Day(20_780);
        let began_ms = u64::from(today.0) * DAY_MS + 1_000;
        for passed_s in [0, 59, 61, 3_600] {
            let at = |day, nth| {
                let passed = Duration::from_secs(passed_s);
                let now_ms = began_ms + passed_s * 1_000;
                now_ms - back_ms(began_ms, passed, Day(day), nth)
            };
            let midnight_ms = 20_771 * DAY_MS;
            assert_eq!(at(20_770, 0), midnight_ms - AROUND_MIDNIGHT_MS);
            assert_eq!(at(20_771, 1), midnight_ms + AROUND_MIDNIGHT_MS);
            assert_eq!(at(today.0, 0), began_ms + passed_s * 1_000, "today it is right");
        }
    }

    #[test]
    fn one_day_is_today() {
        assert_eq!(parted(Day(20_780), 1, 500), [(Day(20_780), 500)]);
    }
}
