//! Lock files: committed, and naming no place that others cannot reach.

use super::Finding;
use super::tree::{Tree, folder};

/// What `Cargo.lock` may name as a source: the public index, under its one fixed name.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What a package's place in `package-lock.json` may begin with: a folder of this repository, never a host.
const PACKAGES: &str = "file:";

/// `Cargo.lock` and a `package-lock.json` beside every `package.json` that needs packages.
pub(crate) fn committed(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    if tree.has_file("Cargo.toml") && !tree.has_file("Cargo.lock") {
        let text = "no Cargo.lock beside it: run `cargo generate-lockfile` and commit it";
        findings.push(Finding::new("Cargo.toml", 1, text));
    }
    for (path, text) in tree.ending(&["package.json"]) {
        let lock = format!("{}/package-lock.json", folder(path));
        let needs = text.contains("ependencies\"");
        if needs && !tree.has_file(lock.trim_start_matches('/')) {
            let text = "no package-lock.json beside it: run `npm install` there and commit it";
            findings.push(Finding::new(path, 1, text));
        }
    }
    findings
}

/// No lock file names a mirror: it would be out of reach for everybody else.
pub(crate) fn public_registries(tree: &Tree) -> Vec<Finding> {
    let crates = tree
        .ending(&["Cargo.lock"])
        .flat_map(|(path, text)| values(path, text, "source = \"", CRATES));
    let packages = tree
        .ending(&["package-lock.json"])
        .flat_map(|(path, text)| values(path, text, "\"resolved\": \"", PACKAGES));
    crates.chain(packages).collect()
}

/// Findings for lines whose value after `key` does not begin with `wanted`.
fn values(path: &str, text: &str, key: &str, wanted: &str) -> Vec<Finding> {
    text.lines()
        .enumerate()
        .filter_map(|(number, line)| Some((number + 1, line.trim().strip_prefix(key)?)))
        .filter(|(_, value)| !value.starts_with(wanted))
        .map(|(line, _)| {
            let text = format!("does not begin with {wanted}: make the lock file anew without the places of packages");
            Finding::new(path, line, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_lock_files_are_found() {
        let tree = Tree::of(&[
            ("Cargo.toml", "[workspace]"),
            ("a/package.json", "{\"devDependencies\": {}}"),
            ("b/package.json", "{\"dependencies\": {}}"),
            ("b/package-lock.json", "{}"),
            ("c/package.json", "{\"type\": \"module\"}"),
        ]);
        let paths: Vec<String> = committed(&tree).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["Cargo.toml", "a/package.json"]);
    }

    #[test]
    fn a_mirror_in_a_lock_file_is_found() {
        let tree = Tree::of(&[
            ("Cargo.lock", "source = \"git+https://example.com/x\"\n"),
            (
                "a/package-lock.json",
                "\"resolved\": \"file:../x\",\n\"resolved\": \"https://example.com/x.tgz\",\n",
            ),
        ]);
        let lines: Vec<usize> = public_registries(&tree).iter().map(|found| found.line).collect();
        assert_eq!(lines, [1, 2]);
    }
}
