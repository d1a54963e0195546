//! The binary: one line when ready, an end when its input closes or it is told to.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use isotherm_testkit::{temp_dir, wait_until};
use rustix::process::{Pid, Signal, kill_process};

const DEADLINE: Duration = Duration::from_secs(40);

fn run(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_isotherm-testkit"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn first_line(child: &mut Child) -> serde_json::Value {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    serde_json::from_str(&line).unwrap()
}

async fn end(mut child: Child) -> ExitStatus {
    wait_until(DEADLINE, "the process ends", async || {
        child.try_wait().unwrap().is_some()
    })
    .await;
    child.wait().unwrap()
}

fn listens(address: &str) -> bool {
    std::net::TcpStream::connect(address).is_ok()
}

#[tokio::test]
async fn kafka_runs_until_its_input_closes() {
    let mut child = run(&["kafka"]);
    let line = first_line(&mut child);
    assert_eq!(line["ready"], true);
    let bootstrap = line["bootstrap"].as_str().unwrap();
    assert!(listens(bootstrap));
    drop(child.stdin.take());
    assert!(end(child).await.success());
    assert!(!listens(bootstrap));
}

#[tokio::test]
async fn clickhouse_runs_until_it_is_told_to_stop() {
    let mut child = run(&["clickhouse"]);
    let line = first_line(&mut child);
    let address = line["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    assert!(listens(address) && line["user"].is_string() && line["password"].is_string());
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::TERM).unwrap();
    assert!(end(child).await.success());
    assert!(!listens(address));
}

#[tokio::test]
async fn a_broker_ends_with_the_process_that_started_it() {
    let mut child = run(&["kafka"]);
    let line = first_line(&mut child);
    let bootstrap = line["bootstrap"].as_str().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(DEADLINE, "the broker is gone", async || !listens(bootstrap)).await;
}

#[test]
fn mmdb_writes_a_file_that_the_real_reader_reads() {
    #[derive(serde::Deserialize)]
    struct Record {
        country_code: String,
    }
    let dir = temp_dir();
    let file = dir.path().join("country.mmdb");
    let status = Command::new(env!("CARGO_BIN_EXE_isotherm-testkit"))
        .arg("mmdb")
        .arg(&file)
        .args(["192.0.2.0/24=DE", "2001:db8::/32=JP"])
        .status()
        .unwrap();
    assert!(status.success());
    let reader = maxminddb::Reader::open_readfile(&file).unwrap();
    let record: Record = reader
        .lookup("192.0.2.7".parse().unwrap())
        .unwrap()
        .decode()
        .unwrap()
        .unwrap();
    assert_eq!(record.country_code, "DE");
}

#[test]
fn mistakes_are_told_on_standard_error() {
    for (arguments, told) in [
        (&["mmdb", "/nowhere", "192.0.2.0/24"][..], "192.0.2.0/24=DE"),
        (&[][..], "usage"),
        (&["kafak"][..], "usage"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_isotherm-testkit"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{arguments:?}");
    }
}
