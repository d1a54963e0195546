//! How fast one partition is worked: pauses after failures that grow and are spread, and batches that grow while the store
//! is slow, so that parts stay few.

use crate::worker::BatchLimits;

/// First pause after a failed step; it doubles up to `RETRY_MAX_MS`.
const RETRY_MIN_MS: u64 = 50;
/// Longest pause after failed steps: how late the aggregator notices that ClickHouse is back. Half of a pause is random,
/// so that many partitions and aggregators do not all come back at once.
const RETRY_MAX_MS: u64 = 5_000;
/// A batch gathers for at least this many times as long as the faster of the last two took to land, counted from its last
/// failure: a store that answers slowly, as one with many parts does, gets fewer and larger batches; one that was away does not
/// stay behind, and one landing that took long (the first after a start, one beside a rebalance) makes nobody wait.
const GATHER_SHARE: u64 = 4;
/// A batch of so many interactions tells by itself what the next one will take, and leaves the store that time: its merging
/// needs memory, too.
const TELLING_INTERACTIONS: u64 = 10_000;
/// Longest time for which a batch gathers, milliseconds, however slow the store is.
const FLUSH_DELAY_MAX_MS: u64 = 20_000;

/// The pace of one partition.
#[derive(Clone, Debug)]
pub struct Pace {
    limits: BatchLimits,
    pause_ms: u64,
    not_before_ms: u64,
    underway_since_ms: Option<u64>,
    /// How long the last batch took to land; 0 before the first.
    last_took_ms: u64,
    /// Since when nothing succeeds, and why.
    failing: Option<(u64, String)>,
    random: u64,
}

impl Pace {
    /// The pace at the start; the seed decides the random part of pauses.
    pub fn new(limits: BatchLimits, seed: u64) -> Pace {
        Pace {
            limits,
            pause_ms: 0,
            not_before_ms: 0,
            underway_since_ms: None,
            last_took_ms: 0,
            failing: None,
            random: seed,
        }
    }

    /// Whether a pause is not over.
    pub fn is_pausing(&self, now_ms: u64) -> bool {
        now_ms < self.not_before_ms
    }

    /// Notes whether a batch is closed and not landed.
    pub fn underway(&mut self, is_underway: bool, now_ms: u64) {
        if is_underway {
            self.underway_since_ms.get_or_insert(now_ms);
        }
    }

    /// There is nothing to do, so nothing fails.
    pub fn idle(&mut self) {
        self.pause_ms = 0;
        self.failing = None;
    }

    /// A batch of so many interactions landed; the bounds of the next.
    pub fn landed(&mut self, interactions: u64, now_ms: u64) -> BatchLimits {
        self.idle();
        let since_ms = self.underway_since_ms.take().unwrap_or(now_ms);
        let took_ms = now_ms.saturating_sub(since_ms);
        let before_ms = std::mem::replace(&mut self.last_took_ms, took_ms);
        let lately_ms = match interactions {
            TELLING_INTERACTIONS.. => took_ms,
            _ => took_ms.min(before_ms),
        };
        let delay_ms = lately_ms.saturating_mul(GATHER_SHARE).min(FLUSH_DELAY_MAX_MS);
        BatchLimits {
            flush_delay_ms: self.limits.flush_delay_ms.max(delay_ms),
            ..self.limits
        }
    }

    /// A step failed; the pause before the next, milliseconds.
    pub fn failed(&mut self, why: &str, now_ms: u64) -> u64 {
        self.pause_ms = (self.pause_ms * 2).clamp(RETRY_MIN_MS, RETRY_MAX_MS);
        let half_ms = self.pause_ms / 2;
        let pause_ms = half_ms + self.random() % (half_ms + 1);
        self.not_before_ms = now_ms + pause_ms;
        if let Some(since_ms) = &mut self.underway_since_ms {
            *since_ms = self.not_before_ms;
        }
        let since_ms = self.failing.as_ref().map_or(now_ms, |(since_ms, _)| *since_ms);
        self.failing = Some((since_ms, why.to_owned()));
        pause_ms
    }

