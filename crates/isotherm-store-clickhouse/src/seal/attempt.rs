//! One attempt at a seal, statement by statement.

use std::collections::BTreeSet;

use clickhouse::Row;
use clickhouse::query::Query;
use isotherm_core::cohort::{COHORT_MIN, ChainState, Decision, Fate, Slice, month_of, months_closed_before};
use isotherm_core::control::ControlStore;
use isotherm_core::day::Day;
use isotherm_core::reading::ReadError;
use serde::Serialize;

use super::inputs::{Plan, Sites};
use super::statements::{bind_slice, of_slice};
use super::{SealError, Sealed, Sealer};
use crate::fault::StoreFault;
use crate::seals::Seals;

const MOVED_DAYS: &str = include_str!("../../queries/seal_moved_days.sql");
const MOVED_COUNTRIES: &str = include_str!("../../queries/seal_moved_countries.sql");

/// Statements over a slice that move rows: name, text, and what they move.
const MOVES: [(&str, &str, &str); 3] = [
    ("seal_days", include_str!("../../queries/seal_days.sql"), MOVED_DAYS),
    (
        "seal_waiting_days",
        include_str!("../../queries/seal_waiting_days.sql"),
        MOVED_DAYS,
    ),
    (
        "seal_waiting_countries",
        include_str!("../../queries/seal_waiting_countries.sql"),
        MOVED_COUNTRIES,
    ),
];

/// How an attempt ended.
pub(super) enum Ended {
    /// The landing is sealed, by this attempt or by another.
    Published(Sealed),
    /// The landing changed under the attempt; it is dead.
    Moved,
}

/// An attempt.
pub(super) struct Attempt<'a> {
    pub(super) id: u64,
    pub(super) landing: Day,
    /// The seals that it follows.
    pub(super) seals: &'a Seals,
    /// Months before this day end with it.
    pub(super) closed_before: Day,
}

#[derive(Row, Serialize)]
struct AttemptRow {
    seal_attempt: u64,
    landing: u16,
    started: u32,
}

#[derive(Row, Serialize)]
struct SealRow {
    landing: u16,
    seal_attempt: u64,
    published: u32,
    coarsened: Vec<String>,
    coarsened_before: Vec<u16>,
}

#[derive(Row, Serialize, serde::Deserialize)]
struct PlanRow {
    seal_attempt: u64,
    site: String,
    page: u64,
    viewport: u8,
    day: u16,
    fate: i8,
    other: u8,
    first_day: u16,
    last_day: u16,
}

#[derive(Row, Serialize, serde::Deserialize)]
struct JoinRow {
    seal_attempt: u64,
    site: String,
    page: u64,
    viewport: u8,
    month: u16,
    country: [u8; 2],
}

impl Sealer {
    /// Makes an attempt that follows `seals`.
    pub(super) async fn attempt(&self, landing: Day, seals: &Seals, state: &ChainState) -> Result<Ended, SealError> {
        let attempt = Attempt {
            id: random()?,
            landing,
            seals,
            closed_before: months_closed_before(landing),
        };
        self.register(&attempt).await?;
        self.execute(
            "seal_ledger",
            self.of_attempt(include_str!("../../queries/seal_ledger.sql"), &attempt),
        )
        .await?;
        let plan = self.plan(landing, seals).await?;
        self.write_plan(&attempt, &plan).await?;
        for slice in &plan.slices {
            for (name, sql, moved) in MOVES {
                self.move_rows((name, sql, moved), &attempt, &plan, slice).await?;
            }
        }
        let oldest = state.oldest_month.unwrap_or(landing).min(month_of(landing));
        if oldest < attempt.closed_before {
            self.end_months(&attempt, &plan).await?;
        }
        let coarsened = self.coarsen(&attempt, &plan).await?;
        let sealed = match self.balance(&attempt, &plan).await {
            Err(SealError::Unbalanced { .. }) if self.is_overtaken(&attempt).await? => return Ok(Ended::Moved),
            balanced => balanced?,
        };
        if self.has_moved(&attempt).await? {
            return Ok(Ended::Moved);
        }
        self.publish(&attempt, coarsened).await?;
        let now = Seals::read(&self.client).await?;
        if !now.holds(landing.0) {
            return Ok(Ended::Moved);
        }
        Ok(Ended::Published(Sealed {
            by_another: !now.published_by(landing.0, attempt.id),
            cohorts: cohorts(&plan.decisions),
            ..sealed
        }))
    }

    /// Whether a batch landed since the attempt began, or another sealer was faster: what its seal replaced may be gone while this
    /// attempt still reads it. That nothing adds up then is no fault.
    async fn is_overtaken(&self, attempt: &Attempt<'_>) -> Result<bool, SealError> {
        Ok(self.has_moved(attempt).await? || Seals::read(&self.client).await?.holds(attempt.landing.0))
    }

    /// Whether the landing's ledger is another one than when the attempt began.
    async fn has_moved(&self, attempt: &Attempt<'_>) -> Result<bool, SealError> {
        let moved = include_str!("../../queries/seal_ledger_moved.sql");
        let same: Vec<u8> = self.ask("seal_ledger_moved", self.of_attempt(moved, attempt)).await?;
        Ok(same != [1])
    }

