//! The middle is pure: `isotherm-core` has no I/O, no clock, no environment, no serde, no runtime.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::Finding;
use super::graph::dependencies;
use super::modules::{attributes, marks_test, shipped};
use super::tree::{RustFile, Tree};

const CORE: &str = "crates/isotherm-core";

/// What the core may depend on: small crates that take values and return values.
const CORE_MAY_USE: [&str; 5] = ["crc32fast", "rustc-hash", "siphasher", "thiserror", "zeroize"];

/// Modules and types of the standard library that touch the world.
const WORLDLY: [&str; 9] = [
    "env",
    "fs",
    "io",
    "net",
    "os",
    "process",
    "thread",
    "time::Instant",
    "time::SystemTime",
];

/// The core's manifest and shipped code keep out of the world.
pub(crate) fn core_is_pure(tree: &Tree) -> Vec<Finding> {
    let manifest = format!("{CORE}/Cargo.toml");
    let mut findings = Vec::new();
    for dependency in dependencies(tree.text(&manifest).unwrap_or_default()) {
        if !dependency.dev && !CORE_MAY_USE.contains(&dependency.name.as_str()) {
            let text = format!(
                "the core may not depend on `{}`: move what needs it to a crate above (a pure helper is added to xtask/src/tidy/purity.rs)",
                dependency.name
            );
            findings.push(Finding::new(&manifest, dependency.line, text));
        }
    }
    let source = format!("{CORE}/src/");
    for file in shipped(tree).into_iter().filter(|file| file.path.starts_with(&source)) {
        findings.extend(worldly_paths(file));
    }
    findings
}

fn worldly_paths(file: RustFile<'_>) -> Vec<Finding> {
    let mut paths = Paths { found: Vec::new() };
    paths.visit_file(file.ast);
    // A longer path in a macro is met at each of its parts.
    paths.found.dedup();
    paths
        .found
        .into_iter()
        .map(|(line, path)| {
            let text = format!("the core may not name `std::{path}`: take the value as an argument");
            Finding::new(file.path, line, text)
        })
        .collect()
}

struct Paths {
    /// (line, what of `WORLDLY` is named)
    found: Vec<(usize, &'static str)>,
}

impl Paths {
    fn path(&mut self, line: usize, path: &str) {
        let Some(inner) = path.strip_prefix("std::") else {
            return;
        };
        let worldly = WORLDLY
            .into_iter()
            .find(|name| inner == *name || inner.strip_prefix(name).is_some_and(|rest| rest.starts_with("::")));
        self.found.extend(worldly.map(|name| (line, name)));
    }

    /// Follows a `use` tree down to its leaves.
    fn used(&mut self, prefix: &str, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                self.used(&format!("{prefix}{}::", path.ident), &path.tree);
            }
            syn::UseTree::Name(name) => {
                let path = format!("{prefix}{}", name.ident);
                self.path(name.ident.span().start().line, path.trim_end_matches("::self"));
            }
            syn::UseTree::Rename(name) => {
                let path = format!("{prefix}{}", name.ident);
                self.path(name.ident.span().start().line, path.trim_end_matches("::self"));
            }
            syn::UseTree::Glob(glob) => {
                self.path(glob.star_token.span.start().line, prefix.trim_end_matches("::"));
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.used(prefix, tree);
                }
            }
        }
    }

    /// Macro bodies are tokens: joins `std :: a :: b` in them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !path.ends_with("::") {
                        path.clear();
                    }
                    path.push_str(&ident.to_string());
                    self.path(ident.span().start().line, &path);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.push(':'),
                TokenTree::Group(group) => {
                    path.clear();
                    self.tokens(group.stream());
                }
                _ => path.clear(),
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !marks_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.used("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.path(first.ident.span().start().line, &names.join("::"));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(manifest: &str, lib: &str) -> Vec<usize> {
        let manifest = format!("[package]\n{manifest}");
        let tree = Tree::of(&[
            ("crates/isotherm-core/Cargo.toml", &manifest),
            ("crates/isotherm-core/src/lib.rs", lib),
        ]);
        core_is_pure(&tree).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn serde_in_the_core_is_found() {
        assert_eq!(
            lines("[dependencies]\nserde.workspace = true\nthiserror.workspace = true", ""),
            [3]
        );
        assert_eq!(lines("[dev-dependencies]\nserde.workspace = true", ""), [0; 0]);
    }

    #[test]
    fn the_clock_and_the_disk_are_found_however_they_are_named() {
        assert_eq!(lines("", "use std::{fmt, fs};"), [1]);
        assert_eq!(lines("", "use std::time::{Duration,\n SystemTime};"), [2]);
        assert_eq!(lines("", "fn a() {\n    std::env::var(\"A\");\n}"), [2]);
        assert_eq!(
            lines("", "fn a() {\n    log!(\"{}\",\n    std::time::Instant::now());\n}"),
            [3]
        );
        assert_eq!(lines("", "use std::net::*;"), [1]);
    }

    #[test]
    fn pure_parts_of_std_and_tests_are_free() {
        assert_eq!(
            lines("", "use std::collections::BTreeMap;\nuse std::time::Duration;"),
            [0; 0]
        );
        assert_eq!(lines("", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}"), [0; 0]);
    }
}
