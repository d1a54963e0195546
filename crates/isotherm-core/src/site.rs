//! Sites: their public keys, the origins they measure, and their page rules.

use crate::path::PagePath;

/// Longest site key in bytes; a longer one is no site key.
pub const SITE_KEY_BYTES_MAX: usize = 32;

/// A site's public key as it stands in the script tag: `[a-z0-9-]{1,32}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SiteKey(Box<str>);

/// An origin as browsers send it: `scheme://host` or `scheme://host:port`, lower case, no path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(Box<str>);

/// What ingest knows of a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The site's public key.
    pub key: SiteKey,
    /// The origins whose pages may send beacons for it.
    pub origins: Vec<Origin>,
    /// The page rules, first match wins.
    pub rules: Vec<PageRule>,
}

/// What happens to pages that a pattern matches, before anything is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRule {
    /// A path in which `*` stands for any run of characters within one segment and a final `**` for any rest.
    pub pattern: String,
    /// What becomes of a matching page.
    pub action: RuleAction,
}

/// What a page rule does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RuleAction {
    /// Pages that match are not measured.
    Drop,
    /// Pages that match are counted as one page under the pattern's own text.
    Group,
}

impl SiteKey {
    /// `[a-z0-9-]{1,32}`, else `None`.
    pub fn parse(text: &str) -> Option<SiteKey> {
        let fits = (1..=SITE_KEY_BYTES_MAX).contains(&text.len());
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (fits && plain).then(|| SiteKey(text.into()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Origin {
    /// `http(s)://host[:port]`, a default port dropped, else `None`. `null` is not an origin.
    pub fn parse(text: &str) -> Option<Origin> {
        let lower = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let (scheme, host) = lower.split_once("://")?;
        let host = match scheme {
            "https" => host.strip_suffix(":443").unwrap_or(host),
            "http" => host.strip_suffix(":80").unwrap_or(host),
            _ => return None,
        };
        let port = match host.rsplit_once(':') {
            Some((_, port)) if !host.ends_with(']') => port.parse::<u16>().is_ok(),
            _ => true,
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_');
        (!host.is_empty() && port && host.bytes().all(plain)).then(|| Origin(format!("{scheme}://{host}").into()))
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Site {
    /// Whether a page of this origin may send beacons for this site.
    pub fn measures(&self, origin: &Origin) -> bool {
        self.origins.contains(origin)
    }

    /// The page under which a path is counted; `None` when a rule says it is not.
    pub fn page_of(&self, path: PagePath) -> Option<PagePath> {
        let Some(rule) = self.rules.iter().find(|rule| rule.matches(path.as_str())) else {
            return Some(path);
        };
        match rule.action {
            RuleAction::Drop => None,
            RuleAction::Group => PagePath::normalise(&rule.pattern).ok(),
        }
    }
}

impl PageRule {
    /// Whether a normalised path matches the pattern, segment by segment.
    pub fn matches(&self, path: &str) -> bool {
        let mut pattern = self.pattern.split('/');
        let mut segments = path.split('/');
        loop {
            match (pattern.next(), segments.next()) {
                (Some("**"), _) => return true,
                (None, None) => return true,
                (Some(expected), Some(found)) if segment_matches(expected, found) => {}
                _ => return false,
            }
        }
    }
}

/// One segment against a pattern in which `*` stands for any run of characters. Each star is tried once, greedily from
/// the left, so the work is linear in the segment for a pattern with one star and bounded by their product otherwise.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == segment;
    };
    let Some(mut rest) = segment.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = tail.split('*').collect();
    // `split` yields at least one part, the text behind the last star.
    let last = parts.pop().expect("a split has a last part");
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_key_is_short_lower_case_and_plain() {
        for good in ["a", "acme", "shop-2", &"a".repeat(32)] {
            assert!(SiteKey::parse(good).is_some(), "{good}");
        }
        for bad in ["", "Acme", "a_b", "a b", "ä", &"a".repeat(33)] {
            assert!(SiteKey::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_compared_without_case_or_default_port() {
        let parsed = |text| Origin::parse(text).map(|o| o.as_str().to_owned());
        assert_eq!(parsed("https://Shop.Example:443/"), Some("https://shop.example".into()));
        assert_eq!(parsed("http://localhost:8081"), Some("http://localhost:8081".into()));
        for bad in [
            "null",
            "",
            "shop.example",
            "ftp://shop.example",
            "https://",
            "https://a/b",
            "https://u@h",
            "https://a:99999",
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn rules_match_whole_segments() {
        let rule = |pattern: &str| PageRule {
            pattern: pattern.into(),
            action: RuleAction::Drop,
        };
        assert!(rule("/product/*").matches("/product/teapot"));
        assert!(!rule("/product/*").matches("/product/teapot/reviews"));
        assert!(rule("/admin/**").matches("/admin/a/b"));
        assert!(rule("/p/item-*-x").matches("/p/item-12-x"));
        assert!(!rule("/p/item-*-x").matches("/p/item-12-y"));
        assert!(!rule("/admin").matches("/administrator"));
    }
}
