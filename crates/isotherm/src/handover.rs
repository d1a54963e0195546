//! How a running `up` lends its data directory to a restore and gets it back.
//!
//! A restore holds `handover.lock` from its beginning to its end and asks `up` on the operations listener. `up` stops its
//! roles and its engine, keeps its process and its addresses, refuses with 503, and lets go of the directory's own lock.
//! When `handover.lock` is free again, `up` takes its lock back and starts its roles on what is there. The kernel frees the
//! locks of a restore that is killed, so nobody has to be told how it ended.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::{Context, bail};
use isotherm_core::{DropReason, Outcome};
use isotherm_engine::EngineFolder;
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::serve;
use crate::https;
use crate::installation::{DataLock, Installation, Run};
use crate::listening::Listener;
use crate::roles;

/// How long `up` may take to hand over: its roles stop within 6 s, its engine within 10 s.
const HAND_OVER_MAX: Duration = Duration::from_secs(60);
/// How long `up` waits for a control command that took the directory's lock first.
const BACK_MAX: Duration = Duration::from_secs(60);
/// Pause between two looks at a lock.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// When a browser may try again, seconds.
const RETRY_AFTER_S: u64 = 5;

/// A restore is under way until this is dropped, or until the process ends in any way.
#[derive(Debug)]
pub(crate) struct Handover {
    _file: File,
}

/// Begins a restore; refuses beside another one.
pub(crate) fn begin(installation: &Installation) -> anyhow::Result<Handover> {
    match try_begin(installation)? {
        Some(handover) => Ok(handover),
        None => bail!(
            "another restore into {} is under way: wait for it",
            installation.data_dir.display()
        ),
    }
}

fn try_begin(installation: &Installation) -> anyhow::Result<Option<Handover>> {
    let dir = &installation.data_dir;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join("handover.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Handover { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", path.display())),
    }
}

/// The folder in which a restore puts its tables together, beside the engine's.
pub(crate) fn new_folder(installation: &Installation) -> PathBuf {
    installation.engine_dir().with_extension("restoring")
}

/// Removes what a killed restore was putting together, or what it had replaced: in neither case the store.
pub(crate) fn remove_leftovers(installation: &Installation) {
    let folder = new_folder(installation);
    let is_over =
        || -> anyhow::Result<bool> { Ok(try_begin(installation)?.is_some() && !EngineFolder::new(&folder).is_held()?) };
    if !folder.exists() || !is_over().unwrap_or(false) {
        return;
    }
    match fs::remove_dir_all(&folder) {
        Ok(()) => tracing::info!("what a restore that was killed left behind is removed"),
        Err(error) => tracing::warn!(folder = %folder.display(), %error, "a leftover of a restore cannot be removed"),
    }
}

/// Takes the data directory's lock for a restore; asks a running `up` for it.
pub(crate) async fn take(installation: &Installation) -> anyhow::Result<DataLock> {
    let begun = Instant::now();
    let mut asked = false;
    loop {
        if let Some(lock) = installation.try_lock()? {
            return Ok(lock);
        }
        if let Some(run) = installation.run().filter(|_| !asked) {
            asked = ask(&run, installation).await?;
        }
        if begun.elapsed() >= HAND_OVER_MAX {
            bail!(
                "{} is not handed over{}: stop what uses it, and restore again; nothing was changed",
                installation.data_dir.display(),
                installation
                    .run()
                    .map(|run| format!(" by process {}", run.pid))
                    .unwrap_or_default()
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the service has agreed; one that does not answer yet is asked again.
async fn ask(run: &Run, installation: &Installation) -> anyhow::Result<bool> {
    let Ok(answer) = https::ask_service(run, "POST", "/-/hand-over", HAND_OVER_MAX).await else {
        return Ok(false);
    };
    if !answer.is_good() {
        bail!(
            "the isotherm that runs on {} (process {}) cannot hand it over: stop that one, and restore again; nothing was \
             changed",
            installation.data_dir.display(),
            run.pid
        );
    }
    tracing::info!(pid = run.pid, "the running service hands its data directory over");
    Ok(true)
}

/// A running service's ear for a restore. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Notify>);

impl Asked {
    /// Listens on the operations listener.
    pub(crate) fn listen(&self, ops: &Ops, installation: &Installation) {
        let (asked, installation) = (self.0.clone(), installation.clone());
        ops.on_hand_over(Arc::new(move || {
            let (asked, installation) = (asked.clone(), installation.clone());
            Box::pin(async move {
                // Nobody else may stop the roles: whoever asks must be able to write to the data directory.
                if !is_under_way(&installation) {
                    return Err("no restore is under way".into());
                }
                asked.notify_one();
                Ok(())
            })
        }));
    }

    /// Returns when a restore asks.
    pub(crate) async fn wait(&self, installation: &Installation) {
        loop {
            self.0.notified().await;
            if is_under_way(installation) {
                return;
            }
        }
    }
}

fn is_under_way(installation: &Installation) -> bool {
    matches!(try_begin(installation), Ok(None))
}

/// Waits until the restore is over, and takes the directory's lock back.
pub(crate) async fn back(installation: &Installation) -> anyhow::Result<DataLock> {
    while is_under_way(installation) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let begun = Instant::now();
    loop {
        match installation.try_lock()? {
            Some(lock) => return Ok(lock),
            // Says who has it.
            None if begun.elapsed() >= BACK_MAX => return installation.lock(),
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Answers for a service that has handed its store over: 503 to the public, not ready to operators.
pub(crate) struct Refusing(Tasks);

impl Refusing {
    pub(crate) fn start(public: Listener, operations: Listener) -> anyhow::Result<Refusing> {
        let (tasks, ops) = (Tasks::new(), Ops::new());
        ops.set_ready("restore", Err("a backup is being restored".into()));
        // To one whose first request was cut off by the stop of the roles: it has what it asked for.
        ops.on_hand_over(Arc::new(|| Box::pin(async { Ok(()) })));
        let metrics = IngestMetrics::default();
        ops.register(|registry| metrics.register(registry));
        roles::serve_ops(operations, &ops, &tasks);
        let configure = move |config: &mut web::ServiceConfig| {
            let metrics = metrics.clone();
            let refuse = move |request: HttpRequest| {
                let metrics = metrics.clone();
                async move { refusal(&request, &metrics) }
            };
            config.default_service(web::to(refuse));
        };
        let serving = serve(public, configure, tasks.stop_signal());
        tasks.spawn("http", async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "nothing answers while a backup is being restored");
            }
        });
        Ok(Refusing(tasks))
    }

    pub(crate) async fn stop(self) {
        self.0.stop().await;
    }
}

fn refusal(request: &HttpRequest, metrics: &IngestMetrics) -> HttpResponse {
    if request.path() == "/v1/collect" && request.method() == actix_web::http::Method::POST {
        metrics.count(Outcome::Dropped(DropReason::Unavailable));
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, RETRY_AFTER_S))
        .body("a backup is being restored\n")
}
