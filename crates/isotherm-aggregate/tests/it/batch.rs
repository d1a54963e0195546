//! Batches alone.
