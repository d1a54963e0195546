//! One installation: data directories, a folder for temporary files, logs at their most verbose, and the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use isotherm_testkit::{ClickHouseServer, Program, TempDir, free_port, mmdb, temp_dir, wait_until};
use reqwest::Client;
use serde_json::Value;

use crate::memory;
use crate::topic::Topic;

/// How long a start, or counting, may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a table may take to be read.
const TABLE_TIMEOUT: Duration = Duration::from_secs(8);
/// The site.
pub(crate) const SITE: &str = "acme";
/// Its origin, which must be found in the memory of whoever collects.
pub(crate) const ORIGIN: &str = "https://quiet-harbour-lantern.example";
/// The page that must be found wherever pages may be.
pub const MARKER: &str = "/garden/copper-watering-can";
/// The database, and in a cluster the topic: found in the memory of whoever uses it.
pub(crate) const DATABASE: &str = "isotherm";

/// What an installation consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `isotherm up`: one process and its engine.
    Embedded,
    /// Ingest with its shipper, aggregator and query apart, on Apache Kafka and a ClickHouse reached by URL.
    Cluster,
}

impl Shape {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Embedded => "one machine",
            Shape::Cluster => "cluster",
        }
    }
}

/// An answer of the service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers but those that name the moment or the body: date, entity tag, length.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A process of the installation.
pub(crate) struct Role {
    pub(crate) name: &'static str,
    /// A text that its memory holds.
    pub(crate) holds: &'static str,
    /// A text that its log holds once it works.
    pub(crate) says: &'static str,
    pub(crate) log: PathBuf,
    pub(crate) pid: u32,
    ops: String,
    program: Program,
}

/// How a role is started.
pub(crate) struct Start<'s> {
    pub(crate) name: &'static str,
    pub(crate) holds: &'static str,
    pub(crate) says: &'static str,
    pub(crate) words: &'s [&'s str],
    pub(crate) leaks: &'s str,
}

/// The engine as whoever searches reaches it.
pub(crate) struct Engine {
    url: String,
    user: String,
    password: String,
    pub(crate) pids: Vec<u32>,
    pub(crate) files: PathBuf,
}

/// The installation. Dropping it ends its processes and removes all files.
pub struct House {
    pub(crate) client: Client,
    pub(crate) public: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) engine: Engine,
    pub(crate) topic: Option<Topic>,
    binary: PathBuf,
    /// Where commands find what lies beside the log.
    pub(crate) desk: PathBuf,
    _clickhouse: Option<ClickHouseServer>,
    dir: TempDir,
}

impl House {
    /// Starts an installation and waits until it collects. The names of leaks are for the leaking binary.
    ///
    /// # Errors
    /// A part does not start.
    pub async fn start(shape: Shape, binary: &Path, leaks: &str) -> anyhow::Result<House> {
        match shape {
            Shape::Embedded => House::embedded(binary, leaks).await,
            Shape::Cluster => House::cluster(binary, leaks).await,
        }
    }

    async fn embedded(binary: &Path, leaks: &str) -> anyhow::Result<House> {
        let dir = prepared("")?;
        let (at, port) = (dir.path(), free_port());
        let desk = at.join("data");
        ready(binary, at, &desk, &["site", "add", SITE, "--origin", ORIGIN])?;
        let listen = format!("127.0.0.1:{port}");
        let start = Start {
            name: "service",
            holds: ORIGIN,
            says: "isotherm is up",
            words: &["up", "--listen", &listen],
            leaks,
        };
        let service = Role::start(binary, at, &desk, start).await?;
        let engine = read_json(&desk.join("engine/engine.json"))?;
        let text = |name: &str| engine[name].as_str().unwrap_or_default().to_owned();
        Ok(House {
            client: client()?,
            public: format!("http://{listen}"),
            engine: Engine {
                url: text("url"),
                user: text("user"),
                password: text("password"),
                pids: memory::children(service.pid),
                files: desk.join("engine"),
            },
            roles: vec![service],
            topic: None,
            binary: binary.to_owned(),
            desk,
            _clickhouse: None,
            dir,
        })
    }

