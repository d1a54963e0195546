//! From a well-formed beacon to an interaction: the steps stand one per line, the first refusal wins.

use std::collections::HashMap;

use crate::beacon::{Beacon, Reach};
use crate::country::Country;
use crate::outcome::DropReason;
use crate::path::PagePath;
use crate::place::Place;
use crate::site::{Origin, Site, SiteKey};
use crate::viewport::ViewportClass;

/// Largest body in bytes: two of the script's largest beacons. A larger one is `too_large`.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// The sites that are measured, by key.
pub type Sites = HashMap<SiteKey, Site>;

/// What a request's head declares of its body.
#[derive(Default)]
pub struct BodyHead<'a> {
    /// The value of `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// The value of `Content-Encoding`.
    pub content_encoding: Option<&'a [u8]>,
    /// The declared length in bytes.
    pub content_length: Option<u64>,
}

/// What is known about the request around a beacon. None of it is stored but the country.
pub struct Context<'a> {
    /// The sites that are measured.
    pub sites: &'a Sites,
    /// The page's origin as the browser says it.
    pub origin: Option<Origin>,
    /// Whether the site's rate allows one more beacon.
    pub site_rate: &'a dyn Fn(&SiteKey) -> bool,
    /// Whether the user agent is a crawler or an automated browser.
    pub bot: bool,
    /// The visitor's country.
    pub country: Country,
}

/// What may be stored of a beacon, and nothing else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interaction {
    /// The site.
    pub site: SiteKey,
    /// The page under which it is counted.
    pub page: PagePath,
    /// The country.
    pub country: Country,
    /// The viewport class.
    pub viewport: ViewportClass,
    /// Whether it opens a page view.
    pub view: bool,
    /// The fold of the page view in steps of 100 px, with its first beacon.
    pub fold_100px: Option<u8>,
    /// The reach it adds.
    pub reach: Reach,
    /// The places.
    pub places: Vec<Place>,
}

/// What a head may declare: decided before the body is read.
pub fn admit_head(head: &BodyHead) -> Result<(), DropReason> {
    known_content_type(head)?;
    identity_encoding(head)?;
    declared_length_fits(head)?;
    Ok(())
}

/// The rest of the decisions, in the contract's order.
pub fn admit(beacon: Beacon, context: &Context) -> Result<Interaction, DropReason> {
    let site = known_site(&beacon, context)?;
    allowed_origin(site, context)?;
    within_site_rate(site, context)?;
    not_a_bot(context)?;
    let page = measured_page(site, &beacon)?;
    Ok(Interaction {
        site: beacon.site,
        page,
        country: context.country,
        viewport: ViewportClass::of_width(beacon.width_px),
        view: beacon.view,
        // At most 16,384 px: 163 steps fit a byte.
        fold_100px: beacon.height_px.map(|height_px| (height_px / 100) as u8),
        reach: beacon.reach,
        places: beacon.places,
    })
}

fn known_content_type(head: &BodyHead) -> Result<(), DropReason> {
    let essence = head
        .content_type
        .unwrap_or_default()
        .split(|b| *b == b';')
        .next()
        .unwrap_or_default();
    let known = [&b"text/plain"[..], b"application/json"];
    match known.iter().any(|name| essence.trim_ascii().eq_ignore_ascii_case(name)) {
        true => Ok(()),
        false => Err(DropReason::ContentType),
    }
}

fn identity_encoding(head: &BodyHead) -> Result<(), DropReason> {
    match head.content_encoding {
        None => Ok(()),
        Some(value) if value.trim_ascii().eq_ignore_ascii_case(b"identity") => Ok(()),
        Some(_) => Err(DropReason::Encoding),
    }
}

fn declared_length_fits(head: &BodyHead) -> Result<(), DropReason> {
    match head.content_length {
        Some(length) if length > BODY_BYTES_MAX as u64 => Err(DropReason::TooLarge),
        _ => Ok(()),
    }
}

fn known_site<'a>(beacon: &Beacon, context: &'a Context) -> Result<&'a Site, DropReason> {
    context.sites.get(&beacon.site).ok_or(DropReason::UnknownSite)
}

fn allowed_origin(site: &Site, context: &Context) -> Result<(), DropReason> {
    match &context.origin {
        Some(origin) if site.measures(origin) => Ok(()),
        _ => Err(DropReason::Origin),
    }
}

