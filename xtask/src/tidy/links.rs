//! Every relative link of a Markdown file leads somewhere.

use super::Finding;
use super::tree::{Tree, folder, join};

/// Relative links name a file or folder of the repository; a `#part` names a heading of the file.
pub(crate) fn resolve(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(&[".md"]) {
        for link in links(text) {
            if let Some(complaint) = complaint(tree, path, &link.target) {
                findings.push(Finding::new(path, link.line, complaint));
            }
        }
    }
    findings
}

fn complaint(tree: &Tree, from: &str, target: &str) -> Option<String> {
    if is_elsewhere(target) {
        return None;
    }
    let (file, part) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        Some(from.to_owned())
    } else {
        join(folder(from), file)
    };
    let Some(path) = path.filter(|path| tree.has_file(path) || tree.has_folder(path)) else {
        return Some(format!("`{target}` leads nowhere: mend the link or add the file"));
    };
    let is_page = path.ends_with(".md") && !part.is_empty();
    if is_page && !headings(tree.text(&path).unwrap_or_default()).contains(&part.to_owned()) {
        return Some(format!("`{path}` has no heading `#{part}`: mend the link"));
    }
    None
}

/// Other hosts, and what only rustdoc resolves (`Name`, `a::b`) in a crate's README.
fn is_elsewhere(target: &str) -> bool {
    let is_item =
        target.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':') && target.starts_with(char::is_alphabetic);
    target.is_empty() || target.contains("://") || target.starts_with("mailto:") || is_item
}

struct Link {
    line: usize,
    target: String,
}

/// The targets of `](target)` and `[name]: target`, code left out.
fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (line, text) in prose(text) {
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("](") {
            let Some((inner, after)) = after.split_once(')') else {
                break;
            };
            let target = inner.split_whitespace().next().unwrap_or_default();
            found.push(Link {
                line,
                target: target.trim_matches(['<', '>']).to_owned(),
            });
            rest = after;
        }
        if let Some((name, target)) = text.trim_start().split_once("]: ")
            && name.starts_with('[')
            && !name.starts_with("[^")
        {
            found.push(Link {
                line,
                target: target.trim().to_owned(),
            });
        }
    }
    found
}

/// Lines outside fenced code, with their numbers and without `inline code`.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number + 1, line.split('`').step_by(2).collect::<Vec<_>>().join("_")));
        }
    }
    lines
}

/// The names headings get as link targets: small letters, spaces to hyphens, other signs dropped.
fn headings(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced || !line.starts_with('#') {
            continue;
        }
        let name: String = line
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("docs/a.md", text),
            ("docs/b.md", "# One way, two\n```\n# not this\n```\n"),
            ("README.md", ""),
            ("crates/x/src/lib.rs", ""),
        ]);
        resolve(&tree).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        let missing = found("# A\n\nSee [this](../README.md) and [that](gone.md).\n");
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(
            missing[0].starts_with("docs/a.md:3: `gone.md` leads nowhere"),
            "{missing:?}"
        );
        assert_eq!(found("[name]: ../gone.md").len(), 1);
        assert_eq!(found("![picture](../../outside.png)").len(), 1);
    }

    #[test]
    fn a_missing_heading_is_found() {
        assert_eq!(found("[x](b.md#one-way-two)"), [""; 0]);
        assert_eq!(found("[x](b.md#not-this)").len(), 1);
        assert_eq!(found("# Here\n[x](#here)"), [""; 0]);
        assert_eq!(found("[x](#there)").len(), 1);
    }

    #[test]
    fn files_folders_hosts_code_and_items_are_fine() {
        let fine = "[a](b.md) [b](../crates/x) [c](https://example.com/y) [d](crate::Thing)\n\
                    `[e](no.md)`\n```\n[f](no.md)\n```\n";
        assert_eq!(found(fine), [""; 0]);
    }
}
