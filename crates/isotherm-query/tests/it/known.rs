//! Who may ask in a world: its sites, tokens and links, and the hour that its clock shows.

use std::sync::{Arc, Mutex, OnceLock};

use actix_web::dev::RequestHead;
use isotherm_core::cohort::{Kept, Older, Retention};
use isotherm_core::control::{Scope, Share, Token, TokenHash};
use isotherm_core::ports::Clock;
use isotherm_core::reading::Reading;
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::{Origin, PageRule, RuleAction, Site};
use isotherm_core::{Day, Hour, Outcome, PageId, SiteKey};
use isotherm_query::{Access, SiteStatus, StatusSource, desk, share, token};

use crate::world::{NOON_MS, TODAY, id_key};

/// Secrets of the tokens that every world knows.
pub(crate) struct Secrets;

impl Secrets {
    pub(crate) const ACME: &'static str = "iso_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    pub(crate) const OTHER: &'static str = "iso_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    pub(crate) const BOUND: &'static str = "iso_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    pub(crate) const REMOVED: &'static str = "iso_DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";
    /// Of `acme`; it ended yesterday.
    pub(crate) const EXPIRED: &'static str = "iso_FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    /// Of `acme`; it is revoked at noon.
    pub(crate) const REVOKED: &'static str = "iso_GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG";
    /// A share link to all of `acme`, one to its page `/a`, one with a password, and one that ended yesterday.
    pub(crate) const LINK: &'static str = "isl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    pub(crate) const PAGE_LINK: &'static str = "isl_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    pub(crate) const GUARDED_LINK: &'static str = "isl_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    pub(crate) const ENDED_LINK: &'static str = "isl_DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";
    pub(crate) const UNKNOWN_LINK: &'static str = "isl_EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE";
    pub(crate) const UNKNOWN: &'static str = "iso_EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE";
}

/// Sites besides, each with a token, for whoever has many; with the longest keys.
pub(crate) const MANY: usize = 40;

/// The key of one of them, which is its token's id as well.
pub(crate) fn one_of_many(n: usize) -> String {
    format!("{n:a>32}")
}

/// The secret of its token.
pub(crate) fn secret_of_many(n: usize) -> String {
    format!("iso_{n:A>43}")
}

/// Two sites, the tokens and links of [`Secrets`], and one clock.
#[derive(Clone)]
pub(crate) struct Known {
    /// What the clock shows.
    pub(crate) now_ms: u64,
    /// Seconds to wait until a login may be tried again; `None` where one may be.
    pub(crate) wait_s: Option<u64>,
    /// The ids of tokens that opened something, as often as they did.
    pub(crate) used: Arc<Mutex<Vec<String>>>,
    /// What was changed, by the operation's words.
    pub(crate) changed: Arc<Mutex<Vec<&'static str>>>,
}

/// The password of [`Secrets::GUARDED_LINK`].
pub(crate) const PASSWORD: &str = "correct horse";
/// The network that everybody comes from who does not come from elsewhere.
pub(crate) const HERE: &str = "198.51.100.0/24";
/// The one page rule of each site, which drops.
pub(crate) const RULE: &str = "/hidden/**";
/// A request with this field comes from where the site's owner lets nobody ask.
pub(crate) const ELSEWHERE: (&str, &str) = ("x-test-elsewhere", "everybody");
/// A request with this one comes from where the owner of `acme` lets nobody ask, and the others do.
pub(crate) const ELSEWHERE_OF_ACME: (&str, &str) = ("x-test-elsewhere", "acme");

fn links() -> &'static [(&'static str, Share)] {
    static LINKS: OnceLock<Vec<(&'static str, Share)>> = OnceLock::new();
    LINKS.get_or_init(|| {
        let made = |secret: &'static str, id: &str, page: Option<&str>, password: Option<&str>| {
            let terms = share::Terms {
                page: page.map(str::to_owned),
                expires: "2026-04-01".into(),
                password: password.map(str::to_owned),
                made_by: "other".into(),
            };
            let site = SiteKey::parse("acme").expect("a key");
            let (_, share) = share::issue(&site, &terms, &id_key(), Day(TODAY)).expect("made");
            let (id, hash) = (id.to_owned(), token::hash(secret));
            (secret, Share { id, hash, ..share })
        };
        let mut all = vec![
            made(Secrets::LINK, "whole", None, None),
            made(Secrets::PAGE_LINK, "page", Some("/a"), None),
            made(Secrets::GUARDED_LINK, "guarded", None, Some(PASSWORD)),
            made(Secrets::ENDED_LINK, "ended", None, None),
        ];
        all[3].1.expires = Day(TODAY - 1);
        all
    })
}

