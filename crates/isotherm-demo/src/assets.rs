//! Every file of the shop and of its heat pages, embedded, so that the demo is one binary.

/// Pieces that pages include by name.
pub(crate) const PARTS: [(&str, &str); 5] = [
    ("head", include_str!("../../../demo/shop/parts/head.html")),
    ("header", include_str!("../../../demo/shop/parts/header.html")),
    ("footer", include_str!("../../../demo/shop/parts/footer.html")),
    ("art", include_str!("../../../demo/shop/parts/art.html")),
    ("card", include_str!("../../../demo/shop/parts/card.html")),
];

/// Pages with one path each.
pub(crate) const PAGES: [(&str, &str); 5] = [
    ("/", include_str!("../../../demo/shop/pages/index.html")),
    ("/about", include_str!("../../../demo/shop/pages/about.html")),
    ("/checkout", include_str!("../../../demo/shop/pages/checkout.html")),
    (
        "/journal/a-slow-pot",
        include_str!("../../../demo/shop/pages/journal/a-slow-pot.html"),
    ),
    ("/products", include_str!("../../../demo/shop/pages/products.html")),
];

/// One page per product of [`PRODUCTS`].
pub(crate) const PRODUCT_PAGE: &str = include_str!("../../../demo/shop/pages/product.html");
/// The single-page part, answered under each of [`APP_ROUTES`].
pub(crate) const APP_PAGE: &str = include_str!("../../../demo/shop/pages/app.html");
/// Routes that the single-page part draws in the browser.
pub(crate) const APP_ROUTES: [&str; 3] = ["/app", "/app/timer", "/app/orders"];
/// The products: an array of objects with text values.
pub(crate) const PRODUCTS: &str = include_str!("../../../demo/shop/products.json");
/// The shop's boxes as Chromium measured them.
pub(crate) const LAYOUT: &str = include_str!("../../../demo/layout.json");

/// List of the shop's pages with a link to the heat over each.
pub(crate) const HEAT_INDEX: &str = include_str!("../../../demo/heat/index.html");
/// One shop page with its heat.
pub(crate) const HEAT_VIEW: &str = include_str!("../../../demo/heat/view.html");

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Style sheets, scripts and pictures: path, media type, content.
pub(crate) const FILES: [(&str, &str, &str); 10] = [
    (
        "/static/shop.css",
        CSS,
        include_str!("../../../demo/shop/static/shop.css"),
    ),
    ("/static/shop.js", JS, include_str!("../../../demo/shop/static/shop.js")),
    ("/static/app.js", JS, include_str!("../../../demo/shop/static/app.js")),
    (
        "/static/mark.svg",
        "image/svg+xml",
        include_str!("../../../demo/shop/static/mark.svg"),
    ),
    (
        "/heat-static/heat.css",
        CSS,
        include_str!("../../../demo/heat/heat.css"),
    ),
    ("/heat-static/heat.js", JS, include_str!("../../../demo/heat/heat.js")),
    (
        "/heat-static/colours.js",
        JS,
        include_str!("../../../demo/heat/colours.js"),
    ),
    ("/heat-static/paint.js", JS, include_str!("../../../demo/heat/paint.js")),
    (
        "/heat-static/places.js",
        JS,
        include_str!("../../../demo/heat/places.js"),
    ),
    ("/heat-static/data.js", JS, include_str!("../../../demo/heat/data.js")),
];
