//! `isotherm up`: every role in one process, on the log on disk and the embedded engine.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::{Context, bail};
use isotherm_engine::Engine;
use isotherm_service::ops::{Ops, listen};
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseControl, StoreSettings, migrate};
use tokio_util::sync::CancellationToken;

use super::collecting::Known;
use super::{OTHER_ADDRESS, aggregate, collecting, query, stop_signal};
use crate::adapters::LocalStatus;
use crate::arguments::UpArguments;
use crate::config::Ack;
use crate::control::Control;
use crate::dashboard;
use crate::erasing;
use crate::handover::{self, Asked, Refusing};
use crate::held_pages;
use crate::http::serve;
use crate::installation::{DataLock, Installation, store_settings};
use crate::listening::{Listener, admits};
use crate::privacy::{self, Privacy};
use crate::store_watch;
use crate::verify_watch;

/// How long a stop waits for the engine, which ends by itself once this process is gone. With `tasks::STOP_DEADLINE`
/// before it, `up` ends within 10 s.
const ENGINE_STOP_MAX: Duration = Duration::from_secs(3);

/// `up`, running.
pub(crate) struct Up {
    /// What may be taken down and put up again.
    pub(crate) running: Running,
    installation: Installation,
    ears: Ears,
    lock: DataLock,
}

/// Roles and engine.
pub(crate) struct Running {
    /// Its control tables.
    pub(crate) control: Control,
    /// Its store.
    pub(crate) store: StoreSettings,
    tasks: Tasks,
    engine: Option<Engine>,
}

/// Where it listens. Kept beside the servers, so that the addresses stay its own while it has handed its store over.
struct Ears {
    public: Listener,
    operations: Listener,
}

/// `isotherm up`.
pub(crate) async fn run(arguments: UpArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    refuse_topic(&installation)?;
    let asked = Asked::default();
    let mut up = Up::start(installation, &arguments.listen, Some(&asked)).await?;
    let listening = up.listening()?;
    tracing::info!(listen = %listening, "isotherm is up");
    if !listening.ip().is_loopback() && up.installation.config.ingest_tls().is_none() {
        tracing::warn!(
            "without [tls] or a TLS proxy in front, logging in and opting out do not work in browsers: they need https"
        );
    }
    let mut signalled = std::pin::pin!(stop_signal());
    loop {
        tokio::select! {
            signalled = &mut signalled => {
                signalled?;
                return up.stop().await;
            }
            () = asked.wait(&up.installation) => match up.hand_over(&asked, signalled.as_mut()).await? {
                Some(back) => up = back,
                None => return Ok(()),
            },
        }
    }
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
    /// Starts everything; returns once collecting works. Listens for restores where `asked` is given.
    pub(crate) async fn start(installation: Installation, address: &str, asked: Option<&Asked>) -> anyhow::Result<Up> {
        let lock = installation.lock()?;
        handover::remove_leftovers(&installation);
        // A port in use should not cost the wait for the engine.
        drop(listen(address).context(OTHER_ADDRESS)?);
        let bind = || {
            Ok(Ears {
                public: Listener::bind(address, installation.config.ingest_tls())?,
                operations: Listener::of_operations(&installation.config)?,
            })
        };
        let (running, ears) = Running::start(&installation, asked, bind).await?;
        installation.write_run(ears.public.local_addr()?, ears.operations.local_addr()?)?;
        Ok(Up {
            running,
            installation,
            ears,
            lock,
        })
    }

    /// Where it serves the public.
    pub(crate) fn listening(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.ears.public.local_addr()?)
    }

    /// Lets requests finish, then stops everything; what is not counted yet stays in the log.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        self.running.tasks.stop().await;
        if let Some(engine) = self.running.engine
            && tokio::time::timeout(ENGINE_STOP_MAX, engine.stop()).await.is_err()
        {
            tracing::warn!(
                "the engine is still closing its tables; it ends by itself, and the next start waits for it"
            );
        }
        self.installation.remove_run();
        Ok(())
    }

    /// Lends the data directory to a restore, and goes on with what is there afterwards. `None` if the signal to stop came
    /// meanwhile.
    async fn hand_over(
        self,
        asked: &Asked,
        signalled: Pin<&mut impl Future<Output = anyhow::Result<()>>>,
    ) -> anyhow::Result<Option<Up>> {
        let Up {
            running,
            installation,
            ears,
            lock,
        } = self;
        tracing::info!("a backup is being restored; nothing is collected, counted or answered meanwhile");
        if !running.tasks.stop().await {
            bail!("work did not end in time, so that this process ends; the restore goes on: start isotherm again");
        }
        // To its very end: the restore puts other tables in its place.
        if let Some(engine) = running.engine {
            engine.stop().await;
        }
        let copy = ears.copy()?;
        let refusing = Refusing::start(copy.public, copy.operations)?;
        drop(lock);
        let back = tokio::select! {
            back = handover::back(&installation) => Some(back?),
            signalled = signalled => {
                signalled?;
                None
            }
        };
        let Some(lock) = back else {
            refusing.stop().await;
            installation.remove_run();
            return Ok(None);
        };
        let (running, _copy) = Running::start(&installation, Some(asked), || {
            // Not earlier: until then everybody is told to come back.
            ears.copy()
        })
        .await?;
        refusing.stop().await;
        tracing::info!("the restore is over; isotherm is up again");
        Ok(Some(Up {
            running,
            installation,
            ears,
            lock,
        }))
    }
}

