//! Dependencies that no code names: they cost build time and an entry in every audit.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::Finding;
use super::graph::dependencies;
use super::tree::Tree;

/// Every dependency of a package is named in one of its `.rs` files.
///
/// A dependency that is there for a feature it switches on in another carries a comment with `feature` on the line
/// above it.
pub(crate) fn dependencies_are_named(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, manifest) in tree.packages() {
        let names = names_in(tree, folder);
        let lines: Vec<&str> = manifest.lines().collect();
        for dependency in dependencies(manifest) {
            let above = dependency.line.checked_sub(2).and_then(|above| lines.get(above));
            let for_feature = above.is_some_and(|line| line.starts_with('#') && line.contains("feature"));
            if !for_feature && !names.contains(&dependency.name.replace('-', "_")) {
                let text = format!(
                    "no code here names `{}`: remove it, or say above it which feature it is for",
                    dependency.name
                );
                findings.push(Finding::new(&format!("{folder}/Cargo.toml"), dependency.line, text));
            }
        }
    }
    findings
}

/// Every identifier in a package's `.rs` files.
fn names_in(tree: &Tree, folder: &str) -> BTreeSet<String> {
    let prefix = format!("{folder}/");
    let mut names = BTreeSet::new();
    for (_, text) in tree.ending(&[".rs"]).filter(|(path, _)| path.starts_with(&prefix)) {
        if let Ok(tokens) = text.parse::<TokenStream>() {
            collect(tokens, &mut names);
        }
    }
    names
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_no_code_names_is_found() {
        let tree = Tree::of(&[
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\n[dependencies]\nused-one = \"1\"\nlost = \"1\"\n# for its feature `std`\nswitch = \"1\"\n\
                 [dev-dependencies]\nin-tests.workspace = true\n",
            ),
            ("a/src/lib.rs", "// lost in a comment\nfn a() { log!(used_one::b()); }"),
            ("a/tests/it/main.rs", "use in_tests::C;"),
        ]);
        let lines: Vec<usize> = dependencies_are_named(&tree).iter().map(|found| found.line).collect();
        assert_eq!(lines, [5]);
    }
}
