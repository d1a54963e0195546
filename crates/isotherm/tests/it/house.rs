//! One installation under test: a directory, a configuration, and the real binary.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use isotherm_testkit::{ClickHouseServer, Program, TempDir, temp_dir, wait_until};
use serde::Deserialize;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How long a role may take to serve.
pub(crate) const START_DEADLINE: Duration = Duration::from_secs(60);
/// How long everything that was admitted may take to be counted.
pub(crate) const COUNT_DEADLINE: Duration = Duration::from_secs(120);
/// What a stop may take: the promise, and the difference is what a busy test machine may add.
pub(crate) const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// The metric of what an aggregator counted since it started: quicker to ask for than the ledger.
pub(crate) const COUNTED: &str = "isotherm_interactions_counted_total";

/// The site of all tests.
pub(crate) const SITE: &str = "acme";

/// What `run.json` says.
#[derive(Clone, Copy, Deserialize, Debug)]
pub(crate) struct Run {
    pub(crate) listen: SocketAddr,
    pub(crate) ops: SocketAddr,
}

/// An installation.
pub(crate) struct House {
    pub(crate) config: PathBuf,
    pub(crate) data_dir: PathBuf,
    dir: TempDir,
    _shared: Option<RwLockReadGuard<'static, ()>>,
    _alone: Option<RwLockWriteGuard<'static, ()>>,
}

/// What is measured is not measured beside another installation's load.
static MACHINE: RwLock<()> = RwLock::const_new(());

impl House {
    /// Made with these lines of configuration behind the limits that a load test needs.
    pub(crate) async fn new(sections: &str) -> House {
        House::with(sections, (Some(MACHINE.read().await), None))
    }

    /// The same, with no other beside it.
    pub(crate) async fn alone(sections: &str) -> House {
        House::with(sections, (None, Some(MACHINE.write().await)))
    }

    fn with(
        sections: &str,
        (shared, alone): (
            Option<RwLockReadGuard<'static, ()>>,
            Option<RwLockWriteGuard<'static, ()>>,
        ),
    ) -> House {
        let dir = temp_dir();
        let config = dir.path().join("isotherm.toml");
        let data_dir = dir.path().join("data");
        let house = House {
            config,
            data_dir,
            dir,
            _shared: shared,
            _alone: alone,
        };
        house.configure(sections);
        house
    }

    /// Writes the configuration anew, for the next start.
    pub(crate) fn configure(&self, sections: &str) {
        let limits = "[ingest]\nexpose_outcome = true\nlisten = \"127.0.0.1:0\"\nrate_per_address_per_s = 1000000\n\
                      rate_per_address_burst = 1000000\nrate_per_site_per_s = 1000000\n";
        fs::write(&self.config, format!("{limits}{sections}")).expect("written");
    }

    /// Lines of configuration for a ClickHouse that is somebody else's, reached at `url`.
    pub(crate) fn store_section(server: &ClickHouseServer, url: &str) -> String {
        let (user, password) = (&server.user, &server.password);
        format!("[clickhouse]\nurl = \"{url}\"\nuser = \"{user}\"\npassword = \"{password}\"\n")
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(&self.data_dir, arguments)
            .output()
            .expect("the binary runs")
    }

    /// Runs a command that must succeed.
    pub(crate) fn must(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output
    }

    /// Adds the site.
    pub(crate) fn add_site(&self) {
        self.must(&["site", "add", SITE, "--origin", "https://acme.example"]);
    }

    /// Starts a role on a data directory of its own.
    pub(crate) fn start_in(&self, data_dir: &Path, arguments: &[&str]) -> Role {
        let log = self.dir.path().join(format!("{}.log", arguments[0]));
        let _ = fs::remove_file(data_dir.join("run.json"));
        let program = Program::spawn(&mut self.command(data_dir, arguments), &log).expect("the binary starts");
        Role {
            program,
            log,
            data_dir: data_dir.to_owned(),
        }
    }

    /// Starts a role on the installation's data directory.
    pub(crate) fn start(&self, arguments: &[&str]) -> Role {
        self.start_in(&self.data_dir, arguments)
    }

