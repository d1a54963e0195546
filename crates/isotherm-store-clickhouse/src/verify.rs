//! The ledger check, from the store alone: batches follow each other without gap or overlap, and each landing holds what
//! its batches say they counted.

use std::fmt;

use clickhouse::{Client, Row, RowOwned, RowRead};
use isotherm_core::day::Day;
use isotherm_core::record::LogId;
use serde::Deserialize;

use crate::fault::StoreFault;
use crate::seals::Seals;
use crate::settings::{StoreSettings, answer};

/// What the store holds, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VerifyReport {
    /// What was counted, by partition of each log.
    pub partitions: Vec<PartitionReport>,
    /// What lies in each landing that is not sealed.
    pub landings: Vec<LandingReport>,
    /// What will never be counted.
    pub lost: Vec<LostReport>,
    /// The records that could not be decoded, the newest first; at most 1,000 are named.
    pub poison: Vec<PoisonReport>,
    /// All that is wrong; empty when the ledger is right. At most 1,000 gaps and overlaps are named.
    pub problems: Vec<Problem>,
}

/// A partition of a log as far as it is counted.
#[derive(Clone, PartialEq, Eq, Debug, Row, Deserialize)]
pub struct PartitionReport {
    /// The log's identity.
    pub log_id: u64,
    /// The partition.
    pub partition: u16,
    /// Batches.
    pub batches: u64,
    /// First offset of the first batch.
    pub first_offset: u64,
    /// Last offset of the last batch.
    pub last_offset: u64,
    /// Records taken.
    pub records: u64,
    /// Records skipped as repeats.
    pub skipped: u64,
    /// Records that could not be decoded.
    pub poison: u64,
    /// Interactions counted.
    pub interactions: u64,
}

/// A landing of `live`: what its ledger rows say, less what was deleted, and what is found.
#[derive(Clone, PartialEq, Eq, Debug, Row, Deserialize)]
pub struct LandingReport {
    /// Days since 1970-01-01.
    pub landing: u16,
    /// Count rows that should be there.
    pub expected_rows: i64,
    /// Count rows that are there.
    pub found_rows: i64,
    /// Sum of `n` that should be there.
    pub expected_n: i64,
    /// Sum of `n` that is there.
    pub found_n: i64,
}

/// What will never come from a partition of a log.
#[derive(Clone, PartialEq, Eq, Debug, Row, Deserialize)]
pub struct LostReport {
    /// The log's identity.
    pub log_id: u64,
    /// The partition.
    pub partition: u16,
    /// Records of lanes.
    pub records: u64,
    /// Offsets that the log no longer held.
    pub offsets: u64,
}

/// A record that could not be decoded. Nothing of its payload is kept.
#[derive(Clone, PartialEq, Eq, Debug, Row, Deserialize)]
pub struct PoisonReport {
    /// The landing of its batch, days since 1970-01-01.
    pub landing: u16,
    /// The log's identity.
    pub log_id: u64,
    /// The partition.
    pub partition: u16,
    /// Its offset.
    pub offset: u64,
    /// The schema version that it names; 0 where it cannot be read.
    pub version: u16,
    /// Why: 1 header, 2 version, 3 body, 4 value, 5 partition.
    pub reason: u16,
}

/// Something that must not be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No batch holds these offsets.
    Gap {
        /// The log.
        log_id: LogId,
        /// The partition.
        partition: u16,
        /// First offset missing.
        first: u64,
        /// Last offset missing.
        last: u64,
    },
    /// More than one batch holds these offsets.
    Overlap {
        /// The log.
        log_id: LogId,
        /// The partition.
        partition: u16,
        /// First offset counted again.
        first: u64,
        /// Last offset counted again.
        last: u64,
    },
    /// A partition has more or fewer rows of undecodable records than its batches say.
    DeadLetters {
        /// The log.
        log_id: LogId,
        /// The partition.
        partition: u16,
        /// Rows that should be there.
        expected: u64,
        /// Rows that are there.
        found: u64,
    },
    /// A landing has more or fewer count rows than its batches say.
    Rows {
        /// The landing.
        landing: Day,
        /// Count rows that should be there.
        expected: i64,
        /// Count rows that are there.
        found: i64,
    },
    /// The sum of interactions in a landing is not what its batches say.
    Sum {
        /// The landing.
        landing: Day,
        /// The sum that should be there.
        expected: i64,
        /// The sum that is there.
        found: i64,
    },
}

