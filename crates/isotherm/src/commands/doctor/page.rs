//! What keeps a page from being measured, as far as the page itself says it: its tag, and its policy.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use isotherm_core::Site;
use isotherm_core::site::Origin;

use super::policy::Policy;
use super::{Findings, Kind};

/// A page as it is delivered, and for whom it should be measured.
pub(super) struct Page<'a> {
    pub(super) origin: Origin,
    pub(super) text: &'a str,
    /// The values of its headers `Content-Security-Policy`.
    pub(super) policies: &'a [String],
    /// Where pages find the service.
    pub(super) service: &'a str,
    /// The sites that the service knows; `None` where it cannot be asked.
    pub(super) sites: Option<&'a [Site]>,
}

/// The script's tag: what stands in its attributes.
#[derive(Default)]
struct Tag {
    src: String,
    site: Option<String>,
    nonce: Option<String>,
    endpoint: Option<String>,
}

impl Page<'_> {
    /// Says what is wrong with it, or that nothing is.
    pub(super) fn look(&self, findings: &mut Findings) {
        let (tags, metas) = self.read();
        let Some(tag) = tags.first() else {
            findings.wrong(format!(
                "the page has no script tag as it is delivered: paste the one that `isotherm site add` prints; it loads \
                 {}/isotherm.js. Where a consent tool or tag manager puts it in, only a browser can tell",
                self.service
            ));
            return;
        };
        let before = findings.0.len();
        if tags.len() > 1 {
            let text = format!(
                "the page has {} script tags: one is enough, the others do nothing",
                tags.len()
            );
            findings.0.push((Kind::Advice, text));
        }
        self.look_at_tag(tag, findings);
        let policies = self
            .policies
            .iter()
            .chain(&metas)
            .flat_map(|text| Policy::all(text))
            .collect::<Vec<_>>();
        self.look_at_policies(tag, &policies, findings);
        if findings.0.len() == before {
            findings.good("the page has the script tag, and its Content-Security-Policy lets it load and send");
        }
    }

    /// The script's tags, and the policies in `meta` tags.
    fn read(&self) -> (Vec<Tag>, Vec<String>) {
        let mut emitter = DefaultEmitter::default();
        // What stands in scripts and styles is no tag.
        emitter.naively_switch_states(true);
        let (mut tags, mut metas) = (Vec::new(), Vec::new());
        for Ok(token) in Tokenizer::new_with_emitter(self.text, emitter) {
            let Token::StartTag(start) = token else { continue };
            match start.name.as_slice() {
                b"script" => tags.extend(Tag::of(&start)),
                b"meta" if is_policy(&start) => metas.extend(attribute(&start, "content")),
                _ => {}
            }
        }
        (tags, metas)
    }

    fn look_at_tag(&self, tag: &Tag, findings: &mut Findings) {
        let script = self.origin_of(&tag.src);
        if tag.endpoint.is_none() && script != origin_of_url(self.service) {
            findings.wrong(format!(
                "the script tag loads from {}, and pages find this service at {}: correct the tag, or [public] url",
                script.as_ref().map_or("an address that is none", Origin::as_str),
                self.service
            ));
        }
        if self.origin.as_str().starts_with("https:")
            && script.is_some_and(|script| script.as_str().starts_with("http:"))
        {
            findings.wrong("the page is on https and loads the script over http, which browsers block");
        }
        let Some(key) = &tag.site else {
            findings.wrong("the script tag has no data-site=\"KEY\"");
            return;
        };
        let Some(sites) = self.sites else { return };
        match sites.iter().find(|site| site.key.as_str() == key) {
            None => findings.wrong("the script tag's data-site is no site here: `isotherm site list` names them"),
            Some(site) if !site.measures(&self.origin) => findings.wrong(format!(
                "pages of {} may not send for `{key}`: name all its origins with `isotherm site add {key} --origin …`",
                self.origin.as_str()
            )),
            Some(_) => {}
        }
    }

    fn look_at_policies(&self, tag: &Tag, policies: &[Policy], findings: &mut Findings) {
        let (page, script) = (&self.origin, self.origin_of(&tag.src));
        let service = tag.endpoint.as_deref().and_then(|endpoint| self.origin_of(endpoint));
        let service = service.or_else(|| script.clone());
        let mut refused: Vec<String> = Vec::new();
        for policy in policies {
            let kept_out = script.as_ref().and_then(|script| {
                let name = policy.refuses_script(script, tag.nonce.as_deref(), page)?;
                Some(format!(
                    "keeps the script out: its {name} must allow {}",
                    script.as_str()
                ))
            });
            let kept_in = service.as_ref().and_then(|service| {
                let name = policy.refuses_beacons(service, page)?;
                Some(format!(
                    "keeps beacons from leaving: its {name} must allow {}",
                    service.as_str()
                ))
            });
            refused.extend(kept_out.into_iter().chain(kept_in));
        }
        refused.dedup();
        for why in refused {
            findings.wrong(format!("the page's Content-Security-Policy {why}"));
        }
    }

    /// The origin of an address that stands on the page.
    fn origin_of(&self, address: &str) -> Option<Origin> {
        let (scheme, _) = self.origin.as_str().split_once(':')?;
        let whole = match address.split_once("//") {
            Some(("", rest)) => format!("{scheme}://{rest}"),
            Some((before, _)) if before.ends_with(':') => address.to_owned(),
            _ => return Some(self.origin.clone()),
        };
        origin_of_url(&whole)
    }
}

/// The origin of a whole address.
pub(super) fn origin_of_url(url: &str) -> Option<Origin> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Origin::parse(&format!("{scheme}://{host}"))
}

impl Tag {
    /// The script's own tag; `None` for another script.
    fn of(start: &StartTag<()>) -> Option<Tag> {
        let src = attribute(start, "src")?;
        let path = src.split(['?', '#']).next()?;
        let file = path.rsplit('/').next()?;
        let version = file.strip_prefix("isotherm.")?.strip_suffix("js")?;
        let is_ours = version.is_empty() || (version.starts_with('v') && version.ends_with('.'));
        is_ours.then(|| Tag {
            site: attribute(start, "data-site"),
            nonce: attribute(start, "nonce"),
            endpoint: attribute(start, "data-endpoint"),
            src,
        })
    }
}

fn is_policy(meta: &StartTag<()>) -> bool {
    attribute(meta, "http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("content-security-policy"))
}

fn attribute(start: &StartTag<()>, name: &str) -> Option<String> {
    let value = start.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).trim().to_owned())
}
