//! The in-memory copies of sites and tokens that the roles read, and how they are kept fresh.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use anyhow::Context;
use isotherm_core::Day;
use isotherm_core::control::{ControlStore, Erased, Erasure, Share, SiteAccess, Token, TokenHash};
use isotherm_core::ids::{IdKey, PageId};
use isotherm_core::ports::Clock;
use isotherm_core::site::{PageRule, RuleAction, Site, SiteKey};
use isotherm_ingest::sites::{SiteTable, load, save};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;

use crate::logins::Logins;

/// How often control tables are read again: how long a change in a cluster takes to hold everywhere.
pub(crate) const POLL_EVERY: Duration = Duration::from_secs(1);

/// Polls between two times at which idle attempts to log in are forgotten: a minute.
const POLLS_PER_FORGETTING: u64 = 60;

/// How long the store may take to answer a poll before it counts as away.
const POLL_TIME_MAX: Duration = Duration::from_secs(5);

/// How often a role that cannot begin yet tries again.
pub(crate) const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Tokens and sites for the answering role. Clones are the same table.
#[derive(Clone, Default)]
pub(crate) struct AccessTable {
    state: Arc<RwLock<AccessState>>,
    /// Tokens that were used and are not yet noted as such.
    used: Arc<Mutex<HashSet<String>>>,
    /// Attempts to get in, lately.
    pub(crate) logins: Arc<Logins>,
}

#[derive(Default)]
struct AccessState {
    tokens: HashMap<TokenHash, Token>,
    sites: HashSet<SiteKey>,
    access: HashMap<SiteKey, SiteAccess>,
    shares: HashMap<TokenHash, Share>,
}

/// The copies, and where they come from.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) sites: SiteTable,
    pub(crate) access: AccessTable,
    store: Arc<dyn ControlStore>,
    /// Where sites and id key are kept for a start without the store; `None` for roles that do not collect.
    copy: Option<PathBuf>,
    /// Whether this process answers questions: who may ask them is nobody else's business.
    answers: bool,
}

impl Control {
    /// Empty copies.
    pub(crate) fn new(store: Arc<dyn ControlStore>, copy: Option<PathBuf>) -> Control {
        Control {
            sites: SiteTable::default(),
            access: AccessTable::default(),
            store,
            copy,
            answers: true,
        }
    }

    /// The same for a role that answers no questions: it never reads tokens, share links or networks, and a cluster of many
    /// asks its store for half as much.
    pub(crate) fn of_sites(store: Arc<dyn ControlStore>, copy: Option<PathBuf>) -> Control {
        Control {
            answers: false,
            ..Control::new(store, copy)
        }
    }

    /// The id key and fresh copies; from disk where the store is away and this installation has collected before.
    pub(crate) async fn open(&self) -> anyhow::Result<IdKey> {
        let from_store = async {
            self.refresh().await?;
            anyhow::Ok(self.store.id_key().await?)
        };
        let error = match from_store.await {
            Ok(key) => return Ok(key),
            Err(error) => error,
        };
        let copy = self
            .copy
            .as_deref()
            .map(load)
            .transpose()
            .context("cannot read the copy of the sites")?
            .flatten();
        let Some(saved) = copy else {
            return Err(error.context("the store is away, and this installation has no copy of its sites yet"));
        };
        tracing::warn!(
            reason = format!("{error:#}"),
            sites = saved.sites.len(),
            "the store is away; sites are taken from disk"
        );
        self.sites.replace(saved.sites);
        self.sites.refuse(saved.refused.into_iter().collect());
        Ok(saved.id_key)
    }

    /// The same, for roles without a copy: waits as long as the store does not answer.
    pub(crate) async fn open_patiently(&self) -> IdKey {
        loop {
            match self.open().await {
                Ok(key) => return key,
                Err(error) => tracing::warn!(reason = format!("{error:#}"), "the store does not answer yet"),
            }
            tokio::time::sleep(RETRY_EVERY).await;
        }
    }

    /// Where they come from.
    pub(crate) fn store(&self) -> &dyn ControlStore {
        self.store.as_ref()
    }