/// A token of every kind: its secret, its id, its site, what it may do, from where, and its last day.
type Kind = (
    &'static str,
    &'static str,
    &'static str,
    Scope,
    &'static [&'static str],
    Option<Day>,
);

/// The token that is revoked at noon.
const REVOKED: &str = "revoked";

const TOKENS: [Kind; 6] = [
    (Secrets::ACME, "acme", "acme", Scope::Read, &[], None),
    (Secrets::OTHER, "other", "other", Scope::Admin, &[], None),
    (Secrets::BOUND, "bound", "acme", Scope::Read, &["192.0.2.0/24"], None),
    (Secrets::REMOVED, "removed", "removed", Scope::Read, &[], None),
    (Secrets::REVOKED, REVOKED, "acme", Scope::Read, &[], None),
    (
        Secrets::EXPIRED,
        "ended",
        "acme",
        Scope::Read,
        &[],
        Some(Day(TODAY - 1)),
    ),
];

fn made((secret, id, site, scope, networks, expires): Kind) -> Token {
    Token {
        scope,
        allow_ip: networks.iter().map(|network| (*network).to_owned()).collect(),
        expires,
        ..plain(secret, id, site)
    }
}

/// A token to read with, for ever and from everywhere.
fn plain(secret: &str, id: &str, site: &str) -> Token {
    Token {
        id: id.to_owned(),
        hash: token::hash(secret),
        site: SiteKey::parse(site).expect("a key"),
        scope: Scope::Read,
        allow_ip: Vec::new(),
        created: Day(TODAY - 10),
        expires: None,
        last_used: None,
    }
}

impl Access for Known {
    fn token(&self, hash: &TokenHash) -> Option<Token> {
        self.all_tokens().find(|token| token.hash == *hash)
    }

    fn token_named(&self, id: &str) -> Option<Token> {
        self.all_tokens().find(|token| token.id == id)
    }

    fn note_use(&self, token: &Token) {
        self.used.lock().expect("one test").push(token.id.clone());
    }

    fn may_try(&self, _: &RequestHead) -> Result<(), u64> {
        self.wait_s.map_or(Ok(()), Err)
    }

    fn share(&self, hash: &TokenHash) -> Option<Share> {
        let known = links().iter().find(|(_, share)| share.hash == *hash)?;
        Some(known.1.clone())
    }

    fn share_named(&self, id: &str) -> Option<Share> {
        let known = links().iter().find(|(_, share)| share.id == id)?;
        Some(known.1.clone())
    }

    fn admits_peer(&self, token: &Token, request: &RequestHead) -> bool {
        // The token's own list and its site's: nobody here comes from a network that a list names.
        token.allow_ip.is_empty() && self.admits_to_site(&token.site, request)
    }

    fn admits_to_site(&self, site: &SiteKey, request: &RequestHead) -> bool {
        let closed = request.headers.get(ELSEWHERE.0);
        !closed.is_some_and(|closed| closed == ELSEWHERE.1 || closed == site.as_str())
    }

    fn comes_from(&self, networks: &[String], request: &RequestHead) -> bool {
        let closed = request.headers.get(ELSEWHERE.0);
        networks.iter().any(|network| network == HERE) && closed.is_none_or(|closed| closed != ELSEWHERE.1)
    }

    fn shows_countries(&self, site: &SiteKey) -> bool {
        site.as_str() == "acme"
    }

    fn site_exists(&self, site: &SiteKey) -> bool {
        ["acme", "other"].contains(&site.as_str()) || (0..MANY).any(|n| one_of_many(n) == site.as_str())
    }
}

impl Known {
    fn all_tokens(&self) -> impl Iterator<Item = Token> {
        let is_before_noon = self.now_ms < NOON_MS;
        let many = (0..MANY).map(|n| plain(&secret_of_many(n), &one_of_many(n), &one_of_many(n)));
        let all = TOKENS.map(made).into_iter().chain(many);
        all.filter(move |token| token.id != REVOKED || is_before_noon)
    }

