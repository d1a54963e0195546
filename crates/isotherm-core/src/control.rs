//! The control port: sites, tokens and the installation's id key. Small tables, read often, written rarely.

use crate::day::{Day, Hour};
use crate::ids::{IdKey, PageId};
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
    /// The last day on which it opens anything; `None` without end.
    pub expires: Option<Day>,
    /// The day it was last used, where that is known.
    pub last_used: Option<Day>,
}

impl Token {
    /// Whether it has not ended before this day.
    pub fn is_valid_on(&self, today: Day) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }
}

/// What a request to erase is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Erased {
    /// One page, by its id: its text is kept nowhere for this.
    Page(PageId),
    /// The pages whose paths match a pattern, as in [`crate::site::PageRule`].
    Pattern(String),
    /// Everything of the site.
    Site,
}

/// How far a request to erase is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum ErasureState {
    /// Records from before it may still be counted.
    Pending = 1,
    /// Every record from before it is counted and deleted again; the log still holds some.
    Counted = 2,
    /// The log holds nothing from before it, and a check found nothing.
    Final = 3,
}

/// A request to erase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasure {
    /// Random number by which it is listed.
    pub id: u64,
    /// The site.
    pub site: SiteKey,
    /// What goes.
    pub what: Erased,
    /// First day of the first month that goes; day 0 for all.
    pub first: Day,
    /// Last day of the last month that goes; day 65,535 for all.
    pub last: Day,
    /// The hour of the request.
    pub requested: Hour,
    /// How far it is.
    pub state: ErasureState,
    /// Rows deleted so far.
    pub deleted: u64,
}

impl Erasure {
    /// Whether collecting refuses its pages today: until it is final, where it reaches today's month.
    pub fn refuses(&self, today: Day) -> bool {
        self.state < ErasureState::Final && self.last >= today && self.what != Erased::Site
    }
}

/// From where a site may be looked at, and what of it is public; as its owner says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteAccess {
    /// The site.
    pub site: SiteKey,
    /// Networks in CIDR form from which any of its tokens may be used; empty means from any.
    pub allow_ip: Vec<String>,
    /// Whether anybody may see its countries, as a picture of cohorts.
    pub public_countries: bool,
}

/// A link under which somebody without a token sees a site, or one page of it, in sealed cohorts only.
#[derive(Clone, PartialEq, Eq)]
pub struct Share {
    /// Short random name by which it is listed and revoked; not secret.
    pub id: String,
    /// The hash of the secret that stands in the link.
    pub hash: TokenHash,
    /// Its site.
    pub site: SiteKey,
    /// The one page that it shows; `None` for all of the site. The path itself is not kept here.
    pub page: Option<PageId>,
    /// The day it was made.
    pub created: Day,
    /// The last day on which it opens anything.
    pub expires: Day,
    /// The password's Argon2id hash with salt and parameters, as a PHC string; `None` where none is asked for.
    pub password: Option<String>,
    /// The id of the token that made it, or `command line`.
    pub made_by: String,
}

impl Share {
    /// Whether it has not ended before this day.
    pub fn is_valid_on(&self, today: Day) -> bool {
        today <= self.expires
    }
}

/// What somebody who administers did: a row of the audit trail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdminAct {
    /// The UTC day; no finer time is kept.
    pub day: Day,
    /// The id of the token that did it, or `command line`.
    pub who: String,
    /// What was done, one of a few words such as `token revoke`.
    pub act: String,
    /// The site's key; empty where it was done to all.
    pub site: String,
    /// The id of a token or erasure, a day, or a number; never a path or pattern.
    pub subject: String,
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
    /// Notes that tokens were used on a day. A note that is lost or repeated does no harm.
    fn note_uses<'a>(&'a self, ids: &'a [String], day: Day) -> Reading<'a, ()> {
        let _ = (ids, day);
        Box::pin(async { Ok(()) })
    }
    /// What owners said about access to their sites; a site that is not listed is open to its tokens from anywhere, and
    /// nothing of it is public.
    fn site_access(&self) -> Reading<'_, Vec<SiteAccess>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// Replaces what a site's owner said about access.
    fn put_site_access<'a>(&'a self, access: &'a SiteAccess) -> Reading<'a, ()> {
        let _ = access;
        Box::pin(async { Ok(()) })
    }
    /// Writes an act down.
    fn note_act<'a>(&'a self, act: &'a AdminAct) -> Reading<'a, ()> {
        let _ = act;
        Box::pin(async { Ok(()) })
    }
    /// The acts that are still kept, the newest first; at most 10,000.
    fn acts(&self) -> Reading<'_, Vec<AdminAct>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// All requests to erase.
    fn erasures(&self) -> Reading<'_, Vec<Erasure>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// Revokes a token by its id; says whether there was one.
    fn revoke_token<'a>(&'a self, id: &'a str) -> Reading<'a, bool>;
    /// All share links that are not revoked.
    fn shares(&self) -> Reading<'_, Vec<Share>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// Stores a share link.
    fn put_share<'a>(&'a self, share: &'a Share) -> Reading<'a, ()> {
        let _ = share;
        Box::pin(async { Ok(()) })
    }
    /// Revokes a share link by its id; says whether there was one.
    fn revoke_share<'a>(&'a self, id: &'a str) -> Reading<'a, bool> {
        let _ = id;
        Box::pin(async { Ok(false) })
    }
    /// The paths of those of a site's pages that are published, by their ids; others are left out.
    fn page_paths<'a>(&'a self, site: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>> {
        let _ = (site, pages);
        Box::pin(async { Ok(Vec::new()) })
    }
}
