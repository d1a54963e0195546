// Nobody who says no is measured: nothing but the script's own request leaves the page, counted at the server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { launch, launchRobot, Profile } from "../lib/browser.js";
import { send } from "../lib/http.js";
import { addressIn, addSite, Embedded, json, telling, type Site } from "../lib/installation.js";
import { serveShop, type Shop } from "../lib/shop.js";
import { until } from "../lib/until.js";

const SITE = "quiet-shop";
const PAGE = "/product/teapot";

interface Script {
  status(): { active: boolean; reason: string | null };
  optOut(): void;
}

let installation: Embedded;
let shop: Shop;
let site: Site;
let browser: Browser;

before(async () => {
  [installation, shop, browser] = await Promise.all([Embedded.start(), serveShop(), launch()]);
  site = await addSite(installation, SITE, shop.origin);
  shop.tag = site.tag;
});
after(async () => {
  await browser?.close();
  await shop?.close();
  await installation?.stop();
});

const status = (tab: Page): Promise<ReturnType<Script["status"]>> =>
  tab.evaluate(() => (window as never as { isotherm: Script }).isotherm.status());

/** What is stored for the page: by name, and how many databases. */
const stored = (tab: Page): Promise<unknown> =>
  tab.evaluate(async () => [{ ...localStorage }, { ...sessionStorage }, document.cookie, (await indexedDB.databases()).length]);
const NOTHING_STORED = [{}, {}, "", 0];

/** Opens the page and does what a visitor does. */
async function visit(context: BrowserContext, page = PAGE): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(shop.origin + page, { waitUntil: "load" });
  await tab.waitForFunction(() => (window as never as { isotherm?: unknown }).isotherm !== undefined);
  await act(tab);
  return tab;
}

async function act(tab: Page): Promise<void> {
  await tab.evaluate(() => scrollTo({ top: 300, behavior: "instant" }));
  await tab.click("h1");
  await tab.evaluate(() => scrollTo({ top: 900, behavior: "instant" }));
}

/** Waits until a visitor without a signal, who came afterwards, was heard: had anybody else spoken, it would be there. */
async function anotherVisitorIsHeard(since: number): Promise<void> {
  const context = await browser.newContext();
  await (await visit(context, "/products")).close();
  await until("another visitor is heard", () => paths(since).includes("/products"));
  await context.close();
}

/** The paths of the beacons that came since. */
const paths = (since: number): string[] =>
  installation.proxy.beacons(since).map(({ body }) => (JSON.parse(body.toString()) as { path: string }).path);

/** All that came since is the script, so many times, and what the other visitor sent. */
async function nothingLeft(since: number, scripts: number): Promise<void> {
  const quiet = installation.proxy.counts(since);
  assert.deepEqual(quiet, scripts === 0 ? {} : { "GET /isotherm.js": scripts });
  await anotherVisitorIsHeard(since);
  assert.deepEqual([...new Set(paths(since))], ["/products"]);
  assert.deepEqual(Object.keys(installation.proxy.counts(since)).sort(), ["GET /isotherm.js", "POST /v1/collect"]);
}

test("Do Not Track, as set in the browser", () =>
  telling(installation, async () => {
    const profile = new Profile({ enable_do_not_track: true });
    const context = await profile.open();
    try {
      const since = installation.proxy.passed.length;
      const tab = await visit(context);
      assert.equal(await tab.evaluate(() => navigator.doNotTrack), "1");
      assert.equal((await status(tab)).active, false);
      assert.deepEqual(await stored(tab), NOTHING_STORED);
      assert.deepEqual(await context.cookies(), []);
      await context.close();
      await nothingLeft(since, 1);
    } finally {
      await context.close();
      profile.remove();
    }
  }));

test("Global Privacy Control", () =>
  telling(installation, async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
    const since = installation.proxy.passed.length;
    const tab = await visit(context);
    assert.deepEqual(await status(tab), { active: false, reason: "gpc" });
    assert.deepEqual(await stored(tab), NOTHING_STORED);
    assert.deepEqual(await context.cookies(), []);
    await context.close();
    await nothingLeft(since, 1);
  }));

test("a browser that says that it is driven", () =>
  telling(installation, async () => {
    const robot = await launchRobot();
    try {
      const context = await robot.newContext();
      const since = installation.proxy.passed.length;
      const tab = await visit(context);
      assert.deepEqual(await status(tab), { active: false, reason: "webdriver" });
      assert.deepEqual(await stored(tab), NOTHING_STORED);
      assert.deepEqual(await context.cookies(), []);
      await robot.close();
      await nothingLeft(since, 1);
    } finally {
      await robot.close();
    }
  }));

test("isotherm.optOut() on the page, from then on and on every page of the site", () =>
  telling(installation, async () => {
    const context = await browser.newContext();
    const tab = await visit(context);
    await tab.evaluate(() => (window as never as { isotherm: Script }).isotherm.optOut());
    // What was already on its way arrives before this does.
    await until("the page's own requests are answered", () => installation.proxy.passed.every((one) => one.status !== 0));
    const since = installation.proxy.passed.length;
    assert.deepEqual(await status(tab), { active: false, reason: "opted_out" });
    await act(tab);
    await tab.goto(`${shop.origin}/journal/a-slow-pot`, { waitUntil: "load" });
    await act(tab);
    assert.deepEqual(await status(tab), { active: false, reason: "opted_out" });
    assert.deepEqual(await stored(tab), [{ isotherm_optout: "1" }, {}, "", 0]);
    assert.deepEqual(await context.cookies(), []);
    await context.close();
    await nothingLeft(since, 1);
  }));

