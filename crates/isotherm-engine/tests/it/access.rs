//! Who may do what in the engine, and what it keeps about it.

use isotherm_engine::{Engine, EngineFolder};

use crate::common::{DEADLINE, ask, query, settings, start};

#[tokio::test]
async fn only_the_two_users_with_their_passwords_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let handle = engine.handle();
    let client = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
    let post = || client.post(&handle.url).body("SELECT 1");
    let refused = [
        (
            "wrong password",
            post()
                .header("X-ClickHouse-User", &handle.user)
                .header("X-ClickHouse-Key", "x"),
        ),
        ("no password", post().header("X-ClickHouse-User", &handle.user)),
        ("nobody", post()),
        ("default in a header", post().header("X-ClickHouse-User", "default")),
        ("default as basic auth", post().basic_auth("default", Some(""))),
        (
            "default in the query",
            client.post(format!("{}/?user=default", handle.url)).body("SELECT 1"),
        ),
        (
            "default beside a let-in user",
            client
                .post(format!("{}/?user=default", handle.url))
                .header("X-ClickHouse-User", &handle.user)
                .body("SELECT 1"),
        ),
        (
            "default as basic auth beside a let-in user",
            post()
                .header("X-ClickHouse-User", &handle.user)
                .basic_auth("default", Some("")),
        ),
        (
            "two users",
            post()
                .header("X-ClickHouse-User", &handle.user)
                .header("X-ClickHouse-User", "default"),
        ),
        ("the playground", client.get(format!("{}/play", handle.url))),
    ];
    for (what, request) in refused {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        assert!((400..500).contains(&status), "{what}: {status}");
    }
    engine.stop().await;
}

#[tokio::test]
async fn the_reading_user_reads_within_limits_that_it_cannot_raise() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let handle = engine.handle();
    query(
        &handle,
        "CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a",
    )
    .await;
    let reader = (handle.read_user.as_str(), handle.read_password.as_str());

    assert_eq!(
        ask(&handle, reader, "SELECT count() FROM default.t").await.unwrap(),
        (200, "0".into())
    );
    let lowered = "SELECT 1 SETTINGS max_execution_time = 5";
    assert_eq!(ask(&handle, reader, lowered).await.unwrap(), (200, "1".into()));
    let refused = [
        "INSERT INTO default.t VALUES (1)",
        "CREATE TABLE default.u (a UInt32) ENGINE = MergeTree ORDER BY a",
        "DROP TABLE default.t",
        "SELECT * FROM file('/etc/hostname', LineAsString, 'line String')",
        "SELECT * FROM url('http://127.0.0.1:1/', LineAsString, 'line String')",
        "SELECT 1 SETTINGS max_execution_time = 600",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "SELECT 1 SETTINGS result_overflow_mode = 'break'",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT number FROM numbers(3000000)",
        "SYSTEM STOP LISTEN HTTP",
    ];
    for sql in refused {
        // A result that grows too large breaks off midway instead of having a status.
        let answer = ask(&handle, reader, sql).await;
        assert!(
            answer.is_err() || answer.is_ok_and(|(status, _)| status != 200),
            "{sql}"
        );
    }
    engine.stop().await;
}

#[tokio::test]
async fn the_full_users_profile_pins_what_exactly_once_needs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let pinned = "SELECT name || '=' || value FROM system.settings WHERE name IN ('async_insert', \
        'insert_deduplicate', 'max_insert_threads', 'max_insert_block_size', 'max_insert_block_size_bytes', \
        'min_insert_block_size_rows', 'min_insert_block_size_bytes', 'input_format_parallel_parsing', \
        'optimize_on_insert') ORDER BY name";
    let expected = [
        "async_insert=0",
        "input_format_parallel_parsing=0",
        "insert_deduplicate=1",
        "max_insert_block_size=67108864",
        "max_insert_block_size_bytes=4294967296",
        "max_insert_threads=1",
        "min_insert_block_size_bytes=4294967296",
        "min_insert_block_size_rows=67108864",
        "optimize_on_insert=0",
    ];
    assert_eq!(query(&engine.handle(), pinned).await, expected.join("\n"));
    engine.stop().await;
}

#[tokio::test]
async fn the_text_of_a_query_is_kept_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let handle = engine.handle();
    let user = (handle.user.as_str(), handle.password.as_str());
    // One that works, one that names nothing known, one that is no SQL, one that fails while running.
    for sql in [
        "SELECT 'planted_text'",
        "SELECT planted_text FROM planted_text",
        "SELEKT planted_text",
        "SELECT throwIf(number = 3, 'planted_text') FROM numbers(10)",
    ] {
        ask(&handle, user, sql).await.unwrap();
    }
    let logs = "SELECT name FROM system.tables WHERE database = 'system' AND name LIKE '%\\_log'";
    assert_eq!(query(&handle, logs).await, "", "no table that logs");
    engine.stop().await;

    let mut files = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path())
            } else if kind.is_file() {
                files.push(entry.path())
            }
        }
    }
    assert!(files.len() > 3, "the engine left its files");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(12).any(|window| window == b"planted_text");
        assert!(!found, "found in {}", file.display());
    }
}

#[tokio::test]
async fn a_backup_goes_to_the_backups_folder_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let handle = engine.handle();
    query(
        &handle,
        "CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a",
    )
    .await;
    let inside = EngineFolder::new(folder.path()).backups().join("one");
    query(
        &handle,
        &format!("BACKUP TABLE default.t TO File('{}')", inside.display()),
    )
    .await;
    assert!(inside.join(".backup").is_file());

    let outside = folder.path().join("two");
    let sql = format!("BACKUP TABLE default.t TO File('{}')", outside.display());
    let user = (handle.user.as_str(), handle.password.as_str());
    assert_ne!(ask(&handle, user, &sql).await.unwrap().0, 200);
    engine.stop().await;
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut named = settings(folder.path());
    named.user = "default".into();
    let mut small = settings(folder.path());
    small.memory_bytes_max = 1024;
    let mut mute = settings(folder.path());
    mute.child_command.clear();
    for refused in [named, small, mute] {
        Engine::start(refused).await.unwrap_err();
    }
    assert!(!EngineFolder::new(folder.path()).config().exists());
}
