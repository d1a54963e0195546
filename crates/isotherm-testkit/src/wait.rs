//! Waiting on conditions instead of sleeping.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks at `condition` until it holds.
///
/// # Panics
/// When it does not hold within `deadline`; the message says `what` was waited for.
pub async fn wait_until(deadline: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + deadline;
    while !condition().await {
        assert!(Instant::now() < end, "not within {deadline:?}: {what}");
        sleep(PAUSE).await;
    }
}
