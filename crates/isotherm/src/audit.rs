//! Acts of those who administer, written down once they are done: who, what, on which day.

use std::collections::HashMap;

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
    Origins,
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
            Did::Origins => "site origins",
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

/// All acts that a store has.
pub(crate) async fn acts(store: &StoreSettings) -> anyhow::Result<Vec<AdminAct>> {
    Ok(ClickHouseControl::new(store).acts().await?)
}

/// Writes down the acts that another store had and this one has not.
pub(crate) async fn note_missing(store: &StoreSettings, acts_there: &[AdminAct]) -> anyhow::Result<()> {
    let missing = missing(acts_there, &acts(store).await?);
    let noted = ClickHouseControl::new(store).note_acts(&missing).await;
    noted.context("acts since the backup are not in the audit trail")
}

/// What is there more often than here: the same may be done twice on one day.
fn missing(acts_there: &[AdminAct], acts_here: &[AdminAct]) -> Vec<AdminAct> {
    type Key<'a> = (Day, [&'a str; 4]);
    fn key(act: &AdminAct) -> Key<'_> {
        (act.day, [&act.who, &act.act, &act.site, &act.subject])
    }
    let mut known: HashMap<Key<'_>, u32> = HashMap::new();
    for act in acts_here {
        *known.entry(key(act)).or_default() += 1;
    }
    let mut missing = Vec::new();
    for act in acts_there {
        match known.get_mut(&key(act)) {
            Some(times) if *times > 0 => *times -= 1,
            _ => missing.push(act.clone()),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(site: &str) -> AdminAct {
        Did::Rules.by(COMMAND_LINE, site, "1")
    }

    #[test]
    fn an_act_is_missing_as_often_as_it_is_there_more_often_than_here() {
        let check = |there: &[&str], here: &[&str], expected: &[&str]| {
            let of = |sites: &[&str]| sites.iter().map(|site| act(site)).collect::<Vec<_>>();
            assert_eq!(missing(&of(there), &of(here)), of(expected));
        };
        check(&[], &["a"], &[]);
        check(&["a", "b"], &["a"], &["b"]);
        check(&["a", "a", "b"], &["b", "a"], &["a"]);
        check(&["a"], &["a", "a"], &[]);
        check(&["c", "c"], &[], &["c", "c"]);
    }
}
