//! The list of scenarios.

use isotherm_fault::Point;

use crate::scenario::Around::{
    self, BrokerKilled, BrokerStopped, DiskFull, Join, KilledBefore, Network, StoreKilled, Takeover,
    TakeoverPastMidnight,
};
use crate::scenario::Bad::{Cut, Silent, Slow};
use crate::scenario::Role::{self, Aggregate, Ingest, Up};
use crate::scenario::Server::{ClickHouse, Kafka};
use crate::scenario::{Deed, Scenario};

const fn kill(name: &'static str, role: Role, point: Point) -> Scenario {
    around(name, (role, point), Deed::Kill, Around::Nothing)
}

const fn halt(name: &'static str, role: Role, point: Point, meanwhile: Around) -> Scenario {
    around(name, (role, point), Deed::Stop, meanwhile)
}

const fn around(name: &'static str, (role, point): (Role, Point), deed: Deed, around: Around) -> Scenario {
    Scenario {
        name,
        role,
        point,
        deed,
        around,
    }
}

/// Every scenario. The short form runs most of them once, the long form all in rounds. New ones go to the end: a seed is replayed
/// with its scenario's number.
pub const SCENARIOS: &[Scenario] = &[
    kill("aggregator killed after gathering", Aggregate, Point::Gathered),
    kill("aggregator killed before its intent", Aggregate, Point::IntentBefore),
    kill("aggregator killed after its intent", Aggregate, Point::IntentAfter),
    kill("aggregator killed after the ledger check", Aggregate, Point::Checked),
    kill("aggregator killed before the insert", Aggregate, Point::InsertBefore),
    kill(
        "aggregator killed in the middle of the insert",
        Aggregate,
        Point::InsertMiddle,
    ),
    kill("aggregator killed after the insert", Aggregate, Point::InsertAfter),
    kill(
        "aggregator killed after the ledger confirmed",
        Aggregate,
        Point::Confirmed,
    ),
    kill("aggregator killed after releasing", Aggregate, Point::Released),
    around(
        "aggregator killed as a redo begins",
        (Aggregate, Point::RedoBegun),
        Deed::Kill,
        KilledBefore(Point::IntentAfter),
    ),
    around(
        "aggregator killed in a redo",
        (Aggregate, Point::RedoBuilt),
        Deed::Kill,
        KilledBefore(Point::InsertMiddle),
    ),
    around(
        "aggregator killed in a rebalance",
        (Aggregate, Point::Revoked),
        Deed::Kill,
        Join,
    ),
    kill(
        "aggregator killed before publishing texts",
        Aggregate,
        Point::PublishBefore,
    ),
    kill(
        "aggregator killed after publishing texts",
        Aggregate,
        Point::PublishAfter,
    ),
    kill("ingest killed before the fsync", Ingest, Point::AppendBefore),
    kill("ingest killed between fsync and 204", Ingest, Point::AppendAfter),
    kill("ingest killed before producing", Ingest, Point::ShipBefore),
    kill("ingest killed with records in flight", Ingest, Point::ShipSent),
    kill("ingest killed after Kafka's acknowledgement", Ingest, Point::ShipAcked),
    kill("ingest killed before the log forgets", Ingest, Point::ShipReleaseBefore),
    kill("ingest killed after the log forgot", Ingest, Point::ShipReleased),
    halt(
        "aggregator halted between intent and ledger check",
        Aggregate,
        Point::IntentAfter,
        Takeover,
    ),
    halt(
        "aggregator halted between ledger check and insert",
        Aggregate,
        Point::InsertBefore,
        Takeover,
    ),
    halt(
        "aggregator halted in the middle of the insert",
        Aggregate,
        Point::InsertMiddle,
        Takeover,
    ),
    halt(
        "aggregator cut off from ClickHouse in the insert",
        Aggregate,
        Point::InsertMiddle,
        Network(ClickHouse, Cut),
    ),
    halt(
        "ClickHouse silent after the insert was sent",
        Aggregate,
        Point::InsertBefore,
        Network(ClickHouse, Silent),
    ),
    halt(
        "aggregator cut off from Kafka at its intent",
        Aggregate,
        Point::IntentBefore,
        Network(Kafka, Cut),
    ),
    halt(
        "ingest cut off from Kafka with records in flight",
        Ingest,
        Point::ShipSent,
        Network(Kafka, Cut),
    ),
    halt(
        "ingest on a slow way to Kafka",
        Ingest,
        Point::ShipBefore,
        Network(Kafka, Slow),
    ),
    around(
        "insert's answer lost",
        (Aggregate, Point::InsertAfter),
        Deed::Fail,
        Around::Nothing,
    ),
    around(
        "disk full under the log",
        (Ingest, Point::AppendRefused),
        Deed::Mark,
        DiskFull,
    ),
    halt("broker stopped under load", Ingest, Point::ShipSent, BrokerStopped),
    halt(
        "broker killed after an intent",
        Aggregate,
        Point::IntentAfter,
        BrokerKilled,
    ),
    halt(
        "ClickHouse killed in the middle of an insert",
        Aggregate,
        Point::InsertMiddle,
        StoreKilled,
    ),
    halt(
        "ClickHouse killed after an insert",
        Aggregate,
        Point::InsertAfter,
        StoreKilled,
    ),
    halt(
        "aggregator halted before an insert, taken over past midnight",
        Aggregate,
        Point::InsertBefore,
        TakeoverPastMidnight,
    ),
    halt(
        "aggregator halted before its intent",
        Aggregate,
        Point::IntentBefore,
        Takeover,
    ),
    halt(
        "aggregator on a slow way to ClickHouse",
        Aggregate,
        Point::InsertBefore,
        Network(ClickHouse, Slow),
    ),
    halt(
        "Kafka silent at an intent",
        Aggregate,
        Point::IntentBefore,
        Network(Kafka, Silent),
    ),
    halt(
        "Kafka silent with records in flight",
        Ingest,
        Point::ShipSent,
        Network(Kafka, Silent),
    ),
    halt(
        "ingest cut off from ClickHouse",
        Ingest,
        Point::AppendAfter,
        Network(ClickHouse, Cut),
    ),
    kill("one machine killed between fsync and 204", Up, Point::AppendAfter),
    kill("one machine killed after its intent", Up, Point::IntentAfter),
    kill(
        "one machine killed in the middle of the insert",
        Up,
        Point::InsertMiddle,
    ),
    kill("one machine killed after the insert", Up, Point::InsertAfter),
    kill("one machine killed after the ledger confirmed", Up, Point::Confirmed),
    kill("one machine killed after releasing", Up, Point::Released),
];

/// Scenarios that the short form leaves to the long one: each has a near relation that stays.
pub(crate) const LONG_ONLY: &[usize] = &[7, 12, 16, 20, 25, 26, 28, 34, 35, 36, 37, 38, 39, 41, 42, 45, 46];

/// The rules that processes leave out, each with the scenario that is made for it: its totals must be wrong then.
pub const MUTANTS: &[(&str, usize)] = &[
    // The halted aggregator's insert comes after its successor's, and nothing says that they are the same.
    ("own_token", 22),
    // The successor inserts into its own day what the halted one then inserts into the day before.
    ("no_redo", 35),
];
