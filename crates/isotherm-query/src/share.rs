//! Share links: made here, shown once, stored as hashes only. A password is a second thing that who opens one must have.

use std::ops::RangeInclusive;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use isotherm_core::control::Share;
use isotherm_core::path::PagePath;
use isotherm_core::{Day, IdKey, SiteKey};
use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::{date, token};

/// What the secret of every link starts with, so that it is never taken for a token.
pub const SECRET_PREFIX: &str = "isl_";
/// Longest life of a link, days. A longer one is refused: what nobody thinks of any more should end by itself.
pub const DAYS_MAX: u16 = 366;
/// Characters of a password. A shorter one is guessed, a longer one is none that people type.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 8..=128;
/// Random bytes of a password's salt, as RFC 9106, section 3.1 recommends.
const SALT_BYTES: usize = 16;

/// What a link is to show, how long, and to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Terms {
    /// The path of the one page that it shows; `None` for all of the site.
    pub page: Option<String>,
    /// The last UTC day on which it opens anything, `YYYY-MM-DD`.
    pub expires: String,
    /// What who opens it must know besides the link.
    pub password: Option<String>,
    /// The id of the token that makes it, or `command line`.
    pub made_by: String,
}

/// Terms that cannot hold.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TermsError {
    /// No path of a page.
    #[error("is no path of a page")]
    Page,
    /// Not a day, one that has passed, or one too far off.
    #[error("is no day from today on and within {DAYS_MAX} days: write YYYY-MM-DD, a UTC day")]
    Expires,
    /// Too short or too long.
    #[error("has at least {} and at most {} characters", PASSWORD_CHARS.start(), PASSWORD_CHARS.end())]
    Password,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}

/// Makes a link of a site on these terms: the secret that stands in it, and what is stored. Takes some 20 ms of a core and
/// 19 MiB where there is a password.
///
/// # Errors
/// When the terms cannot hold, or the system gives no random bytes.
pub fn issue(site: &SiteKey, terms: &Terms, key: &IdKey, today: Day) -> Result<(String, Share), TermsError> {
    let path = |text: &String| PagePath::normalise(text).map_err(|_| TermsError::Page);
    let page = terms.page.as_ref().map(path).transpose()?;
    let days = today.0..=today.0.saturating_add(DAYS_MAX);
    let expires = date::parse(&terms.expires).filter(|day| days.contains(&day.0));
    let expires = expires.ok_or(TermsError::Expires)?;
    let password = terms.password.as_deref().map(hashed).transpose()?;
    let fresh = token::generate_with(SECRET_PREFIX).map_err(|_| TermsError::NoRandom)?;
    let share = Share {
        id: fresh.id,
        hash: fresh.hash,
        site: site.clone(),
        page: page.map(|path| key.page(site, &path)),
        created: today,
        expires,
        password,
        made_by: terms.made_by.clone(),
    };
    Ok((fresh.secret, share))
}

/// The address of a link. The secret stands in the fragment, which browsers send to nobody.
pub fn url(public_url: &str, secret: &str) -> String {
    format!("{public_url}/#/shared/{secret}")
}

/// Whether what was given is the link's password. Takes as long as [`issue`].
pub(crate) fn is_password(stored: &str, given: &str) -> bool {
    let known = PasswordHash::new(stored);
    known.is_ok_and(|known| Argon2::default().verify_password(given.as_bytes(), &known).is_ok())
}

/// Whether a text can be a link's secret at all; what cannot is not even hashed.
pub(crate) fn is_well_formed(text: &str) -> bool {
    token::is_well_formed_with(SECRET_PREFIX, text)
}

/// Argon2id with 19 MiB, two passes and one lane, as a PHC string.
fn hashed(password: &str) -> Result<String, TermsError> {
    if !PASSWORD_CHARS.contains(&password.chars().count()) {
        return Err(TermsError::Password);
    }
    let mut salt = [0_u8; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|_| TermsError::NoRandom)?;
    // 16 bytes are within the bounds of a salt.
    let salt = SaltString::encode_b64(&salt).expect("a salt of 16 bytes");
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    // The parameters are Argon2's own, and a password of at most 512 bytes is within its bounds.
    Ok(hash.expect("a password within its bounds").to_string())
}

/// A link as lists show it: everything but its secret, which nobody has.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Share")]
pub struct Listed {
    /// The name by which it is listed and revoked.
    pub id: String,
    /// Its site.
    pub site: String,
    /// `site`, or `page` for one page of it.
    #[schemars(extend("enum" = ["site", "page"]))]
    pub shows: &'static str,
    /// The page's path, where it is one page and its path is published.
    pub page: Option<String>,
    /// The day it was made.
    pub created: String,
    /// The last day on which it opens anything.
    pub expires: String,
    /// Whether it asks for a password.
    pub password: bool,
    /// The id of the token that made it, or `command line`.
    pub made_by: String,
}

impl Listed {
    /// The link, with the path of its page where that is known.
    pub fn of(share: &Share, path: Option<String>) -> Listed {
        Listed {
            id: share.id.clone(),
            site: share.site.as_str().to_owned(),
            shows: if share.page.is_some() { "page" } else { "site" },
            page: path,
            created: date::text(share.created),
            expires: date::text(share.expires),
            password: share.password.is_some(),
            made_by: share.made_by.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_527);

    fn made(page: Option<&str>, expires: &str, password: Option<&str>) -> Result<(String, Share), TermsError> {
        let terms = Terms {
            page: page.map(str::to_owned),
            expires: expires.into(),
            password: password.map(str::to_owned),
            made_by: "command line".into(),
        };
        let site = SiteKey::parse("acme").expect("a key");
        issue(&site, &terms, &IdKey::new([7; 16]), TODAY)
    }

    #[test]
    fn a_link_keeps_neither_its_secret_nor_its_page_nor_its_password() {
        let (secret, share) = made(Some("/a/?q=1"), "2026-04-01", Some("a long password")).expect("made");
        assert!(is_well_formed(&secret) && !token::is_well_formed(&secret));
        assert!(share.hash == token::hash(&secret));
        let stored = share.password.expect("a password");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !stored.contains("long"));
        assert!(is_password(&stored, "a long password") && !is_password(&stored, "a long passwore"));
        assert!(!is_password("", "") && !is_password("$argon2id$", "a long password"));
        let (again, _) = made(None, "2026-04-01", None).expect("made");
        assert_ne!(secret, again);
    }

    #[test]
    fn terms_that_cannot_hold_are_refused() {
        for expires in ["", "2026-03-14", "2027-03-17", "soon"] {
            assert_eq!(made(None, expires, None).err(), Some(TermsError::Expires), "{expires}");
        }
        assert!(made(None, "2026-03-15", None).is_ok() && made(None, "2027-03-16", None).is_ok());
        let long = "x".repeat(129);
        for password in ["", "1234567", &long] {
            assert_eq!(
                made(None, "2026-04-01", Some(password)).err(),
                Some(TermsError::Password)
            );
        }
        assert_eq!(made(Some("a"), "2026-04-01", None).err(), Some(TermsError::Page));
    }
}
