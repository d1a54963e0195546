//! A ClickHouse reached by URL only.

use isotherm_testkit::ClickHouseServer;

async fn ask(server: &ClickHouseServer, sql: &str) -> Result<(u16, String), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(&server.url).header("X-ClickHouse-User", &server.user);
    let response = request
        .header("X-ClickHouse-Key", &server.password)
        .body(sql.to_owned())
        .send()
        .await?;
    Ok((response.status().as_u16(), response.text().await?.trim().to_owned()))
}

async fn query(server: &ClickHouseServer, sql: &str) -> String {
    let (status, text) = ask(server, sql).await.unwrap();
    assert_eq!(status, 200, "{text}");
    text
}

#[tokio::test]
async fn rows_outlive_a_stop_and_a_kill_and_a_dead_server_stays_dead() {
    let mut server = ClickHouseServer::start().await.unwrap();
    let (url, password) = (server.url.clone(), server.password.clone());
    query(
        &server,
        "CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a",
    )
    .await;
    query(&server, "INSERT INTO default.t VALUES (1)").await;

    server.stop().await;
    assert_eq!(server.pid(), None);
    ask(&server, "SELECT 1")
        .await
        .expect_err("a stopped server answers nobody");
    server.restart().await.unwrap();
    assert_eq!((&server.url, &server.password), (&url, &password));
    query(&server, "INSERT INTO default.t VALUES (2)").await;

    server.kill().await;
    ask(&server, "SELECT 1")
        .await
        .expect_err("a killed server answers nobody");
    server.restart().await.unwrap();
    assert_eq!(query(&server, "SELECT groupArray(a) FROM default.t").await, "[1,2]");
}
