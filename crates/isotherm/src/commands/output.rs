//! What commands print: lines for people, or JSON.

use serde::Serialize;

/// Prints a line to standard output.
#[expect(clippy::print_stdout, reason = "a command's output is for standard output")]
pub(crate) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Prints a value as JSON on one line.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string(value)?);
    Ok(())
}
