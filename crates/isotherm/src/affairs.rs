//! What the dashboard may see and change of a site: on the control tables, and in the journal as the command line does.

use isotherm_core::Day;
use isotherm_core::control::Token;
use isotherm_core::ports::Clock;
use isotherm_core::reading::{ReadError, Reading};
use isotherm_core::site::{Site, SiteKey};
use isotherm_query::desk::Affairs;
use isotherm_service::clock::SystemClock;

use crate::audit::Did;
use crate::control::Control;
use crate::installation::Installation;
use crate::journal::{Act, Journal};

/// The affairs of all sites of an installation.
pub(crate) struct ControlAffairs {
    pub(crate) control: Control,
    pub(crate) installation: Installation,
}

impl ControlAffairs {
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
            let act = Act::Revoke { token: id.into() };
            let journal = Journal::of(&self.installation);
            let written = journal.append(act, Day::of_unix_ms(SystemClock.unix_ms()));
            written.map_err(|error| ReadError::Unavailable(format!("the journal cannot be written: {error:#}")))?;
            let store = self.control.store();
            store.revoke_token(id).await?;
            store
                .note_act(&Did::TokenRevoke.by(&by.id, by.site.as_str(), id))
                .await?;
            self.take_over().await
        })
    }

    fn public_url(&self) -> String {
        self.installation.public_url()
    }
}
