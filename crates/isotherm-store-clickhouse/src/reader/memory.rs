//! Pages that are held in memory, so that a question about one of them is answered without the store. What is held is told
//! apart by the versions of the tables: the least change there, and it is asked for anew. It is never written anywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isotherm_core::held::HeldPage;
use isotherm_core::ids::PageId;
use tokio::sync::mpsc;

use super::state::{Newest, Versions};

/// A page of a site.
pub(super) type Key = (String, u64);

/// Texts by anchor; `None` where it has none yet that may be shown.
pub(super) type KnownTexts = HashMap<u64, Option<String>>;

/// What is known of a part of a page: its counts, or that they are too many to be held.
pub(super) type Held = Option<Arc<HeldPage>>;

/// Pages that wait to be read. Further ones are forgotten; who asks again has them wait again.
const WANTED_MAX: usize = 64;

/// The memory.
pub(super) struct Memory {
    /// Bytes of all pages together. Beyond it those go that nobody asked for the longest time.
    pub(super) bytes_max: usize,
    pub(super) newest: Newest,
    pages: Mutex<Pages>,
    want: mpsc::Sender<Key>,
    pub(super) wanted: tokio::sync::Mutex<mpsc::Receiver<Key>>,
}

#[derive(Default)]
struct Pages {
    by_key: HashMap<Key, Page>,
    bytes: usize,
    /// Counts the questions, to know which page was not asked for the longest time.
    questions: u64,
}

/// A page, each part with the version at which it was read.
#[derive(Default)]
struct Page {
    sealed: Option<(u64, Held)>,
    live: Option<(u64, Held)>,
    texts: Option<(u64, Arc<KnownTexts>)>,
    asked: u64,
    bytes: usize,
}

impl Memory {
    pub(super) fn new(bytes_max: usize) -> Memory {
        let (want, wanted) = mpsc::channel(WANTED_MAX);
        Memory {
            bytes_max,
            newest: Newest::new(),
            pages: Mutex::default(),
            want,
            wanted: tokio::sync::Mutex::new(wanted),
        }
    }

    /// The cohorts of a page and what waits for them; where that is not known it is read soon.
    pub(super) fn sealed(&self, site: &str, page: PageId, versions: &Versions) -> Option<Held> {
        let key = (site.to_owned(), page.0);
        let known = self.pages().asked(&key).and_then(|page| page.sealed.clone());
        let known = known.filter(|(version, _)| *version == versions.sealed);
        if known.is_none() {
            let _ = self.want.try_send(key);
        }
        known.map(|(_, held)| held)
    }

    /// What is live of a page.
    pub(super) fn live(&self, site: &str, page: PageId, versions: &Versions) -> Option<Held> {
        let known = self.pages().page(site, page)?.live.clone();
        known
            .filter(|(version, _)| *version == versions.live)
            .map(|(_, held)| held)
    }

    /// The texts of a page's anchors that are known.
    pub(super) fn texts(&self, site: &str, page: PageId, versions: &Versions) -> Arc<KnownTexts> {
        let known = self.pages().page(site, page).and_then(|page| page.texts.clone());
        known
            .filter(|(version, _)| *version == versions.texts)
            .map(|(_, texts)| texts)
            .unwrap_or_default()
    }

    pub(super) fn keep_sealed(&self, key: Key, versions: &Versions, held: Held) {
        let mut pages = self.pages();
        pages.by_key.entry(key.clone()).or_default();
        pages.add(&key, |page| page.sealed = Some((versions.sealed, held)));
        pages.make_room(self.bytes_max);
    }

    pub(super) fn keep_live(&self, key: Key, versions: &Versions, held: Held) {
        let mut pages = self.pages();
        pages.add(&key, |page| page.live = Some((versions.live, held)));
        pages.make_room(self.bytes_max);
    }

    pub(super) fn keep_texts(&self, key: Key, versions: &Versions, texts: Arc<KnownTexts>) {
        let mut pages = self.pages();
        pages.add(&key, |page| page.texts = Some((versions.texts, texts)));
        pages.make_room(self.bytes_max);
    }

    /// Lets go of what is not so any more: it may have been erased.
    pub(super) fn forget_old(&self, versions: Option<&Versions>) {
        let mut pages = self.pages();
        let Pages { by_key, bytes, .. } = &mut *pages;
        by_key.retain(|_, page| {
            *bytes -= page.bytes;
            let is_old =
                |version: u64, now: fn(&Versions) -> u64| versions.is_none_or(|versions| version != now(versions));
            page.live.take_if(|(version, _)| is_old(*version, |now| now.live));
            page.texts.take_if(|(version, _)| is_old(*version, |now| now.texts));
            page.sealed.take_if(|(version, _)| is_old(*version, |now| now.sealed));
            page.bytes = page.weigh();
            *bytes += if page.sealed.is_some() { page.bytes } else { 0 };
            page.sealed.is_some()
        });
    }

    /// How many pages are held, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        let pages = self.pages();
        (pages.by_key.len(), pages.bytes)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Nothing in here panics half-way.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn asked(&mut self, key: &Key) -> Option<&Page> {
        self.questions += 1;
        let page = self.by_key.get_mut(key)?;
        page.asked = self.questions;
        Some(page)
    }

    fn page(&self, site: &str, page: PageId) -> Option<&Page> {
        self.by_key.get(&(site.to_owned(), page.0))
    }

    /// Adds to a page that is held; there may have been no room for it.
    fn add(&mut self, key: &Key, put: impl FnOnce(&mut Page)) {
        let Some(page) = self.by_key.get_mut(key) else { return };
        self.bytes -= page.bytes;
        put(page);
        page.bytes = page.weigh();
        self.bytes += page.bytes;
    }

    /// Down to nine tenths at once, so that not every further page has all of them looked at.
    fn make_room(&mut self, bytes_max: usize) {
        if self.bytes <= bytes_max {
            return;
        }
        let mut oldest: Vec<(u64, Key)> = self
            .by_key
            .iter()
            .map(|(key, page)| (page.asked, key.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, key) in oldest {
            if self.bytes <= bytes_max / 10 * 9 {
                break;
            }
            self.bytes -= self.by_key.remove(&key).map_or(0, |page| page.bytes);
        }
    }
}

impl Page {
    fn weigh(&self) -> usize {
        let counts = |part: &Option<(u64, Held)>| {
            let held = part.as_ref().and_then(|(_, held)| held.as_ref());
            held.map_or(0, |held| held.bytes())
        };
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len) + TEXT_BYTES;
        let texts = self
            .texts
            .as_ref()
            .map_or(0, |(_, texts)| texts.values().map(text).sum());
        PAGE_BYTES + counts(&self.sealed) + counts(&self.live) + texts
    }
}

/// Bytes of a page, and of an anchor's text, beside what they hold: keys, maps, pointers.
const PAGE_BYTES: usize = 256;
const TEXT_BYTES: usize = 64;
