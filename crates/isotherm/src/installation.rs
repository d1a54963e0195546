//! An installation: its configuration, its data directory, and how control commands reach its store whether or not it runs.

use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use isotherm_engine::{Engine, EngineHandle, EngineSettings, assets};
use isotherm_log_kafka::{KafkaSettings, ReaderSettings};
use isotherm_store_clickhouse::{StoreSettings, migrate};
use serde::{Deserialize, Serialize};

use crate::arguments::Place;
use crate::config::Config;
use crate::control::POLL_EVERY;
use crate::https;

/// How long a control command waits for a running service to take a change over.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a control command waits for the engine of whoever holds the data directory.
const ENGINE_WAIT_MAX: Duration = Duration::from_secs(30);

/// Pause between two looks at it.
const ENGINE_LOOK_EVERY: Duration = Duration::from_millis(100);

/// An installation, found but not opened.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) config: Config,
    pub(crate) data_dir: PathBuf,
}

/// What a running service says of itself in `run.json`.
#[derive(Serialize, Deserialize, Debug)]
pub(crate) struct Run {
    /// Its process.
    pub(crate) pid: u32,
    /// Where it serves the public.
    pub(crate) listen: SocketAddr,
    /// Where it serves operations.
    pub(crate) ops: SocketAddr,
    /// Whether it serves the public over TLS.
    #[serde(default)]
    pub(crate) https: bool,
    /// The certificate that it shows on the operations listener, where that speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ops_cert_path: Option<PathBuf>,
}

/// The data directory, held until this is dropped.
pub(crate) struct DataLock {
    _file: File,
}

/// A store that a control command may use.
pub(crate) struct OpenStore {
    pub(crate) settings: StoreSettings,
    /// An engine that was started for this command only.
    engine: Option<(Engine, DataLock)>,
}

