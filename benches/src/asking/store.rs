//! The engine that both sides share, and how it is asked.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use isotherm_engine::{Engine, EngineHandle, EngineSettings, assets};
use isotherm_store_clickhouse::{StoreSettings, migrate};

use crate::process::{SERVER_CORE, cpu_s};

/// Memory of all questions and merges together, bytes: a server of its own has more than the embedded default of 256 MiB,
/// which making the load would exceed.
pub(crate) const MEMORY_BYTES: u64 = 4 << 30;
/// Tables that are asked or weighed.
const MERGED: [&str; 3] = ["isotherm.days", "isotherm.countries", "bench.heatmaps"];
/// The engine may go on merging for so long after it was filled.
const SETTLE_DEADLINE: Duration = Duration::from_secs(300);

/// The engine.
pub(crate) struct Store {
    engine: Engine,
    handle: EngineHandle,
    pub(super) settings: StoreSettings,
    pub(super) client: reqwest::Client,
}

impl Store {
    /// An engine with our tables, on the servers' core.
    pub(super) async fn start(dir: &Path, isotherm: &Path) -> anyhow::Result<Store> {
        let mut child = Vec::from(["taskset".into(), "-c".into(), SERVER_CORE.into()]);
        child.extend([isotherm.as_os_str().to_owned(), "engine-child".into()]);
        let mut settings = EngineSettings::new(dir, assets::find(assets::ENGINE)?, child);
        settings.memory_bytes_max = MEMORY_BYTES;
        let engine = Engine::start(settings).await?;
        let handle = engine.handle();
        let settings = StoreSettings::new(&handle.url, &handle.user, &handle.password);
        migrate(&settings).await?;
        Ok(Store {
            engine,
            handle,
            settings,
            client: reqwest::Client::new(),
        })
    }

    pub(super) async fn stop(self) {
        self.engine.stop().await;
    }

    /// The configuration of roles on this engine. No role that is started here asks for a topic.
    pub(super) fn config(&self, (port, ops): (u16, u16), query: &str) -> String {
        let EngineHandle {
            url, user, password, ..
        } = &self.handle;
        format!(
            "[clickhouse]\nurl = \"{url}\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
             [kafka]\nbrokers = \"127.0.0.1:1\"\ntopic = \"isotherm\"\n[query]\nlisten = \"127.0.0.1:{port}\"\n{query}\
             [ops]\nlisten = \"127.0.0.1:{ops}\"\n"
        )
    }

    /// Runs one statement with its parameters, in our database, and returns its answer.
    pub(super) async fn run(&self, sql: &str, parameters: &[(&str, String)]) -> anyhow::Result<String> {
        let named = parameters
            .iter()
            .map(|(name, value)| (format!("param_{name}"), value.as_str()));
        let query: Vec<(String, &str)> = named.chain([("database".to_owned(), "isotherm")]).collect();
        let request = self.client.post(&self.handle.url).query(&query).body(sql.to_owned());
        let request = request.header("X-ClickHouse-User", &self.handle.user);
        let answer = request.header("X-ClickHouse-Key", &self.handle.password).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        anyhow::ensure!(status.is_success(), "the engine answered {status}: {text}");
        Ok(text)
    }

    /// A statement whose answer is one number.
    pub(super) async fn number(&self, sql: &str, parameters: &[(&str, String)]) -> anyhow::Result<u64> {
        let answer = self.run(sql, parameters).await?;
        answer.trim().parse().context("the engine answered no number")
    }

    /// Rows that were read from tables since the engine started.
    pub(super) async fn rows_read(&self) -> anyhow::Result<u64> {
        self.number("SELECT value FROM system.events WHERE event = 'SelectedRows'", &[])
            .await
    }

    /// Bytes of tables on the disk.
    pub(super) async fn bytes(&self, tables: &[&str]) -> anyhow::Result<u64> {
        let names = tables
            .iter()
            .map(|name| format!("'{name}'"))
            .collect::<Vec<_>>()
            .join(",");
        self.number(
            include_str!("../../queries/bytes.sql"),
            &[("tables", format!("[{names}]"))],
        )
        .await
    }

    /// Merges both sides' tables, as the engine does with ours five minutes after the last seal, and waits until it is idle.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        for table in MERGED {
            self.run(&format!("OPTIMIZE TABLE {table} FINAL"), &[]).await?;
        }
        let started = Instant::now();
        let mut before = cpu_s(self.handle.pid)?;
        while started.elapsed() < SETTLE_DEADLINE {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let now = cpu_s(self.handle.pid)?;
            if now - before < 0.1 {
                return Ok(());
            }
            before = now;
        }
        Ok(())
    }
}
