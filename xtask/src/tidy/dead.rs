//! Files nobody reaches: they look like part of the program and are not.

use super::Finding;
use super::modules::reached;
use super::tree::{Tree, base, folder};

/// Files whose text can name another file.
const CODE: [&str; 8] = [".rs", ".ts", ".mts", ".js", ".mjs", ".cjs", ".sh", "package.json"];

/// Every `.rs` file is reached by `mod`, or lies in a folder that a test names (compile-fail cases).
pub(crate) fn rust_files(tree: &Tree) -> Vec<Finding> {
    let reached = reached(tree);
    tree.ending(&[".rs"])
        .filter(|(path, _)| !reached.contains_key(*path))
        .filter(|(path, _)| !is_case(tree, path))
        .map(|(path, _)| {
            Finding::new(
                path,
                1,
                "no `mod` reaches this file: name it in its parent or delete it",
            )
        })
        .collect()
}

/// Whether a test of the same package names the file, or its folder followed by a slash.
fn is_case(tree: &Tree, path: &str) -> bool {
    let Some((package, inner)) = path.split_once("/tests/") else {
        return false;
    };
    let within = format!("tests/{}/", folder(inner));
    let tests = format!("{package}/");
    tree.ending(&[".rs"])
        .filter(|(test, _)| test.starts_with(&tests) && *test != path)
        .any(|(_, text)| text.contains(&within))
}

/// Every `.sql` file is named by Rust code.
pub(crate) fn sql_files(tree: &Tree) -> Vec<Finding> {
    tree.ending(&[".sql"])
        .filter(|(path, _)| !is_named(tree, &[".rs"], base(path)))
        .map(|(path, _)| Finding::new(path, 1, "no code includes this file: `include_str!` it or delete it"))
        .collect()
}

/// Every file in `schemas/` is named by a test or code, itself or by its folder.
pub(crate) fn schema_files(tree: &Tree) -> Vec<Finding> {
    tree.ending(&[""])
        .filter(|(path, _)| path.starts_with("schemas/") && base(path) != "README.md")
        .filter(|(path, _)| {
            let group = folder(path);
            let by_folder = group != "schemas" && is_named(tree, &CODE, group);
            !by_folder && !is_named(tree, &CODE, base(path))
        })
        .map(|(path, _)| {
            Finding::new(
                path,
                1,
                "no test or code names this file: compare it in a test or delete it",
            )
        })
        .collect()
}

fn is_named(tree: &Tree, endings: &[&str], name: &str) -> bool {
    tree.ending(endings).any(|(_, text)| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn a_rust_file_without_mod_is_found() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\n"),
            ("a/src/lib.rs", "mod used;"),
            ("a/src/used.rs", ""),
            ("a/src/lost.rs", ""),
        ]);
        assert_eq!(paths(rust_files(&tree)), ["a/src/lost.rs"]);
    }

    #[test]
    fn compile_fail_cases_are_reached_by_the_folder_a_test_names() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\n"),
            ("a/tests/it/main.rs", "fn all() { cases(\"tests/refused/*.rs\"); }"),
            ("a/tests/refused/one.rs", ""),
            ("a/tests/forgotten/two.rs", ""),
        ]);
        assert_eq!(paths(rust_files(&tree)), ["a/tests/forgotten/two.rs"]);
    }

    #[test]
    fn sql_that_no_code_includes_is_found() {
        let tree = Tree::of(&[
            ("a/src/lib.rs", "const A: &str = include_str!(\"../sql/pages.sql\");"),
            ("a/sql/pages.sql", ""),
            ("a/sql/old.sql", ""),
        ]);
        assert_eq!(paths(sql_files(&tree)), ["a/sql/old.sql"]);
    }

    #[test]
    fn schemas_that_nothing_compares_are_found() {
        let tree = Tree::of(&[
            (
                "a/tests/it/main.rs",
                "const A: [&str; 2] = [\"beacon.v1.json\", \"schemas/examples\"];",
            ),
            ("schemas/README.md", ""),
            ("schemas/beacon.v1.json", ""),
            ("schemas/examples/one.json", ""),
            ("schemas/stale.json", ""),
        ]);
        assert_eq!(paths(schema_files(&tree)), ["schemas/stale.json"]);
    }
}
