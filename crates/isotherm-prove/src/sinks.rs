//! Everything that an installation leaves, each with a text that must be found there.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use isotherm_testkit::wait_until;
use lz4_flex::frame::FrameDecoder;
use serde_json::Value;

use crate::house::{DATABASE, House, MARKER, ORIGIN, SITE};
use crate::search::{Hit, Search};
use crate::topic::{Topic, is_segment, see_batches};

/// The broker's files.
pub(crate) const TOPIC: &str = "topic";
/// What a consumer of the topic gets.
pub(crate) const CONSUMED: &str = "consumed records";

/// The first bytes of an LZ4 frame.
const LZ4_FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// A place where something could be left.
#[derive(Clone, Debug)]
pub struct Sink {
    /// Its name.
    pub name: String,
    /// Bytes that were searched.
    pub bytes: u64,
    /// Whether the text that must be there was found.
    pub control: bool,
}

/// What a search of all sinks found.
#[derive(Default, Debug)]
pub struct Swept {
    /// The sinks.
    pub sinks: Vec<Sink>,
    /// What was found, each once.
    pub hits: Vec<Hit>,
    /// Tables that were read through the engine.
    pub tables: usize,
}

/// One sink on its way.
struct Sweep<'s> {
    search: &'s Search,
    control: Vec<u8>,
    sink: Sink,
    hits: Vec<Hit>,
}

impl<'s> Sweep<'s> {
    fn new(search: &'s Search, name: &str, control: &str) -> Sweep<'s> {
        Sweep {
            search,
            control: control.as_bytes().to_vec(),
            sink: Sink {
                name: name.into(),
                bytes: 0,
                control: false,
            },
            hits: Vec::new(),
        }
    }

    fn see(&mut self, bytes: &[u8]) {
        self.sink.bytes += bytes.len() as u64;
        self.sink.control |= contains(bytes, &self.control);
        for hit in self.search.hits(&self.sink.name, bytes) {
            if !self.hits.contains(&hit) {
                self.hits.push(hit);
            }
        }
    }

    /// Every file below a folder, and its frames decoded where it has any.
    fn see_folder(&mut self, folder: &Path, leave_out: &[&str]) -> anyhow::Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            let (name, kind) = (entry.file_name(), entry.file_type());
            if leave_out.iter().any(|left| name == *left) {
                continue;
            }
            self.see(name.as_encoded_bytes());
            match kind {
                // A part that was merged away meanwhile is gone, or is listed under its new name.
                Ok(kind) if kind.is_dir() => drop(self.see_folder(&entry.path(), &[])),
                Ok(kind) if kind.is_file() => self.see_file(&entry.path()),
                _ => {}
            }
        }
        Ok(())
    }

    fn see_file(&mut self, path: &Path) {
        let Ok(bytes) = fs::read(path) else { return };
        self.see(&bytes);
        if bytes.starts_with(&LZ4_FRAME) {
            let mut decoded = Vec::new();
            let read = File::open(path).map(|file| FrameDecoder::new(file).read_to_end(&mut decoded));
            if matches!(read, Ok(Ok(_))) {
                self.see(&decoded);
            }
        }
        if is_segment(&bytes) {
            // A batch that is still being written is seen as it lies there.
            drop(see_batches(&bytes, |records| self.see(records)));
        }
    }

    fn end(self, swept: &mut Swept) {
        swept.sinks.push(self.sink);
        swept.hits.extend(self.hits);
    }
}

/// How long the engine may be short of memory after all tables of the system were read.
const ENGINE_RECOVERS_MAX: Duration = Duration::from_secs(90);

