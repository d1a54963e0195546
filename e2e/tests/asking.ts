// What the overlay asks: the dashboard's question, on pages whose path is no address as well, and again when the route changes.

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go, logIn, openDesk, picture } from "../lib/desk.js";
import * as expected from "../lib/expected.js";
import { addressIn, json, type Installation, type Site } from "../lib/installation.js";
import { Overlay } from "../lib/overlay.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

/** Page views of a route and of another one: both are enough to be shown, and they differ. */
const [SOME, OTHERS] = [60, 70];

/** Posts page views of a path by hand, each with a click on an anchor, and waits until they are counted as a page. */
async function pageViews({ installation, site, shop }: Journey, path: string, n: number, anchor: string, page = path): Promise<void> {
  const places = [{ layer: "click", cell: [4, 4], n: 1, first: 31, anchor, sub: [4, 4] }];
  const body = beacon({ site: site.key, path, cell: [0, 0] }, { places });
  const sent = Array.from({ length: n }, (_, i) => post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until(`${path} is counted as ${page}`, async () => (await viewsOf(installation, site, page)) === n);
}

const viewsOf = async (installation: Installation, site: Site, page: string): Promise<number> =>
  (await json<expected.HeatmapAnswer>(installation, site, `heatmap?page=${encodeURIComponent(page)}`)).views;

/** Clicks, and gives the page that opens with its overlay once that says something like this. */
async function opened(desk: BrowserContext, click: () => Promise<void>, words: RegExp): Promise<[Page, Overlay]> {
  const [live] = await Promise.all([desk.waitForEvent("page", (page) => page.url() !== ""), click()]);
  await live.waitForURL(/^http/);
  const overlay = await Overlay.on(live);
  await until(`the overlay says ${words.source}`, async () => words.test(await overlay.says()));
  return [live, overlay];
}

const says = (overlay: Overlay, words: RegExp): Promise<unknown> =>
  until(`the overlay says ${words.source}`, async () => words.test(await overlay.says()));

/** Days, country, layer and viewport are those of the dashboard, and are gone from the address. */
export async function theQuestionIsTheDashboards({ installation, site, desk, tab }: Journey, page: string, views: expected.View[]): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const germans = expected.pageViews(views, { page, country: "DE" });
  assert.ok(germans > 50 && germans < expected.pageViews(views, { page }));
  await go(tab, `page?path=${page}&from=${today}&to=${today}&country=DE&layer=tap`);
  const request = desk.waitForEvent("request", (one) => one.url().endsWith("/api/v1/overlay"));
  const [live, overlay] = await opened(desk, () => tab.click("text=Open on the page"), new RegExp(`^${page}: ${germans} page views, ${today} to ${today}\\.`));
  const { grant: _, ...asked } = (await request).postDataJSON() as Record<string, string>;
  assert.deepEqual(asked, { layer: "tap", viewport: "", country: "DE" });
  assert.equal(new URL(live.url()).hash, "", "neither grant nor question stays in the address");
  await picture(live, "overlay-country");
  await overlay.choose("Country", "");
  await says(overlay, new RegExp(`: ${await viewsOf(installation, site, page)} page views`));
  await live.close();
}

/** An analyst whose own browser says no is given the stub, and sees heat all the same; nothing is sent of her. */
export async function anAnalystWhoSaysNoSeesHeat({ installation, site, browser }: Journey, page: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, extraHTTPHeaders: { "sec-gpc": "1" } });
  const tab = await logIn(context, installation.proxy.origin, site);
  await go(tab, `page?path=${page}`);
  const since = installation.proxy.passed.length;
  const [live] = await opened(context, () => tab.click("text=Open on the page"), / page views, /);
  assert.equal(await live.evaluate(() => (window as never as { isotherm: { status(): { reason: string } } }).isotherm.status().reason), "gpc");
  await live.click("#buy");
  await context.close();
  assert.deepEqual(installation.proxy.beacons(since), []);
}

