// Heat on a page whose parts move: it is where the clicked element is now, and nowhere where that was.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go } from "../lib/desk.js";
import type { HeatmapAnswer } from "../lib/expected.js";
import { addressIn, json } from "../lib/installation.js";
import { Overlay } from "../lib/overlay.js";
import { outFile } from "../lib/paths.js";
import { difference, pixelsOf } from "../lib/pixels.js";
import { until } from "../lib/until.js";
import { DRAWN, HOT, plainTab, type Journey, type Point } from "./overlay.js";

/** Page views posted by hand, enough for a page to be shown. */
const SHOWN = 60;
const PAGE = "/living";
/** The clicked parts: in a header that sticks, in a scroller of 300 px with 1,500 px in it, and beside both. */
const PARTS = ["#stuck", "#deep", "#beside"] as const;
const HTML = `<!doctype html><html lang="en"><title>Living</title><style>
html { overflow-anchor: none } body { margin: 0; background: #fff } main { position: relative; height: 3000px }
header { position: sticky; top: 0; height: 100px; background: #eee; z-index: 1 }
button { position: absolute; width: 80px; height: 48px; border: 0; background: #ddd }
.box { position: absolute; left: 100px; top: 200px; width: 400px; height: 300px; overflow: auto } .long { height: 1500px }
#stuck { left: 600px; top: 26px } #deep { left: 160px; top: 400px } #beside { left: 900px; top: 300px }
</style><header><button id="stuck"></button></header>
<main><div class="box"><div class="long"><button id="deep"></button></div></div><button id="beside"></button></main>`;

/** The page with the overlay, and the same page bare. */
interface Tabs {
  live: Page;
  bare: Page;
}

/** Through everything that moves, the page's own scrolling last. */
export async function heatStaysOnWhatMoves(journey: Journey): Promise<void> {
  await clickAllParts(journey);
  const tabs = await opened(journey);
  const at = async (): Promise<Point[]> => Promise.all(PARTS.map((part) => middleOf(tabs.bare, part)));
  const moved = async (what: string, act: () => void): Promise<[Point, Point, Point]> => {
    for (const tab of [tabs.bare, tabs.live]) await tab.evaluate(act);
    const [stuck, deep, beside] = await at();
    assert.deepEqual(await Promise.all(PARTS.map((part) => middleOf(tabs.live, part))), [stuck, deep, beside], what);
    return [stuck!, deep!, beside!];
  };

  const [stuck, below, beside] = await moved("as it opens", () => undefined);
  await heatLies("out of its scroller an element has no heat", tabs, [stuck, beside], [below]);
  const [, deep] = await moved("the scroller", () => document.querySelector(".box")!.scrollTo({ top: 250, behavior: "instant" }));
  assert.equal(deep.y, below.y - 250);
  await heatLies("heat comes with its scroller", tabs, [stuck, deep, beside], [below]);
  const [, , pushed] = await moved("a banner", () => document.querySelector("main")!.insertAdjacentHTML("beforebegin", '<div style="height:150px;background:#ffc"></div>'));
  assert.equal(pushed.y, beside.y + 150);
  await heatLies("heat is pushed down with its element", tabs, [stuck, pushed], [beside]);
  const [still, , up] = await moved("the page", () => scrollTo({ top: 300, behavior: "instant" }));
  assert.deepEqual([still, up.y], [stuck, pushed.y - 300]);
  await heatLies("heat stays on what is stuck", tabs, [still, up], [pushed]);
  await tabs.live.screenshot({ path: outFile("overlay-living.png") });
  await ratesEndWithTheScroller(tabs);
  await tabs.live.close();
  await tabs.bare.context().close();
}

async function clickAllParts({ installation, site, shop }: Journey): Promise<void> {
  const places = PARTS.map((anchor, at) => ({ layer: "click", cell: [10 + 20 * at, 10], n: 1, first: 31, anchor, sub: [4, 4] }));
  const body = beacon({ site: site.key, path: PAGE, cell: [0, 0] }, { places });
  const sent = Array.from({ length: SHOWN }, (_, i) => post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until("they are counted", async () => (await json<HeatmapAnswer>(installation, site, `heatmap?page=${PAGE}`)).views === SHOWN);
}

async function opened(journey: Journey): Promise<Tabs> {
  const { site, shop, desk, tab } = journey;
  shop.pages.set(PAGE, HTML + site.tag);
  const bare = await plainTab(journey, PAGE);
  await go(tab, `page?path=${PAGE}`);
  const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
  await live.waitForURL(/^http/);
  for (const one of [bare, live]) await one.setViewportSize({ width: 1440, height: 900 });
  const overlay = await Overlay.on(live);
  await until("the overlay has its answer", async () => / page views, /.test(await overlay.says()));
  return { live, bare };
}

/** The middle of the place in an element that was clicked. */
const middleOf = (tab: Page, css: string): Promise<Point> =>
  tab.evaluate((css) => {
    const { x, y, width, height } = document.querySelector(css)!.getBoundingClientRect();
    return { x: Math.round(x + (width * 4.5) / 8), y: Math.round(y + (height * 4.5) / 8) };
  }, css);

/** Waits until there is heat at the one points and none at the others. */
async function heatLies(what: string, { live, bare }: Tabs, hot: Point[], cold: Point[]): Promise<void> {
  const plain = pixelsOf(await bare.screenshot());
  await until(
    what,
    async () => {
      const heated = pixelsOf(await live.screenshot());
      for (const { x, y } of hot) assert.ok(difference(plain, heated, x, y) >= HOT, `no heat at ${x}, ${y}`);
      for (const { x, y } of cold) assert.ok(difference(plain, heated, x, y) < DRAWN, `heat at ${x}, ${y}`);
      return true;
    },
    15_000,
  );
}

/** Rates are drawn over the part of an element that its scroller shows. */
async function ratesEndWithTheScroller({ live }: Tabs): Promise<void> {
  const overlay = await Overlay.on(live);
  await live.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await overlay.press("Rates");
  // From the upper edge of the scroller, which shows 300 px; the element begins 400 px down in it and is 48 px high.
  for (const [scrolled, shown] of [
    [0, []],
    [120, [280, 299]],
    [250, [150, 197]],
  ] as const) {
    const [top, right] = await live.evaluate((top) => {
      const box = document.querySelector(".box")!;
      box.scrollTo({ top, behavior: "instant" });
      return [box.getBoundingClientRect().top, document.querySelector("#deep")!.getBoundingClientRect().right] as const;
    }, scrolled);
    await until(`rates with ${scrolled} px of the scroller above it`, async () => {
      // Beside the words, which stand at the left.
      const drawn = (await overlay.column(right - 10)).flatMap((opaque, y) => (opaque > 0 ? [y - top] : []));
      assert.deepEqual(drawn.length > 0 ? [drawn[0], drawn.at(-1)] : [], shown);
      return true;
    });
  }
  await live.screenshot({ path: outFile("overlay-living-rates.png") });
}
