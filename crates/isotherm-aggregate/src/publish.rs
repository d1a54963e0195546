//! Texts become visible only when their ids have enough page views. Candidates come with the batches that mention them
//! and are forgotten when they are not ready: the next page view brings them again.

use std::collections::BTreeMap;

use isotherm_core::ports::{Clock, CountStore, StoreError, Text};
use rustc_hash::FxHashSet;

/// Most candidates that wait for the next asking. More are forgotten; their next page view brings them again.
pub const CANDIDATES_MAX: usize = 20_000;
/// Most published ids that are remembered, so that the store is not asked again. Beyond it all are forgotten and relearned.
pub const PUBLISHED_MAX: usize = 500_000;
/// The store is asked at most this often, in milliseconds.
pub const ASK_EVERY_MS: u64 = 1_000;
/// After an answer that took long the store is left alone this many times as long: asking reads all counts of a site's
/// elements, and must stay a small share of the work however large a site grows.
pub const ASK_SHARE: u64 = 20;

/// Published ids are remembered this long: what was erased meanwhile is then asked about again, and listed again once it
/// has enough new page views. Learning again costs one look at the ids by which the dictionaries are sorted.
pub const PUBLISHED_MS: u64 = 30_000;

/// The candidates of one worker.
#[derive(Clone, Default, Debug)]
pub struct Publisher {
    waiting: BTreeMap<Box<str>, FxHashSet<Text>>,
    waiting_len: usize,
    published: FxHashSet<u64>,
    not_before_ms: u64,
    forget_ms: u64,
}

impl Publisher {
    /// Takes the texts of a landed batch.
    pub fn add(&mut self, texts: Vec<(Box<str>, Text)>) {
        for (site, text) in texts {
            if self.waiting_len >= CANDIDATES_MAX {
                return;
            }
            if !self.published.contains(&id(&text)) && self.waiting.entry(site).or_default().insert(text) {
                self.waiting_len += 1;
            }
        }
    }

    /// Whether it is time to ask the store. Also the time to forget what was published long ago.
    pub fn is_due(&mut self, now_ms: u64) -> bool {
        if now_ms >= self.forget_ms {
            self.published.clear();
            self.forget_ms = now_ms + PUBLISHED_MS;
        }
        self.waiting_len > 0 && now_ms >= self.not_before_ms
    }

    /// Asks the store and forgets all candidates, ready or not. Says how many are published.
    pub fn ask(&mut self, store: &mut dyn CountStore, clock: &dyn Clock) -> Result<usize, StoreError> {
        let asked_ms = clock.unix_ms();
        let published = self.ask_now(store);
        let took_ms = clock.unix_ms().saturating_sub(asked_ms);
        self.not_before_ms = asked_ms + (took_ms * ASK_SHARE).max(ASK_EVERY_MS);
        published
    }

    fn ask_now(&mut self, store: &mut dyn CountStore) -> Result<usize, StoreError> {
        self.waiting_len = 0;
        let mut published = 0;
        for (site, texts) in std::mem::take(&mut self.waiting) {
            let texts: Vec<Text> = texts.into_iter().collect();
            let ready = store.publish(&site, &texts)?;
            published += ready.len();
            if self.published.len() + ready.len() > PUBLISHED_MAX {
                self.published.clear();
            }
            self.published.extend(ready.iter().map(id));
        }
        Ok(published)
    }
}

/// Page and anchor ids are hashes over different kinds, so one set holds both.
fn id(text: &Text) -> u64 {
    match text {
        Text::Page(page, _) => page.0,
        Text::Anchor(anchor, _) => anchor.0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use isotherm_core::PageId;
    use isotherm_core::day::Day;
    use isotherm_core::ports::{Block, Inserted, LedgerEnd};
    use isotherm_core::record::{Lanes, LogId};

    use super::*;

    struct Time(AtomicU64);

    impl Clock for Time {
        fn unix_ms(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    /// A store that only publishes, and takes its time.
    struct Slow<'a> {
        time: &'a Time,
        takes_ms: u64,
    }

    impl CountStore for Slow<'_> {
        fn ledger_end(&mut self, _: LogId, _: u16) -> Result<Option<LedgerEnd>, StoreError> {
            unreachable!("publishing asks for no positions")
        }
        fn lanes(&mut self, _: LogId, _: u16) -> Result<Lanes, StoreError> {
            unreachable!("publishing asks for no lanes")
        }
        fn landing_is_open(&mut self, _: Day) -> Result<bool, StoreError> {
            unreachable!("publishing asks for no landing")
        }
        fn insert(&mut self, _: &Block) -> Result<Inserted, StoreError> {
            unreachable!("publishing inserts no block")
        }
        fn publish(&mut self, _: &str, _: &[Text]) -> Result<Vec<Text>, StoreError> {
            self.time.0.fetch_add(self.takes_ms, Ordering::SeqCst);
            Ok(Vec::new())
        }
    }

    #[test]
    fn what_is_published_is_not_asked_about_again_until_it_is_forgotten() {
        let mut publisher = Publisher::default();
        assert!(!publisher.is_due(0));
        publisher.published.insert(1);
        let candidate = || vec![("acme".into(), Text::Page(PageId(1), "/p".into()))];
        publisher.add(candidate());
        assert!(!publisher.is_due(PUBLISHED_MS - 1), "it is known");
        assert!(!publisher.is_due(PUBLISHED_MS));
        publisher.add(candidate());
        assert!(publisher.is_due(PUBLISHED_MS), "it may have been erased");
    }

    #[test]
    fn a_store_that_takes_long_is_asked_seldom() {
        for (takes_ms, next_ms) in [(1, 1_000), (50, 1_000), (400, 8_000)] {
            let time = Time(AtomicU64::new(0));
            let mut publisher = Publisher::default();
            let candidate = || vec![("acme".into(), Text::Page(PageId(1), "/p".into()))];
            publisher.add(candidate());
            publisher
                .ask(&mut Slow { time: &time, takes_ms }, &time)
                .expect("an answer");
            publisher.add(candidate());
            assert!(
                !publisher.is_due(next_ms - 1) && publisher.is_due(next_ms),
                "{takes_ms} ms"
            );
        }
    }
}
