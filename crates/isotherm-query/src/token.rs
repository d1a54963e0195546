//! Read and admin tokens: made here, shown once, stored as a hash only.

use isotherm_core::control::TokenHash;
use sha2::{Digest, Sha256};
use std::fmt;

/// What every token starts with, so that people and secret scanners recognise one.
pub const SECRET_PREFIX: &str = "iso_";

/// Random bytes of a token: 256 bits, so that a plain hash of it cannot be guessed backwards.
const SECRET_BYTES: usize = 32;
/// Length of a token in characters: the prefix, and six bits per character of base64url without padding.
const SECRET_CHARS: usize = SECRET_PREFIX.len() + (SECRET_BYTES * 8).div_ceil(6);
/// Random bytes of a token's public name: 48 bits are unique among any number of tokens that an installation has.
const ID_BYTES: usize = 6;

/// The alphabet of RFC 4648, section 5.
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token that was just made. The secret is shown to its owner once and kept nowhere.
pub struct Fresh {
    /// What its owner sends as `Authorization: Bearer …`.
    pub secret: String,
    /// What is stored.
    pub hash: TokenHash,
    /// The public name by which it is listed and revoked: 12 hexadecimal digits.
    pub id: String,
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("secret", &"***")
            .field("id", &self.id)
            .finish()
    }
}

/// Makes a token from the operating system's randomness.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn generate() -> Result<Fresh, getrandom::Error> {
    let mut random = [0_u8; SECRET_BYTES + ID_BYTES];
    getrandom::fill(&mut random)?;
    let (secret, id) = random.split_at(SECRET_BYTES);
    let secret = format!("{SECRET_PREFIX}{}", base64url(secret));
    Ok(Fresh {
        hash: hash(&secret),
        id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        secret,
    })
}

/// The hash under which a token is stored and looked up. Looking up a hash leaks nothing of the secret by its timing:
/// who could use the difference would have to choose the hash.
pub fn hash(secret: &str) -> TokenHash {
    TokenHash(Sha256::digest(secret.as_bytes()).into())
}

/// Whether a text can be a token at all; what cannot is not even hashed.
pub(crate) fn is_well_formed(text: &str) -> bool {
    let plain = |byte: u8| BASE64URL.contains(&byte);
    text.len() == SECRET_CHARS && text.starts_with(SECRET_PREFIX) && text.bytes().all(plain)
}

/// RFC 4648, section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(6));
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let index = group >> (18 - 6 * position) & 63;
            text.push(char::from(BASE64URL[index as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn a_token_is_well_formed_hashed_and_never_the_same() {
        let (one, two) = (generate().expect("randomness"), generate().expect("randomness"));
        assert!(one.secret != two.secret && one.id != two.id && one.hash != two.hash);
        assert!(is_well_formed(&one.secret));
        assert_eq!(one.secret.len(), 47);
        assert_eq!(one.id.len(), 12);
        assert!(hash(&one.secret) == one.hash);
        assert!(!format!("{one:?}").contains(&one.secret));
    }

    #[test]
    fn the_hash_is_sha_256() {
        let TokenHash(bytes) = hash("abc");
        assert_eq!(bytes[..4], [0xba, 0x78, 0x16, 0xbf]);
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let good = generate().expect("randomness").secret;
        let others = [
            String::new(),
            good.replace("iso_", "iso-"),
            format!("{good}A"),
            good[..46].to_owned(),
        ];
        for bad in others {
            assert!(!is_well_formed(&bad));
        }
        assert!(!is_well_formed(&format!("{}=", &good[..46])));
    }
}
