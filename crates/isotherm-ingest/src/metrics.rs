//! What the collecting role counts of itself: one counter per outcome, and the group commit.

use isotherm_core::Outcome;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Counters of the collecting role. Clones are the same.
#[derive(Clone, Debug)]
pub struct IngestMetrics {
    outcomes: [Counter; Outcome::ALL.len()],
    family: Family<OutcomeLabel, Counter>,
    /// Commits to the log.
    pub commits: Counter,
    /// Seconds from the start of a commit to its end.
    pub commit_seconds: Histogram,
    /// Of those that are `unavailable`: refused because their worker was late.
    pub crowded_out: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

impl Default for IngestMetrics {
    fn default() -> IngestMetrics {
        let family: Family<OutcomeLabel, Counter> = Family::default();
        // Every outcome has its counter from the start, so that a missing series is never a missing reason.
        let outcomes = Outcome::ALL.map(|o| family.get_or_create(&OutcomeLabel { outcome: o.label() }).clone());
        let commit_seconds = Histogram::new(exponential_buckets(0.000_25, 2.0, 14));
        IngestMetrics {
            outcomes,
            family,
            commits: Counter::default(),
            commit_seconds,
            crowded_out: Counter::default(),
        }
    }
}

impl IngestMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "beacons",
            "Requests to the collecting endpoint by outcome",
            self.family.clone(),
        );
        registry.register("log_commits", "Commits to the log on disk", self.commits.clone());
        registry.register(
            "log_commit_seconds",
            "Duration of a commit to the log on disk",
            self.commit_seconds.clone(),
        );
        registry.register(
            "beacons_crowded_out",
            "Beacons that were refused because more came than the processor can take",
            self.crowded_out.clone(),
        );
    }

    /// Counts one request.
    pub fn count(&self, outcome: Outcome) {
        self.outcomes[outcome.index()].inc();
    }

    /// Counts under a label that is somebody's.
    #[cfg(feature = "leaks")]
    pub(crate) fn count_leak(&self, text: &str) {
        let outcome = Box::leak(text.to_owned().into_boxed_str());
        self.family.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// How many requests ended in an outcome.
    pub fn counted(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome.index()].get()
    }
}
