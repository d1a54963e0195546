//! The task set: the only place that starts tasks, so that every one of them has a name and an end.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longest time that a stop waits for tasks. What runs longer is abandoned and said so. With an engine that is stopped
/// behind them, a role ends within 10 s.
pub const STOP_DEADLINE: Duration = Duration::from_secs(6);

/// A set of tasks that stop together. Clones are the same set.
#[derive(Clone, Default, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// An empty set.
    pub fn new() -> Tasks {
        Tasks::default()
    }

    /// The signal on which tasks end.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task. It should end soon after the stop signal.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(async move {
            task.await;
            tracing::debug!(task = name, "task ended");
        });
    }

    /// Starts blocking work on a thread of its own. It should look at the stop signal about every second.
    pub fn spawn_thread(&self, name: &'static str, work: impl FnOnce() + Send + 'static) {
        let guard = self.tracker.token();
        let started = std::thread::Builder::new().name(name.into()).spawn(move || {
            work();
            drop(guard);
        });
        if let Err(error) = started {
            tracing::error!(task = name, %error, "thread could not be started");
            self.stop.cancel();
        }
    }

    /// Signals the stop and waits for all tasks; says whether all ended within the deadline.
    pub async fn stop(&self) -> bool {
        self.stop.cancel();
        self.tracker.close();
        let ended = tokio::time::timeout(STOP_DEADLINE, self.tracker.wait()).await.is_ok();
        if !ended {
            tracing::warn!(
                tasks = self.tracker.len(),
                "some work did not end in time and is left; nothing accepted is lost, the next start goes on where it stood"
            );
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_waits_for_every_task_and_thread() {
        let tasks = Tasks::new();
        let (signal, ended) = (
            tasks.stop_signal(),
            std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)),
        );
        for _ in 0..3 {
            let (signal, ended) = (signal.clone(), ended.clone());
            tasks.spawn("test", async move {
                signal.cancelled().await;
                ended.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
        let (seen, counted) = (signal.clone(), ended.clone());
        tasks.spawn_thread("test", move || {
            while !seen.is_cancelled() {
                std::thread::yield_now();
            }
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        });
        assert!(tasks.stop().await);
        assert_eq!(ended.load(std::sync::atomic::Ordering::SeqCst), 4);
    }
}
