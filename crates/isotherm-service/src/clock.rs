//! The system's clock behind the core's `Clock`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use isotherm_core::ports::Clock;

/// How far this process stands back, ms.
static BACK_MS: AtomicU64 = AtomicU64::new(0);

/// Sets this process back, or nearer to the present again: all that asks for the time then lives so many ms ago. The demo
/// makes its first weeks so, through everything that an installation has. Nobody else may.
pub fn set_back(ms: u64) {
    BACK_MS.store(ms, Ordering::Relaxed);
}

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
            - BACK_MS.load(Ordering::Relaxed)
    }
}