    /// Starts `up` and waits until it serves.
    pub(crate) async fn up(&self) -> (Role, Run) {
        let mut role = self.start(&["up", "--listen", "127.0.0.1:0"]);
        let run = role.serving().await;
        (role, run)
    }

    fn command(&self, data_dir: &Path, arguments: &[&str]) -> Command {
        // Another build of it, to measure.
        let binary = std::env::var_os("ISOTHERM_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_isotherm").into());
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .env("ISOTHERM_DATA_DIR", data_dir)
            .env("ISOTHERM_OPS__LISTEN", "127.0.0.1:0");
        command
    }

    /// Interactions that the ledger says are counted; `None` while it cannot be asked. Fails where the ledger is wrong.
    pub(crate) fn counted(&self) -> Option<u64> {
        let output = self.run(&["verify", "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        assert_eq!(report["right"], true, "{}", report["problems"]);
        let partitions = report["partitions"].as_array()?;
        Some(
            partitions
                .iter()
                .filter_map(|partition| partition["interactions"].as_u64())
                .sum(),
        )
    }

    /// Waits until as many interactions are counted, and sees that there are no more.
    pub(crate) async fn all_counted(&self, at_least: u64, at_most: u64) -> u64 {
        let mut counted = 0;
        wait_until(COUNT_DEADLINE, "all that was admitted is counted", async || {
            counted = self.counted().unwrap_or(counted);
            counted >= at_least
        })
        .await;
        assert!(
            counted <= at_most,
            "{counted} interactions are counted of {at_least} to {at_most}"
        );
        counted
    }
}

/// A role, running.
pub(crate) struct Role {
    pub(crate) program: Program,
    log: PathBuf,
    data_dir: PathBuf,
}

impl Role {
    /// Waits until it says where it serves.
    pub(crate) async fn serving(&mut self) -> Run {
        let path = self.data_dir.join("run.json");
        let mut run = None;
        wait_until(START_DEADLINE, "the role serves", async || {
            let ended = self.program.try_wait().expect("its state");
            assert!(ended.is_none(), "it ended: {}", self.said());
            run = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
            run.is_some()
        })
        .await;
        run.expect("waited for")
    }

    /// Waits until it has said a text.
    pub(crate) async fn says(&mut self, text: &str) {
        wait_until(START_DEADLINE, text, async || {
            let ended = self.program.try_wait().expect("its state");
            assert!(ended.is_none(), "it ended: {}", self.said());
            self.said().contains(text)
        })
        .await;
    }

    /// What it has said.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Stops it as an operator does; it must end by itself, in order and in time.
    pub(crate) async fn stops(self) -> Duration {
        let (begun, log) = (Instant::now(), self.log.clone());
        let status = self.program.stop(STOP_DEADLINE).await;
        let said = fs::read_to_string(log).unwrap_or_default();
        let status = status.unwrap_or_else(|| panic!("it did not stop within {STOP_DEADLINE:?}:\n{said}"));
        assert!(status.success(), "{status}:\n{said}");
        begun.elapsed()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Resident memory in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.program.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }
}

/// A page of the operations listener: status and text.
pub(crate) async fn ops(run: Run, path: &str) -> (u16, String) {
    match reqwest::get(format!("http://{}{path}", run.ops)).await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}

/// A number that `/metrics` says, e.g. `isotherm_log_records`; `None` where it says none.
pub(crate) async fn metric(run: Run, name: &str) -> Option<f64> {
    let (_, text) = ops(run, "/metrics").await;
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// The process of the embedded engine.
pub(crate) fn engine_pid(house: &House) -> rustix::process::Pid {
    let text = fs::read(house.data_dir.join("engine/engine.json")).expect("a running engine");
    let handle: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let pid = handle["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    rustix::process::Pid::from_raw(pid.expect("a process id")).expect("a process id")
}

/// What a server answers to a statement.
pub(crate) async fn sql(server: &ClickHouseServer, statement: &str) -> String {
    let client = reqwest::Client::new();
    let asked = client
        .post(&server.url)
        .header("X-ClickHouse-User", &server.user)
        .header("X-ClickHouse-Key", &server.password);
    let answer = asked.body(statement.to_owned()).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a text"));
    assert!(status.is_success(), "{text}");
    text.trim().to_owned()
}
