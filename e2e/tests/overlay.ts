// Heat on the living page, read from what the browser really draws.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go } from "../lib/desk.js";
import type { HeatmapAnswer } from "../lib/expected.js";
import { addressIn, json, type Installation, type Site } from "../lib/installation.js";
import { Overlay, type Rectangle } from "../lib/overlay.js";
import { outFile } from "../lib/paths.js";
import { difference, pixelsOf, type Pixels } from "../lib/pixels.js";
import type { Shop } from "../lib/shop.js";
import { until } from "../lib/until.js";
import { installFind, type Target } from "../lib/visit.js";
import { WINDOWS } from "../lib/visits.js";

/** A sample that differs by less is no heat: letters are drawn a little differently now and then. */
export const DRAWN = 12;
/** At a clicked place the heat is at least so strong. */
export const HOT = 40;
/** How far the blur of one place reaches, px. */
const REACH_PX = 64;
/** Shadow around the overlay's own form, px. */
const SHADOW_PX = 32;

export interface Journey {
  installation: Installation;
  site: Site;
  shop: Shop;
  browser: Browser;
  desk: BrowserContext;
  tab: Page;
}

export interface Point {
  x: number;
  y: number;
}

/** Where heat has to be: at points, and all over an element. */
interface Places {
  points: Point[];
  all: Rectangle;
}

/** From the dashboard to the page itself, at each width, scrolled and not. */
export async function overlayLiesOnWhatWasClicked(journey: Journey, page: string, targets: Target[]): Promise<void> {
  const { installation, shop, desk, tab } = journey;
  await clickAllOver(journey, page);
  const bare = await plainTab(journey, page);
  await go(tab, `page?path=${page}`);
  const since = installation.proxy.passed.length;
  const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
  await live.waitForURL(`${shop.origin}${page}**`);
  const overlay = await Overlay.on(live);
  await until("the overlay has its answer", async () => / page views, /.test(await overlay.says()));
  assert.equal(new URL(live.url()).hash, "", "the grant does not stay in the address");
  for (const { width, height, viewport } of WINDOWS) {
    for (const from of ["#buy", "#tab-measures"]) {
      const [places, plain] = [await placed(bare, { width, height }, from, targets), pixelsOf(await bare.screenshot())];
      assert.deepEqual(await placed(live, { width, height }, from, targets), places, "the page itself is as without the overlay");
      const form = await overlay.form();
      await until(`heat lies on what was clicked at ${width} px from ${from}`, async () => {
        const png = await live.screenshot();
        writeFileSync(outFile(`overlay-${viewport}-${from.slice(1)}.png`), png);
        heatIsThere(plain, pixelsOf(png), places, form);
        return true;
      }, 15_000);
    }
  }
  await theHeaderStaysCold(bare, live);
  for (const map of ["Rates", "Scroll"]) {
    await overlay.press(map);
    await live.screenshot({ path: outFile(`overlay-${map.toLowerCase()}.png`) });
  }
  await overlay.press("Close");
  assert.equal(await overlay.says(), "");
  await live.close();
  await bare.context().close();
  await nothingWasMeasured(journey, page, since);
}

/** An element that is clicked everywhere, and nowhere often enough for the place to be shown. */
const ALL_OVER = "#tab-story";
/** Page views behind each of its places: one less than is shown. */
const AT_EACH = 4;

/** Posts the clicks by hand, as further beacons of page views that are counted already. */
async function clickAllOver({ installation, site, shop }: Journey, page: string): Promise<void> {
  const subs = [2, 3, 4, 5].flatMap((y) => Array.from({ length: 8 }, (_, x) => [x, y]));
  for (let i = 0; i < AT_EACH; i++) {
    const sent = subs.map((sub) => {
      const places = [{ layer: "click", n: 1, first: 24, anchor: ALL_OVER, sub }];
      const body = beacon({ site: site.key, path: page, cell: [0, 0] }, { view: false, h: undefined, scrolled: 50, places });
      return post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i)));
    });
    for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  }
  await until("clicks all over an element are counted", async () => {
    const { elements } = await json<HeatmapAnswer>(installation, site, `heatmap?page=${page}`);
    const found = elements.find(({ anchor }) => anchor === ALL_OVER);
    if (found?.views !== subs.length * AT_EACH) return false;
    assert.deepEqual(found.cells, []);
    return true;
  });
}