    /// Reads the control tables again.
    pub(crate) async fn refresh(&self) -> anyhow::Result<()> {
        let mut sites = self.store.sites().await?;
        let refused = refused(&mut sites, &self.store.erasures().await?);
        if self.answers {
            self.refresh_access(&sites).await?;
        }
        let known = self.sites.current();
        let changed = known.len() != sites.len()
            || sites.iter().any(|site| known.get(&site.key) != Some(site))
            || self.sites.refused() != refused;
        let missing = self.copy.as_ref().is_some_and(|path| !path.exists());
        if let Some(path) = self.copy.as_ref().filter(|_| changed || missing) {
            let key = self.store.id_key().await?;
            save(path, &key, &sites, &refused).with_context(|| format!("cannot write {}", path.display()))?;
        }
        self.sites.refuse(refused);
        self.sites.replace(sites);
        Ok(())
    }

    async fn refresh_access(&self, sites: &[Site]) -> anyhow::Result<()> {
        let tokens = self.store.tokens().await?;
        // All three at once: no token opens anything before it is known from where it may.
        let access = self.store.site_access().await?;
        let shares = self.store.shares().await?;
        let keys = sites.iter().map(|site| site.key.clone()).collect();
        self.access.replace(tokens, keys, access);
        self.access.replace_shares(shares);
        Ok(())
    }

    /// Keeps the copies fresh: on every poll, and at once when a control command asks.
    ///
    /// `needed_by` is the part that does not work while the store is away, if one does not: collecting goes on without.
    pub(crate) fn keep_fresh(&self, tasks: &Tasks, ops: &Ops, needed_by: Option<&'static str>) {
        let asked = self.clone();
        ops.on_reload(Arc::new(move || {
            let control = asked.clone();
            Box::pin(async move { control.refresh().await.map_err(|error| format!("{error:#}")) })
        }));
        let (control, stop, ops) = (self.clone(), tasks.stop_signal(), ops.clone());
        tasks.spawn("control", async move {
            let mut away = false;
            let mut noted = HashMap::new();
            let mut polls = 0_u64;
            while tokio::time::timeout(POLL_EVERY, stop.cancelled()).await.is_err() {
                polls += 1;
                if polls.is_multiple_of(POLLS_PER_FORGETTING) {
                    control.access.logins.forget_idle();
                }
                let refreshed = tokio::select! {
                    refreshed = tokio::time::timeout(POLL_TIME_MAX, control.refresh()) => refreshed
                        .unwrap_or_else(|_| Err(anyhow::anyhow!("the store does not answer"))),
                    () = stop.cancelled() => return,
                };
                match &refreshed {
                    Err(error) if !away => {
                        tracing::warn!(reason = format!("{error:#}"), "control tables cannot be read")
                    }
                    Ok(()) if away => tracing::info!("control tables can be read again"),
                    _ => {}
                }
                away = refreshed.is_err();
                if !away {
                    let today = Day::of_unix_ms(SystemClock.unix_ms());
                    control.note_uses(&mut noted, today).await;
                }
                if let Some(part) = needed_by {
                    ops.set_ready(part, refreshed.map_err(|error| format!("{error:#}")));
                }
            }
        });
    }
}

impl Control {
    /// Writes down which tokens were used today, each once a day. What fails is tried again at its next use.
    async fn note_uses(&self, noted: &mut HashMap<String, Day>, today: Day) {
        let used = self.access.take_used();
        let new: Vec<String> = used.into_iter().filter(|id| noted.get(id) != Some(&today)).collect();
        if new.is_empty() {
            return;
        }
        match self.store.note_uses(&new, today).await {
            Ok(()) => noted.extend(new.into_iter().map(|id| (id, today))),
            Err(error) => tracing::warn!(%error, "the use of tokens cannot be noted"),
        }
    }
}

