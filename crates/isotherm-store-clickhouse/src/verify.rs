//! The ledger check, from the store alone: batches follow each other without gap or overlap, and each landing holds what
//! its batches say they counted. Sealed landings are checked against the balances of their seals.

use std::fmt;

use clickhouse::{Client, Row, RowOwned, RowRead};
use isotherm_core::cohort::COHORT_MIN;
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
    /// All that is wrong; empty when the ledger is right. At most 1,000 gaps and overlaps, and as many wrong sums of
    /// batches, are named.
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// A batch says of more or fewer offsets than it holds what became of them.
    Offsets {
        /// The log.
        log_id: LogId,
        /// The partition.
        partition: u16,
        /// First offset of the batch.
        first: u64,
        /// Last offset of the batch.
        last: u64,
        /// Records taken, skipped or undecodable, and lost offsets, as it says.
        found: u64,
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
    /// A seal does not add up, or what it wrote has changed since.
    Sealed {
        /// The sealed landing.
        landing: Day,
        /// The site; empty where it is about the landing as a whole.
        site: String,
        /// What is compared.
        what: &'static str,
        /// How much there should be.
        expected: i64,
        /// How much there is.
        found: i64,
    },
}

/// A row of the questions about seals.
#[derive(Row, Deserialize)]
pub(crate) struct SealCheck {
    landing: u16,
    site: String,
    what: u8,
    pub(crate) expected: i64,
    pub(crate) found: i64,
}

impl SealCheck {
    /// What is compared, in words.
    pub(crate) fn text(&self) -> &'static str {
        match self.what {
            1 => "page views of cohorts, of what waits and of what is deleted, against those taken",
            2 => "page views that waited, by country against by day",
            3 => "page views that wait, by country against by day",
            4 => "page views of countries against those of cohorts",
            5 => "count rows of the landing against those its batches say",
            6 => "page views of sums of old cohorts against those of the cohorts",
            11 => "interactions of cohorts, of what waits and of what is deleted, against those taken",
            12 => "interactions that waited, by country against by day",
            13 => "interactions that wait, by country against by day",
            14 => "interactions of countries against those of cohorts",
            15 => "interactions of the landing against those its batches say",
            16 => "interactions of sums of old cohorts against those of the cohorts",
            21 => "page views of the cohorts by day against its balance",
            22 => "page views that wait by day against its balance",
            23 => "page views that wait by country against its balance",
            24 => "page views that wait for the end of their month against its balance",
            25 => "page views by country against its balance",
            31 => "interactions of the cohorts by day against its balance",
            32 => "interactions that wait by day against its balance",
            33 => "interactions that wait by country against its balance",
            34 => "interactions that wait for the end of their month against its balance",
            35 => "interactions by country against its balance",
            41 => "interactions taken of what waited by day against those the seal before it left",
            42 => "interactions taken of what waited by country against those the seal before it left",
            43 => "interactions taken of unfinished months against those the seal before it left",
            44 => "how often it was published",
            45 => "page views of its smallest cohort",
            46 => "rows beside a country whose numbers are not rounded",
            _ => "interactions of the copied batches against those that were sealed",
        }
    }
}

#[derive(Row, Deserialize)]
struct BreakRow {
    log_id: u64,
    partition: u16,
    first_offset: u64,
    last_offset: u64,
    expected: u64,
}

#[derive(Row, Deserialize)]
struct OffsetsRow {
    log_id: u64,
    partition: u16,
    first_offset: u64,
    last_offset: u64,
    found: u64,
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
            Problem::Offsets {
                log_id,
                partition,
                first,
                last,
                found,
            } => write!(
                f,
                "wrong sum: the batch of offsets {first} to {last} of partition {partition} of log {:016x} says what became of \
                 {found} of them",
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
            } => wrong_sum(f, *landing, (*found, "count rows"), *expected),
            Problem::Sum {
                landing,
                expected,
                found,
            } => wrong_sum(f, *landing, (*found, "interactions"), *expected),
            Problem::Sealed {
                landing,
                site,
                what,
                expected,
                found,
            } => write!(
                f,
                "wrong seal: landing {}{}{site}: {what}: {found}, should be {expected}",
                landing.0,
                if site.is_empty() { "" } else { ", site " }
            ),
        }
    }
}

