//! `[log]`: the log on disk.

use super::Section;
use super::value::{Must, Value};

/// `[log]`.
#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    /// Partitions of the log and of the topic, 1 to 1,024; fixed when either is made. Default 4.
    pub(crate) partitions: u16,
    /// Bytes on disk at which beacons are refused with 503 until some are counted. Default 4 GiB.
    pub(crate) bytes_max: u64,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig {
            partitions: 4,
            bytes_max: 4 << 30,
        }
    }
}

impl Section for LogConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            // Within 16 bits by its bounds.
            "partitions" => self.partitions = value.whole(1, 1_024)? as u16,
            "bytes_max" => self.bytes_max = value.whole(16 << 20, 1 << 50)?,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["partitions", "bytes_max"]
    }
}
