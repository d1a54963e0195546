//! The parent's side: starts the engine, keeps it running, stops it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::folder::{EngineFolder, log_tail, open_log};
use crate::{EngineError, EngineHandle, EngineSettings, config, probe};

/// How long a started engine may take to answer before starting has failed.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// How long a left-over engine may take to let go of the folder before starting has failed.
const FOLDER_DEADLINE: Duration = Duration::from_secs(30);

/// How long an engine may take to close its tables before it is killed. They survive that too.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Pause between two questions to an engine or a folder that is not ready.
const POLL_PAUSE: Duration = Duration::from_millis(50);

/// Pause before a dead engine is started again; doubles with every death in a row.
const BACKOFF_MIN: Duration = Duration::from_millis(100);

/// The longest pause before a dead engine is started again.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// An engine that lived this long died of something new: the pause begins small again.
const STABLE_AFTER: Duration = Duration::from_secs(60);

/// How many ports are tried when the system chooses: between its choice and the engine's
/// listening somebody else may take the port.
const PORT_ATTEMPTS_MAX: u32 = 3;

/// A running, supervised engine. Dropping it lets the engine stop by itself; [`Engine::stop`] also
/// waits for it.
#[derive(Debug)]
pub struct Engine {
    handle: EngineHandle,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    supervision: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    pid: AtomicU32,
    restarts: AtomicU64,
}

/// A child and its life line. They are held apart because waiting for a child closes the standard
/// input that it still has.
#[derive(Debug)]
struct Running {
    child: Child,
    life_line: ChildStdin,
    pid: u32,
    /// Length of the log file before this child wrote to it, bytes.
    log_start: u64,
}

/// What the supervision needs to start the same engine again.
#[derive(Debug)]
struct Plan {
    folder: EngineFolder,
    lib: PathBuf,
    child_command: Vec<std::ffi::OsString>,
    log_file: PathBuf,
    restart_when_dead: bool,
}

impl Engine {
    /// Starts an engine and waits until it answers, at most 30 s. A left-over engine of a killed
    /// parent is given another 30 s to let go of the folder.
    ///
    /// # Errors
    /// When a setting is refused, the folder stays in use, or the engine does not come up; the
    /// error carries the end of its log.
    pub async fn start(mut settings: EngineSettings) -> Result<Self, EngineError> {
        settings.data_dir = absolute(&settings.data_dir)?;
        settings.lib = absolute(&settings.lib)?;
        settings.log_file = absolute(&settings.log_file)?;
        settings.validate()?;
        let plan = Plan {
            folder: EngineFolder::new(&settings.data_dir),
            lib: settings.lib.clone(),
            child_command: settings.child_command.clone(),
            log_file: settings.log_file.clone(),
            restart_when_dead: settings.restart_when_dead,
        };
        plan.folder.create()?;
        wait_for_folder(&plan.folder, FOLDER_DEADLINE).await?;

        let mut handle = match settings.same_as.take() {
            Some(earlier) => {
                settings.http_port = Some(earlier.port()?);
                EngineHandle {
                    user: settings.user.clone(),
                    ..earlier
                }
            }
            None => EngineHandle::random(&settings.user)?,
        };
        let running = first_start(&settings, &plan, &mut handle).await?;
        handle.save(&plan.folder)?;
        tracing::info!(url = %handle.url, pid = handle.pid, "the engine answers");

        let shared = Arc::new(Shared::default());
        shared.pid.store(handle.pid, Ordering::Relaxed);
        let (stop, stopped) = oneshot::channel();
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine outlives the roles and their task set; `stop` waits for this task"
        )]
        let supervision = tokio::spawn(supervise(plan, running, handle.clone(), Arc::clone(&shared), stopped));
        Ok(Self {
            handle,
            shared,
            stop,
            supervision,
        })
    }

    /// How clients reach the engine. Only `pid` changes when it is started again.
    pub fn handle(&self) -> EngineHandle {
        EngineHandle {
            pid: self.shared.pid.load(Ordering::Relaxed),
            ..self.handle.clone()
        }
    }

    /// How often the engine died and was started again.
    pub fn restarts(&self) -> u64 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// Stops the engine: closes its life line, waits up to 10 s, then kills it.
    pub async fn stop(self) {
        // An error means that the supervision is over already.
        let _ = self.stop.send(());
        if let Err(error) = self.supervision.await {
            tracing::error!(%error, "the engine's supervision failed");
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, EngineError> {
    std::path::absolute(path).map_err(EngineError::file("find", path))
}

async fn wait_for_folder(folder: &EngineFolder, patience: Duration) -> Result<(), EngineError> {
    let deadline = Instant::now() + patience;
    let mut told = false;
    while folder.is_held()? {
        if !told {
            tracing::info!("waiting for the previous engine to stop");
            told = true;
        }
        if Instant::now() >= deadline {
            return Err(EngineError::FolderInUse(folder.path().to_owned()));
        }
        sleep(POLL_PAUSE).await;
    }
    Ok(())
}

/// Starts the engine until it answers; with another port when the chosen one was taken.
async fn first_start(
    settings: &EngineSettings,
    plan: &Plan,
    handle: &mut EngineHandle,
) -> Result<Running, EngineError> {
    let attempts_max = if settings.http_port.is_some() {
        1
    } else {
        PORT_ATTEMPTS_MAX
    };
    let mut attempt = 1;
    loop {
        let port = settings.http_port.map_or_else(free_port, Ok)?;
        config::write(settings, &plan.folder, handle, port)?;
        handle.url = format!("http://127.0.0.1:{port}");
        let mut running = plan.spawn()?;
        handle.pid = running.pid;
        match wait_until_it_answers(&mut running.child, handle).await? {
            Readiness::Answers => return Ok(running),
            Readiness::Ended(status) if attempt < attempts_max => {
                tracing::warn!(%status, attempt, "the engine ended while starting; trying another port");
                attempt += 1;
            }
            Readiness::Ended(status) => {
                let log_tail = log_tail(&plan.log_file, running.log_start);
                return Err(EngineError::Ended {
                    status: status.to_string(),
                    log_tail,
                });
            }
            Readiness::Silent => {
                let log_start = running.log_start;
                end(running).await;
                let log_tail = log_tail(&plan.log_file, log_start);
                return Err(EngineError::Deadline {
                    seconds: START_DEADLINE.as_secs(),
                    log_tail,
                });
            }
        }
    }
}

enum Readiness {
    Answers,
    Ended(ExitStatus),
    Silent,
}

async fn wait_until_it_answers(child: &mut Child, handle: &EngineHandle) -> Result<Readiness, EngineError> {
    let client = probe::client()?;
    let deadline = Instant::now() + START_DEADLINE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().map_err(EngineError::Spawn)? {
            return Ok(Readiness::Ended(status));
        }
        if probe::answers(&client, handle).await {
            return Ok(Readiness::Answers);
        }
        sleep(POLL_PAUSE).await;
    }
    Ok(Readiness::Silent)
}

fn free_port() -> Result<u16, EngineError> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| EngineError::System {
        what: "free port on 127.0.0.1",
        reason: error.to_string(),
    })
}