/// A landing does not hold what its batches say.
fn wrong_sum<N: fmt::Display>(f: &mut fmt::Formatter<'_>, landing: Day, held: (N, &str), expected: N) -> fmt::Result {
    let (landing, (found, what)) = (landing.0, held);
    write!(
        f,
        "wrong sum: landing {landing} holds {found} {what}, its batches say {expected}"
    )
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
    let offsets: Vec<OffsetsRow> = asker.ask(include_str!("../queries/verify_offsets.sql")).await?;
    let erasing_before = asker.is_erasing().await?;
    let landings: Vec<LandingReport> = asker.ask(include_str!("../queries/verify_landings.sql")).await?;
    // While a pass of deletions is under way, what it deleted is not written down yet: the sums are checked after it.
    let erasing = erasing_before || asker.is_erasing().await?;
    let lost = asker.ask(include_str!("../queries/verify_lost.sql")).await?;
    let poison = asker.ask(include_str!("../queries/verify_poison.sql")).await?;
    let dead_letters: Vec<DeadLettersRow> = asker.ask(include_str!("../queries/verify_dead_letters.sql")).await?;
    let sealed = asker.ask_of_seals().await?;
    let mut problems: Vec<Problem> = breaks.iter().map(problem_of_break).collect();
    problems.extend(offsets.iter().map(problem_of_offsets));
    problems.extend(dead_letters.iter().map(problem_of_dead_letters));
    problems.extend(landings.iter().filter(|_| !erasing).flat_map(problems_of_landing));
    problems.extend(sealed.into_iter().map(problem_of_seal));
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

    /// Whether a pass of deletions over `live` was begun and is not ended.
    async fn is_erasing(&self) -> Result<bool, StoreFault> {
        let passes = include_str!("../queries/erase_open_passes.sql");
        let open: Vec<u64> = self.ask(&format!("SELECT DISTINCT pass FROM ({passes})")).await?;
        Ok(!open.is_empty())
    }

    /// Everything about sealed landings; none of it needs their rows of `live`.
    async fn ask_of_seals(&self) -> Result<Vec<SealCheck>, StoreFault> {
        let removed: Vec<String> = self.ask(include_str!("../queries/removed_sites.sql")).await?;
        let mut all = Vec::new();
        for sql in [
            include_str!("../queries/verify_balances.sql"),
            include_str!("../queries/verify_sealed.sql"),
            include_str!("../queries/verify_seal_chain.sql"),
        ] {
            let query = self.seals.bind(self.client.query_raw(sql));
            let query = query
                .param("attempts", self.seals.attempts())
                .param("removed", &removed)
                .param("cohort_min", COHORT_MIN);
            let found: Vec<SealCheck> = answer(query.fetch_all()).await?;
            all.extend(found);
        }
        Ok(all)
    }
}

fn problem_of_seal(check: SealCheck) -> Problem {
    Problem::Sealed {
        landing: Day(check.landing),
        what: check.text(),
        site: check.site,
        expected: check.expected,
        found: check.found,
    }
}

fn problem_of_break(row: &BreakRow) -> Problem {
    let log_id = LogId(row.log_id);
    let partition = row.partition;
    if row.first_offset > row.expected {
        Problem::Gap {
            log_id,
            partition,
            first: row.expected,
            last: row.first_offset - 1,
        }
    } else {
        Problem::Overlap {
            log_id,
            partition,
            first: row.first_offset,
            last: row.last_offset.min(row.expected - 1),
        }
    }
}

fn problem_of_offsets(row: &OffsetsRow) -> Problem {
    Problem::Offsets {
        log_id: LogId(row.log_id),
        partition: row.partition,
        first: row.first_offset,
        last: row.last_offset,
        found: row.found,
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
