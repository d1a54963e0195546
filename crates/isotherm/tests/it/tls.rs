//! TLS of the listeners on the real binary: who is let in, who is shown what, and what happens when files change.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use isotherm_testkit::{temp_dir, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::authority::{Authority, ask, get};
use crate::installation::PATIENCE;

/// `up` with a configuration.
struct Served {
    folder: PathBuf,
    up: Option<Child>,
}

impl Served {
    async fn start(folder: &Path, configuration: &str) -> Served {
        std::fs::write(folder.join("isotherm.toml"), configuration).expect("written");
        let mut served = Served {
            folder: folder.to_owned(),
            up: None,
        };
        let log = std::fs::File::create(folder.join("log")).expect("a log file");
        let mut command = served.command(&["up", "--listen", "127.0.0.1:0"]);
        let up = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        let pid = up.id();
        served.up = Some(up);
        wait_until(PATIENCE, "the service runs", async || {
            served.run_file().is_some_and(|run| run["pid"] == pid)
        })
        .await;
        served
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isotherm"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.folder.join("isotherm.toml"))
            .arg("--data-dir")
            .arg(self.folder.join("data"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    fn run_file(&self) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.folder.join("data/run.json")).ok()?).ok()
    }

    fn address(&self, of: &str) -> SocketAddr {
        let run = self.run_file().expect("run.json");
        run[of].as_str().and_then(|text| text.parse().ok()).expect("an address")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).expect("a log")
    }

    fn hang_up(&self) {
        let pid = self.up.as_ref().expect("it runs").id();
        let pid = Pid::from_raw(pid.cast_signed()).expect("a process");
        kill_process(pid, Signal::HUP).expect("it lives");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut up) = self.up.take() {
            let _ = up.kill();
            let _ = up.wait();
        }
    }
}

const CONFIGURATION: &str = r#"
[tls]
cert_path = "FOLDER/cert.pem"
key_path = "FOLDER/key.pem"
[ops]
tls = true
allow_ip = ["192.0.2.0/24", "127.0.0.1"]
"#;

