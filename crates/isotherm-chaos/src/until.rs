//! Waiting on conditions, with a deadline that is an error and not a panic: the schedules beside go on.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

/// Pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(25);

/// Looks until there is an answer.
///
/// # Errors
/// The condition's own, or that there was no answer within the deadline.
pub(crate) async fn until<T>(
    deadline: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(answer) = condition().await? {
            return Ok(answer);
        }
        if Instant::now() >= end {
            bail!("not within {deadline:?}: {what}");
        }
        sleep(PAUSE).await;
    }
}
