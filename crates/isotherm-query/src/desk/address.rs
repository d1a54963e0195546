//! The address of one page where a stored path is none: masked, grouped, a variant, or a route behind the `#`. Whoever looks
//! names it, and it must be one that is counted as that page.
//!
//! Pure. An address is read, compared and given back; it is neither stored nor logged.

use isotherm_core::path::PagePath;
use isotherm_core::site::{Origin, Site};

/// Longest address, bytes: what browsers and servers between them take for sure. A longer one is refused.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// An address of one of the site's pages, as its browser has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Address<'a> {
    pub(super) origin: &'a Origin,
    /// All before the `#`.
    base: &'a str,
    /// From the path on, without query.
    path: &'a str,
    /// What stands behind the `#`.
    fragment: &'a str,
}

impl<'a> Address<'a> {
    /// Reads an address; `None` where it is not one of the site's, or holds what browsers write otherwise.
    pub(super) fn parse(text: &'a str, site: &'a Site) -> Option<Address<'a>> {
        // Browsers escape everything else, so nothing here can end a line or a header.
        let plain = text.len() <= ADDRESS_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        let (base, fragment) = text.split_once('#').unwrap_or((text, ""));
        let within = |origin: &'a Origin| Some((origin, base.strip_prefix(origin.as_str())?));
        let mut own = site.origins.iter().filter_map(within);
        // A longer host begins like a shorter one; an origin ends where the path begins.
        let (origin, rest) = own.find(|(_, rest)| rest.starts_with('/'))?;
        let path = rest.split('?').next().unwrap_or(rest);
        plain.then_some(Address {
            origin,
            base,
            path,
            fragment,
        })
    }

    /// Whether a view of it is counted as this page, be it by its path or by its route behind the `#`, in whichever variant.
    pub(super) fn is_counted_as(&self, page: &PagePath, site: &Site) -> bool {
        let variant = variant_of(page.as_str());
        let routes = [Some(self.path.to_owned()), self.route()];
        let names = routes.into_iter().flatten();
        names
            .flat_map(|name| [format!("{name}{variant}"), name])
            .filter_map(|name| site.page_of(PagePath::normalise(&name).ok()?))
            .any(|counted| counted == *page)
    }

    /// The address with a mark behind it. A route stays before the mark.
    pub(super) fn marked(&self, mark: &str) -> String {
        match self.fragment {
            "" => format!("{}#{mark}", self.base),
            fragment => format!("{}#{fragment}#{mark}", self.base),
        }
    }

    /// The path as sites with `data-hash-routes` count it: `/app#/cart` is `/app/cart`.
    fn route(&self) -> Option<String> {
        let route = self.fragment.strip_prefix('!').unwrap_or(self.fragment);
        let route = route.split('?').next().filter(|route| route.starts_with('/'))?;
        let path = self.path.strip_suffix('/').unwrap_or(self.path);
        Some(format!("{path}{route}"))
    }
}

/// `;a` to `;h` at the end of a stored path, as the script adds it; nothing where there is none.
fn variant_of(page: &str) -> &str {
    match page.as_bytes() {
        [.., b';', b'a'..=b'h'] => &page[page.len() - 2..],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use isotherm_core::SiteKey;
    use isotherm_core::site::{PageRule, RuleAction};

    use super::*;

    fn site() -> Site {
        let origins = ["https://shop.example", "http://localhost:8081"];
        let rule = |pattern: &str, action| PageRule {
            pattern: pattern.into(),
            action,
        };
        Site {
            key: SiteKey::parse("acme").expect("a site key"),
            origins: origins.iter().filter_map(|text| Origin::parse(text)).collect(),
            rules: vec![
                rule("/admin/**", RuleAction::Drop),
                rule("/product/*", RuleAction::Group),
            ],
        }
    }

    #[test]
    fn an_address_is_one_of_the_sites_origins_and_a_path() {
        let site = site();
        for good in ["https://shop.example/", "http://localhost:8081/a?b=c#d"] {
            assert!(Address::parse(good, &site).is_some(), "{good}");
        }
        for bad in [
            "https://shop.example",
            "http://shop.example/",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://shop.example:8443/",
            "https://jane:secret@shop.example/",
            "//shop.example/",
            "/a",
            "javascript:alert(1)//https://shop.example/",
            "https://shop.example/a b",
            "https://shop.example/a\r\nb",
            "https://shop.example/ü",
            &format!("https://shop.example/{}", "a".repeat(ADDRESS_BYTES_MAX)),
        ] {
            assert_eq!(Address::parse(bad, &site), None, "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_of_the_page_that_it_is_counted_as() {
        let site = site();
        for (address, page, expected) in [
            ("/order/1234567", "/order/:number", true),
            ("/order/1234567?from=mail#top", "/order/:number", true),
            ("/order/cart", "/order/:number", false),
            ("/product/teapot", "/product/*", true),
            ("/product/teapot/reviews", "/product/*", false),
            ("/about", "/about;b", true),
            ("/about", "/about", true),
            ("/about", "/about;x", false),
            ("/other", "/about;b", false),
            ("/app#/cart", "/app/cart", true),
            ("/app/#!/cart?step=2", "/app/cart", true),
            ("/app#/order/1234567", "/app/order/:number", true),
            ("/app#/cart", "/app/cart;c", true),
            ("/app#/cart", "/app", true),
            ("/app#cart", "/app/cart", false),
            ("/admin/a", "/admin/a", false),
            ("/caf%C3%A9/", "/café", true),
        ] {
            let address = format!("https://shop.example{address}");
            let page = PagePath::normalise(page).expect("a path");
            let found = Address::parse(&address, &site).expect("an address");
            assert_eq!(found.is_counted_as(&page, &site), expected, "{address} as {page}");
        }
    }

    #[test]
    fn a_route_stays_before_the_mark() {
        let site = site();
        let marked = |text: &str| Address::parse(text, &site).expect("an address").marked("m=1");
        assert_eq!(marked("https://shop.example/a?b=c"), "https://shop.example/a?b=c#m=1");
        assert_eq!(marked("https://shop.example/a#"), "https://shop.example/a#m=1");
        assert_eq!(
            marked("https://shop.example/app#/cart"),
            "https://shop.example/app#/cart#m=1"
        );
    }
}
