//! The operations listener: health, readiness, metrics and reload. On its own port, never beside public routes.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use actix_web::dev::{RequestHead, Service};
use actix_web::error::ErrorForbidden;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::headers::with_headers;
use crate::tls::Tls;

/// What happens when an operator asks for it, e.g. on a reload: control tables are read again. Resolves when it holds.
pub type Reload = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Who may ask, told by the head of a request.
pub type Admits = Arc<dyn Fn(&RequestHead) -> bool + Send + Sync>;

/// How the operations listener is guarded; by default not at all, for loopback.
#[derive(Clone, Default)]
pub struct Guard {
    /// The certificate that it shows; without one it speaks plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Who may ask; everybody else is answered 403. Without it, everybody.
    pub admits: Option<Admits>,
}

/// Metrics, readiness and reload of one process. Clones are the same.
#[derive(Clone)]
pub struct Ops {
    registry: Arc<Mutex<Registry>>,
    readiness: Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>,
    alarms: Arc<Mutex<BTreeMap<&'static str, Vec<String>>>>,
    reloads: Arc<Mutex<Vec<Reload>>>,
    hand_over: Arc<Mutex<Option<Reload>>>,
}

impl Default for Ops {
    fn default() -> Ops {
        Ops {
            registry: Arc::new(Mutex::new(Registry::with_prefix("isotherm"))),
            readiness: Arc::default(),
            alarms: Arc::default(),
            reloads: Arc::default(),
            hand_over: Arc::default(),
        }
    }
}

impl Ops {
    /// No metrics, nothing to wait for, nothing to reload.
    pub fn new() -> Ops {
        Ops::default()
    }

    /// Registers metrics. All names get the prefix `isotherm_`.
    pub fn register(&self, metrics: impl FnOnce(&mut Registry)) {
        metrics(&mut locked(&self.registry));
    }

    /// Says whether a part works; `/readyz` is good when all parts do.
    pub fn set_ready(&self, part: &'static str, state: Result<(), String>) {
        locked(&self.readiness).insert(part, state);
    }

    /// The parts that do not work, with their reasons.
    pub fn not_ready(&self) -> Vec<(&'static str, String)> {
        let parts = locked(&self.readiness);
        parts
            .iter()
            .filter_map(|(part, state)| state.as_ref().err().map(|why| (*part, why.clone())))
            .collect()
    }

    /// Says that something needs an operator although all parts work, or that it does no more. `/readyz` names it and
    /// stays good.
    pub fn set_alarm(&self, part: &'static str, alarm: Option<String>) {
        self.set_alarms(part, alarm.into_iter().collect());
    }

    /// The same for a part that may need an operator for several reasons; each is an alarm.
    pub fn set_alarms(&self, part: &'static str, alarms: Vec<String>) {
        locked(&self.alarms).insert(part, alarms);
    }

    /// The alarms that are on, with their texts.
    pub fn alarms(&self) -> Vec<(&'static str, String)> {
        let alarms = locked(&self.alarms);
        let of_part = |(part, texts): (&&'static str, &Vec<String>)| {
            let part = *part;
            texts.clone().into_iter().map(move |text| (part, text))
        };
        alarms.iter().flat_map(of_part).collect()
    }

    /// Adds to what `POST /-/reload` does. All of it is done, in the order in which it was added, up to the first that
    /// fails.
    pub fn on_reload(&self, reload: Reload) {
        locked(&self.reloads).push(reload);
    }

    /// What `POST /-/hand-over` asks for: that the process lets go of its data directory for a while. The answer says
    /// whether it will.
    pub fn on_hand_over(&self, hand_over: Reload) {
        *locked(&self.hand_over) = Some(hand_over);
    }

    /// The metrics as Prometheus reads them.
    pub fn metrics_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail; if an encoder ever does, what it wrote so far is still worth reading.
        let _ = encode(&mut text, &locked(&self.registry));
        text
    }

    /// Serves the operations listener until the stop signal, to everybody who reaches it.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        self.serve_guarded(listener, Guard::default(), stop).await
    }

    /// The same behind a guard.
    pub async fn serve_guarded(
        self,
        listener: TcpListener,
        guard: Guard,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        let Guard { tls, admits } = guard;
        let secure = tls.is_some();
        let ops = web::Data::new(self);
        let app = move || {
            let admits = admits.clone();
            App::new()
                .app_data(ops.clone())
                .route("/healthz", web::get().to(healthz))
                .route("/readyz", web::get().to(readyz))
                .route("/metrics", web::get().to(metrics))
                .route("/-/reload", web::post().to(reload))
                .route("/-/hand-over", web::post().to(hand_over))
                .wrap_fn(move |request, service| {
                    let admitted = admits.as_ref().is_none_or(|admits| admits(request.head()));
                    // One of the two, so that a request that is refused reaches nothing.
                    let (refused, passed) = match admitted {
                        true => (None, Some(service.call(request))),
                        false => (Some(request.into_response(refusal())), None),
                    };
                    let answering = async move {
                        match (refused, passed) {
                            (None, Some(passed)) => passed.await,
                            (Some(refused), _) => Ok(refused),
                            (None, None) => Err(ErrorForbidden("")),
                        }
                    };
                    with_headers(answering, secure)
                })
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls.server_config().map_err(std::io::Error::other)?)?,
            None => server.listen(listener)?,
        };
        let server = server.run();
        let handle = server.handle();
        tokio::select! {
            result = server => result,
            () = stop.cancelled() => {
                handle.stop(false).await;
                Ok(())
            }
        }
    }
}

/// A listener on an address; port 0 takes a free one. Says the address in the error.
pub fn listen(address: &str) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)
        .map_err(|error| std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// A lock whose data stays usable after a panic elsewhere: registries and flags have no broken middle state.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn refusal() -> HttpResponse {
    HttpResponse::Forbidden()
        .content_type(ContentType::plaintext())
        .body("[ops] allow_ip does not have this address\n")
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

async fn readyz(ops: web::Data<Ops>) -> HttpResponse {
    let missing = ops.not_ready();
    let mut lines: String = missing.iter().map(|(part, why)| format!("{part}: {why}\n")).collect();
    let mut response = HttpResponse::ServiceUnavailable();
    if missing.is_empty() {
        lines.push_str("ready\n");
        response = HttpResponse::Ok();
    }
    lines.extend(
        ops.alarms()
            .iter()
            .map(|(part, text)| format!("alarm: {part}: {text}\n")),
    );
    response.content_type(ContentType::plaintext()).body(lines)
}

async fn metrics(ops: web::Data<Ops>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(ops.metrics_text())
}

async fn reload(ops: web::Data<Ops>) -> HttpResponse {
    let reloads = locked(&ops.reloads).clone();
    if reloads.is_empty() {
        return HttpResponse::NotFound().body("nothing to reload\n");
    }
    for reload in reloads {
        if let Err(why) = reload().await {
            return HttpResponse::ServiceUnavailable().body(format!("{why}\n"));
        }
    }
    HttpResponse::NoContent().finish()
}

async fn hand_over(ops: web::Data<Ops>) -> HttpResponse {
    let asked = locked(&ops.hand_over).clone();
    let Some(asked) = asked else {
        return HttpResponse::NotFound().body("nothing to hand over\n");
    };
    match asked().await {
        Ok(()) => HttpResponse::Accepted().finish(),
        Err(why) => HttpResponse::Conflict().body(format!("{why}\n")),
    }
}
