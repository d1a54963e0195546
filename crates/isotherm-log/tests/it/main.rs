//! What the log on disk promises, held against a model, against kills, and against broken disks.

mod crash;
mod disk;
mod model;
mod promises;
mod support;
