//! What a page's Content-Security-Policy lets it load and send, as [CSP 3](https://www.w3.org/TR/CSP3/) decides it: every
//! policy of a page must allow it.

use isotherm_core::site::Origin;

/// A policy: directives in order, of which the first of a name holds.
#[derive(Debug)]
pub(super) struct Policy(Vec<(String, Vec<String>)>);

impl Policy {
    /// The policies of a header or a `meta` tag, which separates them by commas.
    pub(super) fn all(text: &str) -> Vec<Policy> {
        text.split(',').map(Policy::parse).collect()
    }

    fn parse(text: &str) -> Policy {
        let directives = text.split(';').filter_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            let name = words.next()?.to_ascii_lowercase();
            Some((name, words.map(str::to_owned).collect()))
        });
        Policy(directives.collect())
    }

    /// The directive that keeps a script of this origin out; `None` when nothing does. `nonce` is the tag's own.
    pub(super) fn refuses_script(&self, script: &Origin, nonce: Option<&str>, page: &Origin) -> Option<&str> {
        let (name, sources) = self.first(&["script-src-elem", "script-src", "default-src"])?;
        let is_named = |nonce: &str| sources.iter().any(|source| *source == format!("'nonce-{nonce}'"));
        if nonce.is_some_and(is_named) {
            return None;
        }
        // Behind this word only nonces and hashes count, and a tag of another origin has no hash of its own.
        let is_strict = sources
            .iter()
            .any(|source| source.eq_ignore_ascii_case("'strict-dynamic'"));
        (is_strict || !allows(sources, script, page)).then_some(name)
    }

    /// The directive that keeps beacons to this origin from leaving; `None` when nothing does.
    pub(super) fn refuses_beacons(&self, service: &Origin, page: &Origin) -> Option<&str> {
        let (name, sources) = self.first(&["connect-src", "default-src"])?;
        (!allows(sources, service, page)).then_some(name)
    }

    /// The first of these directives that is there.
    fn first(&self, names: &[&str]) -> Option<(&str, &[String])> {
        let found = |name: &&str| self.0.iter().find(|(known, _)| known == name);
        let (name, sources) = names.iter().find_map(found)?;
        Some((name, sources))
    }
}

/// Whether one of the sources is this origin, seen from a page of that one.
fn allows(sources: &[String], origin: &Origin, page: &Origin) -> bool {
    sources
        .iter()
        .any(|source| matches(&source.to_ascii_lowercase(), origin, page))
}

fn matches(source: &str, origin: &Origin, page: &Origin) -> bool {
    let Some((scheme, host)) = origin.as_str().split_once("://") else {
        return false;
    };
    let page_scheme = page.as_str().split(':').next().unwrap_or_default();
    // What is allowed without encryption is allowed with it.
    let fits = |wanted: &str| wanted == scheme || (wanted == "http" && scheme == "https");
    match source {
        "*" => return true,
        "'self'" => return origin == page,
        _ => {}
    }
    if let Some(wanted) = source.strip_suffix(':') {
        return fits(wanted);
    }
    let (wanted, rest) = source.split_once("://").unwrap_or((page_scheme, source));
    // A path narrows it further; the service's own paths are what an owner means who writes one.
    let named = rest.split('/').next().unwrap_or_default();
    fits(wanted) && fits_host(named, host)
}

/// Whether a host with its port is the one that is named, where `*.` stands for any part before and `:*` for any port.
fn fits_host(named: &str, host: &str) -> bool {
    let (named, any_port) = match named.strip_suffix(":*") {
        Some(named) => (named, true),
        None => (named, false),
    };
    let host = match any_port {
        true => host.rsplit_once(':').map_or(host, |(host, _)| host),
        false => host,
    };
    match named.strip_prefix('*') {
        Some(end) if end.starts_with('.') => host.ends_with(end),
        _ => named == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).expect("an origin")
    }

    #[test]
    fn a_script_needs_its_origin_its_nonce_or_no_directive_at_all() {
        let (script, page) = (origin("https://heat.example"), origin("https://shop.example"));
        for (policy, nonce, refused) in [
            ("", None, None),
            ("img-src 'none'", None, None),
            ("default-src *", None, None),
            ("default-src 'self'", None, Some("default-src")),
            ("script-src https://heat.example", None, None),
            ("SCRIPT-SRC HTTPS://HEAT.EXAMPLE", None, None),
            ("script-src heat.example", None, None),
            ("script-src http://heat.example", None, None),
            ("script-src https:", None, None),
            ("script-src http:", None, None),
            ("script-src wss:", None, Some("script-src")),
            ("script-src *.example", None, None),
            ("script-src *.heat.example", None, Some("script-src")),
            ("script-src heat.example:*", None, None),
            ("script-src heat.example:8443", None, Some("script-src")),
            ("script-src 'none'", None, Some("script-src")),
            ("script-src", None, Some("script-src")),
            ("default-src 'none'; script-src https://heat.example", None, None),
            ("script-src *; script-src 'none'", None, None),
            ("script-src *; script-src-elem 'self'", None, Some("script-src-elem")),
            ("script-src 'nonce-abc'", None, Some("script-src")),
            ("script-src 'nonce-abc'", Some("abc"), None),
            ("script-src 'nonce-abc'", Some("ABC"), Some("script-src")),
            (
                "script-src 'strict-dynamic' https://heat.example",
                None,
                Some("script-src"),
            ),
            ("script-src 'strict-dynamic' 'nonce-abc'", Some("abc"), None),
        ] {
            let parsed = Policy::parse(policy);
            assert_eq!(parsed.refuses_script(&script, nonce, &page), refused, "{policy}");
        }
    }

    #[test]
    fn beacons_need_their_origin_in_every_policy() {
        let (service, page) = (origin("http://127.0.0.1:8080"), origin("http://localhost:3000"));
        for (text, refused) in [
            ("connect-src 127.0.0.1:8080", 0),
            ("connect-src http://127.0.0.1:8080/v1/", 0),
            ("connect-src https://127.0.0.1:8080", 1),
            ("connect-src 127.0.0.1", 1),
            ("default-src 'self', connect-src 'none', script-src 'none'", 2),
        ] {
            let policies = Policy::all(text);
            let found = policies
                .iter()
                .filter_map(|policy| policy.refuses_beacons(&service, &page))
                .count();
            assert_eq!(found, refused, "{text}");
        }
        let own = Policy::parse("connect-src 'self'");
        assert_eq!(own.refuses_beacons(&page, &page), None);
    }
}
