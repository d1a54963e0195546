// The example shop's pages, assembled as the binary's demo assembles them, with a tag of the test's own.

import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SHOP } from "./paths.js";

const TAG = "<!--isotherm-tag-->";
const APP_ROUTES = ["/app", "/app/timer", "/app/orders"];
const TYPES: Record<string, string> = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

type Product = Record<string, string>;

export interface Shop {
  /** On `localhost`, so that the service on 127.0.0.1 is another site. */
  origin: string;
  /** What stands where pages carry the tag; none until it is set. */
  tag: string;
  /** Its pages by path; a test may put its own beside them. */
  pages: Map<string, string>;
  close(): Promise<void>;
}

const read = (name: string): string => readFileSync(SHOP + name, "utf8");
const fill = (text: string, product: Product): string => text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => product[key] ?? whole);

/** Serves the shop on a free loopback port. */
export async function serveShop(): Promise<Shop> {
  const pages = assembled();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const asset = /^\/static\/(\w+\.(css|js|svg))$/.exec(pathname);
    const body = asset ? read(`static/${asset[1]}`) : pages.get(pathname)?.replace(TAG, shop.tag);
    const type = asset ? (TYPES[asset[2] ?? ""] ?? "text/plain") : "text/html; charset=utf-8";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type });
    response.end(body ?? "");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const shop: Shop = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    tag: "",
    pages,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
  return shop;
}

function assembled(): Map<string, string> {
  const products = JSON.parse(read("products.json")) as Product[];
  const cards = (slugs: string): string =>
    slugs.split(",").map((slug) => fill(read("parts/card.html"), products.find((one) => one["slug"] === slug) ?? {})).join("");
  const finished = (html: string): string =>
    html
      .replace(/<!--part:(\w+)-->/g, (_, name: string) => read(`parts/${name}.html`))
      .replace(/<!--cards:([\w,]+)-->/g, (_, slugs: string) => cards(slugs))
      .replaceAll("{{opt_out_url}}", "/opt-out");
  const pages = new Map<string, string>();
  for (const name of readdirSync(`${SHOP}pages`, { recursive: true }) as string[]) {
    if (!name.endsWith(".html") || name === "product.html" || name === "app.html") continue;
    pages.set(name === "index.html" ? "/" : `/${name.slice(0, -".html".length)}`, finished(read(`pages/${name}`)));
  }
  for (const product of products) pages.set(`/product/${product["slug"]}`, finished(fill(read("pages/product.html"), product)));
  for (const route of APP_ROUTES) pages.set(route, finished(read("pages/app.html")));
  return pages;
}
