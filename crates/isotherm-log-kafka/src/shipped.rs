//! How far shipping has come, for those who wait for it and those who watch it.

use isotherm_core::record::Offset;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;

/// The shipper has ended; what was not shipped before is shipped after the next start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("shipping to kafka has ended")]
pub struct ShipperEnded;

/// How far each partition has been shipped. Clones see the same.
#[derive(Clone, Debug)]
pub struct Shipped {
    next: Arc<[watch::Receiver<Offset>]>,
}

impl Shipped {
    /// The receivers in the order of partitions.
    pub(crate) fn new(next: Vec<watch::Receiver<Offset>>) -> Shipped {
        Shipped { next: next.into() }
    }

    /// Every record below this offset of the local log is in the topic, on as many brokers as it must be; `None` for
    /// a partition that there is not.
    pub fn next(&self, partition: u16) -> Option<Offset> {
        self.next.get(usize::from(partition)).map(|next| *next.borrow())
    }

    /// Waits until each (partition, offset) is in the topic: the answer 204 of `ack = "kafka"` waits for this.
    ///
    /// # Errors
    /// The shipper ended before, or there is no such partition.
    pub async fn reached(&self, lasts: &[(u16, Offset)]) -> Result<(), ShipperEnded> {
        for (partition, last) in lasts {
            let next = self.next.get(usize::from(*partition)).ok_or(ShipperEnded)?;
            let mut next = next.clone();
            let reached = next.wait_for(|next| next > last).await;
            reached.map_err(|_| ShipperEnded)?;
        }
        Ok(())
    }
}

/// Counters and gauges of one shipper. Clones are the same.
#[derive(Clone, Default, Debug)]
pub struct ShipMetrics {
    /// Records acknowledged by Kafka.
    pub records: Counter,
    /// Their bytes, before compression.
    pub bytes: Counter,
    /// Errors: of Kafka, after which everything unacknowledged is sent again, and of reading the local log.
    pub errors: Counter,
    /// Farewells acknowledged by Kafka: lanes and partitions of which records were given up unshipped.
    pub farewells: Counter,
    /// Records of the local log not yet acknowledged, by partition.
    pub lag: Family<PartitionLabel, Gauge>,
}

/// The label of per-partition gauges.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct PartitionLabel {
    /// The partition.
    pub partition: u16,
}

impl ShipMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("records_shipped", "Records acknowledged by Kafka", self.records.clone());
        registry.register(
            "bytes_shipped",
            "Bytes of records acknowledged by Kafka",
            self.bytes.clone(),
        );
        registry.register(
            "ship_errors",
            "Errors on the way to Kafka and in reading the local log",
            self.errors.clone(),
        );
        registry.register(
            "farewells_shipped",
            "Lanes and partitions whose given-up records were made known to the ledger",
            self.farewells.clone(),
        );
        registry.register(
            "ship_lag_records",
            "Records not yet acknowledged by Kafka",
            self.lag.clone(),
        );
    }
}
