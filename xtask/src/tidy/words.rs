//! Words that do not belong in the repository: notes to self, and talk about how it was made.
//!
//! The words are written in two halves here, so that this file does not find itself.

use super::Finding;
use super::tree::Tree;

/// Files that are written by people. Lock files hold random letters.
const WRITTEN: [&str; 19] = [
    ".rs", ".ts", ".mts", ".js", ".mjs", ".cjs", ".css", ".html", ".json", ".md", ".run", ".sh", ".sql", ".toml",
    ".txt", ".xml", ".yaml", ".yml", "Makefile",
];

/// Notes that promise work instead of doing it.
const MARKERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("HA", "CK"),
];

/// Talk about who works on this, where, and after which papers. Compared in small letters.
const TALK: [&str; 20] = [
    concat!("/tmp", "/w/"),
    concat!("/work", "/main"),
    concat!("/work", "/shared"),
    concat!("/root", "/"),
    concat!("arti", "factory"),
    concat!("as an ", "ai "),
    concat!("common", ".md"),
    concat!("contract", ".md"),
    concat!("design", ".md"),
    concat!("design ", "section"),
    concat!("earlier ", "session"),
    concat!("issue ", "#"),
    concat!("language ", "model"),
    concat!("later ", "issue"),
    concat!("next ", "issue"),
    concat!("style", ".md"),
    concat!("sub-", "agent"),
    concat!("the ", "brief"),
    concat!("the ", "issue says"),
    concat!("this ", "session"),
];

/// No notes to self.
pub(crate) fn no_markers(tree: &Tree) -> Vec<Finding> {
    search(tree, |line| {
        let marker = MARKERS.into_iter().find(|marker| has_word(line, marker))?;
        Some(format!(
            "`{marker}`: do it now, or write down what is missing where users read it"
        ))
    })
}

/// The project speaks of itself alone.
pub(crate) fn speaks_of_itself(tree: &Tree) -> Vec<Finding> {
    search(tree, |line| {
        let line = line.to_lowercase();
        let talk = TALK.into_iter().find(|talk| line.contains(talk))?;
        Some(format!(
            "`{talk}` speaks of how this was made: say it of the project itself"
        ))
    })
}

fn search(tree: &Tree, complaint: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(&WRITTEN).filter(|(path, _)| !is_lock(path)) {
        for (number, line) in text.lines().enumerate() {
            findings.extend(complaint(line).map(|text| Finding::new(path, number + 1, text)));
        }
    }
    findings
}

fn is_lock(path: &str) -> bool {
    path.ends_with("package-lock.json")
}

/// Whether `word` stands in `line` with no letter, digit or `_` beside it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn every_marker_is_found_as_a_word() {
        for marker in MARKERS {
            let text = format!("fine\n// {marker}: later\n{marker}S are not it\n");
            assert_eq!(lines(&no_markers(&Tree::of(&[("a.ts", &text)]))), [2], "{marker}");
        }
    }

    #[test]
    fn talk_about_the_making_is_found() {
        for talk in TALK {
            let text = format!("fine\nas {} wants\n", talk.to_uppercase());
            assert_eq!(lines(&speaks_of_itself(&Tree::of(&[("a.md", &text)]))), [2], "{talk}");
        }
    }

    #[test]
    fn a_dashboard_session_and_lock_files_are_fine() {
        let lock = format!("\"integrity\": \"sha512-/{}/\"", MARKERS[2]);
        let tree = Tree::of(&[
            (
                "a.md",
                "The dashboard's session ends after a day; see the issue tracker.",
            ),
            ("a/package-lock.json", &lock),
        ]);
        assert_eq!(no_markers(&tree), []);
        assert_eq!(speaks_of_itself(&tree), []);
    }
}