#[derive(Row, Deserialize)]
struct BreakRow {
    log_id: u64,
    partition: u16,
    first_offset: u64,
    last_offset: u64,
    reached: u64,
}

#[derive(Row, Deserialize)]
struct DeadLettersRow {
    log_id: u64,
    partition: u16,
    expected: u64,
    found: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Gap {
                log_id,
                partition,
                first,
                last,
            } => write!(
                f,
                "gap: no batch holds offsets {first} to {last} of partition {partition} of log {:016x}",
                log_id.0
            ),
            Problem::Overlap {
                log_id,
                partition,
                first,
                last,
            } => write!(
                f,
                "overlap: offsets {first} to {last} of partition {partition} of log {:016x} were counted more than once",
                log_id.0
            ),
            Problem::DeadLetters {
                log_id,
                partition,
                expected,
                found,
            } => write!(
                f,
                "wrong sum: partition {partition} of log {:016x} has {found} rows of records that could not be decoded, its \
                 batches say {expected}",
                log_id.0
            ),
            Problem::Rows {
                landing,
                expected,
                found,
            } => write!(
                f,
                "wrong sum: landing {} holds {found} count rows, its batches say {expected}",
                landing.0
            ),
            Problem::Sum {
                landing,
                expected,
                found,
            } => write!(
                f,
                "wrong sum: landing {} holds {found} interactions, its batches say {expected}",
                landing.0
            ),
        }
    }
}

/// Checks the whole ledger. Reads every ledger row and two columns of all counts that are not sealed.
pub async fn verify(settings: &StoreSettings) -> Result<VerifyReport, StoreFault> {
    let client = settings.client();
    let seals = Seals::read(&client).await?;
    let asker = Asker { client, seals };
    let of_batches = |question| {
        format!(
            "WITH batches AS (\n{})\n{question}",
            include_str!("../queries/verify_batches.sql")
        )
    };
    let partitions = asker
        .ask(&of_batches(include_str!("../queries/verify_partitions.sql")))
        .await?;
    let breaks: Vec<BreakRow> = asker
        .ask(&of_batches(include_str!("../queries/verify_ranges.sql")))
        .await?;
    let landings: Vec<LandingReport> = asker.ask(include_str!("../queries/verify_landings.sql")).await?;
    let lost = asker.ask(include_str!("../queries/verify_lost.sql")).await?;
    let poison = asker.ask(include_str!("../queries/verify_poison.sql")).await?;
    let dead_letters: Vec<DeadLettersRow> = asker.ask(include_str!("../queries/verify_dead_letters.sql")).await?;
    let mut problems: Vec<Problem> = breaks.iter().map(problem_of_break).collect();
    problems.extend(dead_letters.iter().map(problem_of_dead_letters));
    problems.extend(landings.iter().flat_map(problems_of_landing));
    Ok(VerifyReport {
        partitions,
        landings,
        lost,
        poison,
        problems,
    })
}

struct Asker {
    client: Client,
    seals: Seals,
}

impl Asker {
    async fn ask<T>(&self, sql: &str) -> Result<Vec<T>, StoreFault>
    where
        T: RowOwned + RowRead,
    {
        answer(self.seals.bind(self.client.query_raw(sql)).fetch_all()).await
    }
}

fn problem_of_break(row: &BreakRow) -> Problem {
    let log_id = LogId(row.log_id);
    let partition = row.partition;
    if row.first_offset > row.reached {
        Problem::Gap {
            log_id,
            partition,
            first: row.reached + 1,
            last: row.first_offset - 1,
        }
    } else {
        Problem::Overlap {
            log_id,
            partition,
            first: row.first_offset,
            last: row.reached.min(row.last_offset),
        }
    }
}

fn problem_of_dead_letters(row: &DeadLettersRow) -> Problem {
    Problem::DeadLetters {
        log_id: LogId(row.log_id),
        partition: row.partition,
        expected: row.expected,
        found: row.found,
    }
}

fn problems_of_landing(report: &LandingReport) -> impl Iterator<Item = Problem> {
    let landing = Day(report.landing);
    let rows = Problem::Rows {
        landing,
        expected: report.expected_rows,
        found: report.found_rows,
    };
    let sum = Problem::Sum {
        landing,
        expected: report.expected_n,
        found: report.found_n,
    };
    let wrong_rows = report.expected_rows != report.found_rows;
    let wrong_sum = report.expected_n != report.found_n;
    wrong_rows.then_some(rows).into_iter().chain(wrong_sum.then_some(sum))
}