test("the opt-out page's cookie, set without JavaScript, holds on other sites until it is taken back", () =>
  telling(installation, async () => {
    const profile = new Profile({ profile: { cookie_controls_mode: 0 } });
    const form = `${installation.proxy.origin}/opt-out`;
    try {
      const scriptless = await profile.open({ javaScriptEnabled: false });
      const page = await scriptless.newPage();
      await page.goto(form);
      await page.click("button");
      await page.waitForSelector("text=You have opted out");
      const unread = installation.proxy.passed.length;
      const without = await scriptless.newPage();
      await without.goto(shop.origin + PAGE);
      assert.deepEqual(installation.proxy.counts(unread), {}, "without JavaScript not even the script is asked for");
      const cookies = (await scriptless.cookies()).map(({ name, value }) => `${name}=${value}`);
      assert.deepEqual(cookies, ["__Host-isotherm_optout=1"]);
      await scriptless.close();

      const context = await profile.open();
      const since = installation.proxy.passed.length;
      const tab = await visit(context);
      assert.deepEqual(await status(tab), { active: false, reason: "opted_out" });
      assert.deepEqual(await stored(tab), NOTHING_STORED);
      await tab.close();
      await nothingLeft(since, 1);

      const again = await context.newPage();
      await again.goto(form);
      await again.click("button");
      await again.waitForSelector("text=You are counted");
      assert.deepEqual(await context.cookies(), []);
      const back = installation.proxy.passed.length;
      await (await visit(context)).close();
      await until("the visitor who came back is heard", () => paths(back).includes(PAGE));
      await context.close();
    } finally {
      profile.remove();
    }
  }));

test("a beacon sent by hand against a no leaves one counter and nothing else", () =>
  telling(installation, async () => {
    const page = { site: SITE, path: "/by-hand" };
    const sent = (i: number, headers = {}) =>
      post(installation.collectOrigin(), beacon({ ...page, cell: [3, 4] }), { ...head(shop.origin, addressIn("FR", i)), ...headers });
    for (let i = 0; i < 60; i++) assert.deepEqual(said(await sent(i)), { status: 204, outcome: "admitted" });
    const heat = (): Promise<{ views: number; cells: unknown[] }> => json(installation, site, "heatmap?page=/by-hand");
    const before = await until("all 60 are counted", async () => {
      const answer = await heat();
      return answer.views === 60 && answer;
    });
    assert.deepEqual(before.cells, [{ x: 3, y: 4, px: 16, n: 60, views: 60 }]);

    const NOES = { dnt: { dnt: "1" }, gpc: { "sec-gpc": "1" }, opted_out: { cookie: "a=b; __Host-isotherm_optout=1" } };
    for (const [outcome, headers] of Object.entries(NOES)) {
      const [metrics, arrivals] = [await settledMetrics(), await json(installation, site, "status")];
      const refused = await sent(100, headers);
      assert.deepEqual(said(refused), { status: 204, outcome });
      assert.equal(refused.body.length, 0);
      assert.equal(refused.headers["set-cookie"], undefined);
      const counter = `isotherm_beacons_total{outcome="${outcome}"}`;
      const wanted = new Map(metrics).set(counter, (metrics.get(counter) ?? 0) + 1);
      assert.deepEqual(await settledMetrics(), wanted, "one counter and nothing else");
      assert.deepEqual(await json(installation, site, "status"), arrivals);
    }

    // The same page's next page view comes after them in the log: once it is counted, so would they be.
    const next = post(installation.collectOrigin(), beacon({ ...page, cell: [9, 9] }), head(shop.origin, addressIn("FR", 101)));
    assert.deepEqual(said(await next), { status: 204, outcome: "admitted" });
    const afterwards = await until("the next page view is counted", async () => {
      const answer = await heat();
      return answer.views > 60 && answer;
    });
    assert.equal(afterwards.views, 61);
    assert.deepEqual(afterwards.cells, before.cells);
  }));

/** What moves with time alone: the age of the last comparison with the store, and the pages read ahead. */
const MOVES_BY_ITSELF = /^isotherm_(verify_age_seconds|query_held_(pages|bytes)) /;

/** Every other series of the operations listener with its value. */
async function allMetrics(): Promise<Map<string, number>> {
  const { body } = await send(`${installation.opsOrigin()}/metrics`);
  const lines = body.toString().split("\n").filter((line) => line !== "" && !line.startsWith("#") && !MOVES_BY_ITSELF.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

/** For how long nothing may move before the metrics count as settled: the log's gauges are read once a second. */
const SETTLED_MS = 2_500;

/** Those series, once what happened before has reached all of them. */
async function settledMetrics(): Promise<Map<string, number>> {
  let [seen, since] = [await allMetrics(), Date.now()];
  return until("the metrics stay as they are", async () => {
    const now = await allMetrics();
    if (!isDeepStrictEqual(now, seen)) [seen, since] = [now, Date.now()];
    return Date.now() - since >= SETTLED_MS && seen;
  });
}
