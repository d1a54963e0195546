//! The crate graph: who may depend on whom. Dependencies point down only, and roles see ports.

use super::Finding;
use super::tree::{Tree, base};

/// A crate and the crates of this workspace it may name outside `[dev-dependencies]`.
struct Node {
    name: &'static str,
    layer: u8,
    may_use: &'static [&'static str],
}

const fn node(layer: u8, name: &'static str, may_use: &'static [&'static str]) -> Node {
    Node { name, layer, may_use }
}

const CORE: &[&str] = &["isotherm-core", "isotherm-fault"];
const ROLE: &[&str] = &[
    "isotherm-core",
    "isotherm-fault",
    "isotherm-geo",
    "isotherm-service",
    "isotherm-wire",
];
const ALL: &[&str] = &[
    "isotherm-aggregate",
    "isotherm-core",
    "isotherm-demo",
    "isotherm-engine",
    "isotherm-fault",
    "isotherm-geo",
    "isotherm-ingest",
    "isotherm-log",
    "isotherm-log-kafka",
    "isotherm-mmdb-writer",
    "isotherm-query",
    "isotherm-service",
    "isotherm-store-clickhouse",
    "isotherm-wire",
];

/// The graph. A new crate gets its line here and in ARCHITECTURE.md.
const GRAPH: &[Node] = &[
    node(0, "isotherm-core", &[]),
    node(0, "isotherm-fault", &[]),
    node(1, "isotherm-engine", CORE),
    node(1, "isotherm-geo", CORE),
    node(1, "isotherm-log", CORE),
    node(1, "isotherm-log-kafka", CORE),
    node(1, "isotherm-mmdb-writer", CORE),
    node(1, "isotherm-service", CORE),
    node(1, "isotherm-store-clickhouse", CORE),
    node(1, "isotherm-wire", CORE),
    node(2, "isotherm-aggregate", ROLE),
    node(2, "isotherm-demo", ROLE),
    node(2, "isotherm-ingest", ROLE),
    node(2, "isotherm-query", ROLE),
    node(3, "isotherm", ALL),
    // Beside the layers: what only tests and developers use.
    node(4, "benches", ALL),
    node(4, "isotherm-chaos", &["isotherm-fault", "isotherm-testkit"]),
    node(4, "isotherm-prove", &["isotherm-testkit"]),
    node(4, "isotherm-testkit", ALL),
    node(4, "xtask", ALL),
];

/// Crates that may be named under `[dev-dependencies]` only.
const DEV_ONLY: [&str; 2] = ["isotherm-testkit", "xtask"];

/// Every manifest keeps to the graph.
pub(crate) fn layers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, text) in tree.packages() {
        let path = format!("{folder}/Cargo.toml");
        let name = base(folder);
        let Some(node) = GRAPH.iter().find(|node| node.name == name) else {
            let text = format!(
                "`{name}` is not in the crate graph: add it to xtask/src/tidy/graph.rs and ARCHITECTURE.md, or rename the folder to the crate's name"
            );
            findings.push(Finding::new(&path, 1, text));
            continue;
        };
        for dependency in dependencies(text) {
            if let Some(complaint) = complaint(node, &dependency) {
                findings.push(Finding::new(&path, dependency.line, complaint));
            }
        }
    }
    findings
}

fn complaint(node: &Node, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let ours = GRAPH.iter().find(|other| other.name == name)?;
    if dependency.dev || node.may_use.contains(&name) {
        return None;
    }
    Some(if DEV_ONLY.contains(&name) {
        format!("`{name}` is for tests: name it under [dev-dependencies] only")
    } else if ours.layer >= node.layer {
        format!(
            "`{}` (layer {}) may not depend on `{name}` (layer {}): dependencies point down only, move the shared part down or speak through a port of isotherm-core",
            node.name, node.layer, ours.layer
        )
    } else {
        format!(
            "`{}` may not depend on `{name}`: speak through a port of isotherm-core, the binary puts the adapter in",
            node.name
        )
    })
}

/// One line of a dependency table.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) dev: bool,
}

/// Every dependency a manifest names, with the line it stands on. One per line, as cargo's own tools write them.
pub(crate) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut table = None;
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let (header, named) = split_named(header);
            table = table_kind(header);
            if let (Some(dev), Some(name)) = (table, named) {
                found.push(Dependency {
                    name: name.to_owned(),
                    line: number + 1,
                    dev,
                });
                table = None;
            }
        } else if let Some(dev) = table
            && let Some(end) = line.find(['=', '.', ' '])
            && !line.starts_with('#')
        {
            let name = line[..end].trim_matches('"').to_owned();
            found.push(Dependency {
                name,
                line: number + 1,
                dev,
            });
        }
    }
    found
}

/// Splits `dependencies.NAME` into the table and the name.
fn split_named(header: &str) -> (&str, Option<&str>) {
    match header.rsplit_once("dependencies.") {
        Some((before, name)) => (&header[..before.len() + "dependencies".len()], Some(name)),
        None => (header, None),
    }
}

/// `Some(dev)` for a dependency table's header.
fn table_kind(header: &str) -> Option<bool> {
    match header.rsplit('.').next()? {
        "dependencies" if header.starts_with("workspace") => None,
        "dependencies" | "build-dependencies" => Some(false),
        "dev-dependencies" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, manifest: &str) -> Vec<String> {
        let manifest = format!("[package]\nname = \"{name}\"\n{manifest}");
        let tree = Tree::of(&[(&format!("crates/{name}/Cargo.toml"), &manifest)]);
        layers(&tree).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_dependency_upwards_is_found_with_its_line() {
        let up = found("isotherm-core", "[dependencies]\nisotherm-wire.workspace = true\n");
        assert_eq!(up.len(), 1);
        assert!(
            up[0].starts_with("crates/isotherm-core/Cargo.toml:4: `isotherm-core` (layer 0)"),
            "{up:?}"
        );
    }

    #[test]
    fn a_role_that_names_an_adapter_is_found() {
        let adapter = found(
            "isotherm-aggregate",
            "[target.'cfg(unix)'.dependencies.isotherm-log-kafka]\nworkspace = true\n",
        );
        assert!(adapter[0].contains("speak through a port"), "{adapter:?}");
    }

    #[test]
    fn the_testkit_is_for_dev_dependencies() {
        assert_eq!(
            found("isotherm", "[dev-dependencies]\nisotherm-testkit.workspace = true\n"),
            [""; 0]
        );
        let shipped = found("isotherm", "[dependencies]\nisotherm-testkit.workspace = true\n");
        assert!(shipped[0].contains("for tests"), "{shipped:?}");
    }

    #[test]
    fn a_crate_nobody_placed_is_found() {
        assert!(found("isotherm-new", "")[0].contains("not in the crate graph"));
    }

    #[test]
    fn the_graph_points_down() {
        for node in GRAPH.iter().filter(|node| node.layer < 4) {
            for name in node.may_use {
                let below = GRAPH.iter().find(|other| other.name == *name).unwrap();
                assert!(below.layer < node.layer, "{} -> {name}", node.name);
            }
        }
    }
}
