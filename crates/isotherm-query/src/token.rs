//! Read and admin tokens: made here, shown once, stored as a hash only.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use isotherm_core::control::{Scope, Token, TokenHash};
use isotherm_core::{Day, SiteKey};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::date;

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

/// What a token is to open, for whom, and how long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// What it may do.
    pub scope: Scope,
    /// Networks from which it may be used, each an address or a CIDR; empty for any.
    pub allow_ip: Vec<String>,
    /// The last UTC day on which it opens anything, `YYYY-MM-DD`; `None` without end.
    pub expires: Option<String>,
}

/// Most networks of a token or a site. More are refused: the list is compared at every request.
pub const NETWORKS_MAX: usize = 64;

/// Terms that cannot hold.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TermsError {
    /// Not a network.
    #[error("`{0}` is no network: write an address or a CIDR such as 203.0.113.0/24")]
    Network(String),
    /// Too many networks.
    #[error("a list has at most {NETWORKS_MAX} networks")]
    Networks,
    /// Not a day, or one that has passed.
    #[error("`{0}` is no day from today on: write YYYY-MM-DD, a UTC day")]
    Expires(String),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}

/// Makes a token of a site on these terms: what its owner gets, and what is stored.
///
/// # Errors
/// When the terms cannot hold, or the system gives no random bytes.
pub fn issue(site: &SiteKey, terms: &Terms, today: Day) -> Result<(Fresh, Token), TermsError> {
    check_networks(&terms.allow_ip)?;
    let day = |text: &String| {
        let day = date::parse(text).filter(|day| *day >= today);
        day.ok_or_else(|| TermsError::Expires(text.clone()))
    };
    let expires = terms.expires.as_ref().map(day).transpose()?;
    let fresh = generate().map_err(|_| TermsError::NoRandom)?;
    let token = Token {
        id: fresh.id.clone(),
        hash: fresh.hash,
        site: site.clone(),
        scope: terms.scope,
        allow_ip: terms.allow_ip.clone(),
        created: today,
        expires,
        last_used: None,
    };
    Ok((fresh, token))
}

/// Refuses a list of networks, of a token or a site, that cannot hold.
///
/// # Errors
/// When it is too long, or names something else than addresses and networks.
pub fn check_networks(networks: &[String]) -> Result<(), TermsError> {
    if networks.len() > NETWORKS_MAX {
        return Err(TermsError::Networks);
    }
    let is_network = |text: &&String| text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok();
    match networks.iter().find(|text| !is_network(text)) {
        Some(other) => Err(TermsError::Network(other.clone())),
        None => Ok(()),
    }
}

impl Terms {
    /// The word for what a token may do.
    pub const fn scope_name(scope: Scope) -> &'static str {
        match scope {
            Scope::Read => "read",
            Scope::Admin => "admin",
        }
    }
}

/// A token as lists show it: everything but its secret, which nobody has.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub struct Listed {
    /// Its public name.
    pub id: String,
    /// Its site.
    pub site: String,
    /// `read` or `admin`.
    #[schemars(extend("enum" = ["read", "admin"]))]
    pub scope: &'static str,
    /// The day it was made.
    pub created: String,
    /// The last day on which it opens anything; null without end.
    pub expires: Option<String>,
    /// The day it was last used, if it was.
    pub last_used: Option<String>,
    /// Networks from which it may be used; empty for any.
    pub allow_ip: Vec<String>,
}

impl From<&Token> for Listed {
    fn from(token: &Token) -> Listed {
        Listed {
            id: token.id.clone(),
            site: token.site.as_str().to_owned(),
            scope: Terms::scope_name(token.scope),
            created: date::text(token.created),
            expires: token.expires.map(date::text),
            last_used: token.last_used.map(date::text),
            allow_ip: token.allow_ip.clone(),
        }
    }
}

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
    generate_with(SECRET_PREFIX)
}

/// The same, beginning with another prefix of the same length.
pub(crate) fn generate_with(prefix: &str) -> Result<Fresh, getrandom::Error> {
    let mut random = [0_u8; SECRET_BYTES + ID_BYTES];
    getrandom::fill(&mut random)?;
    let (secret, id) = random.split_at(SECRET_BYTES);
    let secret = format!("{prefix}{}", base64url(secret));
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
    is_well_formed_with(SECRET_PREFIX, text)
}

/// The same for secrets that begin with another prefix.
pub(crate) fn is_well_formed_with(prefix: &str, text: &str) -> bool {
    let plain = |byte: u8| BASE64URL.contains(&byte);
    text.len() == SECRET_CHARS && text.starts_with(prefix) && text.bytes().all(plain)
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
