//! The public HTTP server: bounds on connections and times, and a stop that lets requests finish.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;

/// Open connections per worker; more wait to be accepted.
const CONNECTIONS_MAX: usize = 4_096;
/// A request's head must arrive within this time; a slower connection is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is closed after this time.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// At a stop, requests on their way get this long, in seconds.
const STOP_S: u64 = 3;

/// Serves until the stop signal.
pub(crate) async fn serve(
    listener: TcpListener,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let server = HttpServer::new(move || App::new().configure(configure.clone()))
        .max_connections(CONNECTIONS_MAX)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(STOP_S)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    let stopping = async {
        stop.cancelled().await;
        handle.stop(true).await;
    };
    let (served, ()) = tokio::join!(server, stopping);
    served
}
