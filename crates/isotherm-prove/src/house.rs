//! One installation: a data directory, a folder for temporary files, a log at its most verbose, and the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use isotherm_testkit::{Program, TempDir, mmdb, temp_dir, wait_until};
use reqwest::Client;
use serde_json::Value;

/// How long a start, or counting, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a table may take to be read.
const TABLE_TIMEOUT: Duration = Duration::from_secs(8);
/// The site.
pub(crate) const SITE: &str = "acme";
/// Its origin, which must be found in the service's memory.
pub(crate) const ORIGIN: &str = "https://quiet-harbour-lantern.example";
/// The page that must be found wherever pages may be.
pub(crate) const MARKER: &str = "/garden/copper-watering-can";

/// The installation. Dropping it ends the service and removes all files.
pub struct House {
    pub(crate) client: Client,
    pub(crate) public: String,
    pub(crate) pid: u32,
    ops: String,
    engine: Engine,
    binary: PathBuf,
    _service: Program,
    dir: TempDir,
}

struct Engine {
    url: String,
    user: String,
    password: String,
}

impl House {
    /// Starts the service and waits until it collects. The names of leaks are for the leaking binary.
    pub async fn start(binary: &Path, leaks: &str) -> anyhow::Result<House> {
        let dir = temp_dir();
        let at = dir.path();
        fs::create_dir_all(at.join("tmp"))?;
        mmdb::write_country_mmdb(
            &at.join("country.mmdb"),
            &[
                ("203.0.113.0/24", "DE"),
                ("2001:db8::/32", "FR"),
                ("192.0.2.0/24", "JP"),
            ],
        )?;
        fs::write(at.join("isotherm.toml"), config(at))?;
        let mut add = command(binary, at, &["site", "add", SITE, "--origin", ORIGIN]);
        let added = add.output().context("the binary under test cannot be run")?;
        let said = String::from_utf8_lossy(&added.stderr);
        ensure!(added.status.success(), "the site cannot be added:\n{said}");
        let mut up = command(binary, at, &["up", "--listen", "127.0.0.1:0"]);
        up.env("ISOTHERM_LOG", "trace").env("ISOTHERM_LEAKS", leaks);
        // What is freed is overwritten, so that memory is searched for what is held.
        up.env("GLIBC_TUNABLES", "glibc.malloc.perturb=85:glibc.malloc.tcache_count=0");
        let mut service = Program::spawn(&mut up, &at.join("service.log"))?;
        let (pid, run_file) = (service.pid(), at.join("data/run.json"));
        let mut run = Value::Null;
        wait_until(PATIENCE, "the service runs", async || {
            run = read_json(&run_file).unwrap_or_default();
            run["pid"] == pid || !matches!(service.try_wait(), Ok(None))
        })
        .await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let engine = read_json(&at.join("data/engine/engine.json"))?;
        Ok(House {
            client: Client::builder().no_proxy().timeout(ANSWER_TIMEOUT).build()?,
            public: format!("http://{}", text(&run["listen"])),
            ops: format!("http://{}", text(&run["ops"])),
            pid,
            engine: Engine {
                url: text(&engine["url"]),
                user: text(&engine["user"]),
                password: text(&engine["password"]),
            },
            binary: binary.to_owned(),
            _service: service,
            dir,
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command on the installation; what it printed.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        let output = command(&self.binary, self.dir.path(), arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`isotherm {}`:\n{said}", arguments.join(" "));
        Ok(output.stdout)
    }

    /// Asks the engine; `None` where it refuses.
    pub(crate) async fn ask(&self, sql: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let asked = self
            .client
            .post(format!(
                "{}/?database=isotherm&max_execution_time=10&max_memory_usage=100000000",
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

    pub(crate) async fn metrics(&self) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.get(format!("{}/metrics", self.ops)).send().await?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Waits until as many page views are counted, and the marker's text is published.
    pub async fn counted(&self, page_views: usize) {
        wait_until(PATIENCE, "all page views are counted", async || {
            let sql = "SELECT sum(n) FROM live WHERE kind = 'page' AND layer = 1";
            let answer = self.ask(sql).await.ok().flatten().unwrap_or_default();
            let counted = String::from_utf8_lossy(&answer).trim().parse().unwrap_or(0_usize);
            counted >= page_views
        })
        .await;
        wait_until(PATIENCE, "the marker is published", async || {
            let sql = format!("SELECT count() FROM pages WHERE path = '{MARKER}'");
            let answer = self.ask(&sql).await.ok().flatten().unwrap_or_default();
            answer.starts_with(b"1")
        })
        .await;
    }
}

fn config(at: &Path) -> String {
    format!(
        "[ingest]\nexpose_outcome = true\ntrusted_proxies = [\"127.0.0.1\"]\nrate_per_address_per_s = 100000\n\
         rate_per_address_burst = 100000\nrate_per_site_per_s = 100000\n\
         [geo]\nmmdb_path = \"{0}/country.mmdb\"\n[ops]\nlisten = \"127.0.0.1:0\"\n",
        at.display()
    )
}

fn command(binary: &Path, at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .arg("--config")
        .arg(at.join("isotherm.toml"))
        .arg("--data-dir")
        .arg(at.join("data"))
        .env("TMPDIR", at.join("tmp"))
        .current_dir(at.join("tmp"));
    command
}

fn read_json(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
