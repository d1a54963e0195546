//! What the dashboard may see and change of a site: on the control tables, and in the journal as the command line does.

use isotherm_core::cohort::{Kept, Retention};
use isotherm_core::control::{Share, Token};
use isotherm_core::ports::Clock;
use isotherm_core::reading::{ReadError, Reading};
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::{Origin, Site, SiteKey};
use isotherm_core::{Day, PageId};
use isotherm_query::desk::Affairs;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::Sealer;

use crate::administering::{self, By};
use crate::audit::Did;
use crate::control::Control;
use crate::installation::Installation;
use crate::journal::{Act, Journal};

/// The affairs of all sites of an installation.
pub(crate) struct ControlAffairs {
    pub(crate) control: Control,
    pub(crate) installation: Installation,
    /// Knows of retention.
    pub(crate) sealer: Sealer,
}

impl ControlAffairs {
    fn write_down(&self, act: Act) -> Result<(), ReadError> {
        let written = Journal::of(&self.installation).append(act, Day::of_unix_ms(SystemClock.unix_ms()));
        written.map_err(|error| ReadError::Unavailable(format!("the journal cannot be written: {error:#}")))
    }

    /// So that what was written holds in this process when the answer leaves. Others follow with their next look.
    async fn take_over(&self) -> Result<(), ReadError> {
        let refreshed = self.control.refresh().await;
        refreshed.map_err(|error| ReadError::Unavailable(format!("{error:#}")))
    }
}

impl Affairs for ControlAffairs {
    fn site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Option<Site>> {
        Box::pin(async move {
            let sites = self.control.store().sites().await?;
            Ok(sites.into_iter().find(|site| site.key == *key))
        })
    }

    fn tokens<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Token>> {
        Box::pin(async move {
            let mut tokens = self.control.store().tokens().await?;
            tokens.retain(|token| token.site == *key);
            Ok(tokens)
        })
    }

    fn put_token<'a>(&'a self, token: &'a Token, by: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            let store = self.control.store();
            store.put_token(token).await?;
            store
                .note_act(&Did::TokenCreate.by(&by.id, token.site.as_str(), &token.id))
                .await?;
            self.take_over().await
        })
    }

    fn revoke_token<'a>(&'a self, id: &'a str, by: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            // First: a backup must not bring back what was revoked.
            self.write_down(Act::Revoke { token: id.into() })?;
            let store = self.control.store();
            store.revoke_token(id).await?;
            store
                .note_act(&Did::TokenRevoke.by(&by.id, by.site.as_str(), id))
                .await?;
            self.take_over().await
        })
    }

    fn shares<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<Share>> {
        Box::pin(async move {
            let mut shares = self.control.store().shares().await?;
            shares.retain(|share| share.site == *key);
            Ok(shares)
        })
    }

    fn put_share<'a>(&'a self, share: &'a Share, by: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            let store = self.control.store();
            store.put_share(share).await?;
            let act = Did::ShareCreate.by(&by.id, share.site.as_str(), &share.id);
            store.note_act(&act).await?;
            self.take_over().await
        })
    }

    fn revoke_share<'a>(&'a self, id: &'a str, by: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            // First: a backup must not bring back what was revoked.
            self.write_down(Act::RevokeShare { share: id.into() })?;
            let store = self.control.store();
            store.revoke_share(id).await?;
            store
                .note_act(&Did::ShareRevoke.by(&by.id, by.site.as_str(), id))
                .await?;
            self.take_over().await
        })
    }

    fn page_paths<'a>(&'a self, key: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>> {
        self.control.store().page_paths(key, pages)
    }

    fn show_countries<'a>(&'a self, public: bool, by: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            let store = self.control.store();
            administering::change_access(store, of(by), |access| access.public_countries = public).await?;
            self.take_over().await
        })
    }

    fn networks<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Vec<String>> {
        Box::pin(async move { Ok(administering::access(self.control.store(), key).await?.allow_ip) })
    }

    fn set_networks<'a>(&'a self, networks: &'a [String], by: &'a Token) -> Reading<'a, bool> {
        Box::pin(async move {
            let store = self.control.store();
            let edited = administering::change_access(store, of(by), |access| access.allow_ip = networks.to_vec());
            let is_there = edited.await?.is_some();
            self.take_over().await?;
            Ok(is_there)
        })
    }

    fn change_rules<'a>(&'a self, change: &'a RuleChange, by: &'a Token) -> Reading<'a, Result<bool, RuleError>> {
        Box::pin(async move {
            let changed = administering::change_rules(self.control.store(), of(by), change).await?;
            self.take_over().await?;
            Ok(changed)
        })
    }

    fn retention<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, Retention> {
        Box::pin(async move {
            let known = self.sealer.retention(key).await;
            known.map_err(|error| ReadError::Unavailable(error.to_string()))
        })
    }

    fn set_retention<'a>(&'a self, kept: Kept, by: &'a Token) -> Reading<'a, bool> {
        Box::pin(async move {
            let stores = (self.control.store(), &self.sealer);
            Ok(administering::set_retention(stores, of(by), kept).await?.is_some())
        })
    }

    fn set_origins<'a>(&'a self, origins: &'a [Origin], by: &'a Token) -> Reading<'a, bool> {
        Box::pin(async move {
            let Some(site) = self.site(&by.site).await? else {
                return Ok(false);
            };
            let changed = Site {
                origins: origins.to_vec(),
                ..site
            };
            let store = self.control.store();
            store.put_site(&changed).await?;
            let act = Did::Origins.by(&by.id, by.site.as_str(), &origins.len().to_string());
            store.note_act(&act).await?;
            self.take_over().await?;
            Ok(true)
        })
    }

    fn public_url(&self) -> String {
        self.installation.public_url()
    }
}

/// Whoever has the token, for its site.
fn of(token: &Token) -> By<'_> {
    By {
        site: &token.site,
        who: &token.id,
    }
}
