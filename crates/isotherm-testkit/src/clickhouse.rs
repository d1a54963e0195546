//! A ClickHouse that is "somebody else's": another process, reached by URL, user and password.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use isotherm_engine::{Engine, EngineHandle, EngineSettings, assets};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{TestkitError, temp_dir, wait_until};

/// How long a killed server may take to be gone.
const KILL_DEADLINE: Duration = Duration::from_secs(10);

/// The server's user. Not the embedded engine's, so that a mixed-up one is noticed.
const USER: &str = "warehouse";

/// Memory of the server's queries, bytes. A warehouse serves many clients at once, and a test binary is many: with the
/// embedded engine's bound, tests that ran side by side refused each other's questions.
const MEMORY_BYTES_MAX: u64 = 2 << 30;

/// A ClickHouse server for tests. Nobody starts it again when it dies. Its data goes when this is
/// dropped.
#[derive(Debug)]
pub struct ClickHouseServer {
    /// `http://127.0.0.1:PORT`, the same after a restart.
    pub url: String,
    /// A user that may do everything.
    pub user: String,
    /// The user's password, the same after a restart.
    pub password: String,
    settings: EngineSettings,
    engine: Option<Engine>,
    // Last, so that the engine is told to stop before its folder goes.
    dir: TempDir,
}

impl ClickHouseServer {
    /// Starts a server without tables and waits until it answers, at most 30 s.
    ///
    /// # Errors
    /// When the engine's library is not there or the server does not come up.
    pub async fn start() -> Result<Self, TestkitError> {
        Self::start_in(temp_dir(), engine_child_command()?).await
    }

    /// The same with further users and profiles, as a file in the server's `users.d`, and with variables that it reads.
    ///
    /// # Errors
    /// As [`ClickHouseServer::start`], and when the file cannot be written.
    pub async fn start_with_users(file: &str, variables: &[(&str, &str)]) -> Result<Self, TestkitError> {
        let dir = temp_dir();
        // Without the embedded engine's own rule of who is heard at all.
        let everybody = "<clickhouse><http_handlers remove=\"remove\"/></clickhouse>";
        for (folder, text) in [("users.d", file), ("config.d", everybody)] {
            let folder = dir.path().join(folder);
            std::fs::create_dir(&folder)?;
            std::fs::write(folder.join("test.xml"), text)?;
        }
        let variables = variables.iter().map(|(name, value)| format!("{name}={value}").into());
        let with_variables = [OsString::from("env")].into_iter().chain(variables);
        let command = with_variables.chain(engine_child_command()?).collect();
        Self::start_in(dir, command).await
    }

    async fn start_in(dir: TempDir, child_command: Vec<OsString>) -> Result<Self, TestkitError> {
        let lib = assets::find(assets::ENGINE)?;
        let mut settings = EngineSettings::new(dir.path(), lib, child_command);
        settings.user = USER.to_owned();
        settings.restart_when_dead = false;
        settings.memory_bytes_max = MEMORY_BYTES_MAX;
        let engine = Engine::start(settings.clone()).await?;
        let handle = engine.handle();
        settings.same_as = Some(handle.clone());
        let EngineHandle {
            url, user, password, ..
        } = handle;
        Ok(Self {
            url,
            user,
            password,
            settings,
            engine: Some(engine),
            dir,
        })
    }

    /// The folder with its files.
    pub fn data_dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Name and password of a user that may only read; `None` while the server is stopped.
    pub fn reader(&self) -> Option<(String, String)> {
        let handle = self.engine.as_ref()?.handle();
        Some((handle.read_user, handle.read_password))
    }

    /// Process id of the running server.
    pub fn pid(&self) -> Option<u32> {
        self.engine.as_ref().map(|engine| engine.handle().pid)
    }

    /// Stops the server in order; [`ClickHouseServer::restart`] brings it back.
    pub async fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
    }

    /// Kills the server as `kill -9` does; [`ClickHouseServer::restart`] brings it back.
    pub async fn kill(&mut self) {
        let Some(engine) = self.engine.take() else { return };
        let handle = engine.handle();
        if let Some(pid) = Pid::from_raw(handle.pid.cast_signed()) {
            // An error means that it has ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        wait_until(KILL_DEADLINE, "a killed server is gone", async || {
            !handle.answers().await
        })
        .await;
        engine.stop().await;
    }

    /// Starts the server again on the same data, port and password; a running one is stopped first.
    ///
    /// # Errors
    /// When it does not come up; the error carries the end of its log.
    pub async fn restart(&mut self) -> Result<(), TestkitError> {
        self.stop().await;
        self.engine = Some(Engine::start(self.settings.clone()).await?);
        Ok(())
    }
}

/// The command that becomes the engine's process in tests: this crate's binary, which lies beside
/// the test executables. Built when it is not there, since cargo builds only a package's own.
///
/// # Errors
/// When it is not there and cannot be built.
pub fn engine_child_command() -> Result<Vec<OsString>, TestkitError> {
    let executable = std::env::current_exe()?;
    let own = executable.file_stem().is_some_and(|name| name == "isotherm-testkit");
    let binary = if own { executable } else { built_binary(executable)? };
    Ok(vec![binary.into(), "engine-child".into()])
}

fn built_binary(executable: PathBuf) -> Result<PathBuf, TestkitError> {
    let folders: Vec<PathBuf> = executable.ancestors().skip(1).take(2).map(PathBuf::from).collect();
    let find = || {
        folders
            .iter()
            .map(|folder| folder.join("isotherm-testkit"))
            .find(|file| file.is_file())
    };
    if let Some(binary) = find() {
        return Ok(binary);
    }
    let release = folders.iter().any(|folder| folder.ends_with("release"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--package",
            "isotherm-testkit",
            "--bin",
            "isotherm-testkit",
        ])
        .args(release.then_some("--release"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| TestkitError::Program("cargo", error))?;
    find().ok_or_else(|| TestkitError::Failed {
        what: "building isotherm-testkit".to_owned(),
        log_tail: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
