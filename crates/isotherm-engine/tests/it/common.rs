//! What the tests share: an engine in a folder of its own, and questions to it.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use isotherm_engine::{Engine, EngineHandle, EngineSettings, assets};
use tokio::time::Instant;

/// How long any condition may take before the test has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn child_command() -> Vec<OsString> {
    vec![env!("CARGO_BIN_EXE_isotherm-engine-dev").into(), "engine-child".into()]
}

pub(crate) fn settings(folder: &Path) -> EngineSettings {
    EngineSettings::new(folder, assets::find(assets::ENGINE).unwrap(), child_command())
}

pub(crate) async fn start(folder: &Path) -> Engine {
    Engine::start(settings(folder)).await.unwrap()
}

/// Status and text of the answer to `sql`; `Err` when nobody answered.
pub(crate) async fn ask(
    handle: &EngineHandle,
    (user, password): (&str, &str),
    sql: &str,
) -> Result<(u16, String), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
    let request = client.post(&handle.url).header("X-ClickHouse-User", user);
    let response = request
        .header("X-ClickHouse-Key", password)
        .body(sql.to_owned())
        .send()
        .await?;
    Ok((response.status().as_u16(), response.text().await?.trim().to_owned()))
}

/// The answer to `sql` for the full user; anything but success fails the test.
pub(crate) async fn query(handle: &EngineHandle, sql: &str) -> String {
    let (status, text) = ask(handle, (&handle.user, &handle.password), sql).await.unwrap();
    assert_eq!(status, 200, "{sql}: {text}");
    text
}

/// Asks again and again until `condition` holds.
pub(crate) async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Whether the process runs (a zombie does not).
pub(crate) fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
}
