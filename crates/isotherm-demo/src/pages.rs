//! Assembles the shop's pages from their parts: `<!--part:NAME-->`, `<!--cards:SLUG,…-->`, `{{key}}` and the tag.
//! `demo/layout/shop.mjs` does the same for measuring; a test compares the two lists of pages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::assets::{APP_PAGE, APP_ROUTES, PAGES, PARTS, PRODUCT_PAGE, PRODUCTS};

/// Where the script tag goes.
pub(crate) const TAG_PLACEHOLDER: &str = "<!--isotherm-tag-->";
/// Where the URL of the opt-out page goes.
const OPT_OUT_PLACEHOLDER: &str = "{{opt_out_url}}";

type Product = BTreeMap<String, String>;

/// Every path of the shop, sorted.
pub fn shop_paths() -> Vec<String> {
    assembled("").into_keys().collect()
}

/// Every page by path, complete but for the tag.
pub(crate) fn assembled(opt_out_url: &str) -> BTreeMap<String, String> {
    let products = products();
    let finished = |html: &str| with_parts(html, &products).replace(OPT_OUT_PLACEHOLDER, &escaped(opt_out_url));
    let plain = PAGES.iter().map(|(path, html)| ((*path).to_owned(), finished(html)));
    let routes = APP_ROUTES.iter().map(|path| ((*path).to_owned(), finished(APP_PAGE)));
    let of_products = products.iter().map(|product| {
        let path = format!("/product/{}", product["slug"]);
        (path, finished(&filled(PRODUCT_PAGE, product)))
    });
    plain.chain(routes).chain(of_products).collect()
}

/// A text as it may stand in HTML and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn products() -> Vec<Product> {
    // The file is embedded and a test reads it: it cannot fail to parse in a binary that passed its tests.
    let parsed: Vec<BTreeMap<String, Value>> =
        serde_json::from_str(PRODUCTS).expect("products.json is an array of objects");
    let text = |(key, value): (String, Value)| (key, value.as_str().unwrap_or_default().to_owned());
    parsed
        .into_iter()
        .map(|product| product.into_iter().map(text).collect())
        .collect()
}

fn filled(html: &str, product: &Product) -> String {
    product.iter().fold(html.to_owned(), |html, (key, value)| {
        html.replace(&format!("{{{{{key}}}}}"), &escaped(value))
    })
}

fn with_parts(html: &str, products: &[Product]) -> String {
    let html = PARTS.iter().fold(html.to_owned(), |html, (name, part)| {
        html.replace(&format!("<!--part:{name}-->"), part)
    });
    with_cards(&html, products)
}

/// Replaces every `<!--cards:a,b-->` by one card per product named.
fn with_cards(html: &str, products: &[Product]) -> String {
    // The table holds it by name; a missing part fails the test that reads every page.
    let card = PARTS
        .iter()
        .find(|(name, _)| *name == "card")
        .map_or("", |(_, part)| *part);
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<!--cards:") {
        let (slugs, after) = after.split_once("-->").unwrap_or((after, ""));
        out.push_str(before);
        for slug in slugs.split(',') {
            let product = products.iter().find(|product| product["slug"] == slug);
            out.push_str(&product.map(|product| filled(card, product)).unwrap_or_default());
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
