//! The judgement: what was counted against what the load knows.

use std::collections::HashMap;

use crate::counted::Cell;
use crate::load::{Fate, Posted};

/// Beacons by what became of them, and what is wrong. All zeros but the first four is right.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Verdict {
    /// Beacons answered as admitted.
    pub admitted: u64,
    /// Beacons answered otherwise or never sent.
    pub refused: u64,
    /// Beacons sent and never answered.
    pub unknown: u64,
    /// Of these, counted.
    pub unknown_counted: u64,
    /// Admitted and not counted.
    pub lost: u64,
    /// Counted more than once.
    pub doubled: u64,
    /// Refused and counted all the same.
    pub ghosts: u64,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        (self.lost, self.doubled, self.ghosts) == (0, 0, 0)
    }
}

/// Looks at every beacon.
pub(crate) fn judge(posted: &[Posted], cells: &HashMap<usize, Cell>) -> Verdict {
    let mut verdict = Verdict::default();
    for (number, posted) in posted.iter().enumerate() {
        let cell = cells.get(&number);
        if cell.is_some_and(|cell| cell.n > 1 || cell.views > 1) {
            verdict.doubled += 1;
        }
        match (posted.fate, cell.is_some()) {
            (Fate::Admitted, counted) => {
                verdict.admitted += 1;
                verdict.lost += u64::from(!counted);
            }
            (Fate::Refused, counted) => {
                verdict.refused += 1;
                verdict.ghosts += u64::from(counted);
            }
            (Fate::Unknown, counted) => {
                verdict.unknown += 1;
                verdict.unknown_counted += u64::from(counted);
            }
        }
    }
    // A cell that nobody sent.
    verdict.ghosts += cells.keys().filter(|number| **number >= posted.len()).count() as u64;
    verdict
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    #[test]
    fn every_kind_of_wrong_is_told_apart() {
        let now = Instant::now();
        let posted = |fate| Posted {
            fate,
            sent_at: now,
            took: Duration::ZERO,
        };
        let cell = |n, views| Cell { n, views, seen_at: now };
        let fates = [
            Fate::Admitted,
            Fate::Admitted,
            Fate::Refused,
            Fate::Unknown,
            Fate::Unknown,
            Fate::Admitted,
        ];
        let cells = HashMap::from([
            (0, cell(1, 1)),
            (2, cell(1, 1)),
            (3, cell(1, 1)),
            (5, cell(2, 2)),
            (9, cell(1, 1)),
        ]);
        let verdict = judge(&fates.map(posted), &cells);
        let expected = Verdict {
            admitted: 3,
            refused: 1,
            unknown: 2,
            unknown_counted: 1,
            lost: 1,
            doubled: 1,
            ghosts: 2,
        };
        assert_eq!(verdict, expected);
        assert!(!verdict.is_right());
    }
}