impl Plan {
    fn spawn(&self) -> Result<Running, EngineError> {
        let (log, log_start) = open_log(&self.log_file)?;
        let log_again = log.try_clone().map_err(EngineError::file("open", &self.log_file))?;
        let (program, first_arguments) = self
            .child_command
            .split_first()
            .ok_or_else(|| EngineError::Settings("the command that starts the engine's process is empty".to_owned()))?;
        let mut child = Command::new(program)
            .args(first_arguments)
            .arg("--lib")
            .arg(&self.lib)
            .arg("--config")
            .arg(self.folder.config())
            // The library writes beside its working folder when it crashes.
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(log_again)
            // Ctrl-C in a terminal reaches the whole group: the service stops the engine last,
            // when it has no more use for it.
            .process_group(0)
            .spawn()
            .map_err(EngineError::Spawn)?;
        let (Some(life_line), Some(pid)) = (child.stdin.take(), child.id()) else {
            // Neither happens: the pipe was asked for above, and nobody has waited for the child.
            return Err(EngineError::Spawn(std::io::Error::other("no pipe to the child")));
        };
        Ok(Running {
            child,
            life_line,
            pid,
            log_start,
        })
    }
}

async fn supervise(
    plan: Plan,
    mut running: Running,
    mut handle: EngineHandle,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut backoff = BACKOFF_MIN;
    loop {
        let started = Instant::now();
        tokio::select! {
            _ = &mut stopped => break,
            status = child_end(&mut running.child) => tracing::warn!(status, "the engine died"),
        }
        if !plan.restart_when_dead {
            return forget(&plan.folder);
        }
        if started.elapsed() >= STABLE_AFTER {
            backoff = BACKOFF_MIN;
        }
        running = loop {
            tokio::select! {
                _ = &mut stopped => return forget(&plan.folder),
                () = sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
            match plan.spawn() {
                Ok(running) => break running,
                Err(error) => tracing::error!(%error, "the engine cannot be started again"),
            }
        };
        handle.pid = running.pid;
        shared.pid.store(handle.pid, Ordering::Relaxed);
        let restarts = shared.restarts.fetch_add(1, Ordering::Relaxed) + 1;
        if let Err(error) = handle.save(&plan.folder) {
            tracing::error!(%error, "the engine's credentials file could not be written");
        }
        tracing::warn!(pid = handle.pid, restarts, "the engine was started again");
    }
    end(running).await;
    forget(&plan.folder);
}

async fn child_end(child: &mut Child) -> String {
    match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Closes the child's standard input, which asks it to stop, and kills it when it does not.
async fn end(running: Running) {
    let Running {
        mut child, life_line, ..
    } = running;
    drop(life_line);
    if timeout(STOP_DEADLINE, child.wait()).await.is_err() {
        tracing::warn!("the engine did not stop in time and is killed");
        // An error means that it has ended by now.
        let _ = child.kill().await;
    }
}

/// Takes the credentials away: a stopped engine has none.
fn forget(folder: &EngineFolder) {
    let path = folder.credentials();
    if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the engine's credentials file could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_stays_in_use_is_an_error_that_says_what_to_do() {
        let data_dir = tempfile::tempdir().unwrap();
        let folder = EngineFolder::new(data_dir.path());
        let held = folder.try_hold().unwrap();
        let error = wait_for_folder(&folder, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, EngineError::FolderInUse(_)));
        assert!(error.to_string().contains("stop it"), "{error}");
        drop(held);
        wait_for_folder(&folder, Duration::ZERO).await.unwrap();
    }
}
