//! One process of the cluster under test, which dies and comes back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use isotherm_testkit::Program;
use rustix::process::Signal;

use crate::disk;
use crate::hits::Hits;
use crate::scenario::Role;

/// How long a process that is asked to stop may take.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// Where a party finds everything.
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    pub(crate) config: PathBuf,
    /// The party's own folder.
    pub(crate) dir: PathBuf,
}

/// A process and what it noted.
pub(crate) struct Party {
    pub(crate) role: Role,
    /// Where an ingest listens.
    pub(crate) port: u16,
    pub(crate) hits: Hits,
    /// What overrides the configuration for this party.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The log lies on a disk that can be filled.
    pub(crate) small_disk: bool,
    place: Place,
    program: Option<Program>,
}

impl Party {
    /// A party that does not run yet.
    pub(crate) fn new(role: Role, port: u16, place: Place) -> anyhow::Result<Party> {
        fs::create_dir_all(&place.dir)?;
        Ok(Party {
            role,
            port,
            hits: Hits::new(place.dir.join("hits")),
            variables: Vec::new(),
            small_disk: false,
            place,
            program: None,
        })
    }

    /// Starts it, again or for the first time, with a plan of the form POINT:COUNT:DEED or without.
    pub(crate) fn start(&mut self, plan: Option<&str>) -> anyhow::Result<()> {
        let data = self.place.dir.join("data");
        fs::create_dir_all(&data)?;
        let mut command = if self.small_disk {
            disk::on_small_disk(&data, &self.place.binary)
        } else {
            Command::new(&self.place.binary)
        };
        let role = match self.role {
            Role::Ingest => "ingest",
            Role::Aggregate => "aggregate",
            Role::Up => "up",
        };
        command.arg(role).arg("--config").arg(&self.place.config);
        command.arg("--data-dir").arg(&data);
        if self.role.collects() {
            command.arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        }
        command.env("ISOTHERM_FAULT_HITS", self.place.dir.join("hits"));
        command.env_remove("ISOTHERM_FAULT");
        command.envs(plan.map(|plan| ("ISOTHERM_FAULT", plan)));
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        let program = Program::spawn(&mut command, &self.log()).context("the binary under test cannot be started")?;
        self.program = Some(program);
        Ok(())
    }

    /// Its data directory, as seen from inside its file systems.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.place.dir.join("data")
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.program.as_ref().map(Program::pid)
    }

    /// How it ended, if it did; `None` while it runs or is halted.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<String>> {
        let Some(program) = &mut self.program else {
            return Ok(None);
        };
        let status = program.try_wait()?;
        if status.is_some() {
            self.program = None;
        }
        Ok(status.map(|status| status.to_string()))
    }

    /// Whether it does not run, by its own end or not begun.
    pub(crate) fn is_gone(&mut self) -> anyhow::Result<bool> {
        self.ended()?;
        Ok(self.program.is_none())
    }

    pub(crate) fn resume(&mut self) {
        if let Some(program) = &mut self.program {
            program.signal(Signal::CONT);
        }
    }

    /// Kills it on the spot.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        let mut program = self.program.take().context("what is killed must run")?;
        program.signal(Signal::KILL);
        Ok(())
    }

    /// How often it said this since it was first started.
    pub(crate) fn says(&self, text: &str) -> usize {
        let said = fs::read_to_string(self.log()).unwrap_or_default();
        said.matches(text).count()
    }

    /// Asks it to stop, which it must do by itself and without an error.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(program) = self.program.take() {
            let status = program.stop(STOP_DEADLINE).await;
            let clean = status.is_some_and(|status| status.success());
            ensure!(clean, "{:?} did not stop cleanly: {status:?}", self.role);
        }
        Ok(())
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.place.dir.join("log.txt")
    }

    /// The last lines of what it said.
    pub(crate) fn last_words(&self, lines: usize) -> String {
        last_lines(&self.log(), lines)
    }
}

fn last_lines(file: &Path, lines: usize) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
