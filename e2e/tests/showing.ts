// What a page's view says besides numbers: where its fold lies and where a picture ends; and that markup is text on the living page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go, picture } from "../lib/desk.js";
import * as expected from "../lib/expected.js";
import type { Hostile } from "../lib/hostile.js";
import { addressIn, json } from "../lib/installation.js";
import { Overlay } from "../lib/overlay.js";
import { outFile } from "../lib/paths.js";
import { pictureOf } from "../lib/png.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

/** Page views posted by hand, enough for a page to be shown. */
const SHOWN = 60;

/** The fold's quartiles stand on the map where they lie on the page, in words that say who sees it; and beside the scroll depth, in their proportion. */
export async function theFoldLiesWhereItIs({ tab }: Journey, page: string, views: expected.View[]): Promise<void> {
  await go(tab, `page?path=${page}`);
  // The map is as wide as there is room, which it learns once it is there.
  await tab.waitForFunction(() => (document.querySelector(".heat .paper")?.clientWidth ?? 0) > 0);
  const { p25, p50, p75 } = expected.scroll(views, { page }).fold;
  const lines = await tab.locator(".heat .fold").evaluateAll((all) =>
    all.map((line) => {
      const paper = line.parentElement!.getBoundingClientRect();
      return [line.textContent?.trim(), Math.round(((line.getBoundingClientRect().top - paper.top) * 1440) / paper.width)] as const;
    }),
  );
  assert.deepEqual(lines.map(([text]) => text?.replaceAll(",", "")), [
    [75, p25],
    [50, p50],
    [25, p75],
  ].map(([share, at]) => `${share} % see this without scrolling (${at} px)`));
  for (const [at, px] of [p25, p50, p75].entries()) assert.ok(Math.abs((lines[at]?.[1] ?? 0) - (px ?? 0)) <= 2, `${px} px is drawn at ${lines[at]?.[1]} px`);
  const below = await tab.locator(".first-screen .fold").evaluateAll((all) => all.map((line) => [line.textContent?.trim(), (line as HTMLElement).offsetTop] as const));
  assert.deepEqual(below.map(([text]) => text), lines.map(([text]) => text));
  const lowest = below.at(-1)?.[1] ?? 0;
  for (const [at, px] of [p25, p50, p75].entries()) assert.ok(Math.abs((below[at]?.[1] ?? 0) - (lowest * (px ?? 0)) / (p75 ?? 1)) <= 2, `${px} px of ${p75} px`);
  await tab.locator(".reach").scrollIntoViewIfNeeded();
  await picture(tab, "scroll-depth");
}

/** A site's first day is a point of the chart, also where there is no room for a point on each day. */
export async function aSingleDayIsAPoint({ tab }: Journey): Promise<void> {
  await tab.setViewportSize({ width: 390, height: 844 });
  await go(tab, "overview");
  const drawn = (): Promise<number> =>
    tab.locator(".series canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      const near = (at: number, colour: number): boolean => Math.abs((data[at] ?? 0) - colour) < 4;
      return data.filter((_, at) => at % 4 === 0 && near(at, 106) && near(at + 1, 42) && near(at + 2, 165)).length;
    });
  await until("the day's page views are drawn", async () => (await drawn()) > 5);
  await picture(tab, "overview-first-day-phone");
  await tab.setViewportSize({ width: 1440, height: 900 });
}

