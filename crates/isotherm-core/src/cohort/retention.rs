//! How long sealed counts are kept, and which of them go when that is changed.

use super::{RETENTION_MONTHS, months_before};
use crate::day::Day;

/// What becomes of sealed counts that are older than their site keeps them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Older {
    /// They are deleted.
    #[default]
    Deleted,
    /// By day they become one cohort a month, with 64 px cells and elements; by country they stay as they are, by month.
    Coarsened,
}

/// How long a site's sealed counts are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Whole months besides the running one.
    pub months: u16,
    /// What becomes of older ones.
    pub older: Older,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept {
            months: RETENTION_MONTHS,
            older: Older::Deleted,
        }
    }
}

impl Older {
    /// The word for it, as commands and the API take it.
    pub const fn word(self) -> &'static str {
        match self {
            Older::Deleted => "delete",
            Older::Coarsened => "coarsen",
        }
    }
}

/// A site's retention, and the sealed counts that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Retention {
    /// What holds.
    pub kept: Kept,
    /// The oldest day of which there are sealed counts; `None` where there are none.
    pub oldest: Option<Day>,
    /// The newest landing that is sealed, from which months are counted back; `None` before the first.
    pub newest: Option<Day>,
}

impl Retention {
    /// The day before which counts go, or lose detail, that would stay as they are without this change; `None` where nothing
    /// that is there now does.
    pub fn lost_with(&self, new: Kept) -> Option<Day> {
        let before = months_before(self.newest?, new.months);
        let is_harder =
            new.months < self.kept.months || (self.kept.older, new.older) == (Older::Coarsened, Older::Deleted);
        (is_harder && self.oldest? < before).then_some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, and days of 2025.
    const NEWEST: Day = Day(20_778);
    const OCTOBER_31: Day = Day(20_392);
    const NOVEMBER_1: Day = Day(20_393);

    fn kept(months: u16, older: Older) -> Kept {
        Kept { months, older }
    }

    #[test]
    fn a_harder_retention_takes_what_is_older_and_an_easier_one_nothing() {
        use Older::{Coarsened, Deleted};
        for (now, oldest, new, lost) in [
            (kept(25, Deleted), OCTOBER_31, kept(12, Deleted), Some(NOVEMBER_1)),
            (kept(25, Deleted), OCTOBER_31, kept(12, Coarsened), Some(NOVEMBER_1)),
            (kept(25, Deleted), NOVEMBER_1, kept(12, Deleted), None),
            (kept(25, Deleted), OCTOBER_31, kept(13, Deleted), None),
            (kept(12, Coarsened), OCTOBER_31, kept(12, Deleted), Some(NOVEMBER_1)),
            (kept(12, Deleted), OCTOBER_31, kept(12, Coarsened), None),
            (kept(12, Deleted), OCTOBER_31, kept(12, Deleted), None),
            (kept(3, Deleted), OCTOBER_31, kept(12, Deleted), None),
        ] {
            let retention = Retention {
                kept: now,
                oldest: Some(oldest),
                newest: Some(NEWEST),
            };
            assert_eq!(retention.lost_with(new), lost, "{now:?} with {new:?}");
        }
    }

    #[test]
    fn where_nothing_is_sealed_nothing_is_lost() {
        let new = kept(3, Older::Deleted);
        for (oldest, newest) in [(None, None), (None, Some(NEWEST)), (Some(OCTOBER_31), None)] {
            let retention = Retention {
                oldest,
                newest,
                ..Retention::default()
            };
            assert_eq!(retention.lost_with(new), None);
        }
    }
}
