//! Page rules from the command line: previewed without a trace, held by collecting when the command returns.

use isotherm_testkit::temp_dir;

use crate::installation::{Installation, Page, cell};

const ADMIN: Page<'static> = Page {
    site: "acme",
    path: "/admin/users",
};

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_holds_when_the_command_returns_and_a_preview_stores_nothing() {
    let root = temp_dir();
    let mut installation = Installation::new(&root.path().join("data"));
    installation.json(&["site", "add", "acme", "--origin", "https://acme.example"]);
    installation.start().await;
    assert_eq!(installation.send(&ADMIN, cell(1)).await, "admitted");

    let site = ["--site", "acme"];
    let preview = [
        "rule",
        "preview",
        "/admin/**",
        "--drop",
        "--path",
        "/admin/users?x=1",
        "--path",
        "/p",
    ];
    let effects = installation.json(&[&preview[..], &site].concat());
    assert_eq!(effects[0]["after"], serde_json::Value::Null);
    assert_eq!(effects[0]["changes"], true);
    assert_eq!(effects[1]["after"], "/p");
    assert_eq!(
        installation.json(&[&["rule", "list"][..], &site].concat()),
        serde_json::json!([])
    );
    assert_eq!(
        installation.send(&ADMIN, cell(2)).await,
        "admitted",
        "a preview changes nothing"
    );

    installation.json(&[&["rule", "add", "/admin/**", "--drop"][..], &site].concat());
    assert_eq!(installation.send(&ADMIN, cell(3)).await, "rule");
    installation.json(&[&["rule", "add", "/product/*", "--as", "/product/*"][..], &site].concat());
    let listed = installation.json(&[&["rule", "list"][..], &site].concat());
    assert_eq!(listed[0], serde_json::json!({"pattern": "/admin/**", "action": "drop"}));
    assert_eq!(
        listed[1],
        serde_json::json!({"pattern": "/product/*", "action": "group"})
    );

    installation.json(&[&["rule", "remove", "/admin/**"][..], &site].concat());
    assert_eq!(installation.send(&ADMIN, cell(4)).await, "admitted");

    let refused = |arguments: &[&str]| installation.refusal(&[&["rule"], arguments].concat());
    assert!(refused(&["add", "--site", "nobody", "/a", "--drop"]).contains("there is no site `nobody`"));
    assert!(refused(&["add", "--site", "acme", "admin", "--drop"]).contains("starts with a slash"));
    assert!(refused(&["remove", "--site", "acme", "/admin/**"]).contains("there is no rule"));
    assert!(refused(&["add", "--site", "acme", "/admin"]).contains("--drop"));

    // The running service leaves no core file (PRIVACY.md): its limit is 0, for itself and for whoever raises it again.
    let run = std::fs::read(installation.dir.join("run.json")).expect("it runs");
    let run: serde_json::Value = serde_json::from_slice(&run).expect("JSON");
    let pid = run["pid"].as_u64().expect("a process id");
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("its limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("the core limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    installation.kill();
}
