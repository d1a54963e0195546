//! What an owner changes of a site, by a command or in the dashboard: stored, and written down who did it. One function each,
//! so that both do the same.

use isotherm_core::cohort::Kept;
use isotherm_core::control::{ControlStore, SiteAccess};
use isotherm_core::reading::ReadError;
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::SiteKey;
use isotherm_store_clickhouse::Sealer;

use crate::audit::Did;

/// Whose site, and who changes it.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) site: &'a SiteKey,
    /// The id of a token, or [`crate::audit::COMMAND_LINE`].
    pub(crate) who: &'a str,
}

impl By<'_> {
    async fn note(&self, store: &dyn ControlStore, did: Did, subject: &str) -> Result<(), ReadError> {
        let noted = store.note_act(&did.by(self.who, self.site.as_str(), subject)).await;
        noted.map_err(|error| ReadError::Unavailable(format!("it is done, but not in the audit trail: {error}")))
    }

    async fn site_is_there(&self, store: &dyn ControlStore) -> Result<bool, ReadError> {
        Ok(store.sites().await?.iter().any(|site| site.key == *self.site))
    }
}

/// Changes the page rules; false where there is no such site.
pub(crate) async fn change_rules(
    store: &dyn ControlStore,
    by: By<'_>,
    change: &RuleChange,
) -> Result<Result<bool, RuleError>, ReadError> {
    let known = store.sites().await?.into_iter().find(|site| site.key == *by.site);
    let Some(mut site) = known else {
        return Ok(Ok(false));
    };
    if let Err(error) = site.change_rules(change) {
        return Ok(Err(error));
    }
    store.put_site(&site).await?;
    by.note(store, Did::Rules, &site.rules.len().to_string()).await?;
    Ok(Ok(true))
}

/// What the owner said about access to a site.
pub(crate) async fn access(store: &dyn ControlStore, site: &SiteKey) -> Result<SiteAccess, ReadError> {
    let known = store.site_access().await?.into_iter().find(|known| known.site == *site);
    Ok(known.unwrap_or_else(|| SiteAccess {
        site: site.clone(),
        allow_ip: Vec::new(),
        public_countries: false,
    }))
}

/// Changes what the owner said about access; `None` where there is no such site.
pub(crate) async fn change_access(
    store: &dyn ControlStore,
    by: By<'_>,
    edit: impl FnOnce(&mut SiteAccess) + Send,
) -> Result<Option<SiteAccess>, ReadError> {
    if !by.site_is_there(store).await? {
        return Ok(None);
    }
    let mut access = access(store, by.site).await?;
    edit(&mut access);
    store.put_site_access(&access).await?;
    by.note(store, Did::Access, "").await?;
    Ok(Some(access))
}

/// Says how long sealed counts are kept; `None` where there is no such site. What is older goes with the next seal.
pub(crate) async fn set_retention(
    (store, sealer): (&dyn ControlStore, &Sealer),
    by: By<'_>,
    kept: Kept,
) -> Result<Option<Kept>, ReadError> {
    if !by.site_is_there(store).await? {
        return Ok(None);
    }
    let stored = sealer.set_retention(by.site, kept).await;
    let kept = stored.map_err(|error| ReadError::Unavailable(error.to_string()))?;
    let subject = format!("{} months, then {}", kept.months, kept.older.word());
    by.note(store, Did::Retention, &subject).await?;
    Ok(Some(kept))
}
