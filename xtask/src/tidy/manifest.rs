//! Every crate takes the workspace's lints: a crate without that line is checked by nobody.

use super::Finding;
use super::tree::Tree;

/// Every package's manifest says `[lints]` `workspace = true`.
pub(crate) fn inherits_lints(tree: &Tree) -> Vec<Finding> {
    tree.packages()
        .filter(|(_, text)| !takes_lints(text))
        .map(|(folder, _)| {
            let path = format!("{folder}/Cargo.toml");
            Finding::new(
                &path,
                1,
                "does not take the workspace's lints: add `[lints]` with `workspace = true`",
            )
        })
        .collect()
}

fn takes_lints(manifest: &str) -> bool {
    toml::from_str::<toml::Table>(manifest).is_ok_and(|manifest| {
        let workspace = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        workspace.and_then(toml::Value::as_bool) == Some(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("b/Cargo.toml", "[package]\nname = \"b\"\n[lints]\nworkspace = true\n"),
        ]);
        let found = inherits_lints(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "a/Cargo.toml");
    }
}
