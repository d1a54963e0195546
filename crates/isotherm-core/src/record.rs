//! Names of records and positions in a log, and the rule by which repeats are skipped and losses noticed.

use std::collections::BTreeMap;

use crate::day::Day;

/// The identity of a log: one log on disk, or one topic. Random for a log on disk, made once with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogId(pub u64);

/// One opening of one ingest's log, a random number that is never configured and never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lane(pub u64);

/// A position in one partition of a log.
pub type Offset = u64;

/// The name of a record for ever: (lane, partition, seq); copies carry the same name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordHeader {
    /// The opening that wrote it.
    pub lane: Lane,
    /// The partition for which it was packed.
    pub partition: u16,
    /// 1, 2, 3… within (lane, partition).
    pub seq: u64,
    /// The lowest seq that the ingest still held unacknowledged when it wrote this; below it nothing will come again. What
    /// is missing from here on was cut off or damaged on its way.
    pub floor: u64,
}

/// What a worker is about to insert, committed before it does. A successor redoes exactly this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Intent {
    /// The log in which the range lies.
    pub log_id: LogId,
    /// First offset.
    pub first: Offset,
    /// Last offset, included.
    pub last: Offset,
    /// The day under which the batch lands.
    pub landing: Day,
    /// 0, and one more after each finished insert that answered "done" and left no row.
    pub attempt: u32,
}

/// The highest seq counted of each lane of one partition.
///
/// It grows for ever, by a lane for each file of each ingest's log: 8,760 a year and ingest, and one more for each restart and
/// each 256 MiB. None may be forgotten: a copy of a disk may ship its records under their names after years. A year of an ingest
/// is some 250 KiB here, for each partition, and as many rows that a worker reads when it starts.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Lanes(BTreeMap<Lane, u64>);

/// What to do with a record, by its header alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It is the next one: count it.
    Take,
    /// It was counted before: skip it.
    Repeat,
    /// Records between are gone for ever; count this one.
    TakeAfterLoss {
        /// How many.
        count: u64,
        /// How many of them the ingest had not given up when it wrote this one: cut off by retention, damaged, or
        /// forgotten by a broker.
        held: u64,
    },
}

impl Lanes {
    /// The lanes as the store knows them.
    pub fn from_rows(rows: impl IntoIterator<Item = (Lane, u64)>) -> Lanes {
        let mut lanes = Lanes::default();
        for (lane, seq) in rows {
            let last = lanes.0.entry(lane).or_default();
            *last = (*last).max(seq);
        }
        lanes
    }

    /// Decides about a record and, if it is taken, remembers it.
    ///
    /// Copies of a record may come as often as they like, but the first copy of each comes in order: whatever ships a lane
    /// begins at or before the first record that is not acknowledged, and goes on without leaving one out. So a record
    /// that is missing before this one was in the log and is not there any more. It is lost, now and for ever: should it
    /// come again, it is a repeat.
    pub fn turn(&mut self, header: &RecordHeader) -> Turn {
        let last = self.0.get(&header.lane).copied().unwrap_or(0);
        if header.seq <= last {
            return Turn::Repeat;
        }
        self.0.insert(header.lane, header.seq);
        let first_missing = last + 1;
        match header.seq - first_missing {
            0 => Turn::Take,
            count => Turn::TakeAfterLoss {
                count,
                // A floor above its own record is nothing that was ever written; it must not underflow.
                held: header.seq.saturating_sub(header.floor.max(first_missing)),
            },
        }
    }

    /// The last seq of each lane, in the order of lanes.
    pub fn iter(&self) -> impl Iterator<Item = (Lane, u64)> + '_ {
        self.0.iter().map(|(lane, seq)| (*lane, *seq))
    }

    /// The last seq counted of a lane; 0 when none was.
    pub fn last(&self, lane: Lane) -> u64 {
        self.0.get(&lane).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(lane: u64, seq: u64, floor: u64) -> RecordHeader {
        RecordHeader {
            lane: Lane(lane),
            partition: 0,
            seq,
            floor,
        }
    }

    #[test]
    fn repeats_are_skipped_and_losses_are_counted_once() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.turn(&header(7, 1, 1)), Turn::Take);
        assert_eq!(lanes.turn(&header(7, 2, 1)), Turn::Take);
        assert_eq!(lanes.turn(&header(7, 1, 1)), Turn::Repeat);
        let lost = |count, held| Turn::TakeAfterLoss { count, held };
        assert_eq!(lanes.turn(&header(7, 4, 1)), lost(1, 1), "3 was held and was cut off");
        assert_eq!(lanes.turn(&header(7, 3, 1)), Turn::Repeat, "it is lost, and stays so");
        assert_eq!(lanes.turn(&header(7, 8, 8)), lost(3, 0), "5, 6 and 7 were given up");
        assert_eq!(lanes.turn(&header(7, 13, 11)), lost(4, 2), "two given up, two cut off");
        assert_eq!(
            lanes.turn(&header(7, 15, 99)),
            lost(1, 0),
            "a floor that cannot be does no harm"
        );
        assert_eq!(lanes.turn(&header(8, 1, 1)), Turn::Take, "another lane starts afresh");
        assert_eq!(lanes.last(Lane(7)), 15);
    }
}