/// Searches everything.
///
/// # Errors
/// A sink cannot be read.
pub async fn sweep(house: &mut House, search: &Search) -> anyhow::Result<Swept> {
    let mut swept = Swept::default();
    // Memory first: what follows is work, too.
    see_memory(house, search, &mut swept)?;
    for role in &mut house.roles {
        anyhow::ensure!(role.runs(), "`isotherm {}` has ended", role.name);
    }
    tables(house, search, &mut swept).await?;
    // Tables of the system take the engine's memory for a moment, and then it refuses everybody.
    let mut made = Vec::new();
    wait_until(ENGINE_RECOVERS_MAX, "the engine has memory again", async || {
        let created = house.run(&["token", "create", "--site", SITE, "--json"]);
        made = created.unwrap_or_default();
        !made.is_empty()
    })
    .await;
    // Its own: whoever asks about the house has another.
    let made: Value = serde_json::from_slice(&made)?;
    let token = made["id"].as_str().context("a token")?.to_owned();
    house.run(&["token", "revoke", &token])?;
    let backup = house.path("backup");
    house.run(&["backup", &backup.display().to_string()])?;
    for role in &house.roles {
        let mut metrics = Sweep::new(search, &format!("{} metrics", role.name), "isotherm_");
        metrics.see(&house.metrics(role).await?);
        metrics.end(&mut swept);
        let mut said = Sweep::new(search, &format!("{} log", role.name), role.says);
        said.see_file(&role.log);
        said.end(&mut swept);
    }
    let mut journal = Sweep::new(search, "journal", &token);
    journal.see_file(&house.desk.join("journal.jsonl"));
    journal.end(&mut swept);
    see_folders(house, search, &mut swept)?;
    see_topic(house, search, &mut swept)?;
    Ok(swept)
}

fn see_folders(house: &House, search: &Search, swept: &mut Swept) -> anyhow::Result<()> {
    fs::write(house.path("tmp/control"), "a file for the search")?;
    for (name, folder, control, leave_out) in [
        ("log on disk", house.log_on_disk(), MARKER, &[][..]),
        ("engine files", house.engine.files.clone(), "views_element", &[]),
        ("data directory", house.path("data"), ORIGIN, &["log", "engine"]),
        ("backup", house.path("backup"), MARKER, &[]),
        ("temporary files", house.path("tmp"), "a file for the search", &[]),
    ] {
        let mut files = Sweep::new(search, name, control);
        files.see_folder(&folder, leave_out)?;
        files.end(swept);
    }
    Ok(())
}

/// In a cluster: the broker's files with their batches decoded, and what a consumer gets.
fn see_topic(house: &House, search: &Search, swept: &mut Swept) -> anyhow::Result<()> {
    let Some(topic) = &house.topic else { return Ok(()) };
    let mut files = Sweep::new(search, TOPIC, MARKER);
    files.see_folder(&topic.folder()?, &[])?;
    files.end(swept);
    let mut consumed = Sweep::new(search, CONSUMED, MARKER);
    consumed.see(&topic.consumed()?);
    consumed.end(swept);
    Ok(())
}

fn see_memory(house: &House, search: &Search, swept: &mut Swept) -> anyhow::Result<()> {
    let broker = house.topic.as_ref().and_then(Topic::pid);
    let roles = house.roles.iter().map(|role| (role.name, role.holds, vec![role.pid]));
    let others = [
        ("engine", "views_element", house.engine.pids.clone()),
        ("broker", DATABASE, broker.into_iter().collect()),
    ];
    for (name, holds, pids) in roles.chain(others) {
        if pids.is_empty() {
            continue;
        }
        let mut memory = Sweep::new(search, &format!("memory of the {name}"), holds);
        for pid in pids {
            crate::memory::read(pid, |bytes| memory.see(bytes))?;
        }
        memory.end(swept);
    }
    Ok(())
}

/// Every table, decoded by the engine: as text, and as bytes in which numbers stand as they are.
async fn tables(house: &House, search: &Search, swept: &mut Swept) -> anyhow::Result<()> {
    let list = "SELECT database, name FROM system.tables WHERE database != 'INFORMATION_SCHEMA' \
                AND database != 'information_schema' AND NOT match(engine, 'Numbers|Zeros|Primes|Random|StackTrace') FORMAT TSV";
    let names = house.ask(list).await?.context("no list of tables")?;
    let names = String::from_utf8_lossy(&names).into_owned();
    let mut own = Sweep::new(search, "tables", MARKER);
    let mut system = Sweep::new(search, "system tables", "waiting_countries");
    for (database, table) in names.lines().filter_map(|line| line.split_once('\t')) {
        let into = if database == "system" { &mut system } else { &mut own };
        for format in ["TSVRaw", "RowBinary"] {
            let sql = format!("SELECT * FROM `{database}`.`{table}` FORMAT {format}");
            // Some of the system's own cannot be read whole, or not by this user.
            if let Some(bytes) = house.ask(&sql).await? {
                into.see(&bytes);
                swept.tables += 1;
            } else if database != "system" {
                anyhow::bail!("table {database}.{table} cannot be read");
            }
        }
    }
    own.end(swept);
    system.end(swept);
    Ok(())
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let first = text.first().copied().unwrap_or_default();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(text) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
