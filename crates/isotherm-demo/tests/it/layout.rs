//! The committed layout is what Chromium measures, and what the visitors and the shop rely on.

use std::path::Path;
use std::process::Command;

use isotherm_demo::{Layout, shop_paths};

#[test]
fn the_layout_has_exactly_the_pages_of_the_shop() {
    let layout = Layout::embedded().expect("the layout parses");
    let measured: Vec<&str> = layout.paths().collect();
    assert_eq!(measured, shop_paths());
}

#[test]
fn chromium_measures_the_committed_layout() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    assert!(
        demo.join("node_modules").is_dir(),
        "demo/node_modules is missing: run `npm ci` in demo/ (make test does it)"
    );
    let measured = Command::new("node")
        .args(["layout/measure.mjs", "--check"])
        .current_dir(&demo)
        .output()
        .expect("node starts");
    assert!(
        measured.status.success(),
        "{}",
        String::from_utf8_lossy(&measured.stderr)
    );
}
