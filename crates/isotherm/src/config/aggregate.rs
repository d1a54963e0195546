//! `[aggregate]`: bounds of batches.

use isotherm_aggregate::worker::BatchLimits;

use super::Section;
use super::value::{Must, Value};

/// `[aggregate]`.
#[derive(Clone, Default, Debug)]
pub(crate) struct AggregateConfig {
    /// `flush_delay_ms`: a batch is closed once its oldest record waited this long, in milliseconds; 10 to 60,000,
    /// default 500. `batch_bytes_max`: or once its records have this many bytes; 64 KiB to 64 MiB, default 2 MiB.
    pub(crate) limits: BatchLimits,
}

impl Section for AggregateConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "flush_delay_ms" => self.limits.flush_delay_ms = value.whole(10, 60_000)?,
            // Within 32 bits by its bounds.
            "batch_bytes_max" => self.limits.bytes_max = value.whole(64 << 10, 64 << 20)? as usize,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["flush_delay_ms", "batch_bytes_max"]
    }
}
