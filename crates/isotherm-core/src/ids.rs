//! Keyed 64-bit ids of pages and anchors. They name texts, never people: the same page has the same id for everybody.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::path::PagePath;
use crate::site::SiteKey;

/// The installation's secret key, made once at random. It keeps outsiders who see ids from guessing unpublished paths.
#[derive(Clone)]
pub struct IdKey([u8; 16]);

/// The id of (site, path).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageId(pub u64);

/// The id of (site, anchor text).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AnchorId(pub u64);

impl IdKey {
    /// A key from 16 random bytes.
    pub const fn new(bytes: [u8; 16]) -> IdKey {
        IdKey(bytes)
    }

    /// The key itself, to be kept where the installation keeps it.
    pub const fn bytes(&self) -> [u8; 16] {
        self.0
    }

    /// A key for another purpose, from which this one cannot be found: SipHash-2-4 of its name, twice.
    pub fn derived(&self, purpose: &[u8]) -> [u64; 2] {
        [b'0', b'1'].map(|half| {
            let mut hasher = SipHasher24::new_with_key(&self.0);
            // No kind of id has this letter.
            hasher.write_u8(b'k');
            hasher.write_u8(half);
            hasher.write(purpose);
            hasher.finish()
        })
    }

    /// The id of a page of a site.
    pub fn page(&self, site: &SiteKey, path: &PagePath) -> PageId {
        self.page_of_text(site.as_str(), path.as_str())
    }

    /// The same from texts that were validated before they were written to the log.
    pub fn page_of_text(&self, site: &str, path: &str) -> PageId {
        PageId(self.hash(b'p', site, path))
    }

    /// The id of an anchor of a site. Never 0, which stands for "no anchor" in rows.
    pub fn anchor_of_text(&self, site: &str, anchor: &str) -> AnchorId {
        AnchorId(self.hash(b'a', site, anchor).max(1))
    }

    /// SipHash-2-4 of kind, site, a separator that no site key holds, and text.
    fn hash(&self, kind: u8, site: &str, text: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write_u8(kind);
        hasher.write(site.as_bytes());
        hasher.write_u8(0);
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

impl PageId {
    /// The partition of the log in which the page's records lie.
    pub const fn partition(self, partitions: u16) -> u16 {
        (self.0 % partitions as u64) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_key_kind_site_and_text() {
        let (one, two) = (IdKey::new([1; 16]), IdKey::new([2; 16]));
        let ids = [
            one.page_of_text("acme", "/p").0,
            two.page_of_text("acme", "/p").0,
            one.page_of_text("acm", "e/p").0,
            one.page_of_text("acme", "/q").0,
            one.anchor_of_text("acme", "/p").0,
        ];
        let distinct: std::collections::BTreeSet<u64> = ids.into_iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(one.page_of_text("acme", "/p"), one.page_of_text("acme", "/p"));
    }
}
