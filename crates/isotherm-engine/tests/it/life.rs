//! Starting, dying, starting again, stopping.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use isotherm_engine::{EXIT_CODE_FOLDER_IN_USE, Engine, EngineError, EngineFolder, EngineHandle};

use crate::common::{child_command, kill, query, runs, settings, start, wait_until};

const TABLE: &str = "CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a \
     SETTINGS non_replicated_deduplication_window = 100, fsync_after_insert = 1, fsync_part_directory = 1";
const INSERT: &str =
    "INSERT INTO default.t SETTINGS insert_deduplication_token = 'one' SELECT number FROM numbers(1000)";

#[tokio::test]
async fn an_engine_answers_within_ten_seconds_and_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let engine = start(folder.path()).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(query(&engine.handle(), "SELECT 1 + 1").await, "2");

    let status = std::fs::read_to_string(format!("/proc/{}/status", engine.handle().pid)).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let kib: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 320 * 1024, "{kib} KiB resident when idle");
    engine.stop().await;
}

#[tokio::test]
async fn a_killed_engine_is_started_again_with_its_rows_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let before = engine.handle();
    query(&before, TABLE).await;
    query(&before, INSERT).await;

    kill(before.pid);
    wait_until("the engine is started again", async || engine.restarts() == 1).await;
    let after = engine.handle();
    wait_until("it answers", async || after.answers().await).await;
    assert_eq!(
        EngineHandle {
            pid: before.pid,
            ..after.clone()
        },
        before,
        "only the process differs"
    );
    assert_ne!(after.pid, before.pid);
    assert_eq!(EngineHandle::load(folder.path()).unwrap().as_ref(), Some(&after));

    assert_eq!(query(&after, "SELECT count() FROM default.t").await, "1000");
    query(&after, INSERT).await;
    assert_eq!(
        query(&after, "SELECT count() FROM default.t").await,
        "1000",
        "the token is remembered"
    );
    engine.stop().await;
    assert!(!runs(after.pid));
}

#[tokio::test]
async fn a_stopped_engine_is_gone_and_its_rows_are_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let first = engine.handle();
    query(&first, TABLE).await;
    query(&first, INSERT).await;
    engine.stop().await;
    assert!(!runs(first.pid));
    assert!(
        EngineHandle::load(folder.path()).unwrap().is_none(),
        "no credentials of a stopped engine"
    );

    let engine = start(folder.path()).await;
    assert_ne!(engine.handle().password, first.password);
    assert_eq!(query(&engine.handle(), "SELECT count() FROM default.t").await, "1000");
    engine.stop().await;
}

#[tokio::test]
async fn an_engine_ends_when_its_parent_is_killed_and_the_next_start_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new(env!("CARGO_BIN_EXE_isotherm-engine-dev"))
        .arg("hold")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    let left_over = EngineHandle::load(folder.path()).unwrap().unwrap();
    query(&left_over, TABLE).await;
    query(&left_over, INSERT).await;

    kill(parent.id());
    parent.wait().unwrap();
    let engine = start(folder.path()).await;
    assert!(!runs(left_over.pid), "two engines in one folder");
    assert_eq!(query(&engine.handle(), "SELECT count() FROM default.t").await, "1000");
    assert!(!left_over.answers().await);
    engine.stop().await;
}

#[tokio::test]
async fn a_second_engine_in_a_folder_is_refused_with_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let files = EngineFolder::new(folder.path());
    assert!(files.is_held().unwrap());

    let command = child_command();
    let second = Command::new(&command[0])
        .args(&command[1..])
        .arg("--lib")
        .arg(settings(folder.path()).lib)
        .arg("--config")
        .arg(files.config())
        .stdin(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(i32::from(EXIT_CODE_FOLDER_IN_USE)));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another engine is running"));
    assert!(engine.handle().answers().await, "the first one is not disturbed");
    engine.stop().await;
    assert!(!files.is_held().unwrap());
}

#[tokio::test]
async fn a_start_that_fails_carries_the_end_of_the_engines_log() {
    let folder = tempfile::tempdir().unwrap();
    let no_library = folder.path().join("no-such-library");
    let mut broken = settings(folder.path());
    broken.lib = no_library;
    let error = Engine::start(broken).await.unwrap_err();
    assert!(matches!(error, EngineError::Ended { .. }), "{error}");
    assert!(error.to_string().contains("make build"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let mut fixed = settings(folder.path());
    fixed.http_port = Some(port);
    let error = Engine::start(fixed).await.unwrap_err().to_string();
    assert!(error.contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn what_lies_in_the_folder_is_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let files = EngineFolder::new(folder.path());
    let log = folder.path().join("engine.log");
    for file in [files.config(), files.users(), files.credentials(), log] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    let mode = std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let users = std::fs::read_to_string(files.users()).unwrap();
    assert!(
        !users.contains(&engine.handle().password),
        "the configuration holds hashes only"
    );
    engine.stop().await;
}
