// The demo as `make run` starts it, gone through by somebody who sees it for the first time: its days are sealed as far as they are
// over, and its shop is a real page.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launch } from "../lib/browser.js";
import { picture, shown } from "../lib/desk.js";
import type { HeatmapAnswer } from "../lib/expected.js";
import { send } from "../lib/http.js";
import { Overlay } from "../lib/overlay.js";
import { ISOTHERM, outFile } from "../lib/paths.js";
import { difference, pixelsOf } from "../lib/pixels.js";
import { run, Service } from "../lib/processes.js";
import { until } from "../lib/until.js";
import { WINDOWS } from "../lib/visits.js";

/** Simulated page views: fewer than the demo makes, enough for each of its pages. */
const PAGE_VIEWS = 4_000;
/** Milliseconds until the demo is ready. It fills and seals two months. */
const READY_MS = 300_000;
/** Where something is drawn, a colour is further from the bare page's than this. */
const HOT = 25;
const PAGE = "/product/teapot";

let demo: Service;
let folder: string;
let browser: Browser;
let desk: BrowserContext;
let tab: Page;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "isotherm-e2e-"));
  const settings = ["--data-dir", join(folder, "data"), "--port", String(await freePort()), "--page-views", String(PAGE_VIEWS)];
  demo = new Service("isotherm demo", ISOTHERM, ["demo", ...settings]);
  browser = await launch();
  desk = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** What the demo says of itself once it is ready. */
const told = (what: string): string | undefined => demo.lines.map((line) => line.split(`${what}: `)[1]).find(Boolean);

async function answer<T>(what: string): Promise<T> {
  const { origin } = new URL(told("Dashboard") ?? "");
  const { body } = await send(`${origin}/api/v1/sites/simulated-shop/${what}`, { headers: { authorization: `Bearer ${told("Token")}` } });
  return JSON.parse(body.toString()) as T;
}

test("the demo says where it is and what opens it", { timeout: READY_MS + 60_000 }, async () => {
  await until("the demo is ready", () => told("Token") ?? (demo.end && Promise.reject(new Error(demo.lines.join("\n")))), READY_MS);
  tab = await desk.newPage();
  await tab.goto(told("Dashboard") ?? "");
  await logIn(told("Token") ?? "");
  await picture(tab, "demo-overview");
});

async function logIn(token: string): Promise<void> {
  await tab.waitForSelector("input[name=token]:focus");
  await tab.keyboard.type(token);
  await tab.keyboard.press("Enter");
  await tab.waitForSelector("table.pages tbody tr");
  await shown(tab);
}

test("two months lie behind it: pages, countries by month, days that are kept together", async () => {
  await tab.click(".presets >> text=90 days");
  await shown(tab);
  assert.ok((await tab.locator("table.pages tbody tr").count()) > 5);
  await tab.waitForSelector(".world path");
  const countries = await answer<unknown[]>("countries");
  assert.ok(countries.length > 3, "whole months are sealed");
  await tab.click("text=Show as a table");
  assert.match(await tab.innerText(".by-day table"), / to /, "some days are kept together");
  await picture(tab, "demo-months");
});

test("a page is found, and shows its heat", async () => {
  await tab.fill("input[type=search]", "teapot");
  await tab.click(`table.pages tbody a:text-is("${PAGE}")`);
  await tab.waitForSelector(".heat canvas");
  await shown(tab);
  const drawn = await tab.locator(".heat canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, at) => at % 4 === 3 && value > 0).length;
  });
  assert.ok(drawn > 100, `${drawn} pixels`);
  assert.ok((await tab.locator("table.elements tbody tr").count()) > 3);
  await picture(tab, "demo-page");
});

test("two periods are compared", async () => {
  await tab.click(".presets >> text=30 days");
  await shown(tab);
  await tab.click("main a:text-is('Compare')");
  // The busiest page; there is less of two months ago.
  await tab.fill("form[aria-label='What to compare'] input", "/");
  await tab.keyboard.press("Enter");
  await until("both sides are told", async () => /A: \d/.test(await tab.innerText("main")));
  await shown(tab);
  await picture(tab, "demo-compare");
  await tab.evaluate((path) => (location.hash = `#/sites/simulated-shop/page?path=${path}`), PAGE);
  await tab.waitForSelector(".heat canvas");
});

test("its heat lies on the shop's own page, at three widths", async () => {
  const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
  await live.waitForURL(`${told("Shop")?.replace(/\/$/, "")}${PAGE}**`);
  const bare = await plain(live.url());
  const overlay = await Overlay.on(live);
  await until("the overlay has its answer", async () => / page views, /.test(await overlay.says()));
  const { elements } = await answer<HeatmapAnswer>(`heatmap?page=${PAGE}`);
  const anchors = elements.map(({ anchor }) => anchor).filter((anchor) => !anchor.includes(">>>"));
  for (const { width, height, viewport } of WINDOWS) {
    for (const page of [live, bare]) await page.setViewportSize({ width, height });
    const form = await overlay.form();
    const places = await bare.evaluate(middles, [anchors, form.top] as const);
    assert.ok(places.length > 0, "some of the most clicked elements are in the window");
    await until(`heat lies on ${places.length} elements at ${width} px`, async () => {
      const png = await live.screenshot();
      writeFileSync(outFile(`demo-live-${viewport}.png`), png);
      const [before, heated] = [pixelsOf(await bare.screenshot()), pixelsOf(png)];
      const warm = places.filter(({ points }) => points.some(([x, y]) => difference(before, heated, x, y) >= HOT));
      assert.ok(warm.length >= 0.8 * places.length, `heat on ${warm.length}`);
      return true;
    });
  }
  await live.close();
  await bare.context().close();
});

/** The same page without the script. */
async function plain(url: string): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  await context.route("**/isotherm.js", (route) => route.abort());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** Points of the elements that can be seen above the overlay's form, the smallest things only: heat of others may lie anywhere in them. */
function middles([anchors, below]: readonly [string[], number]): { points: [number, number][] }[] {
  return anchors.slice(0, 12).flatMap((anchor) => {
    const element = document.querySelector(anchor);
    const { left, top, width, height } = element?.getBoundingClientRect() ?? new DOMRect();
    if (width === 0 || width > 400 || height > 200 || top < 0 || top + height > below) return [];
    const steps = [0.2, 0.35, 0.5, 0.65, 0.8];
    return [{ points: steps.flatMap((x) => steps.map((y): [number, number] => [Math.round(left + x * width), Math.round(top + y * height)])) }];
  });
}

test("who administers it shares it with somebody who has no token, and leaves", async () => {
  const made = await run(ISOTHERM, ["token", "create", "--site", "simulated-shop", "--admin", "--json", "--data-dir", join(folder, "data")]);
  await tab.click("text=Log out");
  await logIn((JSON.parse(made.stdout) as { token: string }).token);
  await tab.click(`table.pages tbody a:text-is("${PAGE}")`);
  await tab.click("main a:text-is('Share')");
  await tab.waitForSelector("form[aria-label='New share link']");
  await shown(tab);
  await tab.click("text=Make a link");
  const link = await tab.innerText(".verdict code");
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const stranger = await context.newPage();
  await stranger.goto(link);
  await stranger.waitForSelector(".heat canvas");
  await shown(stranger);
  assert.equal(await stranger.innerText("h1"), PAGE);
  await picture(stranger, "demo-shared");
  await context.close();
  await tab.click("text=Log out");
  await tab.waitForSelector("input[name=token]");
  assert.deepEqual(await desk.cookies(), []);
});