/// What is being erased is not collected meanwhile: patterns become the first rules of their sites, pages are known by their
/// ids.
fn refused(sites: &mut [Site], erasures: &[Erasure]) -> HashSet<PageId> {
    let today = Day::of_unix_ms(SystemClock.unix_ms());
    let mut pages = HashSet::new();
    for erasure in erasures.iter().filter(|erasure| erasure.refuses(today)) {
        match &erasure.what {
            Erased::Page(page) => {
                pages.insert(*page);
            }
            Erased::Pattern(pattern) => {
                let rule = PageRule {
                    pattern: pattern.clone(),
                    action: RuleAction::Drop,
                };
                let of_site = sites.iter_mut().find(|site| site.key == erasure.site);
                of_site.into_iter().for_each(|site| site.rules.insert(0, rule.clone()));
            }
            Erased::Site => {}
        }
    }
    pages
}

impl AccessTable {
    pub(crate) fn replace(&self, tokens: Vec<Token>, sites: HashSet<SiteKey>, access: Vec<SiteAccess>) {
        let access = access.into_iter().map(|access| (access.site.clone(), access)).collect();
        let tokens = tokens.into_iter().map(|token| (token.hash, token)).collect();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        (state.tokens, state.sites, state.access) = (tokens, sites, access);
    }

    pub(crate) fn replace_shares(&self, shares: Vec<Share>) {
        let shares = shares.into_iter().map(|share| (share.hash, share)).collect();
        self.state.write().unwrap_or_else(PoisonError::into_inner).shares = shares;
    }

    fn read(&self) -> RwLockReadGuard<'_, AccessState> {
        // The table is replaced as a whole, so it has no broken middle state.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_used(&self) -> HashSet<String> {
        std::mem::take(&mut self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that a token opened something.
    pub(crate) fn note_use(&self, token: &Token) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.contains(&token.id) {
            used.insert(token.id.clone());
        }
    }

    /// The token with this hash.
    pub(crate) fn token(&self, hash: &TokenHash) -> Option<Token> {
        self.read().tokens.get(hash).cloned()
    }

    /// The token with this public name.
    pub(crate) fn token_named(&self, id: &str) -> Option<Token> {
        self.read().tokens.values().find(|token| token.id == id).cloned()
    }

    /// The share link with this hash.
    pub(crate) fn share(&self, hash: &TokenHash) -> Option<Share> {
        self.read().shares.get(hash).cloned()
    }

    /// The share link with this public name.
    pub(crate) fn share_named(&self, id: &str) -> Option<Share> {
        self.read().shares.values().find(|share| share.id == id).cloned()
    }

    /// Networks from which the site's answers may be asked for; none for any.
    pub(crate) fn networks_of(&self, site: &SiteKey) -> Vec<String> {
        let state = self.read();
        let access = state.access.get(site);
        access.map(|access| access.allow_ip.clone()).unwrap_or_default()
    }

    /// Whether anybody may see the site's countries.
    pub(crate) fn shows_countries(&self, site: &SiteKey) -> bool {
        let state = self.read();
        let access = state.access.get(site);
        state.sites.contains(site) && access.is_some_and(|access| access.public_countries)
    }

    /// Whether the site is there.
    pub(crate) fn site_exists(&self, site: &SiteKey) -> bool {
        self.read().sites.contains(site)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use isotherm_core::control::Scope;
    use isotherm_core::reading::{ReadError, Reading};
    use isotherm_geo::{Peer, TrustedProxies};

    use super::*;

    /// A store that remembers each write of uses and whether anybody asked for tokens, and can be away.
    #[derive(Default)]
    struct Uses {
        written: Mutex<Vec<(Vec<String>, Day)>>,
        is_away: AtomicBool,
        told_tokens: AtomicBool,
    }

    impl ControlStore for Uses {
        fn id_key(&self) -> Reading<'_, IdKey> {
            Box::pin(async { Ok(IdKey::new([7; 16])) })
        }

        fn sites(&self) -> Reading<'_, Vec<Site>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn put_site<'a>(&'a self, _: &'a Site) -> Reading<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn remove_site<'a>(&'a self, _: &'a SiteKey) -> Reading<'a, bool> {
            Box::pin(async { Ok(false) })
        }

        fn tokens(&self) -> Reading<'_, Vec<Token>> {
            self.told_tokens.store(true, Ordering::SeqCst);
            Box::pin(async { Ok(Vec::new()) })
        }

