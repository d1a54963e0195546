//! Pages that are held in memory, so that a question about one of them is answered without the store. What is held is told
//! apart by the versions of the tables: the least change there, and it is asked for anew. It is never written anywhere.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isotherm_core::held::HeldPage;
use isotherm_core::ids::PageId;
use tokio::sync::mpsc;

use super::state::{Newest, Versions};

/// A page of a site.
pub(super) type Key = (String, u64);

/// Texts by anchor; `None` where it has none yet that may be shown.
pub(super) type KnownTexts = HashMap<u64, Option<Arc<str>>>;

/// What is known of a part of a page: its counts, or that they are too many to be held.
pub(super) type Held = Option<Arc<HeldPage>>;

/// Pages that wait to be read. Further ones are forgotten; who asks again has them wait again.
const WANTED_MAX: usize = 64;
/// A part of a page takes at most one in so many of all bytes; a larger one is not held.
const PART_OF_ALL: usize = 4;
/// Bytes of a page, and of an anchor's text, beside what they hold: keys, maps, pointers.
const PAGE_BYTES: usize = 256;
const TEXT_BYTES: usize = 64;

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
    /// Pages that were asked for and are not read yet.
    wanted: HashSet<Key>,
    /// Pages whose live part is being read.
    reading: HashSet<Key>,
    /// What is of other versions is old, and is not kept however late it comes: it may have been erased.
    newest: Option<Versions>,
}

/// A page in its parts.
#[derive(Default)]
struct Page {
    sealed: Option<Part<Held>>,
    live: Option<Part<Held>>,
    texts: Option<Part<Arc<KnownTexts>>>,
    asked: u64,
}

/// A part of a page, with the version at which it was read.
#[derive(Clone)]
struct Part<T> {
    version: u64,
    what: T,
    bytes: usize,
}