fn within_site_rate(site: &Site, context: &Context) -> Result<(), DropReason> {
    match (context.site_rate)(&site.key) {
        true => Ok(()),
        false => Err(DropReason::RateLimited),
    }
}

fn not_a_bot(context: &Context) -> Result<(), DropReason> {
    match context.bot {
        false => Ok(()),
        true => Err(DropReason::Bot),
    }
}

fn measured_page(site: &Site, beacon: &Beacon) -> Result<PagePath, DropReason> {
    site.page_of(beacon.path.clone()).ok_or(DropReason::Rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{PageRule, RuleAction};

    fn beacon(site: &str, path: &str) -> Beacon {
        Beacon {
            site: SiteKey::parse(site).expect("a site key"),
            path: PagePath::normalise(path).expect("a path"),
            width_px: 390,
            height_px: Some(844),
            view: true,
            reach: Reach::new(0, 10).expect("a reach"),
            places: vec![],
        }
    }

    fn decide(beacon: Beacon, origin: &str, rate: bool, bot: bool) -> Result<Interaction, DropReason> {
        let site = Site {
            key: SiteKey::parse("acme").expect("a site key"),
            origins: vec![Origin::parse("https://acme.example").expect("an origin")],
            rules: vec![
                PageRule {
                    pattern: "/admin/**".into(),
                    action: RuleAction::Drop,
                },
                PageRule {
                    pattern: "/product/*".into(),
                    action: RuleAction::Group,
                },
            ],
        };
        let sites = Sites::from([(site.key.clone(), site)]);
        admit(
            beacon,
            &Context {
                sites: &sites,
                origin: Origin::parse(origin),
                site_rate: &|_| rate,
                bot,
                country: Country::UNKNOWN,
            },
        )
    }

    #[test]
    fn each_refusal_has_its_reason_and_the_first_wins() {
        let good = "https://acme.example";
        let check = |result: Result<Interaction, DropReason>| result.err();
        assert_eq!(
            check(decide(beacon("other", "/"), "null", false, true)),
            Some(DropReason::UnknownSite)
        );
        assert_eq!(
            check(decide(beacon("acme", "/"), "null", false, true)),
            Some(DropReason::Origin)
        );
        assert_eq!(
            check(decide(beacon("acme", "/"), "https://evil.example", true, false)),
            Some(DropReason::Origin)
        );
        assert_eq!(
            check(decide(beacon("acme", "/"), good, false, true)),
            Some(DropReason::RateLimited)
        );
        assert_eq!(
            check(decide(beacon("acme", "/admin/x"), good, true, true)),
            Some(DropReason::Bot)
        );
        assert_eq!(
            check(decide(beacon("acme", "/admin/x"), good, true, false)),
            Some(DropReason::Rule)
        );
        assert_eq!(check(decide(beacon("acme", "/"), good, true, false)), None);
    }

    #[test]
    fn an_interaction_keeps_the_class_and_the_step_not_the_exact_viewport() {
        let interaction =
            decide(beacon("acme", "/product/teapot"), "https://acme.example", true, false).expect("admitted");
        assert_eq!(interaction.viewport, ViewportClass::Phone);
        assert_eq!(interaction.fold_100px, Some(8));
        assert_eq!(interaction.page.as_str(), "/product/*");
    }

    #[test]
    fn a_head_is_refused_before_its_body_is_read() {
        let head = |content_type, content_encoding, content_length| BodyHead {
            content_type,
            content_encoding,
            content_length,
        };
        let plain = Some(&b"text/plain;charset=UTF-8"[..]);
        assert_eq!(admit_head(&head(plain, None, Some(16_384))), Ok(()));
        assert_eq!(
            admit_head(&head(Some(b"Application/JSON"), Some(b"identity"), None)),
            Ok(())
        );
        assert_eq!(admit_head(&head(None, None, None)), Err(DropReason::ContentType));
        assert_eq!(
            admit_head(&head(Some(b"text/plainer"), None, None)),
            Err(DropReason::ContentType)
        );
        assert_eq!(admit_head(&head(plain, Some(b"gzip"), None)), Err(DropReason::Encoding));
        assert_eq!(admit_head(&head(plain, None, Some(16_385))), Err(DropReason::TooLarge));
    }
}