        fn put_token<'a>(&'a self, _: &'a Token) -> Reading<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn revoke_token<'a>(&'a self, _: &'a str) -> Reading<'a, bool> {
            Box::pin(async { Ok(false) })
        }

        fn note_uses<'a>(&'a self, ids: &'a [String], day: Day) -> Reading<'a, ()> {
            Box::pin(async move {
                if self.is_away.load(Ordering::SeqCst) {
                    return Err(ReadError::Unavailable("away".into()));
                }
                let mut ids = ids.to_vec();
                ids.sort();
                self.written.lock().expect("one test").push((ids, day));
                Ok(())
            })
        }
    }

    fn token(id: &str) -> Token {
        Token {
            id: id.into(),
            hash: TokenHash([1; 32]),
            site: SiteKey::parse("acme").expect("a key"),
            scope: Scope::Read,
            allow_ip: Vec::new(),
            created: Day(1),
            expires: None,
            last_used: None,
        }
    }

    #[tokio::test]
    async fn who_answers_no_questions_never_reads_tokens() {
        for (is_asked, make) in [(false, Control::of_sites as fn(_, _) -> Control), (true, Control::new)] {
            let store = Arc::new(Uses::default());
            let control = make(store.clone(), None);
            control.open().await.expect("the store is there");
            control.refresh().await.expect("the store is there");
            assert_eq!(store.told_tokens.load(Ordering::SeqCst), is_asked);
        }
    }

    #[tokio::test]
    async fn a_tokens_use_is_written_once_a_day_however_often_it_asks() {
        let store = Arc::new(Uses::default());
        let control = Control::new(store.clone(), None);
        let mut noted = HashMap::new();
        for (day, used) in [
            (Day(9), &[][..]),
            (Day(9), &["a"; 1_000]),
            (Day(9), &["a", "b", "a"]),
            (Day(9), &["b", "a"]),
            (Day(10), &[]),
            (Day(10), &["b", "a", "b"]),
            (Day(10), &["a"]),
        ] {
            used.iter().for_each(|id| control.access.note_use(&token(id)));
            control.note_uses(&mut noted, day).await;
        }
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        let written = std::mem::take(&mut *store.written.lock().expect("one test"));
        let expected = [
            (ids(&["a"]), Day(9)),
            (ids(&["b"]), Day(9)),
            (ids(&["a", "b"]), Day(10)),
        ];
        assert_eq!(
            written, expected,
            "each write is of days, and what was written is not written again"
        );
    }

    #[tokio::test]
    async fn a_use_that_could_not_be_written_is_written_at_the_next() {
        let store = Arc::new(Uses::default());
        let control = Control::new(store.clone(), None);
        let mut noted = HashMap::new();
        for is_away in [true, true, false, false] {
            store.is_away.store(is_away, Ordering::SeqCst);
            control.access.note_use(&token("a"));
            control.note_uses(&mut noted, Day(9)).await;
        }
        let written = std::mem::take(&mut *store.written.lock().expect("one test"));
        assert_eq!(written, [(vec!["a".to_owned()], Day(9))]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_tries_to_log_in_no_longer_is_forgotten() {
        let control = Control::new(Arc::new(Uses::default()), None);
        control.keep_fresh(&Tasks::new(), &Ops::new(), None);
        let peer = Peer::from(SocketAddr::from(([192, 0, 2, 7], 4_000)));
        let no_proxies = TrustedProxies::default();
        let address = no_proxies.client_address(Some(peer), std::iter::empty());
        assert_eq!(control.access.logins.check(&address.expect("an address")), Ok(()));
        assert_eq!(control.access.logins.remembered(), 1);
        // Polls follow the paused clock; an attempt comes back within a second of the real one.
        let began = Instant::now();
        while control.access.logins.remembered() > 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "it is kept for ever");
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}