fn configuration(folder: &Path) -> String {
    CONFIGURATION.replace("FOLDER", &folder.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_with_a_certificate_speak_tls_alone_and_take_a_new_one_over() {
    let root = temp_dir();
    let (first, second) = (Authority::new("the first"), Authority::new("the second"));
    first.write(root.path(), &["localhost", "127.0.0.1"]);
    let served = Served::start(root.path(), &configuration(root.path())).await;
    let (public, ops) = (served.address("listen"), served.address("ops"));

    for (address, path) in [
        (public, "/isotherm.js"),
        (public, "/opt-out"),
        (ops, "/metrics"),
        (ops, "/readyz"),
    ] {
        for host in ["localhost", "127.0.0.1"] {
            let mut stream = first.connect(address, host).await.expect("a connection");
            let answer = ask(&mut stream, &get(path)).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer:.80}");
            assert!(answer.contains("strict-transport-security: max-age="), "{path}");
        }
        let elsewhere = first
            .connect(address, "elsewhere.example")
            .await
            .expect_err("another name");
        assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
        let stranger = second.connect(address, "localhost").await.expect_err("another issuer");
        assert!(stranger.contains("UnknownIssuer"), "{stranger}");
        let mut plain = TcpStream::connect(address).await.expect("a connection");
        let refused = ask(&mut plain, &get(path)).await;
        assert!(
            refused.as_ref().map_or(true, |answer| !answer.contains("HTTP/")),
            "{refused:?}"
        );
    }

    // A control command reaches the service over TLS, and trusts exactly what it shows.
    let added = served.run(&["site", "add", "acme", "--origin", "https://acme.example", "--json"]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let added: Value = serde_json::from_slice(&added.stdout).expect("JSON");
    let tag = added["script_tag"].as_str().expect("a tag");
    assert!(tag.contains(&format!("src=\"https://{public}/isotherm.js\"")), "{tag}");

    // A new certificate: who is connected stays connected, who comes sees it.
    let mut before = first.connect(public, "localhost").await.expect("a connection");
    ask(&mut before, &get("/isotherm.js")).await.expect("an answer");
    second.write(root.path(), &["localhost"]);
    served.hang_up();
    wait_until(PATIENCE, "the new certificate is shown", async || {
        second.connect(public, "localhost").await.is_ok() && second.connect(ops, "localhost").await.is_ok()
    })
    .await;
    assert!(first.connect(public, "localhost").await.is_err());
    let answer = ask(&mut before, &get("/isotherm.js"))
        .await
        .expect("the same connection");
    assert!(answer.starts_with("HTTP/1.1 200"));

    // A broken one is said, and the one before stays in use. Seen without being told.
    std::fs::write(root.path().join("cert.pem"), "nothing").expect("written");
    wait_until(PATIENCE, "the broken certificate is said", async || {
        served
            .log()
            .contains("could not be read again; the old one stays in use")
    })
    .await;
    second.connect(public, "localhost").await.expect("as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_for_the_networks_that_are_named() {
    let root = temp_dir();
    let text = "[ops]\nallow_ip = [\"192.0.2.0/24\"]\n[ingest]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let served = Served::start(root.path(), text).await;
    let ops = served.address("ops");
    for (forwarded, admitted) in [
        (None, false),
        (Some("198.51.100.7"), false),
        (Some("192.0.2.7, 198.51.100.7"), false),
        (Some("192.0.2.7"), true),
        (Some("198.51.100.7, 192.0.2.7"), true),
    ] {
        for (method, path) in [
            ("GET", "/healthz"),
            ("GET", "/readyz"),
            ("GET", "/metrics"),
            ("GET", "/nothing"),
            ("POST", "/-/reload"),
            ("POST", "/-/hand-over"),
        ] {
            let forwarded = forwarded.map_or(String::new(), |text| format!("X-Forwarded-For: {text}\r\n"));
            let question =
                format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{forwarded}Content-Length: 0\r\n\r\n");
            let mut stream = TcpStream::connect(ops).await.expect("a connection");
            let answer = ask(&mut stream, &question).await.expect("an answer");
            let refused = answer.starts_with("HTTP/1.1 403");
            assert_eq!(!refused, admitted, "{method} {path} {forwarded:?}");
            assert!(!refused || !answer.contains("isotherm_"), "{path}");
            assert!(answer.contains("x-content-type-options: nosniff"), "{path}");
        }
    }
    let added = served.run(&["site", "add", "acme", "--origin", "https://acme.example"]);
    let said = String::from_utf8_lossy(&added.stderr).into_owned();
    assert!(!added.status.success() && said.contains("[ops] allow_ip"), "{said}");
    let doctor = served.run(&["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("[ops] allow_ip"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_before_anything_starts() {
    let root = temp_dir();
    let authority = Authority::new("the only");
    let folder = root.path();
    std::fs::write(folder.join("isotherm.toml"), configuration(folder)).expect("written");
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isotherm"));
        let output = command.arg("check-config").arg(folder.join("isotherm.toml")).output();
        let output = output.expect("the binary runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (good, said) = check();
    assert!(
        !good && said.contains("isotherm.toml:3: [tls] cert_path: cannot read"),
        "{said}"
    );
    authority.write(folder, &["localhost"]);
    assert!(check().0);
    let key = std::fs::read(folder.join("key.pem")).expect("a key");
    authority.write(folder, &["localhost"]);
    std::fs::write(folder.join("key.pem"), &key).expect("written");
    let (good, said) = check();
    assert!(!good && said.contains("does not belong to"), "{said}");
    std::fs::write(folder.join("key.pem"), "").expect("written");
    let (good, said) = check();
    assert!(!good && said.contains("isotherm.toml:4: [tls] key_path:"), "{said}");
    let half = "[tls]\ncert_path = \"cert.pem\"\n[ops]\ntls = true\n";
    std::fs::write(folder.join("isotherm.toml"), half).expect("written");
    let (good, said) = check();
    assert!(
        !good && said.contains(":2: [tls] cert_path needs key_path beside it"),
        "{said}"
    );
    assert!(said.contains(":4: [ops] tls = true needs a certificate"), "{said}");
}
