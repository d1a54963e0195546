//! What processes noted at their fault points.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::Context;
use isotherm_fault::Point;

/// One passage of a point.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) pid: u32,
    pub(crate) point: Point,
    /// How much was open.
    pub(crate) open: u64,
    /// Whether the plan's deed was done there.
    pub(crate) did: bool,
}

/// Reads a file of hits as it grows.
pub(crate) struct Hits {
    pub(crate) path: PathBuf,
    read: u64,
    pub(crate) all: Vec<Hit>,
}

impl Hits {
    pub(crate) fn new(path: PathBuf) -> Hits {
        let (read, all) = (0, Vec::new());
        Hits { path, read, all }
    }

    /// Takes in what is new.
    pub(crate) fn refresh(&mut self) -> anyhow::Result<()> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A line that is being written is read next time.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        for line in text[..whole].lines() {
            let hit = parse(line).with_context(|| format!("`{line}` is no hit"))?;
            self.all.push(hit);
        }
        Ok(())
    }
}

fn parse(line: &str) -> Option<Hit> {
    // The time is for people.
    let mut words = line.split(' ').skip(1);
    Some(Hit {
        pid: words.next()?.parse().ok()?,
        point: words.next()?.parse().ok()?,
        open: words.next()?.parse().ok()?,
        did: words.next()? != "-",
    })
}
