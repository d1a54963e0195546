//! The cluster of one schedule: two ingests, two aggregators, a topic and a database of their own.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use isotherm_testkit::{Proxy, free_port};
use reqwest::Client;
use tokio::process::Command;

use crate::counted::Counted;
use crate::load::{ORIGIN, SITE};
use crate::party::{Party, Place};
use crate::scenario::Role;
use crate::until::until;
use crate::world::World;

/// Partitions of the topic: two for each aggregator.
const PARTITIONS: u16 = 4;
/// How long records wait for others of their batch, milliseconds. A batch costs the store some questions, however small it
/// is: several clusters share two cores.
const FLUSH_DELAY_MS: u32 = 1_000;
/// How long an ingest may take until it collects.
const START_DEADLINE: Duration = Duration::from_secs(120);
/// A question to a process on this machine that takes longer has no answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// The processes and what they write to. Dropping it ends them.
pub(crate) struct Cluster {
    /// Two ingests, then the aggregators.
    pub(crate) parties: Vec<Party>,
    pub(crate) counted: Counted,
    /// A way to ClickHouse with weather.
    pub(crate) store_way: Proxy,
    pub(crate) dir: PathBuf,
    binary: PathBuf,
    config: PathBuf,
}

/// The ingests among the parties.
pub(crate) const INGESTS: [usize; 2] = [0, 1];
/// The aggregators that there are from the beginning.
pub(crate) const AGGREGATORS: [usize; 2] = [2, 3];

impl Cluster {
    /// Makes topic and database; nobody runs yet.
    pub(crate) async fn prepare(world: &World, name: &str) -> anyhow::Result<Cluster> {
        let dir = world.dir.path().join(name);
        fs::create_dir_all(&dir)?;
        let config = dir.join("isotherm.toml");
        let text = config_text(world, name);
        fs::write(&config, text)?;
        let (_, port) = world.clickhouse.url.rsplit_once(':').context("the URL has a port")?;
        let store_way = Proxy::start(port.parse()?).await?;
        let client = Client::builder().timeout(ASK_TIMEOUT).build()?;
        let counted = Counted {
            url: world.clickhouse.url.clone(),
            user: world.clickhouse.user.clone(),
            password: world.clickhouse.password.clone(),
            database: name.to_owned(),
            client,
            cells: HashMap::new(),
        };
        let binary = world.binary.clone();
        let mut cluster = Cluster {
            parties: Vec::new(),
            counted,
            store_way,
            dir,
            binary,
            config,
        };
        for role in [Role::Ingest, Role::Ingest, Role::Aggregate, Role::Aggregate] {
            cluster.add(role)?;
        }
        cluster.command(&["migrate"]).await?;
        Ok(cluster)
    }

    /// Another party; says which one it is.
    pub(crate) fn add(&mut self, role: Role) -> anyhow::Result<usize> {
        let index = self.parties.len();
        let place = Place {
            binary: self.binary.clone(),
            config: self.config.clone(),
            dir: self.dir.join(format!("party-{index}")),
        };
        self.parties.push(Party::new(role, free_port(), place)?);
        Ok(index)
    }

    /// Adds the site; it holds for collecting when this returns.
    pub(crate) async fn add_site(&self) -> anyhow::Result<()> {
        self.command(&["site", "add", SITE, "--origin", ORIGIN]).await
    }

    /// Runs a command of the binary, which must succeed.
    pub(crate) async fn command(&self, words: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--config").arg(&self.config).kill_on_drop(true);
        let ran = command.output().await.context("the binary under test cannot be run")?;
        let said = [ran.stdout, ran.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        ensure!(ran.status.success(), "`isotherm {}` fails:\n{said}", words.join(" "));
        Ok(())
    }

    /// Waits until both ingests collect.
    pub(crate) async fn ingests_answer(&self) -> anyhow::Result<()> {
        for index in INGESTS {
            let url = format!("http://127.0.0.1:{}/isotherm.js", self.parties[index].port);
            until(START_DEADLINE, "an ingest collects", async || {
                let answer = self.counted.client.get(&url).send().await;
                Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Where the ingests listen.
    pub(crate) fn ports(&self) -> Vec<u16> {
        INGESTS.iter().map(|index| self.parties[*index].port).collect()
    }
}

fn config_text(world: &World, name: &str) -> String {
    format!(
        "[ingest]\nexpose_outcome = true\ntrusted_proxies = [\"127.0.0.1\"]\nrate_per_site_per_s = 100000\n\
         rate_per_address_per_s = 10000\nrate_per_address_burst = 10000\n\
         [geo]\nmmdb_path = \"{}\"\n\
         [kafka]\nbrokers = [\"{}\"]\ntopic = \"{name}\"\n\
         [clickhouse]\nurl = \"{}\"\nuser = \"{}\"\npassword = \"{}\"\ndatabase = \"{name}\"\n\
         [log]\npartitions = {PARTITIONS}\n\
         [aggregate]\nflush_delay_ms = {FLUSH_DELAY_MS}\n",
        world.mmdb.display(),
        world.kafka.bootstrap(),
        world.clickhouse.url,
        world.clickhouse.user,
        world.clickhouse.password,
    )
}
