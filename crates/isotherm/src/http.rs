//! The public HTTP server: bounds on connections and times, TLS where there is a certificate, headers of every answer, and
//! a stop that lets requests finish.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::Service;
use actix_web::{App, HttpServer, web};
use isotherm_service::headers::with_headers;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use crate::listening::{Listener, keep_certificate};

/// Open connections per worker; more wait to be accepted. Fewer where the process may not open as many files.
const CONNECTIONS_MAX: u64 = 4_096;
/// Open files that connections leave to everything else: the log, the store, the operations listener, the assets.
/// Without them a few idle connections would stop all of it, because each takes one of the process's files.
const FILES_RESERVED: u64 = 256;
/// Connections per worker that are served however few files the process may open.
const CONNECTIONS_MIN: u64 = 16;
/// A request's head must arrive within this time; a slower connection is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is closed after this time.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// At a stop, requests on their way get this long, in seconds.
const STOP_S: u64 = 3;

/// Serves until the stop signal.
pub(crate) async fn serve(
    listener: Listener,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let Listener { socket, guard } = listener;
    let tls = guard.tls;
    let secure = tls.is_some();
    let workers = available_parallelism().map_or(1, NonZeroUsize::get);
    let files = allow_files(workers as u64 * CONNECTIONS_MAX + FILES_RESERVED);
    let app = move || {
        App::new()
            .configure(configure.clone())
            .wrap_fn(move |request, service| with_headers(service.call(request), secure))
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(connections_max(files, workers as u64))
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(STOP_S)
        .disable_signals();
    let server = match &tls {
        Some(tls) => server.listen_rustls_0_23(socket, tls.server_config().map_err(std::io::Error::other)?)?,
        None => server.listen(socket)?,
    };
    let server = server.run();
    let handle = server.handle();
    let stopping = async {
        stop.cancelled().await;
        handle.stop(true).await;
    };
    let (served, (), ()) = tokio::join!(server, stopping, keep_certificate(tls, stop.clone()));
    served
}

/// Lets the process open this many files where it may allow itself as many; how many it may open then.
fn allow_files(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // No limit is as good as what is wanted.
    let (now, most) = (current.unwrap_or(wanted), maximum.unwrap_or(wanted));
    let raised = wanted.min(most);
    if now >= raised {
        return now;
    }
    let limit = Rlimit {
        current: Some(raised),
        maximum,
    };
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => raised,
        Err(_refused) => now,
    }
}

/// Connections per worker, so that all workers together leave `FILES_RESERVED` of the files.
fn connections_max(files: u64, workers: u64) -> usize {
    let each = files.saturating_sub(FILES_RESERVED) / workers.max(1);
    // At most 4,096.
    each.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_log_and_the_store() {
        for workers in 1..=64 {
            for files in [1_024, 1_500, 4_096, 65_536, 1 << 30] {
                let each = connections_max(files, workers) as u64;
                assert!(each <= CONNECTIONS_MAX);
                assert!(
                    each * workers + FILES_RESERVED <= files || each == CONNECTIONS_MIN,
                    "{each} connections in each of {workers} workers, {files} files"
                );
            }
        }
        assert_eq!(connections_max(1_024, 2), 384);
        assert_eq!(connections_max(100, 8), CONNECTIONS_MIN as usize);
    }

    #[actix_web::test]
    async fn errors_of_every_kind_have_the_headers_too() {
        let (stop, listener) = (
            CancellationToken::new(),
            Listener::bind("127.0.0.1:0", None).expect("a port"),
        );
        let address = listener.local_addr().expect("an address");
        let configure = |config: &mut web::ServiceConfig| {
            let fault = || async { Err::<&str, _>(actix_web::error::ErrorInternalServerError("a fault")) };
            config
                .route("/fault", web::get().to(fault))
                .route("/body", web::post().to(async |_: web::Bytes| "taken"));
        };
        let serving = serve(listener, configure, stop.clone());
        let asking = async {
            let client = reqwest::Client::new();
            for (method, path, body, status) in [
                ("GET", "/fault", 0, 500),
                ("GET", "/nowhere", 0, 404),
                ("PUT", "/body", 0, 404),
                ("POST", "/body", 1 << 20, 413),
            ] {
                let url = format!("http://{address}{path}");
                let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
                let request = client.request(method, url).body(vec![b'a'; body]);
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), status, "{path}");
                for (name, value) in [
                    ("x-content-type-options", "nosniff"),
                    ("referrer-policy", "no-referrer"),
                    ("x-frame-options", "DENY"),
                    ("cross-origin-resource-policy", "same-origin"),
                    ("cross-origin-opener-policy", "same-origin"),
                ] {
                    assert_eq!(answer.headers()[name], value, "{path}");
                }
                let policy = answer.headers()["content-security-policy"].to_str().expect("text");
                assert!(policy.starts_with("default-src 'none'"), "{path}");
                assert!(!answer.headers().contains_key("strict-transport-security"), "{path}");
            }
            stop.cancel();
        };
        let (served, ()) = tokio::join!(serving, asking);
        served.expect("served");
    }

    #[test]
    fn a_low_limit_is_raised_as_far_as_it_may_be() {
        let before = getrlimit(Resource::Nofile);
        let files = allow_files(before.current.unwrap_or(1_024) + 1);
        let now = getrlimit(Resource::Nofile).current.unwrap_or(files);
        assert!(now >= files && before.current.is_none_or(|before| files >= before));
    }
}
