//! Asks a started engine whether it is ready: `/ping`, then `SELECT 1` with the full user.
//!
//! The second question also proves that the port is our engine's: nobody else knows the password.

use std::time::Duration;

use crate::{EngineError, EngineHandle};

/// How long one question may take before it counts as no answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn client() -> Result<reqwest::Client, EngineError> {
    reqwest::Client::builder()
        // A proxy from the environment must not see the engine's password.
        .no_proxy()
        .timeout(PROBE_TIMEOUT)
        .build()
        .map_err(|error| EngineError::System {
            what: "HTTP client",
            reason: error.to_string(),
        })
}

pub(crate) async fn answers(client: &reqwest::Client, handle: &EngineHandle) -> bool {
    let ping = client.get(format!("{}/ping", handle.url)).send().await;
    if !ping.is_ok_and(|response| response.status().is_success()) {
        return false;
    }
    let select = client
        .post(&handle.url)
        .header("X-ClickHouse-User", &handle.user)
        .header("X-ClickHouse-Key", &handle.password)
        .body("SELECT 1")
        .send()
        .await;
    match select {
        Ok(response) if response.status().is_success() => response.text().await.is_ok_and(|text| text.trim() == "1"),
        _ => false,
    }
}
