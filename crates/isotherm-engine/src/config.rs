//! The engine's two configuration files.
//!
//! Three aims: small (the whole of `isotherm up` stays below 500 MB), silent (nothing that could
//! keep a query's text), and pinned (what exactly-once needs does not depend on defaults).

use std::path::Path;

use crate::credentials::sha256_hex;
use crate::folder::{EngineFolder, write_private};
use crate::{EngineError, EngineHandle, EngineSettings};

/// An insert is cut into blocks, and so into parts, above this many rows. Far above any batch, so
/// that one insert is one part; a larger insert would lose that it lands whole or not at all.
const INSERT_ROWS_MAX: u64 = 64 * 1024 * 1024;

/// The same bound in bytes of uncompressed block.
const INSERT_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// A query of the reading user is stopped after this time, seconds. Sealing waits longer than this
/// before it drops what a query may still read.
const READ_SECONDS_MAX: u32 = 60;

/// A result of the reading user above this many rows is an error, never cut silently.
const READ_RESULT_ROWS_MAX: u32 = 2_000_000;

/// The engine answers this many connections at once; a further one waits in the listener's queue.
const CONNECTIONS_MAX: u32 = 128;

/// This many queries run at once; a further one is refused with an error.
const QUERIES_MAX: u32 = 64;

/// Writes `config.xml`, `users.xml` and the file that opens the listener, all with mode 0600.
pub(crate) fn write(
    settings: &EngineSettings,
    folder: &EngineFolder,
    accounts: &EngineHandle,
    http_port: u16,
) -> Result<(), EngineError> {
    folder.create()?;
    write_private(&folder.config(), &server(settings, folder, http_port)?)?;
    write_private(&folder.users(), &users(settings, accounts))?;
    write_private(&folder.listen_sql(), "SYSTEM START LISTEN HTTP;\n")
}

/// The server's settings. There are no `*_log` sections, so the engine has no log tables: they would cost
/// memory, and `query_log` would keep the texts of queries.
fn server(settings: &EngineSettings, folder: &EngineFolder, http_port: u16) -> Result<String, EngineError> {
    let tables = xml_path(&folder.tables())?;
    let backups = xml_path(&folder.backups())?;
    let users = xml_path(&folder.users())?;
    Ok(fill(
        include_str!("config.xml"),
        &[
            ("@tables@", tables),
            ("@backups@", backups),
            ("@users@", users),
            ("@user@", settings.user.clone()),
            ("@http_port@", http_port.to_string()),
            ("@connections_max@", CONNECTIONS_MAX.to_string()),
            ("@queries_max@", QUERIES_MAX.to_string()),
            ("@memory@", settings.memory_bytes_max.to_string()),
        ],
    ))
}

/// Users and profiles. `default` is the library's own session (it can be neither renamed nor given a
/// password); it has the one right it needs and no way in over HTTP.
fn users(settings: &EngineSettings, accounts: &EngineHandle) -> String {
    let query_memory = settings.memory_bytes_max / 4 * 3;
    let read_memory = settings.memory_bytes_max / 2;
    fill(
        include_str!("users.xml"),
        &[
            ("@user@", accounts.user.clone()),
            ("@password@", sha256_hex(&accounts.password)),
            ("@read_user@", accounts.read_user.clone()),
            ("@read_password@", sha256_hex(&accounts.read_password)),
            ("@insert_rows_max@", INSERT_ROWS_MAX.to_string()),
            ("@insert_bytes_max@", INSERT_BYTES_MAX.to_string()),
            ("@query_memory@", query_memory.to_string()),
            ("@read_memory@", read_memory.to_string()),
            ("@read_seconds_max@", READ_SECONDS_MAX.to_string()),
            ("@read_result_rows_max@", READ_RESULT_ROWS_MAX.to_string()),
        ],
    )
}

fn fill(template: &str, values: &[(&str, String)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// A path as XML text. Relative paths would be read from the child's folder, so they are refused.
fn xml_path(path: &Path) -> Result<String, EngineError> {
    let text = path
        .to_str()
        .filter(|_| path.is_absolute())
        .ok_or_else(|| EngineError::Settings(format!("{} must be an absolute path in UTF-8", path.display())))?;
    Ok(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}