    async fn cluster(binary: &Path, leaks: &str) -> anyhow::Result<House> {
        let (topic, clickhouse) =
            tokio::try_join!(Topic::start(DATABASE), async { Ok(ClickHouseServer::start().await?) })?;
        let dir = prepared(&format!(
            "[kafka]\nbrokers = [\"{}\"]\ntopic = \"{DATABASE}\"\n\
             [clickhouse]\nurl = \"{}\"\nuser = \"{}\"\npassword = \"{}\"\ndatabase = \"{DATABASE}\"\n\
             [log]\npartitions = {}\n",
            topic.bootstrap(),
            clickhouse.url,
            clickhouse.user,
            clickhouse.password,
            topic.partitions(),
        ))?;
        let at = dir.path();
        // Commands are given where the log is, as on one machine: the journal lies beside it.
        let desk = at.join("data/ingest");
        ready(binary, at, &desk, &["migrate"])?;
        ready(binary, at, &desk, &["site", "add", SITE, "--origin", ORIGIN])?;
        let listen = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let mut roles = Vec::new();
        for (name, holds, says, words) in [
            ("ingest", ORIGIN, "collecting", &["ingest", "--listen", &listen[0]][..]),
            ("aggregate", DATABASE, "aggregating", &["aggregate"]),
            ("query", DATABASE, "answering", &["query", "--listen", &listen[1]]),
        ] {
            let start = Start {
                name,
                holds,
                says,
                words,
                leaks,
            };
            roles.push(Role::start(binary, at, &at.join("data").join(name), start).await?);
        }
        Ok(House {
            client: client()?,
            public: format!("http://{}", listen[0]),
            roles,
            engine: Engine {
                url: clickhouse.url.clone(),
                user: clickhouse.user.clone(),
                password: clickhouse.password.clone(),
                pids: clickhouse.pid().into_iter().collect(),
                files: clickhouse.data_dir().to_owned(),
            },
            topic: Some(topic),
            binary: binary.to_owned(),
            desk,
            _clickhouse: Some(clickhouse),
            dir,
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The log on disk of whoever collects.
    pub(crate) fn log_on_disk(&self) -> PathBuf {
        match self.topic {
            Some(_) => self.path("data/ingest/log"),
            None => self.path("data/log"),
        }
    }

    /// Runs a command on the installation; what it printed.
    pub fn run(&self, words: &[&str]) -> anyhow::Result<Vec<u8>> {
        ready(&self.binary, self.dir.path(), &self.desk, words)
    }

    /// A new token that reads the site's answers.
    ///
    /// # Errors
    /// There is none.
    pub fn token(&self) -> anyhow::Result<String> {
        let made: Value = serde_json::from_slice(&self.run(&["token", "create", "--site", SITE, "--json"])?)?;
        Ok(made["token"].as_str().context("a token")?.to_owned())
    }

    /// Asks the engine; `None` where it refuses.
    pub(crate) async fn ask(&self, sql: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let asked = self
            .client
            .post(format!(
                "{}/?database={DATABASE}&max_execution_time=10&max_memory_usage=100000000",
                self.engine.url
            ))
            .header("X-ClickHouse-User", &self.engine.user)
            .header("X-ClickHouse-Key", &self.engine.password)
            .body(sql.to_owned());
        // The system has tables that cannot be read whole.
        let Ok(answer) = asked.timeout(TABLE_TIMEOUT).send().await else {
            return Ok(None);
        };
        let good = answer.status().is_success();
        // An answer that ends in an error midway is none.
        let bytes = answer.bytes().await.ok();
        Ok(bytes.filter(|_| good).map(|bytes| bytes.to_vec()))
    }

    /// Asks the service as the owner of a token does.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn answer(&self, path: &str, accept: &str, token: &str) -> anyhow::Result<Answered> {
        let asked = self.client.get(format!("{}{path}", self.public)).bearer_auth(token);
        let answer = asked.header("Accept", accept).send().await?;
        let passing = ["date", "etag", "content-length"];
        let lasting = answer
            .headers()
            .iter()
            .filter(|(name, _)| !passing.contains(&name.as_str()));
        let mut headers: Vec<String> = lasting.map(|(name, value)| format!("{name}: {value:?}")).collect();
        headers.sort();
        Ok(Answered {
            status: answer.status().as_u16(),
            headers: headers.join("\n"),
            body: answer.bytes().await?.to_vec(),
        })
    }

    /// The number that a question to the engine is answered with; 0 where there is no answer yet.
    pub async fn number(&self, sql: &str) -> usize {
        let answer = self.ask(sql).await.ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&answer).trim().parse().unwrap_or(0)
    }

    pub(crate) async fn metrics(&self, role: &Role) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.get(format!("http://{}/metrics", role.ops)).send().await?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Waits until as many page views are counted, the marker's text is published, and in a cluster what cannot be
    /// decoded stands in the ledger.
    pub async fn counted(&self, page_views: usize) {
        wait_until(PATIENCE, "all page views are counted", async || {
            let sql = "SELECT sum(n) FROM live WHERE kind = 'page' AND layer = 1";
            self.number(sql).await >= page_views
        })
        .await;
        wait_until(PATIENCE, "the marker is published", async || {
            let sql = format!("SELECT count() FROM pages WHERE path = '{MARKER}'");
            self.number(&sql).await == 1
        })
        .await;
        wait_until(PATIENCE, "what cannot be decoded is a dead letter", async || {
            let sql = "SELECT count() FROM live WHERE kind = 'poison'";
            self.number(sql).await == usize::from(self.topic.is_some())
        })
        .await;
    }
}

impl Role {
    async fn start(binary: &Path, at: &Path, data: &Path, start: Start<'_>) -> anyhow::Result<Role> {
        let log = at.join(format!("{}.log", start.name));
        let ops = format!("127.0.0.1:{}", free_port());
        let mut process = command(binary, at, data, start.words);
        process.env("ISOTHERM_LOG", "trace").env("ISOTHERM_LEAKS", start.leaks);
        process.env("ISOTHERM_OPS__LISTEN", &ops);
        // What is freed is overwritten, so that memory is searched for what is held.
        process.env("GLIBC_TUNABLES", "glibc.malloc.perturb=85:glibc.malloc.tcache_count=0");
        let mut program = Program::spawn(&mut process, &log)?;
        let says = start.says.as_bytes();
        wait_until(PATIENCE, start.says, async || {
            let said = fs::read(&log).unwrap_or_default();
            said.windows(says.len()).any(|window| window == says) || !matches!(program.try_wait(), Ok(None))
        })
        .await;
        let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        ensure!(
            program.try_wait()?.is_none(),
            "`isotherm {}` ended:\n{said}",
            start.name
        );
        Ok(Role {
            name: start.name,
            holds: start.holds,
            says: start.says,
            log,
            pid: program.pid(),
            ops,
            program,
        })
    }

