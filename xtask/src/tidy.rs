//! `xtask tidy`: the house rules as a failing check.
//!
//! Taste that only a reviewer holds is lost with the reviewer; what stands here fails `make check`.

mod changelog;
mod dead;
mod graph;
mod links;
mod locks;
mod manifest;
mod modules;
mod promises;
mod purity;
mod readme;
mod rust;
mod size;
mod tree;
mod unused;
mod unwrap;
mod words;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use tree::Tree;

/// One broken rule: where, what, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule. Each reads the whole tree and returns what it found.
const RULES: &[Rule] = &[
    changelog::has_unreleased,
    dead::rust_files,
    dead::sql_files,
    dead::schema_files,
    graph::layers,
    links::resolve,
    locks::committed,
    locks::public_registries,
    manifest::inherits_lints,
    promises::name_tests_that_exist,
    purity::core_is_pure,
    readme::is_crate_doc,
    rust::parses,
    rust::module_headers,
    rust::no_allow,
    rust::forbids_unsafe,
    size::limits,
    size::other_code,
    unused::dependencies_are_named,
    unwrap::carry_a_reason,
    words::no_markers,
    words::speaks_of_itself,
];

/// Reads the tree at `root`, prints every finding and says with the exit code whether there was any.
///
/// # Errors
/// When git cannot list the files or one of them cannot be read, or standard output is closed.
pub(crate) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let tree = Tree::read(root)?;
    let findings = check(&tree);
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    if findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "tidy: {} findings in {} files looked at",
        findings.len(),
        tree.len()
    )?;
    Ok(ExitCode::FAILURE)
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_prints_as_path_line_and_what_to_do() {
        let finding = Finding::new("crates/a/src/lib.rs", 7, "too long: split it");
        assert_eq!(finding.to_string(), "crates/a/src/lib.rs:7: too long: split it");
    }

    #[test]
    fn this_repository_is_readable_and_its_rust_parses() {
        let tree = Tree::read(&crate::repository()).unwrap();
        assert!(tree.text("xtask/src/tidy.rs").is_some());
        assert_eq!(rust::parses(&tree), []);
    }
}
