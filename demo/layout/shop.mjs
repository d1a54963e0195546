// Assembles the example shop from its files, as crates/isotherm-demo does, and serves it without the tag.
// The Rust test `pages_are_assembled_alike` compares the page list with the one in layout.json.

import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SHOP = fileURLToPath(new URL("../shop/", import.meta.url));
const read = (name) => readFileSync(SHOP + name, "utf8");
const products = JSON.parse(read("products.json"));
const fill = (text, product) => text.replace(/\{\{(\w+)\}\}/g, (whole, key) => product[key] ?? whole);
const APP_ROUTES = ["/app", "/app/timer", "/app/orders"];

function assemble(text) {
  return text
    .replace(/<!--part:(\w+)-->/g, (_, name) => read(`parts/${name}.html`))
    .replace(/<!--cards:([\w,]+)-->/g, (_, slugs) =>
      slugs.split(",").map((slug) => fill(read("parts/card.html"), products.find((one) => one.slug === slug))).join(""))
    .replaceAll("{{opt_out_url}}", "/opt-out");
}

/** Every path of the shop with its assembled page. @returns {Map<string, string>} */
export function shopPages() {
  const pages = new Map();
  for (const name of readdirSync(`${SHOP}pages`, { recursive: true }).sort()) {
    if (!name.endsWith(".html") || name === "product.html" || name === "app.html") continue;
    pages.set(name === "index.html" ? "/" : `/${name.slice(0, -".html".length)}`, assemble(read(`pages/${name}`)));
  }
  for (const product of products) {
    pages.set(`/product/${product.slug}`, assemble(fill(read("pages/product.html"), product)));
  }
  for (const route of APP_ROUTES) pages.set(route, assemble(read("pages/app.html")));
  return pages;
}

const TYPES = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

/** Serves the shop on a free loopback port. @returns {Promise<{url: string, close: () => void}>} */
export async function serveShop() {
  const pages = shopPages();
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const asset = /^\/static\/(\w+\.(css|js|svg))$/.exec(path);
    const body = asset ? read(`static/${asset[1]}`) : pages.get(path);
    const type = asset ? TYPES[asset[2]] : "text/html; charset=utf-8";
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type });
    response.end(body ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
