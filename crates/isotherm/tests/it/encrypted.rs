//! A cluster without a plain word between its parts: every role's listeners, the brokers and the store, as the configuration
//! file says it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use isotherm_testkit::{ClickHouseServer, Kafka, TempDir, temp_dir, wait_until};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::authority::{Authority, ask, end_tls, get};
use crate::house::{COUNT_DEADLINE, House, Role, SITE};
use crate::load::Beacon;

/// An issuer of its own, and in its folder a certificate for `localhost` with the key.
struct Issued {
    authority: Authority,
    dir: TempDir,
}

impl Issued {
    fn new(name: &str) -> Issued {
        let (authority, dir) = (Authority::new(name), temp_dir());
        authority.write(dir.path(), &["localhost"]);
        std::fs::write(dir.path().join("ca.pem"), authority.pem()).expect("written");
        Issued { authority, dir }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }
}

/// Lines of configuration with everything encrypted; whom the parts trust is said for each.
fn configuration(
    roles: &Issued,
    (brokers, broker_ca): (&str, &Path),
    (store, port, store_ca): (&ClickHouseServer, u16, &Path),
) -> String {
    format!(
        "[tls]\ncert_path = {:?}\nkey_path = {:?}\n[ops]\ntls = true\n{}ca_path = {store_ca:?}\n\
         [kafka]\nbrokers = \"{brokers}\"\ntopic = \"encrypted\"\ntls = true\nca_path = {broker_ca:?}\n",
        roles.path("cert.pem"),
        roles.path("key.pem"),
        House::store_section(store, &format!("https://localhost:{port}")),
    )
}

/// Where a role says that it serves, behind `listen=` or `ops=`.
async fn address(role: &mut Role, what: &str, once: &str) -> SocketAddr {
    role.says(once).await;
    let said = role.said();
    let (_, after) = said.rsplit_once(&format!("{what}=")).expect("an address");
    let address = after.split_whitespace().next().expect("an address");
    address.parse().expect("an address")
}

/// One question over TLS, answered; in plain text nothing is.
async fn asked(roles: &Issued, address: SocketAddr, question: &str) -> String {
    let mut plain = TcpStream::connect(address).await.expect("a connection");
    let refused = ask(&mut plain, question).await;
    assert!(
        refused.as_ref().map_or(true, |answer| !answer.contains("HTTP/")),
        "{refused:?}"
    );
    let mut stream = roles
        .authority
        .connect(address, "localhost")
        .await
        .expect("a connection");
    ask(&mut stream, question).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_alone_speaks_tls_to_visitors_analysts_operators_brokers_and_store() {
    let (roles, broker, server) = (Issued::new("roles"), Issued::new("broker"), Issued::new("store"));
    let key = std::fs::read_to_string(broker.path("key.pem")).expect("a key");
    let certificate = std::fs::read_to_string(broker.path("cert.pem")).expect("a certificate");
    std::fs::write(broker.path("both.pem"), key + &certificate).expect("written");
    let kafka = Kafka::start_with_tls(&broker.path("both.pem"), None)
        .await
        .expect("a broker");
    let brokers = kafka.tls_bootstrap().expect("a listener");
    let store = ClickHouseServer::start().await.expect("a server");
    let plain = store.url.trim_start_matches("http://").parse().expect("an address");
    let mut tasks = JoinSet::new();
    let before_store = end_tls(&mut tasks, server.dir.path(), plain).await;
    let right = configuration(
        &roles,
        (&brokers, &broker.path("ca.pem")),
        (&store, before_store.port(), &server.path("ca.pem")),
    );

    let house = House::new(&right).await;
    house.must(&["migrate"]);
    let added = house.must(&["site", "add", SITE, "--origin", "https://acme.example", "--json"]);
    let added: Value = serde_json::from_slice(&added.stdout).expect("JSON");
    let token = added["token"].as_str().expect("a token");
    let mut ingest = house.start(&["ingest"]);
    let mut aggregate = house.start_in(&house.data_dir.with_extension("aggregate"), &["aggregate"]);
    let mut query = house.start_in(
        &house.data_dir.with_extension("query"),
        &["query", "--listen", "127.0.0.1:0"],
    );
    for role in [&mut ingest, &mut aggregate, &mut query] {
        let ops = address(role, "ops", "operations are served").await;
        let healthy = asked(&roles, ops, &get("/healthz")).await;
        assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    }

    let collecting = address(&mut ingest, "listen", "collecting").await;
    let beacon = String::from_utf8(Beacon::new(1, 0).next().to_vec()).expect("text");
    let taken = asked(&roles, collecting, &beacon).await;
    assert!(
        taken.starts_with("HTTP/1.1 204") && taken.contains("admitted"),
        "{taken}"
    );
    wait_until(COUNT_DEADLINE, "it is counted", async || house.counted() == Some(1)).await;
    let answering = address(&mut query, "listen", "answering").await;
    let question =
        format!("GET /api/v1/sites/{SITE}/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    let answer = asked(&roles, answering, &question).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("outcomes"),
        "{answer:.80}"
    );

    // Whom nobody certified that we trust is not spoken to, and it is said who it is.
    for (what, wrong) in [
        (
            "[clickhouse] ca_path",
            configuration(
                &roles,
                (&brokers, &broker.path("ca.pem")),
                (&store, before_store.port(), &broker.path("ca.pem")),
            ),
        ),
        (
            "[kafka] ca_path",
            configuration(
                &roles,
                (&brokers, &server.path("ca.pem")),
                (&store, before_store.port(), &server.path("ca.pem")),
            ),
        ),
    ] {
        house.configure(&wrong);
        let refused = house.run(&["migrate"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(what), "{what}: {said}");
    }
    for role in [query, aggregate, ingest] {
        role.stops().await;
    }
}
