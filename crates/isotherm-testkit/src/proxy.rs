//! The network between two parties: a TCP proxy that cuts, silences, slows and delays.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// Bytes carried at a time: small enough that a slow network is slow evenly.
const PIECE_BYTES: usize = 8 << 10;

/// What the network does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weather {
    /// Everything arrives at once.
    Clear,
    /// Connections end at once, in the middle of whatever they carry, and new ones end as soon as they are made.
    Cut,
    /// Connections stay and carry nothing; what was on its way arrives when the weather changes.
    Silent,
    /// So many bytes a second in each direction of each connection.
    Slow {
        /// At least 1.
        bytes_per_s: u32,
    },
    /// Every piece arrives so much later.
    Late {
        /// Of each piece of at most some KiB.
        delay: Duration,
    },
}

/// A proxy on 127.0.0.1 before one server. Dropping it ends all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before `127.0.0.1:port`, in clear weather.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Clear);
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's network, ended by dropping the proxy; no role waits for it"
        )]
        let accepting = tokio::spawn(accept(listener, port, seen));
        Ok(Self {
            address,
            weather,
            accepting,
        })
    }

    /// `127.0.0.1:PORT` of the proxy.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for connections that there are and for new ones.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, weather: watch::Receiver<Weather>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Takes ended connections out of the set.
            Some(_) = connections.join_next() => {}
            Ok((client, _)) = listener.accept() => {
                connections.spawn(carry(client, port, weather.clone()));
            }
        }
    }
}

/// Carries one connection until an end closes or the weather cuts it.
async fn carry(client: TcpStream, port: u16, weather: watch::Receiver<Weather>) {
    if *weather.borrow() == Weather::Cut {
        return;
    }
    // A server that does not answer is seen by the client as a connection that ends.
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    // A delay of ours is no part of the weather.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut cut = weather.clone();
    tokio::select! {
        _ = cut.wait_for(|weather| *weather == Weather::Cut) => {}
        _ = async {
            tokio::join!(
                one_way(from_client, to_server, weather.clone()),
                one_way(from_server, to_client, weather.clone()),
            )
        } => {}
    }
}

async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>) {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = match from.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        hold_back(read, &mut weather).await;
        if to.write_all(&piece[..read]).await.is_err() {
            break;
        }
    }
    // Whoever reads there learns that no more comes; an error means that it has gone.
    let _ = to.shutdown().await;
}

/// Waits as long as the weather holds a piece back.
async fn hold_back(bytes: usize, weather: &mut watch::Receiver<Weather>) {
    loop {
        let now = *weather.borrow_and_update();
        match now {
            Weather::Clear => return,
            Weather::Slow { bytes_per_s } => {
                let seconds = bytes as f64 / f64::from(bytes_per_s.max(1));
                return sleep(Duration::from_secs_f64(seconds)).await;
            }
            Weather::Late { delay } => return sleep(delay).await,
            // A cut ends the whole connection elsewhere. An error means that the proxy is gone, and this task soon.
            Weather::Silent | Weather::Cut => {
                if weather.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}
