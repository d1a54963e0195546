//! An installation of the binary in a directory of its own, and beacons for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use isotherm_testkit::wait_until;
use reqwest::header::{CONTENT_TYPE, ORIGIN, USER_AGENT};
use serde_json::{Value, json};

/// How long a start, or counting, may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// A data directory, and the service on it if it runs.
pub(crate) struct Installation {
    pub(crate) dir: PathBuf,
    up: Option<Child>,
}

impl Installation {
    pub(crate) fn new(dir: &Path) -> Installation {
        Installation {
            dir: dir.to_owned(),
            up: None,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isotherm"));
        command
            .args(arguments)
            .env("ISOTHERM_DATA_DIR", &self.dir)
            .env("ISOTHERM_INGEST__RATE_PER_ADDRESS_PER_S", "100000")
            .env("ISOTHERM_INGEST__RATE_PER_ADDRESS_BURST", "100000")
            .env("ISOTHERM_INGEST__EXPOSE_OUTCOME", "true")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// Runs a command that must be refused, and reads why.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} was not refused");
        errors(&output)
    }

    /// Starts the service and waits until it collects.
    pub(crate) async fn start(&mut self) {
        let log = std::fs::File::create(self.dir.with_extension("log")).expect("a log file");
        let up = self
            .command(&["up", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        let pid = up.id();
        self.up = Some(up);
        wait_until(PATIENCE, "the service collects", async || {
            let running = self.run_file().is_some_and(|run| run["pid"] == pid);
            running && get(&format!("{}/isotherm.js", self.public())).await.is_some()
        })
        .await;
    }

    /// Kills the service as `kill -9` does; its engine ends by itself.
    pub(crate) fn kill(&mut self) {
        if let Some(mut up) = self.up.take() {
            up.kill().expect("it ran");
            up.wait().expect("it ends");
        }
    }

    fn run_file(&self) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.dir.join("run.json")).ok()?).ok()
    }

    pub(crate) fn public(&self) -> String {
        let run = self.run_file().expect("run.json");
        format!("http://{}", run["listen"].as_str().expect("an address"))
    }

    /// Sends one page view with one click in a cell; says what became of it.
    pub(crate) async fn send(&self, page: &Page<'_>, cell: (u16, u16)) -> String {
        let body = json!({
            "v": 1, "site": page.site, "path": page.path, "w": 1440, "h": 900, "touch": false, "view": true,
            "scroll": 4, "scrolled": 0,
            "places": [{"layer": "click", "cell": [cell.0, cell.1], "anchor": "#buy", "sub": [4, 4], "n": 1, "first": 31}],
        });
        let request = client()
            .post(format!("{}/v1/collect", self.public()))
            .header(ORIGIN, "https://acme.example")
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "text/plain")
            .body(body.to_string());
        let Ok(answer) = request.send().await else {
            return "no answer".into();
        };
        let outcome = answer.headers().get("X-Isotherm-Outcome");
        outcome.map_or("none", |value| value.to_str().unwrap_or("?")).to_owned()
    }

    /// Asks the running engine; the answer as text.
    pub(crate) async fn sql(&self, sql: &str) -> String {
        let engine = std::fs::read(self.dir.join("engine/engine.json")).expect("engine.json");
        let engine: Value = serde_json::from_slice(&engine).expect("JSON");
        let text = |key: &str| engine[key].as_str().expect("a text").to_owned();
        let answer = client()
            .post(format!("{}/?database=isotherm", text("url")))
            .header("X-ClickHouse-User", text("user"))
            .header("X-ClickHouse-Key", text("password"))
            .body(sql.to_owned())
            .send()
            .await
            .expect("an answer");
        let good = answer.status().is_success();
        let said = answer.text().await.expect("text");
        assert!(good, "{said}");
        said.trim_end().to_owned()
    }

    /// How often each cell was clicked, by what is stored.
    pub(crate) async fn cells(&self) -> BTreeMap<(u16, u16), u64> {
        let sql = "SELECT x, y, sum(n) FROM live WHERE kind = 'grid' AND layer = 4 GROUP BY x, y FORMAT TSV";
        let rows = self.sql(sql).await;
        let row = |line: &str| {
            let numbers: Vec<u64> = line.split('\t').map(|n| n.parse().expect("a number")).collect();
            ((numbers[0] as u16, numbers[1] as u16), numbers[2])
        };
        rows.lines().map(row).collect()
    }

    /// Waits until so many cells are counted.
    pub(crate) async fn wait_for_cells(&self, at_least: usize) {
        wait_until(PATIENCE, "clicks are counted", async || {
            self.cells().await.len() >= at_least
        })
        .await;
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A page of a site.
pub(crate) struct Page<'a> {
    pub(crate) site: &'a str,
    pub(crate) path: &'a str,
}

/// A place of its own for every click.
pub(crate) fn cell(number: u16) -> (u16, u16) {
    (number % 80, number / 80)
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}

async fn get(url: &str) -> Option<()> {
    let answer = client().get(url).send().await.ok()?;
    answer.status().is_success().then_some(())
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