/** A page that is too tall for one picture: the export says where it ends. */
export async function aCutPictureSaysSo({ installation, site, shop, tab }: Journey, ordinary: string): Promise<void> {
  const save = async (): Promise<void> => {
    const [download] = await Promise.all([tab.waitForEvent("download"), tab.click('.export button:text-is("PNG")')]);
    assert.ok(pictureOf(readFileSync(await download.path())).distinctBytes > 16);
  };
  const body = beacon({ site: site.key, path: "/tall", cell: [4, 3_100] });
  const sent = Array.from({ length: SHOWN }, (_, i) => post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until("the tall page is counted", async () => (await json<expected.HeatmapAnswer>(installation, site, "heatmap?page=/tall")).views === SHOWN);
  await go(tab, "page?path=/tall");
  await save();
  await tab.waitForSelector(".export [role=status]:has-text('ends at 47,736 px: the page\\'s heat goes on to 49,696 px')");
  await tab.locator(".export").scrollIntoViewIfNeeded();
  await picture(tab, "export-cut");
  const [next] = await Promise.all([tab.waitForEvent("download"), tab.click(".export >> text=Save the next part")]);
  assert.match(next.suggestedFilename(), /_from-47736\.png$/);
  assert.ok(pictureOf(readFileSync(await next.path())).distinctBytes > 16);
  await until("nothing is left", async () => (await tab.locator(".export [role=status]").count()) === 0);
  await go(tab, `page?path=${ordinary}`);
  await save();
  assert.equal(await tab.locator(".export [role=status]").count(), 0);
}

/** Markup in a route and in anchors is text in the overlay, and harms nobody. */
export async function markupIsTextInTheOverlay({ installation, site, shop, desk, tab }: Journey, anchors: Hostile[]): Promise<void> {
  const places = anchors.map(({ sent: anchor }, at) => ({ layer: "click", cell: [4 + 9 * at, 4], n: 1, first: 31, anchor, sub: [1, 1] }));
  const body = beacon({ site: site.key, path: "/app/orders", cell: [0, 0] }, { places });
  const sent = Array.from({ length: SHOWN }, (_, i) => post(installation.collectOrigin(), body, head(shop.origin, addressIn("FR", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until("they are counted", async () => (await json<expected.HeatmapAnswer>(installation, site, "heatmap?page=/app/orders")).views === SHOWN);
  await go(tab, "page?path=/app/orders");
  const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
  await live.waitForURL(/^http/);
  const overlay = await Overlay.on(live);
  const missing = `${anchors.length} of ${anchors.length} elements are not on this page`;
  await until("the overlay has looked for the anchors", async () => (await overlay.says()).includes(missing));
  await live.evaluate(() => {
    Object.assign(window, { hostile: () => Object.assign(window, { harmed: true }) });
    history.pushState(null, "", "/<img src=x onerror=hostile()>");
  });
  await until("the route is text", async () => (await overlay.says()).startsWith("/<img src=x onerror=hostile()>: "));
  for (const map of ["Rates", "Scroll", "Heat"]) await overlay.press(map);
  assert.equal(await live.evaluate(() => "harmed" in window), false);
  assert.deepEqual(await overlay.elements("IMG"), []);
  await live.close();
}

/** An application in a frame of its own: a header, and below it what scrolls. The document scrolls a little, too. */
const SHELL = `<!doctype html><html lang="en"><title>Shell</title><style>body{margin:0}header{height:100px}.app{height:700px;overflow:auto}.foot{height:300px}</style>
<header>Shell</header><div class="app"><div style="height:4000px">Long</div></div><div class="foot"></div>`;

/** Depths are drawn on what the script takes for the page: an inner scroller with more in it than the document, else the one that the tag names. */
export async function theScrollMapLiesOnTheScroller({ installation, site, shop, desk, tab }: Journey): Promise<void> {
  const body = beacon({ site: site.key, path: "/shell", cell: [0, 0] }, { scroll: 100 });
  const sent = Array.from({ length: SHOWN }, (_, i) => post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until("they are counted", async () => (await json<expected.HeatmapAnswer>(installation, site, "heatmap?page=/shell")).views === SHOWN);
  const named = SHELL.replace('class="foot"', 'class="foot" style="overflow:auto"').replace(/(<div class="foot".*?>)/, '$1<div style="height:1000px"></div>');
  for (const [html, asks, top, height, bottom] of [
    [SHELL, "", 100, 4000, 800],
    [named, ' data-scroller=".foot"', 800, 1000, 900],
  ] as const) {
    shop.pages.set("/shell", html + site.tag.replace(" data-site", `${asks} data-site`));
    await go(tab, "page?path=/shell");
    const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
    await live.waitForURL(/^http/);
    await live.setViewportSize({ width: 1440, height: 900 });
    const overlay = await Overlay.on(live);
    await until("the overlay has its answer", async () => / page views, /.test(await overlay.says()));
    await overlay.press("Scroll");
    await until(`bands of ${height} px from ${top} to ${bottom}`, async () => {
      const column = await overlay.column(700);
      const drawn = column.flatMap((opaque, y) => (opaque > 0 ? [y] : []));
      assert.deepEqual([drawn[0], drawn.at(-1)], [top, bottom - 1]);
      // The lines at every tenth of the page are less transparent than its bands.
      const line = top + height / 10;
      if (line < bottom) assert.ok((column[line] ?? 0) > (column[line + 5] ?? 0) + 40 && (column[line - 5] ?? 0) === column[line + 5], `a line at ${line} px`);
      return true;
    });
    await live.screenshot({ path: outFile(`overlay-scroll-${height}.png`) });
    await live.close();
  }
}

/** In a narrow window the panel begins as one line, until it is unfolded by hand; and no words of the map lie under it. */
export async function thePanelLeavesRoom({ installation, site, desk, tab }: Journey, page: string): Promise<void> {
  const phone = { width: 390, height: 844 };
  await go(tab, `page?path=${page}&viewport=phone`);
  const [live] = await Promise.all([desk.waitForEvent("page"), tab.click("text=Open on the page")]);
  await live.waitForURL(/^http/);
  const overlay = await Overlay.on(live);
  await until("the overlay has its answer", async () => / page views, /.test(await overlay.says()));
  const isFolded = async (width: number): Promise<boolean> => {
    await live.setViewportSize({ ...phone, width });
    await live.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const { top, bottom } = await overlay.form();
    return bottom - top < 60;
  };
  assert.deepEqual([await isFolded(1440), await isFolded(390), await isFolded(700), await isFolded(390)], [false, true, false, true]);
  await live.screenshot({ path: outFile("overlay-folded.png") });
  await overlay.press("More");
  assert.deepEqual([await isFolded(390), await isFolded(700), await isFolded(390)], [false, false, false]);
  await overlay.press("Scroll");
  const { p50 } = (await json<{ fold: { p50: number } }>(installation, site, `scroll?page=${page}&viewport=phone`)).fold;
  for (const turn of ["Less", "More"]) {
    await overlay.press(turn);
    const form = await overlay.form();
    const middle = (form.top + form.bottom) / 2;
    await live.evaluate((top) => scrollTo({ top, behavior: "instant" }), p50 - middle);
    const above = { left: 0, top: 0, right: phone.width, bottom: form.top };
    await until("words are drawn above it", async () => (await overlay.words(above)) > 500);
    assert.equal(await overlay.words(form), 0, `no words under the panel, after ${turn}`);
    await live.screenshot({ path: outFile(`overlay-scroll-${turn.toLowerCase()}.png`) });
  }
  await overlay.press("Less");
  assert.equal(await isFolded(1440), true, "who folded it keeps it so");
  await live.close();
}
