//! All forms of all canaries, looked for in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use anyhow::Context;

use crate::canary::{Canaries, Canary, Kind};
use crate::forms::{Form, forms};

/// A find. It names what was found, never the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hit {
    /// Where.
    pub sink: String,
    /// What kind of value.
    pub kind: Kind,
    /// In which form.
    pub form: Form,
}

/// The automaton.
pub struct Search {
    automaton: AhoCorasick,
    patterns: Vec<(Kind, Form)>,
}

impl Search {
    /// An automaton for these canaries. Letters match in either case.
    pub fn new(canaries: &Canaries) -> anyhow::Result<Search> {
        Search::of(canaries.all())
    }

    /// The same for values of one's own.
    ///
    /// # Errors
    /// There are too many of them.
    pub fn of<'c>(canaries: impl Iterator<Item = &'c Canary>) -> anyhow::Result<Search> {
        let (mut patterns, mut texts) = (Vec::new(), Vec::new());
        for canary in canaries {
            for (form, text) in forms(canary) {
                patterns.push((canary.kind, form));
                texts.push(text);
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(texts)
            .context("no automaton")?;
        Ok(Search { automaton, patterns })
    }

    /// How many values are looked for, in all their forms.
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Everything that is in these bytes; each kind and form once.
    pub fn hits(&self, sink: &str, bytes: &[u8]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for found in self.automaton.find_overlapping_iter(bytes) {
            let (kind, form) = self.patterns[found.pattern().as_usize()];
            let hit = Hit {
                sink: sink.to_owned(),
                kind,
                form,
            };
            if !hits.contains(&hit) {
                hits.push(hit);
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_canary_is_found_in_the_midst_of_other_bytes() {
        let canaries = Canaries::new(11);
        let search = Search::new(&canaries).expect("an automaton");
        assert!(canaries.all().count() >= 200);
        for canary in canaries.all() {
            for (form, text) in forms(canary) {
                let bytes = [&b"\0abc"[..], &text, b"xyz\xff"].concat();
                let hits = search.hits("here", &bytes);
                assert!(
                    hits.iter().any(|hit| (hit.kind, hit.form) == (canary.kind, form)),
                    "{form:?}"
                );
            }
        }
        assert!(search.hits("here", b"nothing of anybody, 0123456789abcdef").is_empty());
    }

    #[test]
    fn base64_is_found_wherever_the_value_begins_in_what_was_encoded() {
        use base64::Engine;
        let canaries = Canaries::new(12);
        let search = Search::new(&canaries).expect("an automaton");
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before}{} and more", canaries.requests[0][2].own);
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            let hits = search.hits("here", encoded.as_bytes());
            assert!(hits.iter().any(|hit| hit.form == Form::Base64), "{before:?}");
        }
    }
}
