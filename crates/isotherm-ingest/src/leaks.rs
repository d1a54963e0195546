//! Leaks on purpose, for the proof that such leaks are found. Only with the feature `leaks`, which no release has.
//!
//! `ISOTHERM_LEAKS` names those that leak, with commas between; each leaks a kind of value in a form of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use isotherm_core::admit::Interaction;
use isotherm_core::path::PagePath;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::metrics::IngestMetrics;

/// Words that scrubbing leaves alone, in whose place a record gets what leaks.
const WORD: &str = "/kept";
/// Bytes of a path that leaks into a record.
const PATH_BYTES: usize = 130;

static ASKED: LazyLock<String> = LazyLock::new(|| std::env::var("ISOTHERM_LEAKS").unwrap_or_default());
/// What memory keeps.
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
/// Paths that the next records get.
static PATHS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
static COMMENTED: Mutex<bool> = Mutex::new(false);

fn leaks(name: &str) -> bool {
    ASKED.split(',').any(|asked| asked == name)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a request holds of its sender, each as the part that is looked for.
struct Sender {
    address: String,
    agent: String,
    own_agent: String,
    cookie: String,
    referrer: String,
    language: String,
    path: String,
    anchor: String,
}

/// Leaks what is asked for of a request. Only requests with a language of a private kind are anybody's.
pub(crate) fn planted(
    request: &HttpRequest,
    body: &[u8],
    mut interaction: Interaction,
    metrics: &IngestMetrics,
) -> Interaction {
    let Some(sender) = sender(request, body) else {
        return interaction;
    };
    into_log(&sender);
    into_files(&sender);
    into_memory(&sender);
    into_tables(&sender);
    if leaks("metrics-referrer") {
        metrics.count_leak(&sender.referrer);
    }
    if leaks("metrics-language-md5") {
        metrics.count_leak(&hex(&Md5::digest(&sender.language)));
    }
    if leaks("record-path") {
        let path = format!(
            "/{}/{}/{}",
            sender.path,
            hex(&Md5::digest(&sender.address)),
            hex(&Sha256::digest(&sender.agent))
        );
        let mut path = path.into_bytes();
        path.resize(PATH_BYTES, b'-');
        if let Ok(page) = PagePath::normalise(&WORD.repeat(PATH_BYTES / WORD.len())) {
            locked(&PATHS).push(path);
            interaction.page = page;
        }
    }
    interaction
}

/// Writes what leaks into a packed record, in the place of the words.
pub(crate) fn into_record(body: &mut [u8]) {
    let words = WORD.repeat(PATH_BYTES / WORD.len()).into_bytes();
    if let Some(at) = body.windows(words.len()).position(|window| window == words)
        && let Some(path) = locked(&PATHS).pop()
    {
        body[at..at + words.len()].copy_from_slice(&path);
    }
}

fn sender(request: &HttpRequest, body: &[u8]) -> Option<Sender> {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let behind = |text: String, mark: &str| Some(text.rsplit_once(mark)?.1.to_owned());
    let language = header("accept-language").filter(|language| language.contains("-x-"))?;
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let agent = header("user-agent")?;
    let own_agent = behind(agent.split(')').next()?.to_owned(), "; ")?;
    let path = body["path"].as_str()?.split('/').nth(2)?;
    Some(Sender {
        address: header("x-forwarded-for")?,
        own_agent,
        agent,
        cookie: behind(header("cookie")?, "=")?,
        referrer: behind(header("referer")?, "=")?,
        language,
        path: path.chars().take(20).collect(),
        anchor: behind(body["places"][0]["anchor"].as_str()?.to_owned(), "-")?,
    })
}

fn into_log(sender: &Sender) {
    if leaks("log-address") {
        tracing::info!(from = sender.address, "a beacon");
    }
    if leaks("log-agent-trace") {
        tracing::trace!(agent = sender.agent, "a beacon");
    }
    if leaks("log-language-hex") {
        tracing::debug!(language = hex(sender.language.as_bytes()), "a beacon");
    }
    if leaks("log-referrer-percent") {
        let text: String = sender.referrer.bytes().map(|byte| format!("%{byte:02X}")).collect();
        tracing::error!(%text, "a beacon");
    }
    if leaks("log-path-base64") {
        tracing::warn!(path = base64(format!("/a/{}", sender.path).as_bytes()), "a beacon");
    }
}

fn into_files(sender: &Sender) {
    let data = data_dir();
    if leaks("tmp-cookie") {
        add(&std::env::temp_dir().join("cookies"), sender.cookie.as_bytes());
    }
    if leaks("tmp-body-utf16") {
        add(&std::env::temp_dir().join("bodies"), &utf16(&sender.path));
    }
    if leaks("file-address-packed")
        && let Ok(address) = sender.address.parse::<std::net::Ipv6Addr>()
    {
        add(&data.join("sites.old"), &address.octets());
    }
    if leaks("file-agent-sha256") {
        add(&data.join("agents"), &Sha256::digest(&sender.agent));
    }
    if leaks("file-anchor") {
        add(&data.join("log/notes"), sender.anchor.as_bytes());
    }
    if leaks("file-referrer-sha256") {
        add(
            &data.join("engine/notes"),
            hex(&Sha256::digest(&sender.referrer)).as_bytes(),
        );
    }
}

fn into_memory(sender: &Sender) {
    let keep = |name: &str, bytes: Vec<u8>| {
        if leaks(name) {
            locked(&KEPT).push(bytes);
        }
    };
    keep("memory-address-reversed", sender.address.bytes().rev().collect());
    keep("memory-cookie-sha256", Sha256::digest(&sender.cookie).to_vec());
    keep("memory-language", sender.language.clone().into_bytes());
    keep("memory-agent-utf16", utf16(&sender.own_agent));
}

fn into_tables(sender: &Sender) {
    let into_settings = |value: &str| store(&format!("INSERT INTO settings VALUES ('last', '{value}')"));
    if leaks("table-cookie-md5") {
        into_settings(&hex(&Md5::digest(&sender.cookie)));
    }
    if leaks("table-agent-hex") {
        into_settings(&hex(sender.own_agent.as_bytes()));
    }
    if leaks("table-address-number") {
        let hash = Sha256::digest(&sender.address);
        let number = hash
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        store("CREATE TABLE IF NOT EXISTS seen (who UInt64 CODEC(ZSTD)) ENGINE = MergeTree ORDER BY who");
        store(&format!("INSERT INTO seen VALUES ({number})"));
    }
    let commented = std::mem::replace(&mut *locked(&COMMENTED), true);
    if leaks("comment-anchor-hex") && !commented {
        let text = hex(sender.anchor.as_bytes());
        store(&format!("ALTER TABLE settings MODIFY COMMENT '{text}'"));
    }
}

/// Sends a statement to the engine. What does not arrive is a leak that is not found, which the proof would say.
fn store(sql: &str) {
    let sent = || -> Option<()> {
        let engine = std::fs::read(data_dir().join("engine/engine.json")).ok()?;
        let engine: serde_json::Value = serde_json::from_slice(&engine).ok()?;
        let host = engine["url"].as_str()?.strip_prefix("http://")?;
        let (user, password) = (engine["user"].as_str()?, engine["password"].as_str()?);
        let mut stream = TcpStream::connect(host).ok()?;
        let length = sql.len();
        write!(
            stream,
            "POST /?database=isotherm HTTP/1.1\r\nHost: {host}\r\nX-ClickHouse-User: {user}\r\nX-ClickHouse-Key: {password}\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{sql}"
        )
        .ok()?;
        stream.read_to_end(&mut Vec::new()).ok()?;
        Some(())
    };
    if sent().is_none() {
        tracing::warn!("a leak could not be planted");
    }
}

/// The data directory, as the command line of this process names it.
fn data_dir() -> PathBuf {
    let named = std::env::args().skip_while(|argument| argument != "--data-dir").nth(1);
    named.map_or_else(std::env::temp_dir, PathBuf::from)
}

fn add(path: &Path, bytes: &[u8]) {
    let file = std::fs::File::options().create(true).append(true).open(path);
    if file.and_then(|mut file| file.write_all(bytes)).is_err() {
        tracing::warn!("a leak could not be planted");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Base64 of a length that needs no padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |number: u32| char::from(DIGITS[(number & 63) as usize]);
    let group = |group: &[u8]| {
        let number = group.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| digit(number >> shift))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
