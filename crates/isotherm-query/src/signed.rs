//! Texts that only this installation can have written: a claim and its HMAC-SHA-256 (RFC 2104), each as base64url.
//!
//! Sessions and grants are such texts, so that they are stored nowhere and hold on every machine of a cluster. A claim can be
//! read by who holds it; it must not contain a secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use isotherm_core::IdKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// Longest text that is looked at, characters; a longer one is not ours.
const CHARS_MAX: usize = 4_096;

type Code = Hmac<Sha256>;

/// Signs claims of one kind. Texts of another kind do not pass, since each kind has a key of its own.
pub(crate) struct Signer(Code);

impl Signer {
    /// The signer of this kind of claim.
    pub(crate) fn new(key: &IdKey, kind: &str) -> Signer {
        let of_kind = code(&key.bytes()).chain_update(kind).finalize().into_bytes();
        Signer(code(&of_kind))
    }

    /// The claim as a text.
    pub(crate) fn sign<T: Serialize>(&self, claim: &T) -> Option<String> {
        let claim = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claim).ok()?);
        let tag = self.0.clone().chain_update(&claim).finalize().into_bytes();
        Some(format!("{claim}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The claim, if this installation wrote it. The comparison takes the same time for every wrong tag.
    pub(crate) fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        let (claim, tag) = text.split_once('.').filter(|_| text.len() <= CHARS_MAX)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.0.clone().chain_update(claim).verify_slice(&tag).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claim).ok()?).ok()
    }
}

fn code(key: &[u8]) -> Code {
    // HMAC takes keys of every length.
    Code::new_from_slice(key).expect("a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(kind: &str) -> Signer {
        Signer::new(&IdKey::new([7; 16]), kind)
    }

    #[test]
    fn a_claim_is_read_back() {
        let text = signer("grant").sign(&("acme", 3)).expect("a text");
        assert_eq!(signer("grant").open::<(String, u8)>(&text), Some(("acme".into(), 3)));
    }

    #[test]
    fn other_kinds_other_keys_and_changed_texts_are_refused() {
        let text = signer("grant").sign(&"acme").expect("a text");
        assert_eq!(signer("session").open::<String>(&text), None);
        let other = Signer::new(&IdKey::new([8; 16]), "grant");
        assert_eq!(other.open::<String>(&text), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            // The last character of base64 has bits that say nothing; those are refused as well.
            assert_eq!(signer("grant").open::<String>(&changed), None, "changed at {at}");
        }
        for text in ["", ".", "a.b", &"a".repeat(5_000)] {
            assert_eq!(signer("grant").open::<String>(text), None);
        }
    }
}
