//! Time that passes only when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use isotherm_core::ports::Clock;

/// A clock that is driven by hand. Clones show the same time.
#[derive(Clone, Debug)]
pub struct DrivenClock(Arc<AtomicU64>);

impl DrivenClock {
    /// A clock that shows `unix_ms`, in milliseconds since 1970.
    pub fn at(unix_ms: u64) -> DrivenClock {
        DrivenClock(Arc::new(AtomicU64::new(unix_ms)))
    }

    /// Lets `ms` milliseconds pass.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for DrivenClock {
    fn unix_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
