//! Bodies within size and time. A body that lies about its length costs one buffer of `BODY_BYTES_MAX` and a few seconds.

use std::time::Duration;

use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use isotherm_core::DropReason;
use isotherm_core::admit::BODY_BYTES_MAX;

/// Longest wait for a whole body. A slower one is malformed and its connection closed.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Longest wait for a body that is discarded. The answer stands already; what comes later costs the connection only.
const DISCARD_DEADLINE: Duration = Duration::from_millis(500);

/// Reads a body of at most `BODY_BYTES_MAX`.
pub(crate) async fn read(payload: &mut Payload) -> Result<Bytes, DropReason> {
    match tokio::time::timeout(BODY_DEADLINE, read_all(payload)).await {
        Ok(read) => read,
        Err(_late) => Err(DropReason::Malformed),
    }
}

/// Reads and forgets at most `BODY_BYTES_MAX`, so that the connection can serve the visitor's next request.
pub(crate) async fn discard(payload: &mut Payload) {
    let discarding = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            bytes += chunk.len();
            if bytes > BODY_BYTES_MAX {
                break;
            }
        }
    };
    // Late or broken: nothing of the body mattered.
    let _ = tokio::time::timeout(DISCARD_DEADLINE, discarding).await;
}

async fn read_all(payload: &mut Payload) -> Result<Bytes, DropReason> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| DropReason::Malformed)?;
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(DropReason::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
