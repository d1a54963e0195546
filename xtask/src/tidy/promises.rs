//! Each promise of PRIVACY.md names the test that holds it: the test must be there.

use super::Finding;
use super::tree::{Tree, folder};

/// The document with the promises, and the heading under which they stand.
const DOCUMENT: &str = "PRIVACY.md";
const HEADING: &str = "## The promises";
/// Words at the end of a test's title that must stand in its file: what is before them may be put together by the test.
const LAST_WORDS: usize = 3;

/// Every test that the promises name exists, and each promise names one.
pub(crate) fn name_tests_that_exist(tree: &Tree) -> Vec<Finding> {
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let rows = text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| !line.starts_with(HEADING))
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("## "))
        .filter(|(_, line)| line.starts_with("| **"));
    rows.flat_map(|(at, row)| {
        let complaints = complaints(tree, row);
        complaints
            .into_iter()
            .map(move |complaint| Finding::new(DOCUMENT, at + 1, complaint))
    })
    .collect()
}

fn complaints(tree: &Tree, row: &str) -> Vec<String> {
    let (mut complaints, mut file, mut named) = (Vec::new(), String::new(), 0);
    for span in row.split('`').skip(1).step_by(2) {
        let (path, test) = span.split_once("::").unwrap_or((span, ""));
        if !path.is_empty() {
            match found(tree, path, &file) {
                Some(path) => file = path,
                // Code of another kind.
                None if !path.contains('/') || test.is_empty() => continue,
                None => {
                    complaints.push(format!(
                        "there is no file `{path}`: name the one that holds the promise"
                    ));
                    continue;
                }
            }
        }
        named += 1;
        if !test.is_empty() && !has_test(tree.text(&file).unwrap_or_default(), &file, test) {
            complaints.push(format!(
                "`{file}` has no test `{test}`: name the one that holds the promise"
            ));
        }
    }
    if named == 0 {
        complaints.push("a promise without a test is a wish: name the test that holds it".to_owned());
    }
    complaints
}

/// The file that is meant: below `crates/isotherm-`, a browser test, or beside the file named before it.
fn found(tree: &Tree, path: &str, before: &str) -> Option<String> {
    let candidates = [
        path.to_owned(),
        format!("crates/isotherm-{path}"),
        format!("crates/{path}"),
        format!("js-snippet/test/{}", path.strip_prefix("js/").unwrap_or(path)),
        format!("{}/{path}", folder(before)),
    ];
    candidates.into_iter().find(|path| tree.has_file(path))
}

fn has_test(text: &str, file: &str, test: &str) -> bool {
    if file.ends_with(".rs") {
        return text.contains(&format!("fn {test}("));
    }
    let words: Vec<&str> = test.split(' ').collect();
    text.contains(&words[words.len().saturating_sub(LAST_WORDS)..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_in(rows: &str) -> Vec<Finding> {
        let document = format!("# Privacy\n\n## The promises, and the test that can fail\n\n{rows}\n\n## More\n");
        name_tests_that_exist(&Tree::of(&[
            (DOCUMENT, &document),
            ("crates/isotherm-core/src/a.rs", "//! a\nfn it_holds() {}\n"),
            ("crates/isotherm-core/src/a/b.rs", "//! b\nfn this_too() {}\n"),
            (
                "js-snippet/test/c.test.mjs",
                "test(`${reason} sends and stores nothing`)",
            ),
        ]))
    }

    #[test]
    fn tests_that_exist_are_found_wherever_they_may_be() {
        let good = "| **Yes** (`DNT`) | `core/src/a.rs::it_holds`, `a/b.rs::this_too`; `js/c.test.mjs::dnt sends and stores nothing` |";
        assert_eq!(found_in(good), vec![]);
    }

    #[test]
    fn a_test_or_file_that_is_gone_and_a_promise_without_any_are_findings() {
        let rows = "| **One** | `core/src/a.rs::it_held`, `::nor_this` |\n| **Two** | `core/src/z.rs::it_holds` |\n| **Three** | soon |\n\
             | **Four** | `js/c.test.mjs::dnt stores at once` |";
        let lines: Vec<usize> = found_in(rows).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, vec![5, 5, 6, 6, 7, 8]);
    }
}
