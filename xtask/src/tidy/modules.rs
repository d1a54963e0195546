//! Which `.rs` files a build reaches, and which of them are tests.
//!
//! Follows `mod x;` from every target's root, as rustc does: several rules treat test code otherwise.

use std::collections::BTreeMap;

use super::tree::{RustFile, Tree, folder, join};

/// Folders of a package whose files are test code, roots and all.
const TEST_FOLDERS: [&str; 3] = ["tests/", "benches/", "examples/"];

/// A reached file's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ends in the program.
    Shipped,
    /// Built for tests, benchmarks and examples only.
    Test,
}

/// Every reached `.rs` file and its kind; reached both ways counts as shipped.
pub(crate) fn reached(tree: &Tree) -> BTreeMap<String, Kind> {
    let mut reached = BTreeMap::new();
    for (package, manifest) in tree.packages() {
        for (root, kind) in roots(tree, package, manifest) {
            walk(tree, &root, true, kind, &mut reached);
        }
    }
    reached
}

/// Shipped `.rs` files that parse.
pub(crate) fn shipped(tree: &Tree) -> Vec<RustFile<'_>> {
    let reached = reached(tree);
    tree.rust()
        .filter(|file| reached.get(file.path) == Some(&Kind::Shipped))
        .collect()
}

/// Whether attributes make an item test code: `#[cfg(test)]` in any form, or a `#[test]` function.
pub(crate) fn marks_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let last = attr.path().segments.last().map(|segment| segment.ident.to_string());
        match (last.as_deref(), &attr.meta) {
            (Some("test"), _) => true,
            (Some("cfg"), syn::Meta::List(list)) => names_test(list.tokens.clone()),
            _ => false,
        }
    })
}

/// The attributes of an item, whatever it is.
pub(crate) fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `test` anywhere in a `cfg`, but not under `not(…)`.
fn names_test(tokens: proc_macro2::TokenStream) -> bool {
    let mut negated = false;
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) if ident == "test" => return true,
            proc_macro2::TokenTree::Ident(ident) => negated = ident == "not",
            proc_macro2::TokenTree::Group(group) if !negated && names_test(group.stream()) => {
                return true;
            }
            _ => negated = false,
        }
    }
    false
}

/// A package's target roots: where cargo looks by itself, and every `path = "….rs"` of its manifest.
fn roots(tree: &Tree, package: &str, manifest: &str) -> Vec<(String, Kind)> {
    let prefix = if package.is_empty() {
        String::new()
    } else {
        format!("{package}/")
    };
    let named: Vec<String> = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("path = \"")?.strip_suffix('"'))
        .filter(|path| path.ends_with(".rs"))
        .filter_map(|path| join(package, path))
        .collect();
    tree.ending(&[".rs"])
        .filter_map(|(path, _)| {
            let inner = path.strip_prefix(&prefix)?;
            if !named.iter().any(|name| name == path) && !is_default_root(inner) {
                return None;
            }
            let test = TEST_FOLDERS.iter().any(|folder| inner.starts_with(folder));
            Some((path.to_owned(), if test { Kind::Test } else { Kind::Shipped }))
        })
        .collect()
}

/// Whether cargo makes a target of this path inside a package by itself.
fn is_default_root(inner: &str) -> bool {
    if matches!(inner, "build.rs" | "src/lib.rs" | "src/main.rs") {
        return true;
    }
    ["src/bin/", "tests/", "benches/", "examples/"].iter().any(|folder| {
        inner
            .strip_prefix(folder)
            .is_some_and(|rest| match rest.split_once('/') {
                None => true,
                Some((_, file)) => file == "main.rs",
            })
    })
}

fn walk(tree: &Tree, path: &str, root: bool, kind: Kind, reached: &mut BTreeMap<String, Kind>) {
    match reached.get(path) {
        Some(Kind::Shipped) => return,
        Some(known) if *known == kind => return,
        _ => {}
    }
    if !tree.has_file(path) {
        return;
    }
    reached.insert(path.to_owned(), kind);
    let Some(file) = tree.rust_file(path) else { return };
    let kind = if marks_test(&file.ast.attrs) { Kind::Test } else { kind };
    reached.insert(path.to_owned(), kind);
    let stem = path.trim_end_matches(".rs");
    let below = if root || path.ends_with("/mod.rs") {
        folder(path)
    } else {
        stem
    };
    walk_items(tree, &file.ast.items, &Place { file: path, below }, kind, reached);
}

/// Where `mod x;` is looked for.
struct Place<'a> {
    /// The file that says it.
    file: &'a str,
    /// The folder its modules lie in.
    below: &'a str,
}

fn walk_items(tree: &Tree, items: &[syn::Item], place: &Place<'_>, kind: Kind, reached: &mut BTreeMap<String, Kind>) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let kind = if marks_test(&module.attrs) { Kind::Test } else { kind };
        let name = module.ident.to_string();
        let below = format!("{}/{}", place.below, name.trim_start_matches("r#"));
        if let Some((_, items)) = &module.content {
            walk_items(
                tree,
                items,
                &Place {
                    file: place.file,
                    below: &below,
                },
                kind,
                reached,
            );
        } else if let Some(path) = path_attribute(module) {
            if let Some(path) = join(folder(place.file), &path) {
                walk(tree, &path, true, kind, reached);
            }
        } else {
            walk(tree, &format!("{below}.rs"), false, kind, reached);
            walk(tree, &format!("{below}/mod.rs"), false, kind, reached);
        }
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(module: &syn::ItemMod) -> Option<String> {
    module.attrs.iter().find_map(|attr| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"a\"\n";

    #[test]
    fn modules_are_followed_through_files_and_folders() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", MANIFEST),
            (
                "a/src/lib.rs",
                "mod b;\nmod inline { mod c; }\n#[cfg(test)]\nmod tests;",
            ),
            ("a/src/b.rs", "mod d;"),
            ("a/src/b/d.rs", ""),
            ("a/src/inline/c.rs", ""),
            ("a/src/tests.rs", ""),
            ("a/tests/it/main.rs", "mod e;"),
            ("a/tests/it/e.rs", ""),
            ("a/src/lost.rs", ""),
        ]);
        let reached = reached(&tree);
        assert_eq!(reached.get("a/src/b/d.rs"), Some(&Kind::Shipped));
        assert_eq!(reached.get("a/src/inline/c.rs"), Some(&Kind::Shipped));
        assert_eq!(reached.get("a/src/tests.rs"), Some(&Kind::Test));
        assert_eq!(reached.get("a/tests/it/e.rs"), Some(&Kind::Test));
        assert_eq!(reached.get("a/src/lost.rs"), None);
    }

    #[test]
    fn not_test_is_shipped() {
        let shipped: syn::ItemMod = syn::parse_str("#[cfg(not(test))] mod a {}").unwrap();
        let test: syn::ItemMod = syn::parse_str("#[cfg(all(test, unix))] mod a {}").unwrap();
        assert!(!marks_test(&shipped.attrs));
        assert!(marks_test(&test.attrs));
    }
}
