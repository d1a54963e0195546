//! Acts of those who administer, written down once they are done: who, what, on which day.

use anyhow::Context;
use isotherm_core::Day;
use isotherm_core::control::{AdminAct, ControlStore};
use isotherm_core::ports::Clock;
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings};

/// Who did what is done with a command: whoever may run it on the machine. The system knows more; nothing of it is kept.
pub(crate) const COMMAND_LINE: &str = "command line";

/// What can be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Did {
    SiteAdd,
    SiteRemove,
    Retention,
    Access,
    Rules,
    TokenCreate,
    TokenRevoke,
    ShareCreate,
    ShareRevoke,
    Erase,
    Restore,
    Seal,
}

impl Did {
    const fn words(self) -> &'static str {
        match self {
            Did::SiteAdd => "site add",
            Did::SiteRemove => "site remove",
            Did::Retention => "site retention",
            Did::Access => "site access",
            Did::Rules => "rules",
            Did::TokenCreate => "token create",
            Did::TokenRevoke => "token revoke",
            Did::ShareCreate => "share create",
            Did::ShareRevoke => "share revoke",
            Did::Erase => "erase",
            Did::Restore => "restore",
            Did::Seal => "seal",
        }
    }

    /// The act as of today.
    pub(crate) fn by(self, who: &str, site: &str, subject: &str) -> AdminAct {
        AdminAct {
            day: Day::of_unix_ms(SystemClock.unix_ms()),
            who: who.into(),
            act: self.words().into(),
            site: site.into(),
            subject: subject.into(),
        }
    }
}

/// Writes down what a command did.
pub(crate) async fn note(store: &StoreSettings, did: Did, site: &str, subject: &str) -> anyhow::Result<()> {
    let act = did.by(COMMAND_LINE, site, subject);
    let noted = ClickHouseControl::new(store).note_act(&act).await;
    noted.with_context(|| format!("`{}` is done, but not in the audit trail", did.words()))
}
