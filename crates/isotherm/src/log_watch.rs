//! Watches the log on disk: how much waits in it and for how long, whether it takes more, and an alarm long before
//! anything is too old to keep.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use isotherm_core::Hour;
use isotherm_core::backlog::Backlog;
use isotherm_core::ports::Clock;
use isotherm_log::{AppendError, DiskLog, LogStats};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How often the log is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Hours for which the oldest record may wait before the alarm: a day of three is gone, two are left to act.
const ALARM_HOURS: u32 = 24;
/// The same within the life of a process, where waiting is known better than to the hour.
const ALARM_MS: u64 = ALARM_HOURS as u64 * 3_600_000;

/// Why the log takes nothing at the moment, as the last append found; `None` while it takes all. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Refusal(Arc<Mutex<Option<String>>>);

impl Refusal {
    /// Notes how an append ended.
    pub(crate) fn note<T>(&self, result: &Result<T, AppendError>) {
        *self.locked() = result.as_ref().err().map(ToString::to_string);
    }

    fn now(&self) -> Option<String> {
        self.locked().clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // A text has no broken middle state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said about the log.
#[derive(Default)]
struct LogMetrics {
    bytes: Gauge,
    bytes_max: Gauge,
    records: Gauge,
    seconds: Gauge<f64, AtomicU64>,
    damaged_files: Gauge,
    expired: Counter,
    alarm: Gauge,
}

impl LogMetrics {
    fn register(&self, registry: &mut Registry) {
        let gauges = [
            ("log_bytes", "Bytes of the log on disk", &self.bytes),
            ("log_bytes_max", "Bytes at which the log refuses more", &self.bytes_max),
            ("log_records", "Records that wait in the log on disk", &self.records),
            (
                "log_damaged_files",
                "Files of the log that were set aside",
                &self.damaged_files,
            ),
            (
                "log_alarm",
                "1 while the oldest record waits for 24 h or longer",
                &self.alarm,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "log_oldest_seconds",
            "How long the oldest record has waited in the log on disk",
            self.seconds.clone(),
        );
        registry.register(
            "log_records_expired",
            "Records that were too old to keep before they were counted or shipped",
            self.expired.clone(),
        );
    }
}

/// One partition's backlog each, and what was said before.
struct Watch {
    log: Arc<DiskLog>,
    refusal: Refusal,
    metrics: LogMetrics,
    backlogs: Vec<Backlog>,
    alarmed: bool,
}

/// Starts watching.
pub(crate) fn keep_watching(log: &Arc<DiskLog>, refusal: Refusal, tasks: &Tasks, ops: &Ops) {
    let metrics = LogMetrics::default();
    ops.register(|registry| metrics.register(registry));
    let mut watch = Watch {
        log: log.clone(),
        refusal,
        metrics,
        backlogs: vec![Backlog::default(); log.stats().partitions.len()],
        alarmed: false,
    };
    let (stop, ops) = (tasks.stop_signal(), ops.clone());
    tasks.spawn("log watch", async move {
        loop {
            let told = ops.clone();
            // Blocking: asking the disk may take long when it is ill.
            let looked = tokio::task::spawn_blocking(move || {
                watch.look(&SystemClock, &told);
                watch
            });
            // An error is a panic, which the thread has reported.
            let Ok(next) = looked.await else { return };
            watch = next;
            if tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await.is_ok() {
                return;
            }
        }
    });
}

impl Watch {
    fn look(&mut self, clock: &dyn Clock, ops: &Ops) {
        let now_ms = clock.unix_ms();
        let stats = self.log.stats();
        let age_ms = self.age_ms(&stats, now_ms);
        self.metrics.bytes.set(stats.bytes.cast_signed());
        self.metrics.bytes_max.set(stats.bytes_max.cast_signed());
        self.metrics.records.set(stats.records.cast_signed());
        self.metrics.seconds.set(age_ms as f64 / 1_000.0);
        self.metrics.damaged_files.set(stats.damaged_files.cast_signed());
        let expired = stats.expired_records.saturating_sub(self.metrics.expired.get());
        self.metrics.expired.inc_by(expired);
        let hours = stats
            .oldest_unreleased_hour
            .map_or(0, |hour| Hour::of_unix_ms(now_ms).0.saturating_sub(hour.0));
        self.tell_age(hours.max((age_ms / 3_600_000) as u32), age_ms >= ALARM_MS, ops);
        self.tell_room(ops);
    }

    /// Milliseconds for which the oldest record has waited, as far as this process saw it.
    fn age_ms(&mut self, stats: &LogStats, now_ms: u64) -> u64 {
        let partitions = stats.partitions.iter().zip(&mut self.backlogs);
        let ages = partitions.map(|(partition, backlog)| {
            backlog.note(partition.next, now_ms);
            backlog.age_ms(partition.released, now_ms)
        });
        ages.max().unwrap_or(0)
    }

    fn tell_age(&mut self, hours: u32, waited: bool, ops: &Ops) {
        // An hour's name is its beginning: a record of it may be an hour younger.
        let alarmed = waited || hours > ALARM_HOURS;
        self.metrics.alarm.set(i64::from(alarmed));
        if alarmed && !self.alarmed {
            tracing::error!(
                hours,
                "records have waited in the log for more than a day; after three they are too old to keep and are lost"
            );
        } else if self.alarmed && !alarmed {
            tracing::info!("no record has waited in the log for more than a day any more");
        }
        self.alarmed = alarmed;
        let text = || {
            format!(
                "the oldest record has waited for {hours} hours; after 70 it is lost: see why counting or Kafka stands still"
            )
        };
        ops.set_alarm("log", alarmed.then(text));
    }

    fn tell_room(&self, ops: &Ops) {
        // What was refused is tried again even if nobody sends anything: a balancer may have turned away because of it.
        if self.refusal.now().is_some() {
            self.refusal.note(&self.log.check_room());
        }
        ops.set_ready("collect", self.refusal.now().map_or(Ok(()), Err));
    }
}

#[cfg(test)]
mod tests {
    use isotherm_log::LogSettings;

    use super::*;

    struct At(AtomicU64);

    impl Clock for At {
        fn unix_ms(&self) -> u64 {
            self.0.load(std::sync::atomic::Ordering::SeqCst)
        }
    }

    fn watch(clock: &Arc<At>, bytes_max: u64) -> (Watch, std::path::PathBuf) {
        let name = format!("isotherm-log-watch-{}-{bytes_max}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let settings = LogSettings {
            dir: dir.clone(),
            partitions: 1,
            bytes_max,
            frame: isotherm_wire::record::frame,
            is_shipped: false,
        };
        let watch = Watch {
            log: Arc::new(DiskLog::open(settings, clock.clone()).expect("a log")),
            refusal: Refusal::default(),
            metrics: LogMetrics::default(),
            backlogs: vec![Backlog::default()],
            alarmed: false,
        };
        (watch, dir)
    }

    #[test]
    fn a_record_that_waits_for_a_day_is_an_alarm_long_before_it_is_lost() {
        const HOUR_MS: u64 = 3_600_000;
        let clock = Arc::new(At(AtomicU64::new(500_000 * HOUR_MS)));
        let (mut watch, dir) = watch(&clock, 1 << 30);
        let ops = Ops::new();
        watch.log.append(&[(0, vec![1; 100])]).expect("appended");
        for (hours, alarms) in [(0, 0), (23, 0), (25, 1), (69, 1)] {
            clock
                .0
                .store((500_000 + hours) * HOUR_MS, std::sync::atomic::Ordering::SeqCst);
            watch.look(&*clock, &ops);
            assert_eq!(ops.alarms().len(), alarms, "after {hours} hours");
            assert_eq!(watch.metrics.alarm.get(), alarms as i64);
            assert_eq!(watch.metrics.seconds.get(), (hours * 3_600) as f64);
            assert_eq!(ops.not_ready(), [], "an alarm takes nothing out of service");
        }
        clock.0.store(500_071 * HOUR_MS, std::sync::atomic::Ordering::SeqCst);
        watch.log.expire().expect("upkeep");
        watch.look(&*clock, &ops);
        assert_eq!(
            (ops.alarms().len(), watch.metrics.expired.get()),
            (0, 1),
            "lost, and said so"
        );
        drop(watch);
        std::fs::remove_dir_all(dir).expect("removed");
    }

    #[test]
    fn a_full_log_is_not_ready_and_is_ready_again_without_a_beacon() {
        let clock = Arc::new(At(AtomicU64::new(1_700_000_000_000)));
        let (mut watch, dir) = watch(&clock, 4 << 20);
        let ops = Ops::new();
        let group: Vec<(u16, Vec<u8>)> = (0..100).map(|_| (0, vec![7; 1_000])).collect();
        loop {
            let appended = watch.log.append(&group);
            watch.refusal.note(&appended);
            if appended.is_err() {
                break;
            }
        }
        watch.look(&*clock, &ops);
        let [("collect", why)] = &ops.not_ready()[..] else {
            panic!("a full log is ready");
        };
        assert!(why.contains("log is full"), "{why}");
        use isotherm_core::ports::EventLog;
        watch.log.reader().release(0, u64::MAX).expect("released");
        watch.look(&*clock, &ops);
        assert_eq!(ops.not_ready(), []);
        drop(watch);
        std::fs::remove_dir_all(dir).expect("removed");
    }
}
