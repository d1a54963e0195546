//! Every crate has a README, and it is the crate's doc: one text, read in both places.

use super::Finding;
use super::tree::{RustFile, Tree};

/// Every package has a `README.md` that its root includes as its doc.
pub(crate) fn is_crate_doc(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, _) in tree.packages() {
        if !tree.has_file(&format!("{package}/README.md")) {
            let path = format!("{package}/Cargo.toml");
            findings.push(Finding::new(
                &path,
                1,
                "no README.md beside it: say what the crate is for",
            ));
        }
        let lib = tree.rust_file(&format!("{package}/src/lib.rs"));
        let main = tree.rust_file(&format!("{package}/src/main.rs"));
        if let Some(root) = lib.or(main).filter(|root| !includes_readme(root)) {
            let text = "the README is not the crate's doc: begin with `#![doc = include_str!(\"../README.md\")]`";
            findings.push(Finding::new(root.path, 1, text));
        }
    }
    findings
}

fn includes_readme(root: &RustFile<'_>) -> bool {
    root.ast.attrs.iter().any(|attr| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Macro(value) => {
                value.mac.path.is_ident("include_str") && value.mac.tokens.to_string() == "\"../README.md\""
            }
            _ => false,
        },
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_readme_or_with_another_doc_is_found() {
        let doc = "#![doc = include_str!(\"../README.md\")]";
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\n"),
            ("a/src/lib.rs", doc),
            ("b/Cargo.toml", "[package]\n"),
            ("b/README.md", ""),
            ("b/src/main.rs", "//! B."),
            ("c/Cargo.toml", "[package]\n"),
            ("c/README.md", ""),
            ("c/src/lib.rs", doc),
        ]);
        let paths: Vec<String> = is_crate_doc(&tree).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["a/Cargo.toml", "b/src/main.rs"]);
    }
}