impl Installation {
    /// From the command line: the data directory there wins over the configuration's, that over the default.
    pub(crate) fn find(place: &Place) -> anyhow::Result<Installation> {
        let config = Config::load(place.config.as_deref())?;
        let named = place.data_dir.clone().or_else(|| config.data.dir.clone());
        let data_dir = match named {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        Ok(Installation { config, data_dir })
    }

    /// Makes the data directory where it is missing and holds it; another holder is named.
    pub(crate) fn lock(&self) -> anyhow::Result<DataLock> {
        if let Some(lock) = self.try_lock()? {
            return Ok(lock);
        }
        let holder = self
            .run()
            .map(|run| format!(" (process {})", run.pid))
            .unwrap_or_default();
        bail!(
            "the data directory {} is in use by another isotherm{holder}: stop that one, or name another directory with \
             --data-dir",
            self.data_dir.display()
        )
    }

    /// The same; `None` where another process holds it.
    pub(crate) fn try_lock(&self) -> anyhow::Result<Option<DataLock>> {
        let dir = &self.data_dir;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .with_context(|| format!("name another directory with --data-dir: cannot make {}", dir.display()))?;
        let path = dir.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.with_context(|| {
            format!(
                "name another directory with --data-dir: cannot write to {}",
                dir.display()
            )
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(DataLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", path.display())),
        }
    }

    /// What the running service says of itself; `None` where none runs.
    pub(crate) fn run(&self) -> Option<Run> {
        let run: Run = serde_json::from_slice(&fs::read(self.run_path()).ok()?).ok()?;
        Path::new("/proc").join(run.pid.to_string()).exists().then_some(run)
    }

    /// Writes `run.json`, whole or not at all.
    pub(crate) fn write_run(&self, listen: SocketAddr, ops: SocketAddr) -> anyhow::Result<()> {
        let run = Run {
            pid: std::process::id(),
            listen,
            ops,
            https: self.config.serves_https(),
            ops_cert_path: self.config.ops_tls().map(|files| files.cert_path),
        };
        let next = self.data_dir.join("run.json.next");
        fs::write(&next, serde_json::to_vec(&run)?)?;
        fs::rename(&next, self.run_path()).context("cannot write run.json")
    }

    /// Takes `run.json` away at the end.
    pub(crate) fn remove_run(&self) {
        // Without the file there is nothing to take away.
        let _ = fs::remove_file(self.run_path());
    }

    fn run_path(&self) -> PathBuf {
        self.data_dir.join("run.json")
    }

    /// The folder of the embedded engine.
    pub(crate) fn engine_dir(&self) -> PathBuf {
        self.data_dir.join("engine")
    }

    /// The folder of the log on disk.
    pub(crate) fn log_dir(&self) -> PathBuf {
        self.data_dir.join("log")
    }

    /// The copy of sites and id key.
    pub(crate) fn sites_path(&self) -> PathBuf {
        self.data_dir.join("sites.json")
    }

    /// The topic of a cluster.
    pub(crate) fn kafka(&self) -> anyhow::Result<KafkaSettings> {
        let kafka = &self.config.kafka;
        anyhow::ensure!(
            !kafka.brokers.is_empty(),
            "this role needs a topic: set [kafka] brokers in the configuration"
        );
        Ok(KafkaSettings {
            brokers: kafka.brokers.clone(),
            topic: kafka.topic.clone(),
            partitions: self.config.log.partitions,
            replication: kafka.replication,
            security: kafka.security()?,
        })
    }

    /// The topic as aggregators read it: in the group that has its name.
    pub(crate) fn kafka_reader(&self) -> anyhow::Result<ReaderSettings> {
        Ok(ReaderSettings {
            kafka: self.kafka()?,
            group: self.config.kafka.topic.clone(),
        })
    }

    /// The country file.
    pub(crate) fn country_file(&self) -> anyhow::Result<PathBuf> {
        match &self.config.geo.mmdb_path {
            Some(path) => Ok(path.clone()),
            None => Ok(assets::find("country.mmdb")?),
        }
    }

    /// The base URL that visitors' browsers reach.
    pub(crate) fn public_url(&self) -> String {
        let of_listener = || match self.run() {
            Some(run) if run.https => format!("https://{}", run.listen),
            Some(run) => format!("http://{}", run.listen),
            None => "https://YOUR-ISOTHERM-HOST".into(),
        };
        self.config.public.url.clone().unwrap_or_else(of_listener)
    }

    /// Starts the embedded engine.
    pub(crate) async fn start_engine(&self) -> anyhow::Result<Engine> {
        self.start_engine_in(&self.engine_dir()).await
    }

    /// Starts an embedded engine in another folder than this installation's.
    pub(crate) async fn start_engine_in(&self, folder: &Path) -> anyhow::Result<Engine> {
        let lib = assets::find("libchdb.so")?;
        let own = std::env::current_exe().context("cannot find this program's own file")?;
        let child = vec![own.into_os_string(), "engine-child".into()];
        Ok(Engine::start(EngineSettings::new(folder, lib, child)).await?)
    }

    /// The store of an installation that is there already. A mistyped directory is named, not made into a new one.
    pub(crate) async fn open_store(&self) -> anyhow::Result<OpenStore> {
        if self.config.clickhouse.store().is_none() && !self.engine_dir().exists() {
            bail!(
                "there is no installation in {} yet: name its directory with --data-dir, or begin with `isotherm up` or \
                 `isotherm site add`",
                self.data_dir.display()
            );
        }
        self.open_or_make_store().await
    }

    /// The store for a control command: the configured server, the running service's engine, or an engine of its own.
    pub(crate) async fn open_or_make_store(&self) -> anyhow::Result<OpenStore> {
        if let Some(settings) = self.config.clickhouse.store() {
            return Ok(OpenStore { settings, engine: None });
        }
        let begun = Instant::now();
        let lock = loop {
            if let Some(handle) = EngineHandle::load(&self.engine_dir())?
                && handle.answers().await
            {
                return Ok(OpenStore {
                    settings: store_settings(&handle),
                    engine: None,
                });
            }
            // A service that starts, or that lends its store to a restore, answers again soon.
            match self.try_lock()? {
                Some(lock) => break lock,
                None if begun.elapsed() >= ENGINE_WAIT_MAX => break self.lock()?,
                None => tokio::time::sleep(ENGINE_LOOK_EVERY).await,
            }
        };
        let engine = self.start_engine().await?;
        let settings = store_settings(&engine.handle());
        migrate(&settings).await?;
        Ok(OpenStore {
            settings,
            engine: Some((engine, lock)),
        })
    }

    /// Returns once a change of control tables holds for collecting: at once where the service runs on this data
    /// directory, after two of its polls in a cluster.
    pub(crate) async fn wait_until_taken_over(&self) -> anyhow::Result<()> {
        if let Some(run) = self.run() {
            match https::ask_service(&run, "POST", "/-/reload", RELOAD_TIMEOUT).await {
                Ok(answer) if answer.is_good() => {}
                Ok(answer) if answer.status == 403 => bail!(
                    "the change is stored and holds within {} s; to hold at once, [ops] allow_ip must have the address of this \
                     machine, such as 127.0.0.1",
                    POLL_EVERY.as_secs()
                ),
                _ => bail!("the change is stored, but the running service did not take it over yet: see its log"),
            }
        } else if self.config.clickhouse.store().is_some() {
            tokio::time::sleep(2 * POLL_EVERY).await;
        }
        Ok(())
    }
}

impl OpenStore {
    /// Stops an engine that was started for this command.
    pub(crate) async fn close(self) {
        if let Some((engine, _lock)) = self.engine {
            engine.stop().await;
        }
    }
}

/// The store's settings for an embedded engine.
pub(crate) fn store_settings(handle: &EngineHandle) -> StoreSettings {
    let mut settings = StoreSettings::new(&handle.url, &handle.user, &handle.password);
    settings.read_user = Some(handle.read_user.clone());
    settings.read_password = Some(handle.read_password.clone());
    settings
}

fn default_data_dir() -> anyhow::Result<PathBuf> {
    let of = |variable: &str| {
        std::env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = of("XDG_DATA_HOME").or_else(|| of("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("isotherm"))
        .context("there is no home directory: name a data directory with --data-dir")
}
