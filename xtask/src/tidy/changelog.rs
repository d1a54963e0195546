//! The changelog is always open for the next line.

use super::Finding;
use super::tree::Tree;

const PATH: &str = "CHANGELOG.md";

/// `CHANGELOG.md` has an Unreleased section.
pub(crate) fn has_unreleased(tree: &Tree) -> Vec<Finding> {
    let open = tree.text(PATH).is_some_and(|text| {
        text.lines()
            .any(|line| matches!(line.trim_end(), "## [Unreleased]" | "## Unreleased"))
    });
    if open {
        return Vec::new();
    }
    vec![Finding::new(PATH, 1, "no section `## [Unreleased]`: add it at the top")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_without_an_open_section_is_found() {
        assert_eq!(has_unreleased(&Tree::of(&[])).len(), 1);
        assert_eq!(
            has_unreleased(&Tree::of(&[(PATH, "# Changelog\n## [1.0.0]\n")])).len(),
            1
        );
        assert_eq!(
            has_unreleased(&Tree::of(&[(PATH, "# Changelog\n\n## [Unreleased]\n")])),
            []
        );
    }
}
