//! The processes of one schedule: two ingests and two aggregators with a topic, or one that is both with its log on disk; and a
//! database of their own.

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
const START_DEADLINE: Duration = Duration::from_secs(240);
/// A question to a process on this machine that takes longer has no answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// The processes and what they write to. Dropping it ends them.
pub(crate) struct Cluster {
    /// In a cluster two ingests, then the aggregators.
    pub(crate) parties: Vec<Party>,
    pub(crate) counted: Counted,
    /// A way to ClickHouse with weather.
    pub(crate) store_way: Proxy,
    pub(crate) dir: PathBuf,
    binary: PathBuf,
    config: PathBuf,
}

impl Cluster {
    /// Makes topic and database for parties of these roles; nobody runs yet.
    pub(crate) async fn prepare(world: &World, name: &str, roles: &[Role]) -> anyhow::Result<Cluster> {
        let dir = world.dir.path().join(name);
        fs::create_dir_all(&dir)?;
        let config = dir.join("isotherm.toml");
        let text = config_text(world, name, !roles.contains(&Role::Up));
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
        for role in roles {
            cluster.add(*role)?;
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
        self.command(&["site", "add", SITE, "--origin", ORIGIN]).await?;
        Ok(())
    }

    /// Runs a command of the binary, which must succeed; says what it printed.
    pub(crate) async fn command(&self, words: &[&str]) -> anyhow::Result<Vec<u8>> {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--config").arg(&self.config).kill_on_drop(true);
        let ran = command.output().await.context("the binary under test cannot be run")?;
        let said = [&ran.stdout[..], &ran.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        ensure!(ran.status.success(), "`isotherm {}` fails:\n{said}", words.join(" "));
        Ok(ran.stdout)
    }

    /// Which parties are of a role.
    pub(crate) fn of_role(&self, role: Role) -> Vec<usize> {
        let parties = self.parties.iter().enumerate();
        parties
            .filter(|(_, party)| party.role == role)
            .map(|(index, _)| index)
            .collect()
    }

    /// Waits until everybody who takes beacons does.
    pub(crate) async fn ingests_answer(&self) -> anyhow::Result<()> {
        for port in self.ports() {
            let url = format!("http://127.0.0.1:{port}/isotherm.js");
            until(START_DEADLINE, "an ingest collects", async || {
                let answer = self.counted.client.get(&url).send().await;
                Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Where beacons are taken.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let collecting = self.parties.iter().filter(|party| party.role.collects());
        collecting.map(|party| party.port).collect()
    }

    /// What `isotherm verify` says; anything but a whole ledger in which nothing is lost is an error.
    pub(crate) async fn verify(&self) -> anyhow::Result<()> {
        let said = self.command(&["verify", "--json"]).await?;
        let said: serde_json::Value = serde_json::from_slice(&said).context("`isotherm verify --json` says no JSON")?;
        for what in ["lost", "poison"] {
            let listed = said[what]
                .as_array()
                .with_context(|| format!("`verify` does not say what is {what}"))?;
            ensure!(listed.is_empty(), "`verify` says that something is {what}: {listed:?}");
        }
        Ok(())
    }
}

fn config_text(world: &World, name: &str, is_cluster: bool) -> String {
    let kafka = match is_cluster {
        true => format!(
            "[kafka]\nbrokers = [\"{}\"]\ntopic = \"{name}\"\n",
            world.kafka.bootstrap()
        ),
        false => String::new(),
    };
    format!(
        "[ingest]\nexpose_outcome = true\ntrusted_proxies = [\"127.0.0.1\"]\nrate_per_site_per_s = 100000\n\
         rate_per_address_per_s = 10000\nrate_per_address_burst = 10000\n\
         [geo]\nmmdb_path = \"{}\"\n\
         {kafka}\
         [clickhouse]\nurl = \"{}\"\nuser = \"{}\"\npassword = \"{}\"\ndatabase = \"{name}\"\n\
         [log]\npartitions = {PARTITIONS}\n\
         [aggregate]\nflush_delay_ms = {FLUSH_DELAY_MS}\n",
        world.mmdb.display(),
        world.clickhouse.url,
        world.clickhouse.user,
        world.clickhouse.password,
    )
}
