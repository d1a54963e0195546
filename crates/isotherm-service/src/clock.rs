//! The system's clock behind the core's `Clock`.

use std::time::{SystemTime, UNIX_EPOCH};

use isotherm_core::ports::Clock;

/// The operating system's time.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one clock that everything else is given"
    )]
    fn unix_ms(&self) -> u64 {
        // A machine whose clock stands before 1970 counts from 1970.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis() as u64
    }
}
