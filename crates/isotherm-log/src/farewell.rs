//! Farewells: what a shipped log says of a lane whose records it gave up, so that the loss stands where counts are kept.
//!
//! The records of a file that grew too old, or turned out damaged, never come again. On one machine the offsets show
//! that; a topic has no offset for them. So a log that is shipped notes, in the same file as its places and before the
//! records go, which lanes end that way. Whoever ships it sends a record without interactions under the lane's next seq:
//! whoever reads that finds every seq before it that never arrived to be lost. A repeat counts for nothing.

use std::sync::Arc;

use isotherm_core::record::{Lane, RecordHeader};

use crate::error::AppendError;
use crate::fault::Fault;
use crate::log::{DiskLog, Shared};
use crate::segment::Segment;

/// The end of a lane in one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Farewell {
    /// The partition.
    pub partition: u16,
    /// The lane that ended.
    pub lane: Lane,
    /// One more than the last seq that a record of the lane has.
    pub seq: u64,
}

impl Farewell {
    /// The farewell that a header says.
    pub fn of(header: &RecordHeader) -> Farewell {
        Farewell {
            partition: header.partition,
            lane: header.lane,
            seq: header.seq,
        }
    }

    /// The header of the record that says it: nothing of the lane is held any more.
    pub fn header(&self) -> RecordHeader {
        RecordHeader {
            lane: self.lane,
            partition: self.partition,
            seq: self.seq,
            floor: self.seq,
        }
    }
}

impl DiskLog {
    /// The farewells that are to be said; none where the log is not shipped.
    ///
    /// # Errors
    /// `Unavailable` when the disk does not say.
    pub fn farewells(&self) -> Result<Vec<Farewell>, AppendError> {
        let owed = self.shared.meta().owed();
        owed.map_err(|fault| AppendError::Unavailable(fault.into_text()))
    }

    /// A farewell was said and need not be said again.
    ///
    /// # Errors
    /// `Unavailable` when that cannot be noted; it is said again then.
    pub fn farewell_said(&self, farewell: &Farewell) -> Result<(), AppendError> {
        let said = self.shared.meta().said(farewell);
        said.map_err(|fault| AppendError::Unavailable(fault.into_text()))
    }
}

impl Shared {
    /// Notes durably that what is unreleased in the files will never be shipped. To be called before it is released.
    pub(crate) fn owe_farewells(&self, files: &[Arc<Segment>]) -> Result<(), Fault> {
        if !self.settings.is_shipped {
            return Ok(());
        }
        let mut owed = Vec::new();
        // A file of an older version does not say its lane; its loss is counted by this process alone.
        for segment in files.iter().filter(|segment| segment.lane != Lane(0)) {
            for partition in 0..self.settings.partitions {
                if self.unreleased_of(segment, partition) > 0 {
                    let seq = segment.end(partition) - segment.first(partition) + 1;
                    let lane = segment.lane;
                    owed.push(Farewell { partition, lane, seq });
                }
            }
        }
        match owed.is_empty() {
            true => Ok(()),
            false => self.meta().owe(&owed),
        }
    }
}