    /// Why nothing succeeds, and for how many milliseconds by now.
    pub fn failing(&self, now_ms: u64) -> Option<(&str, u64)> {
        let (since_ms, why) = self.failing.as_ref()?;
        Some((why, now_ms.saturating_sub(*since_ms)))
    }

    /// The next number of a splitmix64 sequence (Steele, Lea, Flood 2014): enough to spread pauses.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        bytes_max: 1 << 20,
        flush_delay_ms: 500,
    };

    #[test]
    fn pauses_double_up_to_a_bound_are_spread_and_follow_the_seed() {
        let pauses = |seed| {
            let mut pace = Pace::new(LIMITS, seed);
            (0..12).map(|_| pace.failed("away", 0)).collect::<Vec<_>>()
        };
        assert_eq!(pauses(7), pauses(7));
        assert_ne!(pauses(7), pauses(8));
        let mut whole_ms = RETRY_MIN_MS;
        for pause_ms in pauses(7) {
            assert!(
                (whole_ms / 2..=whole_ms).contains(&pause_ms),
                "{pause_ms} of {whole_ms}"
            );
            whole_ms = (whole_ms * 2).min(RETRY_MAX_MS);
        }
    }

    #[test]
    fn a_success_ends_the_failing_and_its_pauses() {
        let mut pace = Pace::new(LIMITS, 1);
        for now_ms in [1_000, 2_000, 9_000] {
            pace.failed("away", now_ms);
        }
        assert_eq!(pace.failing(10_000), Some(("away", 9_000)));
        pace.landed(1, 10_000);
        assert_eq!(pace.failing(10_000), None);
        assert!(pace.failed("away", 11_000) <= RETRY_MIN_MS);
    }

    #[test]
    fn a_store_that_was_away_for_an_hour_gets_its_next_batch_as_soon_as_ever() {
        let mut pace = Pace::new(LIMITS, 1);
        pace.underway(true, 1_000);
        let mut now_ms = 2_000;
        while now_ms < 3_600_000 {
            now_ms += pace.failed("away", now_ms);
            pace.underway(true, now_ms);
        }
        assert_eq!(pace.landed(1, now_ms + 20).flush_delay_ms, 500);
        let mut land_slowly = |now_ms: u64| {
            pace.underway(true, now_ms);
            let pause_ms = pace.failed("too many parts", now_ms + 10);
            pace.landed(1, now_ms + 10 + pause_ms + 1_000).flush_delay_ms
        };
        assert_eq!(land_slowly(now_ms + 30), 500);
        assert_eq!(land_slowly(now_ms + 9_000), 4_000, "it is slow as well");
    }

    #[test]
    fn batches_gather_longer_while_the_store_is_slow_and_not_a_moment_longer_when_it_is_not() {
        let mut pace = Pace::new(LIMITS, 1);
        for (took_ms, delay_ms) in [
            (10, 500),
            (400, 500),
            (500, 1_600),
            (60_000, 2_000),
            (60_000, FLUSH_DELAY_MAX_MS),
            (20, 500),
            (60_000, 500),
        ] {
            pace.underway(true, 100_000);
            pace.underway(true, 100_001);
            let limits = pace.landed(1, 100_000 + took_ms);
            assert_eq!(
                (limits.flush_delay_ms, limits.bytes_max),
                (delay_ms, 1 << 20),
                "{took_ms} ms"
            );
        }
    }

    #[test]
    fn a_large_batch_that_was_slow_leaves_the_store_time_at_once() {
        for (interactions, delay_ms) in [(TELLING_INTERACTIONS - 1, 500), (TELLING_INTERACTIONS, 8_000)] {
            let mut pace = Pace::new(LIMITS, 1);
            pace.underway(true, 1_000);
            assert_eq!(pace.landed(interactions, 3_000).flush_delay_ms, delay_ms);
        }
    }
}
