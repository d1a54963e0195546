//! One real Apache Kafka node.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::process::{Program, log_tail};
use crate::{Proxy, TestkitError, free_port, jars, temp_dir};

/// How long a broker may take until it answers.
const START_DEADLINE: Duration = Duration::from_secs(120);

/// How long a broker may take to stop before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// How long one question to the broker may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Another pair of ports is tried this often when somebody was faster.
const PORT_ATTEMPTS_MAX: u32 = 3;

/// Flags that let a small broker start fast and stay small.
const JAVA_FLAGS: [&str; 5] = [
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

/// One Apache Kafka node on loopback: broker and controller, one replica of everything, topics
/// made only when asked for. Its data goes when this is dropped.
#[derive(Debug)]
pub struct Kafka {
    dir: TempDir,
    libs: PathBuf,
    port: u16,
    tls_port: Option<u16>,
    ways: Vec<Proxy>,
    server: Option<Program>,
}

impl Kafka {
    /// Starts a node with an empty log and waits until it answers, at most 120 s; fetches Kafka
    /// first when it is not there.
    ///
    /// # Errors
    /// When Java or Maven are missing, Kafka cannot be fetched, or the node does not come up.
    pub async fn start() -> Result<Self, TestkitError> {
        Self::start_with_ways(0).await
    }

    /// The same with one more listener that speaks TLS, as `localhost`. `pem` holds the key, then its certificates; with
    /// `clients`, a PEM of issuers, clients need a certificate of one of them.
    ///
    /// # Errors
    /// The same.
    pub async fn start_with_tls(pem: &Path, clients: Option<&Path>) -> Result<Self, TestkitError> {
        let mut kafka = Self::start().await?;
        let port = free_port();
        let text = fs::read_to_string(kafka.properties())?;
        fs::write(kafka.properties(), with_tls(&text, port, pem, clients))?;
        kafka.tls_port = Some(port);
        kafka.restart().await?;
        Ok(kafka)
    }

    /// The same with so many more listeners, each behind a proxy of its own: a client that comes by one of these ways
    /// stays on it, since the broker names the proxy as its address there.
    ///
    /// # Errors
    /// The same.
    pub async fn start_with_ways(ways: usize) -> Result<Self, TestkitError> {
        let libs = tokio::task::spawn_blocking(jars::kafka_libs)
            .await
            .map_err(|error| TestkitError::File(std::io::Error::other(error)))??;
        let mut attempt = 1;
        loop {
            let (port, controller_port) = (free_port(), free_port());
            let mut kafka = Self {
                dir: temp_dir(),
                libs: libs.clone(),
                port,
                tls_port: None,
                ways: Vec::new(),
                server: None,
            };
            let mut listeners = Vec::new();
            for _ in 0..ways {
                let behind = free_port();
                let proxy = Proxy::start(behind).await?;
                listeners.push((behind, proxy.address().port()));
                kafka.ways.push(proxy);
            }
            let text = properties(kafka.dir.path(), (port, controller_port), &listeners);
            fs::write(kafka.properties(), text)?;
            kafka.format()?;
            match kafka.restart().await {
                Err(TestkitError::Failed { log_tail, .. })
                    if log_tail.contains("Address already in use") && attempt < PORT_ATTEMPTS_MAX =>
                {
                    attempt += 1;
                }
                started => return started.map(|()| kafka),
            }
        }
    }

    /// `127.0.0.1:PORT`, the same after a restart.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `localhost:PORT` of the listener that speaks TLS.
    pub fn tls_bootstrap(&self) -> Option<String> {
        self.tls_port.map(|port| format!("localhost:{port}"))
    }

    /// The network on one of the ways.
    ///
    /// # Panics
    /// When the node was started with fewer.
    pub fn way(&self, index: usize) -> &Proxy {
        &self.ways[index]
    }

    /// Process id of the running node.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Program::pid)
    }

    /// Where the node keeps its topics: a folder per partition with the batches as they were sent.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Stops the node in order; [`Kafka::restart`] brings it back.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            let _ = server.stop(STOP_DEADLINE).await;
        }
    }

    /// Kills the node as `kill -9` does; [`Kafka::restart`] brings it back.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Starts the node again on the same data and ports and waits until it answers; a running one
    /// is stopped first.
    ///
    /// # Errors
    /// When it does not come up; the error carries the end of its log.
    pub async fn restart(&mut self) -> Result<(), TestkitError> {
        self.stop().await;
        let log = self.log();
        let mut command = self.java();
        command.arg("kafka.Kafka").arg(self.properties());
        let mut server = Program::spawn(&mut command, &log).map_err(|error| TestkitError::Program("java", error))?;
        let deadline = Instant::now() + START_DEADLINE;
        while !answers(self.port).await {
            if let Some(status) = server.try_wait()? {
                let what = format!("starting Apache Kafka ({status})");
                return Err(TestkitError::Failed {
                    what,
                    log_tail: log_tail(&log),
                });
            }
            if Instant::now() >= deadline {
                let seconds = START_DEADLINE.as_secs();
                return Err(TestkitError::Deadline {
                    what: "Apache Kafka",
                    seconds,
                    log_tail: log_tail(&log),
                });
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.server = Some(server);
        Ok(())
    }

    fn properties(&self) -> PathBuf {
        self.dir.path().join("server.properties")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("kafka.log")
    }

    fn java(&self) -> Command {
        let mut command = Command::new("java");
        command
            .args(JAVA_FLAGS)
            .arg("-cp")
            .arg(self.libs.join("*"))
            .current_dir(self.dir.path());
        command
    }

    /// Gives the empty data folder a cluster id, which a KRaft node refuses to start without.
    fn format(&self) -> Result<(), TestkitError> {
        let output = self
            .java()
            .args([
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                &cluster_id()?,
                "--config",
            ])
            .arg(self.properties())
            .output()
            .map_err(|error| TestkitError::Program("java", error))?;
        if output.status.success() {
            return Ok(());
        }
        let log_tail = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(TestkitError::Failed {
            what: "formatting Kafka's data folder".to_owned(),
            log_tail,
        })
    }
}

/// The node's configuration; `ways` are further listeners as (own port, port named to clients).
fn properties(dir: &Path, (port, controller_port): (u16, u16), ways: &[(u16, u16)]) -> String {
    let data = dir.join("data");
    let (mut listeners, mut advertised, mut protocols) = (String::new(), String::new(), String::new());
    for (index, (behind, before)) in ways.iter().enumerate() {
        listeners += &format!(",WAY{index}://127.0.0.1:{behind}");
        advertised += &format!(",WAY{index}://127.0.0.1:{before}");
        protocols += &format!(",WAY{index}:PLAINTEXT");
    }
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{listeners}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}\n\
         inter.broker.listener.name=PLAINTEXT\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         num.partitions=1\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=2\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         log.cleaner.dedupe.buffer.size=4194304\n\
         num.network.threads=2\n\
         num.io.threads=2\n",
        data.display()
    )
}

