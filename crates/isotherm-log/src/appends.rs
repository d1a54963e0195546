//! Lets readers sleep until something is appended, so that nobody polls the disk.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A counter of appended groups that can be waited on.
#[derive(Debug, Default)]
pub struct Appends {
    groups: Mutex<u64>,
    changed: Condvar,
}

impl Appends {
    /// How many groups were appended since the log was opened.
    pub fn seen(&self) -> u64 {
        *self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the counter differs from `seen` or the timeout passes, and returns the counter. Call it with the
    /// counter read *before* the log was read: an append in between then ends the wait at once.
    pub fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let (groups, _) = self
            .changed
            .wait_timeout_while(groups, timeout, |groups| *groups == seen)
            .unwrap_or_else(PoisonError::into_inner);
        *groups
    }

    /// Counts one group and wakes everybody.
    pub(crate) fn add(&self) {
        *self.groups.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }
}
