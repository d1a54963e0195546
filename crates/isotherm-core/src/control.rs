//! The control port: sites, tokens and the installation's id key. Small tables, read often, written rarely.

use crate::day::Day;
use crate::ids::IdKey;
use crate::reading::Reading;
use crate::site::{Site, SiteKey};

/// SHA-256 of a token. Tokens carry 256 random bits, so a plain hash is enough; the token itself is stored nowhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// What a token may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Read its site's answers.
    Read,
    /// Administer its site as well.
    Admin,
}

/// A token as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Short random name by which it is listed and revoked; not secret.
    pub id: String,
    /// The hash of the secret.
    pub hash: TokenHash,
    /// Its site.
    pub site: SiteKey,
    /// What it may do.
    pub scope: Scope,
    /// Networks in CIDR form from which it may be used; empty means from any.
    pub allow_ip: Vec<String>,
    /// The day it was made.
    pub created: Day,
}

/// Sites, tokens and the id key.
pub trait ControlStore: Send + Sync {
    /// The key of page and anchor ids; made at the first migration, never changed.
    fn id_key(&self) -> Reading<'_, IdKey>;
    /// All sites with their origins and rules.
    fn sites(&self) -> Reading<'_, Vec<Site>>;
    /// Adds a site or replaces its origins.
    fn put_site<'a>(&'a self, site: &'a Site) -> Reading<'a, ()>;
    /// Removes a site from collecting and answering at once; says whether there was one.
    fn remove_site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, bool>;
    /// All tokens that are not revoked.
    fn tokens(&self) -> Reading<'_, Vec<Token>>;
    /// Stores a token.
    fn put_token<'a>(&'a self, token: &'a Token) -> Reading<'a, ()>;
    /// Revokes a token by its id; says whether there was one.
    fn revoke_token<'a>(&'a self, id: &'a str) -> Reading<'a, bool>;
}
