//! The servers that other tests rely on, themselves tested.

mod clickhouse;
mod foreground;
mod kafka;
