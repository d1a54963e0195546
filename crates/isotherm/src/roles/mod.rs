//! The roles: each builds its adapters, starts its tasks, and stops when it is told to.

pub(crate) mod aggregate;
pub(crate) mod collecting;
pub(crate) mod ingest;
pub(crate) mod query;
pub(crate) mod sealing;
pub(crate) mod up;

use std::net::SocketAddr;

use anyhow::Context;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::StoreSettings;
use tokio::signal::unix::{SignalKind, signal};

use crate::installation::Installation;
use crate::listening::{Listener, keep_certificate};

/// What helps when the public address cannot be listened on.
pub(crate) const OTHER_ADDRESS: &str = "name another ADDR:PORT with --listen, or stop what holds this one";

/// Waits for the signal to stop: SIGTERM or SIGINT.
pub(crate) async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The ClickHouse of a cluster; a role that runs alone has no engine of its own.
pub(crate) fn external_store(installation: &Installation) -> anyhow::Result<StoreSettings> {
    let store = installation.config.clickhouse.store().context(
        "this role needs a ClickHouse server: set [clickhouse] url in the configuration (`isotherm up` brings its own)",
    )?;
    store.validate()?;
    Ok(store)
}

/// Serves operations; says where.
pub(crate) fn start_ops(installation: &Installation, ops: &Ops, tasks: &Tasks) -> anyhow::Result<SocketAddr> {
    let listener = Listener::of_operations(&installation.config)?;
    let address = listener.local_addr()?;
    serve_ops(listener, ops, tasks);
    tracing::info!(ops = %address, "operations are served");
    Ok(address)
}

/// The same, where a listener is there.
pub(crate) fn serve_ops(listener: Listener, ops: &Ops, tasks: &Tasks) {
    let Listener { socket, guard } = listener;
    tasks.spawn(
        "ops certificate",
        keep_certificate(guard.tls.clone(), tasks.stop_signal()),
    );
    let stop = tasks.stop_signal();
    let serving = ops.clone().serve_guarded(socket, guard, tasks.stop_signal());
    tasks.spawn("ops", async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the operations listener ended");
            stop.cancel();
        }
    });
}

/// Serves until a signal, then stops all tasks.
pub(crate) async fn until_stopped(
    serving: impl Future<Output = std::io::Result<()>> + Send + 'static,
    signal: impl Future<Output = anyhow::Result<()>>,
    tasks: &Tasks,
) -> anyhow::Result<()> {
    let stop = tasks.stop_signal();
    tasks.spawn("http", async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP server ended");
            stop.cancel();
        }
    });
    let stopped = tasks.stop_signal();
    tokio::select! {
        signalled = signal => signalled?,
        () = stopped.cancelled() => {}
    }
    tracing::info!("stopping");
    tasks.stop().await;
    Ok(())
}
