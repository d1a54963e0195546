//! An installation of the binary in a directory of its own, and beacons for it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use isotherm_testkit::wait_until;
use reqwest::header::{CONTENT_TYPE, ORIGIN, USER_AGENT};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

/// How long a start, or counting, may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

const UP: [&str; 3] = ["up", "--listen", "127.0.0.1:0"];

/// Mounts a small file system at `$1` and becomes the rest of the arguments.
const MOUNT: &str = r#"mount -t tmpfs -o size=200m isotherm-test "$1" && shift && exec "$@""#;
/// Becomes the rest of the arguments; a write beyond a limit of files is an error then and does not end the process.
const LIMIT: &str = r#"shift && trap "" XFSZ && exec "$@""#;
/// With limited files: bytes that a file may have, below any file of the log.
const FILE_BYTES: u64 = 512 << 10;

/// Whether this system gives a process a file system of its own.
fn mounts() -> bool {
    static MOUNTS: LazyLock<bool> = LazyLock::new(|| {
        let tried = Command::new("unshare")
            .args(["--mount", "sh", "-c", "mount -t tmpfs -o size=1m isotherm-test /mnt"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    });
    *MOUNTS
}

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

    /// Begins a command, to be killed in the middle of it.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        let begun = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        begun.expect("the binary runs")
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
        let mut command = self.command(&UP);
        self.spawn(&mut command);
        self.collects().await;
    }

    /// The same with the data directory on a small file system of the service's own, which only it sees; from then on `dir`
    /// is the way into it. Where the system refuses one, an ordinary directory: see [`Installation::fill_disk`].
    pub(crate) async fn start_on_small_disk(&mut self) {
        let inside = self.dir.clone();
        std::fs::create_dir_all(&inside).expect("made");
        let mounts = mounts();
        let (program, script): (&[&str], &str) = match mounts {
            true => (&["unshare", "--mount", "sh"], MOUNT),
            false => (&["sh"], LIMIT),
        };
        let up = self.command(&UP);
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).args(["-c", script, "sh"]);
        command.arg(&inside).arg(up.get_program()).args(up.get_args());
        let set = up.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(set).stdin(Stdio::null());
        self.spawn(&mut command);
        if mounts {
            let root = format!("/proc/{}/root", self.pid().expect("it runs"));
            self.dir = Path::new(&root).join(inside.strip_prefix("/").expect("an absolute path"));
        }
        self.collects().await;
    }

    /// Leaves the service no room on its disk, or, without a disk of its own, none in its files.
    pub(crate) fn fill_disk(&self) {
        if !mounts() {
            return self.limit_files(Some(FILE_BYTES));
        }
        let mut filler = std::fs::File::create(self.dir.join("filler")).expect("a file");
        while filler.write_all(&[0; 65_536]).is_ok() {}
        while filler.write_all(&[0; 512]).is_ok() {}
    }

    /// Makes room again.
    pub(crate) fn free_disk(&self) {
        match mounts() {
            true => std::fs::remove_file(self.dir.join("filler")).expect("removed"),
            false => self.limit_files(None),
        }
    }

    fn limit_files(&self, bytes: Option<u64>) {
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(pid, Resource::Fsize, limit).expect("limited");
    }

    fn spawn(&mut self, command: &mut Command) {
        let log = std::fs::File::create(self.dir.with_extension("log")).expect("a log file");
        let up = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        self.up = Some(up);
    }

    async fn collects(&self) {
        let pid = self.pid().expect("it was started");
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

    /// The service's process.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.up.as_ref().map(Child::id)
    }

    /// What the service has said since its start.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.dir.with_extension("log")).unwrap_or_default()
    }

    pub(crate) fn run_file(&self) -> Option<Value> {
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
        self.try_sql(sql).await.expect("an answer")
    }

    /// The same; `None` while the engine does not answer.
    async fn try_sql(&self, sql: &str) -> Option<String> {
        let engine = std::fs::read(self.dir.join("engine/engine.json")).ok()?;
        let engine: Value = serde_json::from_slice(&engine).expect("JSON");
        let text = |key: &str| engine[key].as_str().expect("a text").to_owned();
        let answer = client()
            .post(format!("{}/?database=isotherm", text("url")))
            .header("X-ClickHouse-User", text("user"))
            .header("X-ClickHouse-Key", text("password"))
            .body(sql.to_owned())
            .send()
            .await
            .ok()?;
        let good = answer.status().is_success();
        let said = answer.text().await.ok()?;
        assert!(good, "{said}");
        Some(said.trim_end().to_owned())
    }

    /// How often each cell was clicked, by what is stored.
    pub(crate) async fn cells(&self) -> BTreeMap<(u16, u16), u64> {
        self.try_cells().await.expect("an answer")
    }

    /// The same; `None` while the engine does not answer.
    pub(crate) async fn try_cells(&self) -> Option<BTreeMap<(u16, u16), u64>> {
        let sql = "SELECT x, y, sum(n) FROM live WHERE kind = 'grid' AND layer = 4 GROUP BY x, y FORMAT TSV";
        let rows = self.try_sql(sql).await?;
        let row = |line: &str| {
            let numbers: Vec<u64> = line.split('\t').map(|n| n.parse().expect("a number")).collect();
            ((numbers[0] as u16, numbers[1] as u16), numbers[2])
        };
        Some(rows.lines().map(row).collect())
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