    /// A statement of an attempt, with all its parameters but those of a slice.
    pub(super) fn of_attempt(&self, sql: &str, attempt: &Attempt<'_>) -> Query {
        self.of_landing(sql, attempt.landing, attempt.seals)
            .param("attempt", attempt.id)
            .param("month", month_of(attempt.landing).0)
            .param("closed_before", attempt.closed_before.0)
    }

    async fn register(&self, attempt: &Attempt<'_>) -> Result<(), SealError> {
        let row = AttemptRow {
            seal_attempt: attempt.id,
            landing: attempt.landing.0,
            started: self.now_s(),
        };
        self.write("seal_attempts", (&self.client, "seal_attempts"), &[row])
            .await
    }

    async fn write_plan(&self, attempt: &Attempt<'_>, plan: &Plan) -> Result<(), SealError> {
        let rows: Vec<PlanRow> = plan
            .decisions
            .iter()
            .map(|decision| plan_row(attempt.id, decision, &plan.sites))
            .collect();
        self.write("seal_plan", (&self.client, "seal_plan"), &rows).await
    }

    async fn move_rows(
        &self,
        (name, sql, moved): (&'static str, &str, &str),
        attempt: &Attempt<'_>,
        plan: &Plan,
        slice: &Slice,
    ) -> Result<(), SealError> {
        let query = self.of_attempt(&of_slice(sql, moved), attempt);
        let query = bind_slice(query, slice).param("removed", &plan.removed);
        self.execute(name, query).await
    }

    /// Publishes the countries of the months that end with this landing.
    async fn end_months(&self, attempt: &Attempt<'_>, plan: &Plan) -> Result<(), SealError> {
        let of_month = (
            "seal_month",
            include_str!("../../queries/seal_month.sql"),
            MOVED_COUNTRIES,
        );
        for slice in &plan.slices {
            self.move_rows(of_month, attempt, plan, slice).await?;
        }
        let (sites, joins) = self.small_countries(attempt.id).await?;
        let joins: Vec<JoinRow> = joins
            .into_iter()
            .map(|join| JoinRow {
                seal_attempt: attempt.id,
                site: sites.key(join.site).to_owned(),
                page: join.page.0,
                viewport: join.viewport,
                month: join.month.0,
                country: join.country.bytes(),
            })
            .collect();
        self.write("seal_joins", (&self.client, "seal_joins"), &joins).await?;
        self.before("id_key").await?;
        let key = self.control.id_key().await.map_err(read_fault)?.derived(b"rounding");
        let sql = of_slice(include_str!("../../queries/seal_countries.sql"), "");
        for slice in &plan.slices {
            let query = bind_slice(self.of_attempt(&sql, attempt), slice)
                .param("cohort_min", COHORT_MIN)
                .param("key_0", key[0])
                .param("key_1", key[1]);
            self.execute("seal_countries", query).await?;
        }
        Ok(())
    }

    /// The one row that makes the attempt count, unless another one followed the same seal before.
    async fn publish(&self, attempt: &Attempt<'_>, coarsened: Vec<(String, u16)>) -> Result<(), SealError> {
        let token = format!("after-{}", attempt.seals.newest_attempt());
        let client = self
            .client
            .clone()
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", token);
        let (coarsened, coarsened_before) = coarsened.into_iter().unzip();
        let row = SealRow {
            landing: attempt.landing.0,
            seal_attempt: attempt.id,
            published: self.now_s(),
            coarsened,
            coarsened_before,
        };
        let written = self.write("seals", (&client, "seals"), &[row]).await;
        match written {
            // Whether it is there is read back, whatever the answer was.
            Ok(()) | Err(SealError::Statement { .. }) => self.before("seals_read_back").await,
            Err(stopped) => Err(stopped),
        }
    }

    /// Seconds since 1970.
    pub(super) fn now_s(&self) -> u32 {
        // Until 2106.
        (self.clock.unix_ms() / 1_000) as u32
    }
}

fn read_fault(error: ReadError) -> SealError {
    SealError::Store(match error {
        ReadError::Unavailable(text) => StoreFault::Unavailable(text),
        ReadError::Refused(text) => StoreFault::Refused(text),
    })
}

fn random() -> Result<u64, SealError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| SealError::NoRandom)?;
    // 0 stands for "no seal".
    Ok(u64::from_le_bytes(bytes).max(1))
}

fn plan_row(attempt: u64, decision: &Decision, sites: &Sites) -> PlanRow {
    let (fate, first_day, last_day) = match decision.fate {
        Fate::Waits => (0, 0, 0),
        Fate::Cohort { first, last } => (1, first.0, last.0),
        Fate::Deleted => (2, 0, 0),
    };
    PlanRow {
        seal_attempt: attempt,
        site: sites.key(decision.site).to_owned(),
        page: decision.page.0,
        viewport: decision.viewport,
        day: decision.day.map_or(0, |day| day.0),
        fate,
        other: u8::from(decision.other),
        first_day,
        last_day,
    }
}

/// How many cohorts are made.
fn cohorts(decisions: &[Decision]) -> u64 {
    let named = decisions.iter().filter_map(|d| match d.fate {
        Fate::Cohort { first, last } if d.other => Some((d.site, 0, 0, first, last)),
        Fate::Cohort { first, last } => Some((d.site, d.page.0, d.viewport, first, last)),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().len() as u64
}