/// Says that the live part of a page is being read, until it is dropped.
pub(super) struct LiveReading<'a> {
    memory: &'a Memory,
    key: Key,
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
        let mut pages = self.pages();
        pages.questions += 1;
        let asked = pages.questions;
        let known = pages.by_key.get_mut(&key).and_then(|page| {
            page.asked = asked;
            Part::of_version(&page.sealed, versions.sealed)
        });
        if known.is_none() && pages.wanted.insert(key.clone()) && self.want.try_send(key.clone()).is_err() {
            pages.wanted.remove(&key);
        }
        known
    }

    /// Whether the cohorts of a page are known at these versions.
    pub(super) fn is_known(&self, key: &Key, versions: &Versions) -> bool {
        let pages = self.pages();
        let page = pages.by_key.get(key);
        page.is_some_and(|page| Part::of_version(&page.sealed, versions.sealed).is_some())
    }

    /// A page that was asked for was read, or cannot be.
    pub(super) fn no_longer_wanted(&self, key: &Key) {
        self.pages().wanted.remove(key);
    }

    /// What is live of a page. What is too much stays so until the next seal.
    pub(super) fn live(&self, key: &Key, versions: &Versions) -> Option<Held> {
        let pages = self.pages();
        let live = &pages.by_key.get(key)?.live;
        Part::of_version(live, versions.live).or_else(|| Part::of_version(live, versions.sealed))
    }

    /// Leave to read the live part of a page, for one at a time.
    pub(super) fn read_live(&self, key: &Key) -> Option<LiveReading<'_>> {
        let is_first = self.pages().reading.insert(key.clone());
        is_first.then(|| LiveReading {
            memory: self,
            key: key.clone(),
        })
    }

    /// The texts of a page's anchors that are known.
    pub(super) fn texts(&self, key: &Key, versions: &Versions) -> Arc<KnownTexts> {
        let pages = self.pages();
        let page = pages.by_key.get(key);
        page.and_then(|page| Part::of_version(&page.texts, versions.texts))
            .unwrap_or_default()
    }

    pub(super) fn keep_sealed(&self, key: Key, versions: &Versions, held: Held) {
        let part = self.part(held, versions.sealed);
        let mut pages = self.pages();
        if !pages.is_newest(|newest| newest.sealed == versions.sealed) {
            return;
        }
        // What was asked for does not go before what nobody asked for.
        let asked = if pages.wanted.contains(&key) {
            pages.questions
        } else {
            0
        };
        let is_new = !pages.by_key.contains_key(&key);
        pages.bytes += if is_new { PAGE_BYTES } else { 0 };
        pages.by_key.entry(key.clone()).or_default();
        pages.change(&key, |page| {
            page.asked = page.asked.max(asked);
            page.sealed = Some(part);
        });
        pages.make_room(self.bytes_max);
    }

    pub(super) fn keep_live(&self, key: &Key, versions: &Versions, held: Held) -> Held {
        let mut part = self.part(held, versions.live);
        let held = part.what.clone();
        if held.is_none() {
            part.version = versions.sealed;
        }
        let mut pages = self.pages();
        if pages.is_newest(|newest| newest.live == versions.live) {
            pages.change(key, |page| page.live = Some(part));
            pages.make_room(self.bytes_max);
        }
        held
    }

    pub(super) fn keep_texts(&self, key: &Key, versions: &Versions, texts: Arc<KnownTexts>) {
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |text| text.len()) + TEXT_BYTES;
        let part = Part {
            version: versions.texts,
            bytes: texts.values().map(text).sum(),
            what: texts,
        };
        let mut pages = self.pages();
        if pages.is_newest(|newest| newest.texts == versions.texts) {
            pages.change(key, |page| page.texts = Some(part));
            pages.make_room(self.bytes_max);
        }
    }

    /// Lets go of what is not so any more: it may have been erased.
    pub(super) fn forget_old(&self, versions: Option<&Versions>) {
        let mut pages = self.pages();
        pages.newest = versions.copied();
        let Pages { by_key, bytes, .. } = &mut *pages;
        by_key.retain(|_, page| {
            *bytes -= page.bytes();
            let is_old =
                |version: u64, now: fn(&Versions) -> u64| versions.is_none_or(|versions| version != now(versions));
            page.live
                .take_if(|part| is_old(part.version, |now| now.live) && is_old(part.version, |now| now.sealed));
            page.texts.take_if(|part| is_old(part.version, |now| now.texts));
            page.sealed.take_if(|part| is_old(part.version, |now| now.sealed));
            let is_left = page.sealed.is_some();
            *bytes += if is_left { page.bytes() } else { 0 };
            is_left
        });
    }

    /// How many pages are held, and the bytes of all that is.
    pub(super) fn size(&self) -> (usize, usize) {
        let pages = self.pages();
        let is_held = |page: &&Page| page.sealed.as_ref().is_some_and(|part| part.what.is_some());
        (pages.by_key.values().filter(is_held).count(), pages.bytes)
    }

    /// Whether so many tenths of the bytes are taken.
    pub(super) fn is_full(&self, tenths: usize) -> bool {
        self.pages().bytes > self.bytes_max / 10 * tenths
    }

    /// Counts as a part; where they are too many, that they are.
    fn part(&self, held: Held, version: u64) -> Part<Held> {
        let bytes = held.as_ref().map_or(0, |held| held.bytes());
        let fits = bytes <= self.bytes_max / PART_OF_ALL;
        Part {
            version,
            what: held.filter(|_| fits),
            bytes: if fits { bytes } else { 0 },
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Nothing in here panics half-way.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn is_newest(&self, is_same: impl FnOnce(&Versions) -> bool) -> bool {
        self.newest.as_ref().is_some_and(is_same)
    }

    /// Changes a page that is held; there may have been no room for it.
    fn change(&mut self, key: &Key, put: impl FnOnce(&mut Page)) {
        let Some(page) = self.by_key.get_mut(key) else { return };
        self.bytes -= page.bytes();
        put(page);
        self.bytes += page.bytes();
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
            self.bytes -= self.by_key.remove(&key).map_or(0, |page| page.bytes());
        }
    }
}

impl Page {
    fn bytes(&self) -> usize {
        let counts = [&self.sealed, &self.live];
        let counts: usize = counts.into_iter().flatten().map(|part| part.bytes).sum();
        PAGE_BYTES + counts + self.texts.as_ref().map_or(0, |part| part.bytes)
    }
}

impl<T: Clone> Part<T> {
    fn of_version(part: &Option<Part<T>>, version: u64) -> Option<T> {
        let part = part.as_ref().filter(|part| part.version == version)?;
        Some(part.what.clone())
    }
}

impl Drop for LiveReading<'_> {
    fn drop(&mut self) {
        self.memory.pages().reading.remove(&self.key);
    }
}

#[cfg(test)]
mod tests;
