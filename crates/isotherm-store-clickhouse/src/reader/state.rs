//! What an answer sees: the seals, and which parts the tables had when it was asked.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clickhouse::{Client, Row};
use isotherm_core::reading::ReadError;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::seals::Seals;
use crate::settings::answer;

/// Answers may see the store as it was so long ago: a page's questions come together, and one look serves them all.
const STATE_AGE_MAX: Duration = Duration::from_millis(250);
/// A look takes at most so long: every question waits for it. Where the parts are not said in time no page in memory answers,
/// where the seals are not, no question is answered.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that refused to show its parts is asked again after so long: somebody may have granted the right.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

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
    pub(super) seals: u64,
    /// Cohorts by day, and what waits for them.
    pub(super) sealed: u64,
    /// What is live.
    pub(super) live: u64,
    /// Published texts of anchors.
    pub(super) texts: u64,
}

/// The newest state, looked at again where it is too old.
pub(super) struct Newest {
    looked: Mutex<Looked>,
    /// Whether the server shows its parts to the reading user.
    readable: AtomicBool,
}

#[derive(Default)]
struct Looked {
    last: Option<(Instant, Arc<State>)>,
    /// When the server refused to show its parts.
    refused: Option<Instant>,
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
            looked: Mutex::default(),
            readable: AtomicBool::new(true),
        }
    }

    /// The state. Where it is another one than before, that is said before anybody sees it. Who comes while one is looked at waits
    /// for it.
    pub(super) async fn state(
        &self,
        client: &Client,
        changed: impl FnOnce(Option<&Versions>),
    ) -> Result<Arc<State>, ReadError> {
        let mut looked = self.looked.lock().await;
        let now = Instant::now();
        if let Some((at, state)) = &looked.last
            && now - *at < STATE_AGE_MAX
        {
            return Ok(state.clone());
        }
        // Parts first: what is written between the two looks then has another version at the next one.
        let parts = self.parts(client, &mut looked.refused).await;
        let versions = parts.as_deref().map(Versions::of);
        let before = looked.last.as_ref().map(|(_, state)| state);
        let seals = match before {
            Some(before) if versions.is_some_and(|new| before.versions.is_some_and(|old| old.seals == new.seals)) => {
                before.seals.clone()
            }
            _ => Arc::new(in_time(Seals::read(client)).await.ok_or_else(late)??),
        };
        if before.is_none_or(|before| before.versions != versions) {
            changed(versions.as_ref());
        }
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
        looked.last = Some((now, state.clone()));
        Ok(state)
    }

    /// The parts, where the server says them: without them the tables are asked.
    async fn parts(&self, client: &Client, refused: &mut Option<Instant>) -> Option<Vec<PartsRow>> {
        if refused.is_some_and(|at| at.elapsed() < ASK_AGAIN_AFTER) {
            return None;
        }
        let query = client.query_raw(include_str!("../../queries/parts.sql"));
        let answered = in_time(answer(query.fetch_all())).await?;
        *refused = match &answered {
            Err(fault) if fault.is_of_rights() => Some(Instant::now()),
            _ => None,
        };
        self.readable.store(refused.is_none(), Ordering::Relaxed);
        answered.ok()
    }

    /// Whether the server shows its parts, as far as is known.
    pub(super) fn is_readable(&self) -> bool {
        self.readable.load(Ordering::Relaxed)
    }
}

async fn in_time<T>(looking: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(LOOK_TIMEOUT, looking).await.ok()
}

fn late() -> ReadError {
    ReadError::Unavailable("the seals were not said in time".into())
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
