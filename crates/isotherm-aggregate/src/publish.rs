//! Texts become visible only when their ids have enough page views. Candidates come with the batches that mention them
//! and are forgotten when they are not ready: the next page view brings them again.

use std::collections::BTreeMap;

use isotherm_core::ports::{CountStore, StoreError, Text};
use rustc_hash::FxHashSet;

/// Most candidates that wait for the next asking. More are forgotten; their next page view brings them again.
pub const CANDIDATES_MAX: usize = 20_000;
/// Most published ids that are remembered, so that the store is not asked again. Beyond it all are forgotten and relearned.
pub const PUBLISHED_MAX: usize = 500_000;
/// The store is asked at most this often, in milliseconds.
pub const ASK_EVERY_MS: u64 = 1_000;

/// The candidates of one worker.
#[derive(Default, Debug)]
pub struct Publisher {
    waiting: BTreeMap<Box<str>, FxHashSet<Text>>,
    waiting_len: usize,
    published: FxHashSet<u64>,
    asked_ms: u64,
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

    /// Whether it is time to ask the store.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.waiting_len > 0 && now_ms >= self.asked_ms + ASK_EVERY_MS
    }

    /// Asks the store and forgets all candidates, ready or not. Says how many are published.
    pub fn ask(&mut self, store: &mut dyn CountStore, now_ms: u64) -> Result<usize, StoreError> {
        self.asked_ms = now_ms;
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
