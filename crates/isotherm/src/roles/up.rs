//! `isotherm up`: every role in one process, on the log on disk and the embedded engine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use isotherm_engine::Engine;
use isotherm_service::ops::{Ops, listen};
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings, check, migrate};
use tokio_util::sync::CancellationToken;

use super::collecting::Known;
use super::{OTHER_ADDRESS, aggregate, collecting, query, stop_signal};
use crate::adapters::LocalStatus;
use crate::arguments::UpArguments;
use crate::config::Ack;
use crate::control::Control;
use crate::dashboard;
use crate::erasing;
use crate::http::serve;
use crate::installation::{DataLock, Installation, store_settings};
use crate::privacy::{self, Privacy};
use crate::verify_watch;

/// How long a stop waits for the engine, which ends by itself once this process is gone. With `tasks::STOP_DEADLINE`
/// before it, `up` ends within 10 s.
const ENGINE_STOP_MAX: Duration = Duration::from_secs(3);

/// `up`, running.
pub(crate) struct Up {
    /// Where it serves the public.
    pub(crate) listening: SocketAddr,
    /// Its control tables.
    pub(crate) control: Control,
    /// Its store.
    pub(crate) store: StoreSettings,
    installation: Installation,
    tasks: Tasks,
    engine: Option<Engine>,
    _lock: DataLock,
}

/// `isotherm up`.
pub(crate) async fn run(arguments: UpArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    refuse_topic(&installation)?;
    let up = Up::start(installation, &arguments.listen).await?;
    tracing::info!(listen = %up.listening, "isotherm is up");
    if !up.listening.ip().is_loopback() {
        tracing::warn!("without TLS in front, logging in and opting out do not work in browsers: they need https");
    }
    stop_signal().await?;
    up.stop().await
}

/// `up` reads its own log; a configuration that asks for a topic is meant for the roles of a cluster.
fn refuse_topic(installation: &Installation) -> anyhow::Result<()> {
    let config = &installation.config;
    anyhow::ensure!(
        config.kafka.brokers.is_empty() && config.ingest.ack == Ack::Disk,
        "`up` uses no topic: take [kafka] and ack = \"kafka\" out of the configuration, or run the roles ingest, aggregate \
         and query"
    );
    Ok(())
}

impl Up {
    /// Starts everything; returns once collecting works.
    pub(crate) async fn start(installation: Installation, address: &str) -> anyhow::Result<Up> {
        let lock = installation.lock()?;
        // A port in use should not cost the wait for the engine.
        drop(listen(address).context(OTHER_ADDRESS)?);
        let (store, engine) = match installation.config.clickhouse.store() {
            Some(store) => (store, None),
            None => {
                let engine = installation
                    .start_engine()
                    .await
                    .context("cannot start the embedded engine")?;
                (store_settings(&engine.handle()), Some(engine))
            }
        };
        let migrated = migrate(&store)
            .await
            .context("cannot bring the store to this version's schema")?;
        tracing::info!(applied = migrated.applied.len(), "the store has this version's schema");
        for finding in check(&store).await? {
            tracing::warn!(%finding, "a setting of the store differs from what exact counting needs");
        }
        let (tasks, ops) = (Tasks::new(), Ops::new());
        let control = Control::new(
            Arc::new(ClickHouseControl::new(&store)),
            Some(installation.sites_path()),
        );
        let listening = start_roles(&installation, &store, &control, (&tasks, &ops), address).await?;
        Ok(Up {
            listening,
            control,
            store,
            installation,
            tasks,
            engine,
            _lock: lock,
        })
    }

    /// Lets requests finish, then stops everything; what is not counted yet stays in the log.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        self.tasks.stop().await;
        if let Some(engine) = self.engine
            && tokio::time::timeout(ENGINE_STOP_MAX, engine.stop()).await.is_err()
        {
            tracing::warn!(
                "the engine is still closing its tables; it ends by itself, and the next start waits for it"
            );
        }
        self.installation.remove_run();
        Ok(())
    }
}

async fn start_roles(
    installation: &Installation,
    store: &StoreSettings,
    control: &Control,
    (tasks, ops): (&Tasks, &Ops),
    address: &str,
) -> anyhow::Result<SocketAddr> {
    let id_key = control.open().await?;
    let log = collecting::open_log(installation)?;
    let known = Known {
        id_key: id_key.clone(),
        sites: control.sites.clone(),
    };
    let collecting = collecting::start(installation, &log, known, None, (tasks, ops))?;
    // Collecting goes on when aggregating cannot: nothing looks at this signal.
    let halted = CancellationToken::new();
    aggregate::start(
        log.reader(),
        (store, id_key.clone()),
        installation,
        (tasks, ops),
        halted,
    );
    let status = Arc::new(LocalStatus(collecting.arrivals.clone()));
    let answering = query::settings(installation, store, id_key, control.access.clone(), status)?;
    control.keep_fresh(tasks, ops, Some("query"));
    verify_watch::keep_verifying(store, tasks, ops);
    erasing::keep_erasing(installation, store, &log, tasks);

    let (listener, listening) = listen(address)?;
    let ops_address = super::start_ops(installation, ops, tasks)?;
    let ingest = collecting.ingest.clone();
    let desk = query::desk(installation, control);
    let privacy = Privacy::of(store);
    let configure = move |config: &mut web::ServiceConfig| {
        isotherm_ingest::configure(config, ingest.clone());
        isotherm_query::desk::configure(config, answering.clone(), desk.clone());
        isotherm_query::configure(config, answering.clone());
        privacy::configure(config, privacy.clone());
        dashboard::configure(config);
    };
    let serving = serve(listener, configure, tasks.stop_signal());
    let stop = tasks.stop_signal();
    tasks.spawn("http", async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP server ended");
            stop.cancel();
        }
    });
    installation.write_run(listening, ops_address)?;
    Ok(listening)
}
