//! The repository as values: paths, texts and parsed Rust, so that rules need no disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Every file git tracks or would add, by its path from the top with `/` between folders.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Entry>,
}

/// One file.
struct Entry {
    /// Empty for what is not UTF-8.
    text: String,
    /// What the parser made of a `.rs` file.
    rust: Option<Result<syn::File, syn::Error>>,
}

impl Tree {
    /// Reads what `git ls-files` names below `root`, ignored files left out.
    ///
    /// # Errors
    /// When git is missing or refuses, or a file cannot be read.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let listed = Command::new("git")
            .current_dir(root)
            // A checkout that belongs to another user (a mounted one in CI) is read all the same.
            .args([
                "-c",
                "safe.directory=*",
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .output()
            .context("cannot start git: install it, tidy reads the file list from it")?;
        ensure!(
            listed.status.success(),
            "git ls-files failed: run tidy inside a git checkout ({})",
            String::from_utf8_lossy(&listed.stderr).trim()
        );
        let mut tree = Self::default();
        for name in String::from_utf8(listed.stdout)?
            .split('\0')
            .filter(|name| !name.is_empty())
        {
            let path = root.join(name);
            // Listed but gone or not a plain file: deleted and not yet committed, or a submodule.
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
            tree.insert(name, String::from_utf8(bytes).unwrap_or_default());
        }
        Ok(tree)
    }

    /// A made-up tree of (path, text).
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.insert(path, (*text).to_owned());
        }
        tree
    }

    fn insert(&mut self, path: &str, text: String) {
        let rust = path.ends_with(".rs").then(|| syn::parse_file(&text));
        self.files.insert(path.to_owned(), Entry { text, rust });
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|entry| entry.text.as_str())
    }

    /// Whether there is such a file.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether any file lies below this folder; the top is the empty path.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        path.is_empty() || self.files.keys().any(|file| file.starts_with(&prefix))
    }

    /// All (path, text) whose path ends in one of `endings`, in order of path.
    pub(crate) fn ending<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| endings.iter().any(|ending| path.ends_with(ending)))
            .map(|(path, entry)| (path.as_str(), entry.text.as_str()))
    }

    /// All `.rs` files that parse.
    pub(crate) fn rust(&self) -> impl Iterator<Item = RustFile<'_>> {
        self.files.iter().filter_map(|(path, entry)| match &entry.rust {
            Some(Ok(ast)) => Some(RustFile {
                path,
                text: &entry.text,
                ast,
            }),
            _ => None,
        })
    }

    /// One `.rs` file that parses.
    pub(crate) fn rust_file(&self, path: &str) -> Option<RustFile<'_>> {
        let (path, entry) = self.files.get_key_value(path)?;
        let ast = entry.rust.as_ref()?.as_ref().ok()?;
        Some(RustFile {
            path,
            text: &entry.text,
            ast,
        })
    }

    /// All `.rs` files that do not parse, with the parser's complaint.
    pub(crate) fn broken_rust(&self) -> impl Iterator<Item = (&str, &syn::Error)> {
        self.files.iter().filter_map(|(path, entry)| match &entry.rust {
            Some(Err(error)) => Some((path.as_str(), error)),
            _ => None,
        })
    }

    /// The folders that hold a package: (folder, its manifest's text).
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(&["Cargo.toml"])
            .filter(|(_, text)| text.lines().any(|line| line.trim() == "[package]"))
            .map(|(path, text)| (folder(path), text))
    }
}

/// One parsed `.rs` file.
#[derive(Clone, Copy)]
pub(crate) struct RustFile<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) ast: &'a syn::File,
}

/// The folder of a path; empty at the top.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// `folder/rest` with `.` and `..` taken out; `None` when it climbs above the top.
pub(crate) fn join(folder: &str, rest: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_without_dots() {
        assert_eq!(join("a/b", "../c.md").as_deref(), Some("a/c.md"));
        assert_eq!(join("", "./x/").as_deref(), Some("x"));
        assert_eq!(join("a", "../../c"), None);
    }
}
