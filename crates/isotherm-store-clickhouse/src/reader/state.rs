//! What an answer sees: the seals, and which parts the tables had when it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clickhouse::{Client, Row};
use isotherm_core::reading::ReadError;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::fault::StoreFault;
use crate::seals::Seals;
use crate::settings::answer;

/// Answers may see the store as it was so long ago: a page's questions come together, and one look serves them all.
const STATE_AGE_MAX: Duration = Duration::from_millis(250);

/// One state of the store.
pub(super) struct State {
    pub(super) seals: Arc<Seals>,
    /// `None` where nobody may ask for them.
    pub(super) versions: Option<Versions>,
    /// Whether anything lies in a landing that is not sealed.
    pub(super) is_live: bool,
}

/// Numbers that are others as soon as something else is in the tables.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Versions {
    seals: u64,
    /// Cohorts by day, and what waits for them.
    pub(super) sealed: u64,
    /// What is live.
    pub(super) live: u64,
    /// Published texts of anchors.
    pub(super) texts: u64,
}

/// The newest state, looked at again where it is too old.
pub(super) struct Newest {
    state: Mutex<Option<(Instant, Arc<State>)>>,
    /// Whether the server shows its parts to the reading user.
    readable: AtomicBool,
}

#[derive(Row, Deserialize)]
struct PartsRow {
    table: String,
    version: u64,
    landings: Vec<u16>,
}

impl State {
    /// That of a reader that holds no pages.
    pub(super) const fn of(seals: Arc<Seals>) -> State {
        State {
            seals,
            versions: None,
            is_live: true,
        }
    }
}

impl Newest {
    pub(super) fn new() -> Newest {
        Newest {
            state: Mutex::new(None),
            readable: AtomicBool::new(true),
        }
    }

    /// The state, and whether it is another one than before. Who comes while one is looked at waits for it.
    pub(super) async fn state(&self, client: &Client) -> Result<(Arc<State>, bool), ReadError> {
        let mut newest = self.state.lock().await;
        let now = Instant::now();
        if let Some((at, state)) = &*newest
            && now - *at < STATE_AGE_MAX
        {
            return Ok((state.clone(), false));
        }
        // Parts first: what is written between the two looks then has another version at the next one.
        let parts = self.parts(client).await?;
        let versions = parts.as_deref().map(Versions::of);
        let before = newest.as_ref().map(|(_, state)| state);
        let seals = match before {
            Some(before) if versions.is_some_and(|new| before.versions.is_some_and(|old| old.seals == new.seals)) => {
                before.seals.clone()
            }
            _ => Arc::new(Seals::read(client).await?),
        };
        let changed = before.is_none_or(|before| before.versions != versions);
        let landings = parts
            .iter()
            .flatten()
            .filter(|row| row.table == "live")
            .flat_map(|row| &row.landings);
        let is_live = landings.into_iter().any(|landing| !seals.holds(*landing));
        let state = Arc::new(State {
            seals,
            versions,
            is_live,
        });
        *newest = Some((now, state.clone()));
        Ok((state, changed))
    }

    async fn parts(&self, client: &Client) -> Result<Option<Vec<PartsRow>>, ReadError> {
        if !self.readable.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let query = client.query_raw(include_str!("../../queries/parts.sql"));
        match answer(query.fetch_all()).await {
            Ok(rows) => Ok(Some(rows)),
            Err(StoreFault::Refused(_)) => {
                self.readable.store(false, Ordering::Relaxed);
                Ok(None)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Whether the server shows its parts, as far as is known.
    pub(super) fn is_readable(&self) -> bool {
        self.readable.load(Ordering::Relaxed)
    }
}

impl Versions {
    fn of(parts: &[PartsRow]) -> Versions {
        let of = |table: &str| {
            let row = parts.iter().find(|row| row.table == table);
            row.map_or(0, |row| row.version)
        };
        // Which rows count depends on the seals. Rotated, so that the same change of two tables does not cancel itself out.
        let seals = of("seals");
        Versions {
            seals,
            sealed: of("days") ^ of("waiting_days").rotate_left(1) ^ seals.rotate_left(2),
            live: of("live") ^ seals.rotate_left(1),
            texts: of("anchors"),
        }
    }
}
