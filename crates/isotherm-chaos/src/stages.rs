//! Where the time of a schedule goes, stage by stage.

use std::fmt;
use std::time::Instant;

/// The stages of a schedule that are over, each with its milliseconds.
#[derive(Clone, Debug)]
pub struct Stages {
    began: Instant,
    /// In the order in which they ended.
    pub all: Vec<(&'static str, u64)>,
}

impl Stages {
    /// The first stage begins.
    pub(crate) fn begin() -> Stages {
        let (began, all) = (Instant::now(), Vec::new());
        Stages { began, all }
    }

    /// The stage that ran until now is over, and the next one begins.
    pub(crate) fn over(&mut self, name: &'static str) {
        let now = Instant::now();
        self.all.push((name, (now - self.began).as_millis() as u64));
        self.began = now;
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, ms)) in self.all.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {ms}")?;
        }
        Ok(())
    }
}