/** Scrolls what is clicked most under the page's stuck header, which shows no heat then. */
async function theHeaderStaysCold(bare: Page, live: Page): Promise<void> {
  const under = async (tab: Page): Promise<Point> => {
    await tab.setViewportSize({ width: 1440, height: 900 });
    return tab.evaluate(async () => {
      const box = (): DOMRect => globalThis.isothermFind("#buy").getBoundingClientRect();
      scrollBy({ top: box().top + box().height / 2 - 30, behavior: "instant" });
      for (let frame = 0; frame < 2; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
      const { left, top, width, height } = box();
      return { x: Math.round(left + (width * 5.5) / 8), y: Math.round(top + (height * 4.5) / 8) };
    });
  };
  const { x, y } = await under(bare);
  assert.deepEqual(await under(live), { x, y });
  const header = await live.evaluate(() => document.querySelector("header")?.getBoundingClientRect().bottom ?? 0);
  assert.ok(y > 0 && y < header - 16, `the button's place is under the header: ${y} of ${header} px`);
  const plain = pixelsOf(await bare.screenshot());
  await until("nothing is drawn on the header", async () => difference(plain, pixelsOf(await live.screenshot()), x, y) < DRAWN);
}

/** The same page without script or overlay, to compare with. */
export async function plainTab({ shop, browser }: Journey, page: string): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  await context.route("**/isotherm.js", (route) => route.abort());
  const bare = await context.newPage();
  await bare.goto(shop.origin + page);
  return bare;
}

/** Brings an element to the middle of a window of this size; where the clicked places are then. */
async function placed(tab: Page, size: { width: number; height: number }, from: string, targets: Target[]): Promise<Places> {
  await tab.setViewportSize(size);
  await tab.evaluate(installFind);
  const spots = targets.map(({ css, at }) => [css, at] as const);
  return tab.evaluate(
    async ([middle, wanted, everywhere]) => {
      document.querySelector(middle)?.scrollIntoView({ block: "center", behavior: "instant" });
      const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
      await frame();
      await frame();
      const points = wanted.map(([css, [fx, fy]]) => {
        const { x, y, width, height } = globalThis.isothermFind(css).getBoundingClientRect();
        return { x: Math.round(x + (width * (fx + 0.5)) / 8), y: Math.round(y + (height * (fy + 0.5)) / 8) };
      });
      const { left, top, right, bottom } = globalThis.isothermFind(everywhere).getBoundingClientRect();
      return { points, all: { left, top, right, bottom } };
    },
    [from, spots, ALL_OVER] as const,
  );
}

/** Distance of a point from a rectangle, 0 inside. */
const apart = ({ x, y }: Point, { left, top, right, bottom }: Rectangle): number =>
  Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));

/** Throws unless the pictures differ at every place in the window, and nowhere far from all places. */
function heatIsThere(plain: Pixels, heated: Pixels, { points, all }: Places, form: Rectangle): void {
  const { width, height } = plain;
  const isSeen = ({ x, y }: Point): boolean => x >= 0 && x < width && y >= 0 && y < height && apart({ x, y }, form) > SHADOW_PX;
  const visible = points.filter(isSeen);
  assert.ok(visible.length > 0, "a clicked place is in the window");
  for (const { x, y } of visible) assert.ok(difference(plain, heated, x, y) >= HOT, `no heat at ${x}, ${y}`);
  for (const share of [0.2, 0.5, 0.8]) {
    const at = { x: Math.round(all.left + share * (all.right - all.left)), y: Math.round((all.top + all.bottom) / 2) };
    if (isSeen(at)) assert.ok(difference(plain, heated, at.x, at.y) >= DRAWN, `no heat at ${at.x}, ${at.y}, on what is clicked all over`);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (difference(plain, heated, x, y) < DRAWN || !isSeen({ x, y })) continue;
      const near = apart({ x, y }, all) <= REACH_PX || points.some((point) => Math.hypot(point.x - x, point.y - y) <= REACH_PX);
      assert.ok(near, `something is drawn at ${x}, ${y}, far from ${JSON.stringify([points, all])}`);
    }
  }
}

/** Who looks at heat is no visitor: had the page view been sent, it would have come before another visitor's. */
async function nothingWasMeasured({ installation, shop, browser }: Journey, page: string, since: number): Promise<void> {
  const context = await browser.newContext();
  const visitor = await context.newPage();
  await visitor.goto(`${shop.origin}/products`);
  await visitor.waitForFunction(() => (window as never as { isotherm?: unknown }).isotherm !== undefined);
  await visitor.close();
  const paths = (): string[] => installation.proxy.beacons(since).map(({ body }) => (JSON.parse(body.toString()) as { path: string }).path);
  await until("another visitor is heard", () => paths().includes("/products"));
  assert.ok(!paths().includes(page), "the analyst's page view is not measured");
  await context.close();
}
