//! The points, in the order in which a record passes them.

use std::fmt;
use std::str::FromStr;

macro_rules! points {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// A place of the scheme where a process may die, stall or fail.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Point {
            $($(#[$doc])* $variant,)+
        }

        impl Point {
            /// All of them.
            pub const ALL: &[Point] = &[$(Point::$variant,)+];

            /// The name, as variables and reports have it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Point::$variant => $name,)+
                }
            }
        }
    };
}

points! {
    /// Ingest gathered a group and has not begun to write it.
    AppendBefore = "append_before",
    /// The group is on the disk and nobody was answered.
    AppendAfter = "append_after",
    /// The log refused the group.
    AppendRefused = "append_refused",
    /// The shipper read records and has not handed them to the producer.
    ShipBefore = "ship_before",
    /// Records are handed over and not acknowledged.
    ShipSent = "ship_sent",
    /// Kafka acknowledged records and the log does not know.
    ShipAcked = "ship_acked",
    /// The log is about to be told that it may forget them.
    ShipReleaseBefore = "ship_release_before",
    /// The log was told.
    ShipReleased = "ship_released",
    /// The aggregator built a batch from what it gathered.
    Gathered = "gathered",
    /// The intent is about to be committed.
    IntentBefore = "intent_before",
    /// The intent is committed.
    IntentAfter = "intent_after",
    /// The broker refused the intent: the partition is another's.
    Fenced = "fenced",
    /// Behind the fence, landing and ledger allow the insert.
    Checked = "checked",
    /// The insert is about to be sent.
    InsertBefore = "insert_before",
    /// A part of the insert's bytes is sent.
    InsertMiddle = "insert_middle",
    /// The insert was answered, or was not; the ledger has not been asked.
    InsertAfter = "insert_after",
    /// The ledger has the batch and the log does not know.
    Confirmed = "confirmed",
    /// The log was told.
    Released = "released",
    /// The ledger says that a batch at hand is another's work by now.
    Superseded = "superseded",
    /// A recorded range begins to be read again.
    RedoBegun = "redo_begun",
    /// The recorded range is a batch again.
    RedoBuilt = "redo_built",
    /// A partition went away while its worker had something open.
    Revoked = "revoked",
    /// Texts are about to be looked at for publishing.
    PublishBefore = "publish_before",
    /// Texts that are ready are published.
    PublishAfter = "publish_after",
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(name: &str) -> Result<Point, String> {
        let found = Point::ALL.iter().find(|point| point.name() == name);
        found.copied().ok_or_else(|| format!("there is no point `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_found_by_its_name() {
        for point in Point::ALL {
            assert_eq!(point.name().parse(), Ok(*point));
        }
        assert!("nowhere".parse::<Point>().is_err());
    }
}