impl Ears {
    /// The same ears for another server.
    fn copy(&self) -> anyhow::Result<Ears> {
        Ok(Ears {
            public: self.public.try_clone()?,
            operations: self.operations.try_clone()?,
        })
    }
}

impl Running {
    /// Starts engine and roles on a data directory that is held, and listens last.
    async fn start(
        installation: &Installation,
        asked: Option<&Asked>,
        bind: impl FnOnce() -> anyhow::Result<Ears>,
    ) -> anyhow::Result<(Running, Ears)> {
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
        let (tasks, ops) = (Tasks::new(), Ops::new());
        if let Some(asked) = asked {
            asked.listen(&ops, installation);
        }
        let control = Control::new(
            Arc::new(ClickHouseControl::new(&store)),
            Some(installation.sites_path()),
        );
        let ears = start_roles(installation, &store, &control, (&tasks, &ops), bind).await?;
        let running = Running {
            control,
            store,
            tasks,
            engine,
        };
        Ok((running, ears))
    }
}

async fn start_roles(
    installation: &Installation,
    store: &StoreSettings,
    control: &Control,
    (tasks, ops): (&Tasks, &Ops),
    bind: impl FnOnce() -> anyhow::Result<Ears>,
) -> anyhow::Result<Ears> {
    let id_key = control.open().await?;
    let log = collecting::open_log_patiently(installation).await?;
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
    let reader = held_pages::reader(store, &installation.config.query, (tasks, ops));
    let answering = query::settings(installation, reader, id_key, control.access.clone(), status)?;
    control.keep_fresh(tasks, ops, Some("query"));
    store_watch::keep_checking(store, tasks, ops);
    verify_watch::keep_verifying(store, tasks, ops);
    erasing::keep_erasing(installation, store, &log, tasks);

    let (ears, serving) = {
        let ears = bind()?;
        (ears.copy()?, ears)
    };
    super::serve_ops(serving.operations, ops, tasks);
    let ingest = collecting.ingest.clone();
    let desk = query::desk(installation, store, control);
    let privacy = Privacy::of(store, Some("/opt-out".into()));
    let analysts = admits(&installation.config.query.allow_ip, &installation.config)?;
    let configure = move |config: &mut web::ServiceConfig| {
        isotherm_ingest::configure(config, ingest.clone());
        isotherm_query::desk::configure(config, answering.clone(), desk.clone());
        isotherm_query::configure(config, answering.clone());
        privacy::configure(config, privacy.clone());
        dashboard::configure(config, analysts.clone());
    };
    let serving = serve(serving.public, configure, tasks.stop_signal());
    let stop = tasks.stop_signal();
    tasks.spawn("http", async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP server ended");
            stop.cancel();
        }
    });
    Ok(ears)
}
