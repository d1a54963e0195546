//! How a site's page rules are changed: what a pattern may be, and where a new rule stands among the others.

use thiserror::Error;

use crate::path::{PATH_BYTES_MAX, PagePath};
use crate::site::{PageRule, RuleAction, Site};

/// Rules of one site. Every beacon is held against each of them in turn, so more are refused.
pub const RULES_MAX: usize = 256;

/// One change of a site's rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RuleChange {
    /// A rule comes behind the others, or before them; one with the same pattern is replaced where it stands.
    Add {
        /// The rule.
        rule: PageRule,
        /// Whether it comes before all others.
        first: bool,
    },
    /// The rule with this pattern goes.
    Remove {
        /// Its pattern.
        pattern: String,
    },
}

/// Why rules stay as they are. No text of the pattern is repeated: who reads it has written it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum RuleError {
    /// No path.
    #[error("a pattern starts with a slash, as paths do")]
    NoSlash,
    /// Longer than any path.
    #[error("a pattern has at most {PATH_BYTES_MAX} bytes")]
    TooLong,
    /// More than a path.
    #[error("a page is a path without query and fragment")]
    NotOnlyPath,
    /// No stored path ends so.
    #[error("pages are stored without a slash at the end: leave it out")]
    SlashAtEnd,
    /// A rest that something follows.
    #[error("`**` stands for all the rest, so it comes last; `*` stands for one segment or a part of it")]
    RestNotLast,
    /// Pages are grouped under the pattern's own text, which must be a path then.
    #[error("pages are grouped under the pattern itself, and this one cannot be the name of a page")]
    NoName,
    /// No room.
    #[error("a site has at most {RULES_MAX} rules; remove one first")]
    TooMany,
    /// Nothing to remove.
    #[error("there is no rule with this pattern")]
    Unknown,
}

impl PageRule {
    /// A rule whose pattern can match something.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn parse(pattern: &str, action: RuleAction) -> Result<PageRule, RuleError> {
        if !pattern.starts_with('/') {
            return Err(RuleError::NoSlash);
        }
        if pattern.len() > PATH_BYTES_MAX {
            return Err(RuleError::TooLong);
        }
        if pattern.contains(['?', '#']) || pattern.chars().any(char::is_control) {
            return Err(RuleError::NotOnlyPath);
        }
        if pattern != "/" && pattern.ends_with('/') {
            return Err(RuleError::SlashAtEnd);
        }
        let segments: Vec<&str> = pattern.split('/').collect();
        if segments.split_last().is_some_and(|(_, before)| before.contains(&"**")) {
            return Err(RuleError::RestNotLast);
        }
        if action == RuleAction::Group && PagePath::normalise(pattern).is_err() {
            return Err(RuleError::NoName);
        }
        Ok(PageRule {
            pattern: pattern.to_owned(),
            action,
        })
    }
}

impl Site {
    /// Changes the rules, or leaves them as they are.
    ///
    /// # Errors
    /// When there is no room for another rule, or none with the pattern.
    pub fn change_rules(&mut self, change: &RuleChange) -> Result<(), RuleError> {
        match change {
            RuleChange::Add { rule, first } => self.add_rule(rule, *first),
            RuleChange::Remove { pattern } => {
                let known = self.rules.iter().position(|rule| rule.pattern == *pattern);
                self.rules.remove(known.ok_or(RuleError::Unknown)?);
                Ok(())
            }
        }
    }

    fn add_rule(&mut self, rule: &PageRule, first: bool) -> Result<(), RuleError> {
        let known = self.rules.iter().position(|known| known.pattern == rule.pattern);
        if known.is_none() && self.rules.len() >= RULES_MAX {
            return Err(RuleError::TooMany);
        }
        match known {
            Some(at) if !first => self.rules[at] = rule.clone(),
            _ => {
                self.rules.retain(|known| known.pattern != rule.pattern);
                let at = if first { 0 } else { self.rules.len() };
                self.rules.insert(at, rule.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::SiteKey;

    fn add(pattern: &str, action: RuleAction, first: bool) -> RuleChange {
        let rule = PageRule::parse(pattern, action).expect("a rule");
        RuleChange::Add { rule, first }
    }

    fn site(patterns: &[&str]) -> Site {
        let mut site = Site {
            key: SiteKey::parse("acme").expect("a site key"),
            origins: Vec::new(),
            rules: Vec::new(),
        };
        for pattern in patterns {
            let change = add(pattern, RuleAction::Drop, false);
            site.change_rules(&change).expect("room");
        }
        site
    }

    fn patterns(site: &Site) -> Vec<&str> {
        site.rules.iter().map(|rule| rule.pattern.as_str()).collect()
    }

    #[test]
    fn a_pattern_that_could_match_nothing_is_refused_by_what_is_wrong_with_it() {
        let long = format!("/{}", "a".repeat(PATH_BYTES_MAX));
        for (pattern, wrong) in [
            ("admin", RuleError::NoSlash),
            ("", RuleError::NoSlash),
            (&long, RuleError::TooLong),
            ("/admin/", RuleError::SlashAtEnd),
            ("/a?b", RuleError::NotOnlyPath),
            ("/a#b", RuleError::NotOnlyPath),
            ("/a\nb", RuleError::NotOnlyPath),
            ("/a/**/b", RuleError::RestNotLast),
        ] {
            for action in [RuleAction::Drop, RuleAction::Group] {
                assert_eq!(PageRule::parse(pattern, action), Err(wrong), "{pattern:?}");
            }
        }
        for good in ["/", "/admin", "/admin/**", "/product/*", "/p/item-*-x"] {
            assert!(PageRule::parse(good, RuleAction::Drop).is_ok(), "{good}");
            assert!(PageRule::parse(good, RuleAction::Group).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_rule_goes_behind_the_others_or_before_them_and_is_never_there_twice() {
        let mut site = site(&["/a/*", "/a/b"]);
        let change = |site: &mut Site, first| site.change_rules(&add("/a/b", RuleAction::Group, first));
        assert_eq!(change(&mut site, false), Ok(()));
        assert_eq!(patterns(&site), ["/a/*", "/a/b"]);
        assert_eq!(site.rules[1].action, RuleAction::Group);
        assert_eq!(change(&mut site, true), Ok(()));
        assert_eq!(patterns(&site), ["/a/b", "/a/*"]);
    }

    #[test]
    fn what_is_removed_is_gone_and_what_is_not_there_is_said() {
        let mut site = site(&["/a", "/b", "/c"]);
        let remove = |site: &mut Site| site.change_rules(&RuleChange::Remove { pattern: "/b".into() });
        assert_eq!(remove(&mut site), Ok(()));
        assert_eq!(patterns(&site), ["/a", "/c"]);
        assert_eq!(remove(&mut site), Err(RuleError::Unknown));
        assert_eq!(patterns(&site), ["/a", "/c"]);
    }

    #[test]
    fn a_full_list_takes_no_other_rule_and_changes_its_own() {
        let all: Vec<String> = (0..RULES_MAX).map(|n| format!("/{n}")).collect();
        let mut site = site(&all.iter().map(String::as_str).collect::<Vec<_>>());
        for first in [false, true] {
            let more = add("/more", RuleAction::Drop, first);
            assert_eq!(site.change_rules(&more), Err(RuleError::TooMany));
            assert_eq!(site.change_rules(&add("/7", RuleAction::Group, first)), Ok(()));
            assert_eq!(site.rules.len(), RULES_MAX);
        }
    }
}
