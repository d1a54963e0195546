//! Sealing: a landing of `live` becomes cohorts. What becomes of which group is decided by the pure rule of
//! `isotherm_core::cohort`; the rows are moved by statements inside the server, a slice of pages at a time.
//!
//! An attempt has a random number that stands on every row it writes. It counts from the one row in `seals` that ends it, or
//! never. Each attempt follows the newest seal, and the row's deduplication token names that one: of all attempts that
//! follow one seal, one wins, whoever made them and whatever happened to the others.

mod attempt;
mod balance;
mod coarsen;
mod inputs;
mod retention;
mod statements;
mod tidy;

use std::sync::Arc;

use clickhouse::Client;
use isotherm_core::cohort::{closes_at_unix_ms, next_landing};
use isotherm_core::day::Day;
use isotherm_core::ports::Clock;
use isotherm_core::reading::Reading;
use thiserror::Error;

use crate::control::ClickHouseControl;
use crate::fault::StoreFault;
use crate::seals::Seals;
use crate::settings::StoreSettings;

pub use isotherm_core::cohort::{Kept, Older};
pub use tidy::Tidied;

/// An attempt that lost against another one, or whose landing moved under it, is made again this often; then the caller is
/// told and asks again later.
const ATTEMPTS_MAX: u32 = 5;

/// What is asked before each statement of a seal, by its name; an answer of `false` stops the seal there, as a crash would.
/// For tests that stop and interleave seals.
pub type BeforeStatement = Arc<dyn Fn(&'static str) -> Reading<'static, bool> + Send + Sync>;

/// Seals landings of one store, one at a time. Several may work on one store at once, but none beside an [`Eraser`]: callers
/// see to that.
///
/// [`Eraser`]: crate::Eraser
#[derive(Clone)]
pub struct Sealer {
    client: Client,
    control: ClickHouseControl,
    clock: Arc<dyn Clock>,
    before: Option<BeforeStatement>,
}

/// What a seal did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The landing.
    pub landing: Day,
    /// Cohorts made.
    pub cohorts: u64,
    /// Page views in them.
    pub cohort_views: u64,
    /// Page views that wait.
    pub waiting_views: u64,
    /// Page views that waited too long and are deleted.
    pub deleted_views: u64,
    /// Whether another sealer was faster; then the numbers are what this one would have published.
    pub by_another: bool,
}

/// Why a landing is not sealed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SealError {
    /// Batches may still land in it.
    #[error("the landing is open until 24 hours after its end")]
    Open {
        /// When it may be sealed, milliseconds since 1970.
        closes_at_unix_ms: u64,
    },
    /// The store did not answer; try again later.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The store did not do one of the statements; try again later.
    #[error("{statement}: {fault}")]
    Statement {
        /// Its name.
        statement: &'static str,
        /// Why.
        fault: StoreFault,
    },
    /// What would be published is not what was taken. Nothing was published.
    #[error("the seal of landing {} does not add up ({what}); nothing was published", .landing.0)]
    Unbalanced {
        /// The landing.
        landing: Day,
        /// What does not add up.
        what: String,
    },
    /// The landing changed while it was sealed, again and again.
    #[error("the landing went on changing while it was sealed; it is tried again later")]
    Moving,
    /// Whoever is asked before each statement said so.
    #[error("stopped before {0}")]
    Stopped(&'static str),
    /// No random bytes for the number of an attempt.
    #[error("the system gives no random bytes")]
    NoRandom,
}

impl Sealer {
    /// A sealer; connects at the first call.
    pub fn new(settings: &StoreSettings, clock: Arc<dyn Clock>) -> Sealer {
        Sealer {
            client: statements::with_bounds(settings.client()),
            control: ClickHouseControl::new(settings),
            clock,
            before: None,
        }
    }

    /// The same, asking before each statement.
    pub fn with_hook(self, before: BeforeStatement) -> Sealer {
        Sealer {
            before: Some(before),
            ..self
        }
    }

    /// The landing that is sealed next, if one may be sealed now.
    pub async fn next(&self) -> Result<Option<Day>, SealError> {
        let seals = Seals::read(&self.client).await?;
        let state = self.chain_state(&seals).await?;
        Ok(next_landing(&state, self.clock.unix_ms()))
    }

    /// Refuses a landing that is not over for 24 hours.
    pub fn check_closed(&self, landing: Day) -> Result<(), SealError> {
        let closes_at_unix_ms = closes_at_unix_ms(landing);
        if self.clock.unix_ms() < closes_at_unix_ms {
            return Err(SealError::Open { closes_at_unix_ms });
        }
        Ok(())
    }

    /// Seals the next landing; `None` when there is none to be sealed now.
    pub async fn seal_next(&self) -> Result<Option<Sealed>, SealError> {
        for _ in 0..ATTEMPTS_MAX {
            self.tidy().await?;
            let seals = Seals::read(&self.client).await?;
            let state = self.chain_state(&seals).await?;
            let Some(landing) = next_landing(&state, self.clock.unix_ms()) else {
                return Ok(None);
            };
            match self.attempt(landing, &seals, &state).await? {
                attempt::Ended::Published(sealed) => return Ok(Some(sealed)),
                attempt::Ended::Moved => {}
            }
        }
        Err(SealError::Moving)
    }
}