    fn change(&self, what: &'static str) -> Reading<'_, ()> {
        self.changed.lock().expect("one test").push(what);
        Box::pin(async { Ok(()) })
    }
}

impl desk::Affairs for Known {
    fn site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Option<Site>> {
        let origin = Origin::parse("https://shop.example").expect("an origin");
        let site = Site {
            key: key.clone(),
            origins: vec![origin],
            rules: vec![PageRule::parse(RULE, RuleAction::Drop).expect("a rule")],
        };
        Box::pin(async { Ok(Some(site)) })
    }

    fn tokens<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Token>> {
        let tokens = self.token_named(key.as_str()).into_iter().collect();
        Box::pin(async { Ok(tokens) })
    }

    fn put_token<'a>(&'a self, _: &'a Token, _: &'a Token) -> Reading<'a, ()> {
        self.change("a token is made")
    }

    fn revoke_token<'a>(&'a self, _: &'a str, _: &'a Token) -> Reading<'a, ()> {
        self.change("a token is revoked")
    }

    fn shares<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Share>> {
        // Of `other` there is one as well, so that its administrator has something to look at.
        let own = links().iter().map(|(_, share)| share.clone()).take(2);
        let own = own.map(|share| Share {
            site: key.clone(),
            ..share
        });
        Box::pin(async { Ok(own.collect()) })
    }

    fn put_share<'a>(&'a self, _: &'a Share, _: &'a Token) -> Reading<'a, ()> {
        self.change("a link is made")
    }

    fn revoke_share<'a>(&'a self, _: &'a str, _: &'a Token) -> Reading<'a, ()> {
        self.change("a link is revoked")
    }

    fn page_paths<'a>(&'a self, _: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>> {
        Box::pin(async move { Ok(pages.iter().map(|page| (*page, "/a".to_owned())).collect()) })
    }

    fn show_countries<'a>(&'a self, _: bool, _: &'a Token) -> Reading<'a, ()> {
        self.change("countries are shown")
    }

    fn set_origins<'a>(&'a self, _: &'a [Origin], _: &'a Token) -> Reading<'a, bool> {
        let changed = self.change("origins are replaced");
        Box::pin(async move { changed.await.map(|()| true) })
    }

    fn change_rules<'a>(&'a self, change: &'a RuleChange, by: &'a Token) -> Reading<'a, Result<bool, RuleError>> {
        Box::pin(async move {
            let mut site = self.site(&by.site).await?.expect("it is there");
            if let Err(error) = site.change_rules(change) {
                return Ok(Err(error));
            }
            self.change("rules are changed").await?;
            Ok(Ok(true))
        })
    }

    fn networks<'a>(&'a self, _: &'a SiteKey) -> Reading<'a, Vec<String>> {
        Box::pin(async { Ok(vec![HERE.to_owned()]) })
    }

    fn set_networks<'a>(&'a self, _: &'a [String], _: &'a Token) -> Reading<'a, bool> {
        let changed = self.change("networks are replaced");
        Box::pin(async move { changed.await.map(|()| true) })
    }

    fn retention<'a>(&'a self, _: &'a SiteKey) -> Reading<'a, Retention> {
        let kept = Kept {
            months: 25,
            older: Older::Coarsened,
        };
        // 2025-03-15 and 2026-03-13.
        let (oldest, newest) = (Some(Day(TODAY - 365)), Some(Day(TODAY - 2)));
        Box::pin(async move { Ok(Retention { kept, oldest, newest }) })
    }

    fn set_retention<'a>(&'a self, _: Kept, _: &'a Token) -> Reading<'a, bool> {
        let changed = self.change("retention is set");
        Box::pin(async move { changed.await.map(|()| true) })
    }

    fn public_url(&self) -> String {
        "https://heat.example".to_owned()
    }
}

impl Clock for Known {
    fn unix_ms(&self) -> u64 {
        self.now_ms
    }
}

impl StatusSource for Known {
    fn status(&self, site: &SiteKey) -> SiteStatus {
        SiteStatus {
            outcomes: vec![(Outcome::Admitted, if site.as_str() == "acme" { 3 } else { 4 })],
            since: None,
            last_admitted: Some(Hour(u32::from(TODAY) * 24 + 11)),
        }
    }
}