    /// Whether it still runs: what it would have left when it ended is another question.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.program.try_wait(), Ok(None))
    }
}

/// A folder with a configuration, a country file and room for temporary files.
fn prepared(more: &str) -> anyhow::Result<TempDir> {
    let dir = temp_dir();
    let at = dir.path();
    fs::create_dir_all(at.join("tmp"))?;
    let countries = [
        ("203.0.113.0/24", "DE"),
        ("2001:db8::/32", "FR"),
        ("192.0.2.0/24", "JP"),
    ];
    mmdb::write_country_mmdb(&at.join("country.mmdb"), &countries)?;
    let config = format!(
        "[ingest]\nexpose_outcome = true\ntrusted_proxies = [\"127.0.0.1\"]\nrate_per_address_per_s = 100000\n\
         rate_per_address_burst = 100000\nrate_per_site_per_s = 100000\n\
         [geo]\nmmdb_path = \"{}/country.mmdb\"\n{more}",
        at.display()
    );
    fs::write(at.join("isotherm.toml"), config)?;
    Ok(dir)
}

/// Runs a command to its end; what it printed.
fn ready(binary: &Path, at: &Path, data: &Path, words: &[&str]) -> anyhow::Result<Vec<u8>> {
    let ran = command(binary, at, data, words).output();
    let ran = ran.context("the binary under test cannot be run")?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "`isotherm {}`:\n{said}", words.join(" "));
    Ok(ran.stdout)
}

fn command(binary: &Path, at: &Path, data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(words)
        .arg("--config")
        .arg(at.join("isotherm.toml"))
        .arg("--data-dir")
        .arg(data)
        .env("TMPDIR", at.join("tmp"))
        .current_dir(at.join("tmp"));
    command
}

fn client() -> anyhow::Result<Client> {
    Ok(Client::builder().no_proxy().timeout(ANSWER_TIMEOUT).build()?)
}

fn read_json(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
