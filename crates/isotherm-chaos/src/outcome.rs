//! What came of a schedule.

use std::collections::BTreeMap;

use isotherm_fault::Point;

use crate::judge::Verdict;
use crate::stages::Stages;

/// What came of a schedule.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Index of the scenario.
    pub scenario: usize,
    /// With it, the schedule again.
    pub seed: u64,
    /// The rule that was left out.
    pub mutant: Option<&'static str>,
    /// How much was open where the fault was met; 0 if it was not.
    pub open: u64,
    /// The count.
    pub verdict: Verdict,
    /// From the fault to the first insert of something newer on every page, milliseconds.
    pub back_ms: u64,
    /// Passages with something open, by point.
    pub passages: BTreeMap<Point, u64>,
    /// Outages lasted for minutes.
    pub is_long: bool,
    /// The whole schedule, milliseconds.
    pub took_ms: u64,
    /// Where they went.
    pub stages: Stages,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

impl Outcome {
    /// Whether totals say that a rule is missing.
    pub fn is_found_out(&self) -> bool {
        self.problem.is_some() && !self.verdict.is_right()
    }
}