/// The configuration with a listener more, which speaks TLS.
fn with_tls(properties: &str, port: u16, pem: &Path, clients: Option<&Path>) -> String {
    let mut text = String::new();
    for line in properties.lines() {
        let more = match line.split('=').next() {
            Some("listeners") => format!(",TLS://127.0.0.1:{port}"),
            Some("advertised.listeners") => format!(",TLS://localhost:{port}"),
            Some("listener.security.protocol.map") => ",TLS:SSL".to_owned(),
            _ => String::new(),
        };
        text += &format!("{line}{more}\n");
    }
    text += &format!("ssl.keystore.type=PEM\nssl.keystore.location={}\n", pem.display());
    if let Some(clients) = clients {
        let clients = clients.display();
        text += &format!("ssl.truststore.type=PEM\nssl.truststore.location={clients}\nssl.client.auth=required\n");
    }
    text
}

/// 16 random bytes in Kafka's form of an id: base64 with `-` and `_`, without padding.
fn cluster_id() -> Result<String, TestkitError> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| TestkitError::File(std::io::Error::other(error.to_string())))?;
    let number = u128::from_be_bytes(bytes);
    // 21 digits of 6 bits, then the last 2 bits as the upper bits of a digit. The first digit may
    // not be `-`, which a command line would take for an option, so its top bit stays zero.
    let number = number & (u128::MAX >> 1);
    let digit = |index: u32| {
        let bits = if index < 21 {
            number >> (122 - 6 * index)
        } else {
            number << 4
        };
        char::from(DIGITS[(bits & 63) as usize])
    };
    Ok((0..22).map(digit).collect())
}

/// Whether the broker on this port answers and counts itself among the living: a metadata request
/// (key 3, version 0, all topics), whose answer begins with the number of brokers.
async fn answers(port: u16) -> bool {
    const REQUEST: [u8; 18] = [0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0];
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(&REQUEST).await?;
        // Length, correlation id, number of brokers.
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok::<_, std::io::Error>(i32::from_be_bytes([head[8], head[9], head[10], head[11]]))
    };
    matches!(timeout(PROBE_TIMEOUT, ask).await, Ok(Ok(brokers)) if brokers > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_ids_have_kafkas_form_and_differ() {
        let ids: Vec<String> = (0..100).map(|_| cluster_id().unwrap()).collect();
        for id in &ids {
            assert_eq!(id.len(), 22, "{id}");
            assert!(!id.starts_with('-') && "AQgw".contains(&id[21..]), "{id}");
        }
        assert_ne!(ids[0], ids[1]);
    }
}
