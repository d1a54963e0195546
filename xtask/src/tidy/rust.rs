//! Rules on every `.rs` file: it parses, says what it is, silences nothing quietly, keeps `unsafe` out.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

use super::Finding;
use super::modules::reached;
use super::tree::{RustFile, Tree};

/// The one crate that opens a C library and therefore has `unsafe` code.
const UNSAFE_CRATE: &str = "crates/isotherm-engine";

/// Every `.rs` file parses, else no other rule sees it.
pub(crate) fn parses(tree: &Tree) -> Vec<Finding> {
    tree.broken_rust()
        .map(|(path, error)| {
            let line = error.span().start().line;
            Finding::new(path, line, format!("does not parse: {error}"))
        })
        .collect()
}

/// Every module begins with `//!`: what it is and why.
///
/// Compile-fail cases are no modules: a few lines each, named for what is refused.
pub(crate) fn module_headers(tree: &Tree) -> Vec<Finding> {
    let reached = reached(tree);
    tree.rust()
        .filter(|file| reached.contains_key(file.path))
        .filter(|file| !file.ast.attrs.iter().any(|attr| attr.path().is_ident("doc")))
        .map(|file| Finding::new(file.path, 1, "no module header: say in `//!` what this is and why"))
        .collect()
}

/// Nothing is silenced with `allow`: `expect` carries a reason and fails when there is nothing left to silence.
pub(crate) fn no_allow(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(allows).collect()
}

fn allows(file: RustFile<'_>) -> Vec<Finding> {
    let mut visitor = Allows {
        path: file.path,
        findings: Vec::new(),
    };
    visitor.visit_file(file.ast);
    visitor.findings
}

struct Allows<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Visit<'_> for Allows<'_> {
    fn visit_attribute(&mut self, attr: &syn::Attribute) {
        let within = match &attr.meta {
            syn::Meta::List(list) if attr.path().is_ident("cfg_attr") => names_allow(list.tokens.clone()),
            _ => false,
        };
        if within || attr.path().is_ident("allow") {
            let line = attr.pound_token.span.start().line;
            let text = "`allow` attribute: mend it, or `#[expect(…, reason = \"…\")]`";
            self.findings.push(Finding::new(self.path, line, text));
        }
    }
}

fn names_allow(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "allow",
        TokenTree::Group(group) => names_allow(group.stream()),
        _ => false,
    })
}

/// Every crate's root says `#![forbid(unsafe_code)]`, but for the one that opens the engine.
pub(crate) fn forbids_unsafe(tree: &Tree) -> Vec<Finding> {
    tree.packages()
        .filter(|(package, _)| *package != UNSAFE_CRATE)
        .flat_map(|(package, _)| [format!("{package}/src/lib.rs"), format!("{package}/src/main.rs")])
        .filter_map(|root| tree.rust_file(&root))
        .filter(|file| !file.ast.attrs.iter().any(is_forbid_unsafe))
        .map(|file| Finding::new(file.path, 1, "add `#![forbid(unsafe_code)]` to the crate's root"))
        .collect()
}

fn is_forbid_unsafe(attr: &syn::Attribute) -> bool {
    matches!(&attr.meta, syn::Meta::List(list)
        if list.path.is_ident("forbid") && list.tokens.to_string().contains("unsafe_code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_that_does_not_parse_is_found_with_its_line() {
        let tree = Tree::of(&[("a.rs", "//! A.\nfn a( {}")]);
        assert_eq!(lines(&parses(&tree)), [2]);
    }

    #[test]
    fn a_module_without_header_is_found_and_a_case_needs_none() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\n"),
            ("a/src/lib.rs", "//! A.\nmod b;"),
            ("a/src/b.rs", "fn b() {}"),
            ("a/tests/refused/case.rs", "fn main() {}"),
        ]);
        let found = module_headers(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "a/src/b.rs");
    }

    #[test]
    fn allow_is_found_also_within_cfg_attr_and_expect_is_not() {
        let text = "//! A.\n#[allow(dead_code)]\nfn a() {}\n#[cfg_attr(test, allow(unused))]\nfn b() {}\n\
                    #[expect(dead_code, reason = \"shown\")]\nfn c() {}";
        assert_eq!(lines(&no_allow(&Tree::of(&[("a.rs", text)]))), [2, 4]);
    }

    #[test]
    fn a_crate_that_does_not_forbid_unsafe_is_found() {
        let manifest = "[package]\n";
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", manifest),
            ("crates/a/src/lib.rs", "//! A."),
            ("crates/b/Cargo.toml", manifest),
            ("crates/b/src/lib.rs", "//! B.\n#![forbid(unsafe_code)]"),
            ("crates/isotherm-engine/Cargo.toml", manifest),
            ("crates/isotherm-engine/src/lib.rs", "//! Opens a C library."),
        ]);
        let found = forbids_unsafe(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "crates/a/src/lib.rs");
    }
}
