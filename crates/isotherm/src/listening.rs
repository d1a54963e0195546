//! Where the roles listen: a socket, and the certificate that is shown on it; it is read again while connections go on.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::X_FORWARDED_FOR;
use isotherm_geo::{Networks, Peer, TrustedProxies};
use isotherm_service::ops::{Admits, Guard, listen};
use isotherm_service::tls::{Tls, TlsFiles};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// How often the certificate's files are looked at; SIGHUP looks at once.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A socket that listens, and who may ask how.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) guard: Guard,
}

impl Listener {
    /// Listens on an address; with files, reads the certificate first.
    pub(crate) fn bind(address: &str, files: Option<TlsFiles>) -> anyhow::Result<Listener> {
        let tls = files.map(Tls::open).transpose()?;
        let (socket, _) = listen(address)?;
        Ok(Listener {
            socket,
            guard: Guard { tls, admits: None },
        })
    }

    /// Where operations are served, as the configuration says.
    pub(crate) fn of_operations(config: &Config) -> anyhow::Result<Listener> {
        let mut listener = Listener::bind(&config.ops.listen, config.ops_tls())?;
        listener.guard.admits = admits(&config.ops.allow_ip, config)?;
        Ok(listener)
    }

    /// Where it listens.
    pub(crate) fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The same socket for another server.
    pub(crate) fn try_clone(&self) -> std::io::Result<Listener> {
        Ok(Listener {
            socket: self.socket.try_clone()?,
            guard: self.guard.clone(),
        })
    }
}

/// Whether a request comes from where a list says, `None` for an empty one, which everybody is on; a proxy's word is taken
/// where `trusted_proxies` says.
pub(crate) fn admits(allow_ip: &[String], config: &Config) -> anyhow::Result<Option<Admits>> {
    if allow_ip.is_empty() {
        return Ok(None);
    }
    let networks = Networks::parse(allow_ip)?;
    let proxies = TrustedProxies::parse(&config.ingest.trusted_proxies)?;
    Ok(Some(Arc::new(move |head: &RequestHead| {
        let forwarded = head.headers.get_all(X_FORWARDED_FOR).map(|value| value.as_bytes());
        let address = proxies.client_address(head.peer_addr.map(Peer::from), forwarded);
        address.is_some_and(|address| networks.admit(&address))
    })))
}

/// Reads the certificate again when its files are others, or on SIGHUP, until the stop signal. What is wrong with them is
/// said, and the old one stays in use.
pub(crate) async fn keep_certificate(tls: Option<Arc<Tls>>, stop: CancellationToken) {
    let Some(tls) = tls else {
        return;
    };
    let mut hangup = signal(SignalKind::hangup())
        .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be waited for; changed files are still seen"))
        .ok();
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let due = tokio::select! {
            () = stop.cancelled() => return,
            _ = asked => true,
            () = tokio::time::sleep(LOOK_EVERY) => tls.has_changed(),
        };
        if due {
            reload(&tls);
        }
    }
}

fn reload(tls: &Tls) {
    let path = tls.files().cert_path.display();
    match tls.reload() {
        Ok(()) => tracing::info!(%path, "the certificate was read again; new connections see it"),
        Err(error) => {
            tracing::error!(%path, %error, "the certificate could not be read again; the old one stays in use")
        }
    }
}
