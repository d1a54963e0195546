//! What the aggregator counts of itself.

use std::sync::atomic::AtomicU64;

use isotherm_core::ports::LedgerRow;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters and gauges of one aggregator. Clones are the same.
#[derive(Clone, Default, Debug)]
pub struct AggregateMetrics {
    /// Batches that landed.
    pub batches: Counter,
    /// Count rows inserted.
    pub rows: Counter,
    /// Interactions counted.
    pub interactions: Counter,
    /// Records skipped as repeats.
    pub skipped: Counter,
    /// Records lost although no ingest had given them up.
    pub gaps: Counter,
    /// Records that could not be decoded.
    pub poison: Counter,
    /// Records and offsets that will never come.
    pub lost: Counter,
    /// Steps that failed and are tried again.
    pub retries: Counter,
    /// Records not yet counted, by partition.
    pub lag: Family<PartitionLabel, Gauge>,
    /// Seconds for which the oldest of them has waited, by partition.
    pub age: Family<PartitionLabel, Gauge<f64, AtomicU64>>,
}

/// The label of per-partition gauges.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct PartitionLabel {
    /// The partition.
    pub partition: u16,
}

impl AggregateMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        let counters: [(&str, &str, &Counter<u64, AtomicU64>); 8] = [
            ("batches", "Batches that landed", &self.batches),
            ("rows_inserted", "Count rows inserted", &self.rows),
            ("interactions_counted", "Interactions counted", &self.interactions),
            ("records_skipped", "Records skipped as repeats", &self.skipped),
            (
                "records_cut_off",
                "Records lost although no ingest had given them up",
                &self.gaps,
            ),
            ("records_poison", "Records that could not be decoded", &self.poison),
            ("records_lost", "Records and offsets that will never come", &self.lost),
            (
                "aggregate_retries",
                "Steps that failed and were tried again",
                &self.retries,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        registry.register("consumer_lag_records", "Records not yet counted", self.lag.clone());
        registry.register(
            "consumer_lag_seconds",
            "How long the oldest record not yet counted has waited",
            self.age.clone(),
        );
    }

    /// Notes what waits in a partition: records, and milliseconds of the oldest.
    pub fn waiting(&self, partition: u16, records: u64, age_ms: u64) {
        let label = PartitionLabel { partition };
        self.lag.get_or_create(&label).set(records.cast_signed());
        self.age.get_or_create(&label).set(age_ms as f64 / 1_000.0);
    }

    /// A partition went to another aggregator, which says how much waits in it.
    pub fn gone(&self, partition: u16) {
        let label = PartitionLabel { partition };
        self.lag.remove(&label);
        self.age.remove(&label);
    }

    /// Counts a batch that landed.
    pub fn landed(&self, ledger: &LedgerRow, rows: usize, gaps: u64, lost: u64) {
        self.batches.inc();
        self.rows.inc_by(rows as u64);
        self.interactions.inc_by(ledger.interactions);
        self.skipped.inc_by(ledger.skipped);
        self.gaps.inc_by(gaps);
        self.poison.inc_by(ledger.poison);
        self.lost.inc_by(lost);
    }
}