/** Each route of an app with the History API has its own heat, and the way back leads to the first one's. */
export async function heatFollowsTheRoute(journey: Journey): Promise<void> {
  const { desk, tab } = journey;
  await pageViews(journey, "/app", SOME, '[data-isotherm="desk-timer"]');
  await pageViews(journey, "/app/timer", OTHERS, '[data-isotherm="desk-finder"]');
  await go(tab, "page?path=/app");
  const [live, overlay] = await opened(desk, () => tab.click("text=Open on the page"), new RegExp(`^/app: ${SOME} page views`));
  await live.click("#desk-nav >> text=Steeping timer");
  await says(overlay, new RegExp(`^/app/timer: ${OTHERS} page views`));
  await picture(live, "overlay-route");
  await live.click("#desk-nav >> text=Past orders");
  await says(overlay, /^\/app\/orders: Not enough yet/);
  await live.goBack();
  await live.goBack();
  await says(overlay, new RegExp(`^/app: ${SOME} page views`));
  await live.close();
}

/** A route behind the # is a page of its own where the tag says so: it is opened at its address, and followed. */
export async function heatFollowsRoutesBehindTheHash(journey: Journey): Promise<void> {
  const { site, shop, desk, tab } = journey;
  await pageViews(journey, "/about/cart", SOME, "main");
  await pageViews(journey, "/about/pay", OTHERS, "main");
  shop.tag = site.tag.replace("data-site", "data-hash-routes data-site");
  await go(tab, "page?path=/about/cart");
  await tab.click("text=At another address");
  await tab.fill(".address input", `${shop.origin}/about#/cart`);
  const [live, overlay] = await opened(desk, () => tab.click(".address >> text=Open it"), new RegExp(`^/about/cart: ${SOME} page views`));
  assert.equal(new URL(live.url()).hash, "#/cart", "the route stays, the grant does not");
  await live.evaluate(() => (location.hash = "#/pay"));
  await says(overlay, new RegExp(`^/about/pay: ${OTHERS} page views`));
  shop.tag = site.tag;
  await live.close();
}

/** A group's path is no address: one of its pages is asked for, looked at, and known from then on in this tab. */
export async function aGroupIsOpenedAtOneOfItsPages(journey: Journey): Promise<void> {
  const { installation, site, shop, desk, tab } = journey;
  const added = await installation.cli("rule", "add", "--site", site.key, "/journal/*", "--group");
  assert.equal(added.code, 0, added.stderr);
  await pageViews(journey, "/journal/a-slow-pot", SOME, "main", "/journal/*");
  await go(tab, `page?path=${encodeURIComponent("/journal/*")}`);
  await tab.click("text=Open on the page");
  for (const [address, fault] of [
    [`${shop.origin}/about`, "This is not counted as `/journal/*`"],
    ["https://elsewhere.example/journal/a-slow-pot", "This is no address on one of the site's origins"],
  ] as const) {
    await tab.fill(".address input", address);
    await tab.click(".address >> text=Open it");
    await tab.waitForSelector(`[role=alert]:has-text(${JSON.stringify(fault)})`);
  }
  await picture(tab, "page-address");
  await tab.fill(".address input", `${shop.origin}/journal/a-slow-pot`);
  const words = new RegExp(`^/journal/\\*: ${SOME} page views`);
  const [first] = await opened(desk, () => tab.click(".address >> text=Open it"), words);
  await first.close();
  const [again] = await opened(desk, () => tab.click("text=Open on the page"), words);
  assert.equal(new URL(again.url()).pathname, "/journal/a-slow-pot");
  await again.close();
  const other = await openDesk(desk, installation.proxy.origin, `page?path=${encodeURIComponent("/journal/*")}`);
  await other.click("text=Open on the page");
  assert.equal(await other.inputValue(".address input"), "", "no other tab knows the address");
  await other.close();
}
