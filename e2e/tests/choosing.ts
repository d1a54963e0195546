// What a view shows when something is chosen in it: a layer, an order, a table, a viewport of a comparison; and what is taken away from it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go, picture, seriousFaults, shown } from "../lib/desk.js";
import * as expected from "../lib/expected.js";
import { addressIn, ask, json } from "../lib/installation.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

/** Page views posted by hand, enough for a page to be shown. */
const SHOWN = 60;
const LOUD = "/loud";
const COVER = '[data-isotherm="cover"]';
const MUTE: [number, number] = [30, 8];
const PLAY: [number, number] = [10, 4];

/** Each page view clicks `#play` three times, every second one in a rage; every third clicks `#mute`, which is dead; three in four see the cover. */
async function beLoud({ installation, site, shop }: Journey): Promise<void> {
  const at = (layer: string, anchor: string, cell: [number, number], n: number): object => ({ layer, cell, n, first: 31, anchor, sub: [1, 1] });
  const sent = Array.from({ length: SHOWN }, (_, i) => {
    const places = [
      at("click", "#play", PLAY, 3),
      ...(i % 2 === 0 ? [at("rage", "#play", PLAY, 1)] : []),
      ...(i % 3 === 0 ? [at("click", "#mute", MUTE, 1), at("dead", "#mute", MUTE, 1)] : []),
      ...(i % 4 === 0 ? [] : [{ layer: "exposure", n: 1, first: 24, anchor: COVER, sub: [0, 0] }]),
    ];
    const body = beacon({ site: site.key, path: LOUD, cell: [0, 0] }, { places });
    return post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i)));
  });
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  const named = async (layer: string): Promise<number> => (await json<expected.HeatmapAnswer>(installation, site, `heatmap?page=${LOUD}&layer=${layer}`)).elements.length;
  // A name is told once enough page views have it, which may be after they are counted.
  await until("the loud page and its names are counted", async () => (await named("click")) === 2 && (await named("exposure")) === 1);
}

/** By layer: the words of the columns, the rows, and what is said of the place of `#play` or `#mute`. */
const LAYERS: [layer: string, columns: string[], rows: string[][], cell: [number, number] | undefined, tip: string][] = [
  ["Clicks and taps", ["Clicks", "Click rate"], [["#play", "180", "100 %"], ["#mute", "20", "33.3 %"]], PLAY, "180 clicks and taps in 60 page views (16 px)"],
  ["Clicks", ["Clicks", "Click rate"], [["#play", "180", "100 %"], ["#mute", "20", "33.3 %"]], MUTE, "20 clicks in 20 page views (16 px)"],
  ["Rage clicks", ["Rage clicks", "Rage click rate"], [["#play", "30", "50 %"]], PLAY, "30 rage clicks in 30 page views (16 px)"],
  ["Dead clicks", ["Dead clicks", "Dead click rate"], [["#mute", "20", "33.3 %"]], MUTE, "20 dead clicks in 20 page views (16 px)"],
  ["Seen", ["Seen in", "Seen"], [[COVER, "45", "75 %"]], undefined, ""],
];

const cells = (tab: Page, table: string, columns: number): Promise<string[][]> =>
  tab.locator(`${table} tbody tr`).evaluateAll((all, end) => all.map((row) => [...row.children].slice(0, end).map((cell) => (cell as HTMLElement).innerText)), columns);

/** Each layer has its own numbers, and its own words for them: in the list, and where the map is pointed at. */
export async function eachLayerHasItsNumbersAndWords(journey: Journey): Promise<void> {
  const { tab } = journey;
  await beLoud(journey);
  await go(tab, `page?path=${LOUD}`);
  for (const [layer, columns, rows, cell, tip] of LAYERS) {
    await tab.click(`[aria-label="Layer"] button:text-is("${layer}")`);
    await until(`the list is of ${layer}`, async () => (await tab.getAttribute(".scrolling:has(.elements)", "aria-label")) === `Elements by ${layer.toLowerCase()}`);
    await shown(tab);
    assert.deepEqual((await tab.locator("table.elements th").allInnerTexts()).slice(1, 3), columns, layer);
    assert.deepEqual(await cells(tab, "table.elements", 3), rows, layer);
    await picture(tab, `layer-${layer.toLowerCase().replaceAll(" ", "-")}`);
    if (cell) {
      await pointAt(tab, cell);
      assert.equal(await tab.innerText(".tip"), tip);
    } else {
      assert.equal(await tab.locator(".heat").count(), 0, "what has no place has no map");
      assert.match(await tab.innerText(".notice"), /counted by element, without a place/);
      assert.deepEqual(await seriousFaults(tab), [], layer);
    }
  }
  await tab.click('[aria-label="Layer"] button:text-is("Taps")');
  await tab.waitForSelector(".notice :text('No taps in these days')");
  await shown(tab);
  const { fold } = await json<expected.ScrollAnswer>(journey.installation, journey.site, `scroll?page=${LOUD}`);
  const line = `75 % see this without scrolling (${fold.p25} px)`;
  assert.deepEqual(await tab.locator(".first-screen .fold").allInnerTexts(), [line], "the fold stays; what is the same is said once");
  await picture(tab, "layer-taps-none");
}

/** Points at the middle of a cell of the map. */
async function pointAt(tab: Page, [x, y]: [number, number]): Promise<void> {
  await tab.locator(".heat .page").scrollIntoViewIfNeeded();
  const paper = await tab.locator(".heat .paper").boundingBox();
  assert.ok(paper);
  const scale = paper.width / 1440;
  await tab.mouse.move(paper.x + (16 * x + 8) * scale, paper.y + (16 * y + 8) * scale);
  await tab.waitForSelector(".tip");
}

/** The list of elements is in the order of the column that is chosen, and in the other one when it is chosen again. */
export async function elementsAreSortedByAColumn({ tab }: Journey, page: string): Promise<void> {
  await go(tab, `page?path=${page}`);
  await tab.waitForSelector("table.elements");
  const column = async (at: number): Promise<string[]> => (await cells(tab, "table.elements", at + 1)).map((row) => row[at] ?? "");
  const byName = (await column(0)).sort((one, other) => one.localeCompare(other));
  const clicks = (await column(1)).map(Number);
  assert.ok(new Set(clicks).size > 1);
  assert.deepEqual(clicks, [...clicks].sort((one, other) => other - one));
  for (const [order, wanted] of [["ascending", byName], ["descending", [...byName].reverse()]] as const) {
    await tab.click("table.elements th button:text-is('Element')");
    await tab.waitForSelector(`table.elements th[aria-sort="${order}"]:has-text("Element")`);
    assert.deepEqual(await column(0), wanted, order);
  }
}

/** What stands in the chart by day stands in a table too. */
export async function daysAreATableToo({ installation, site, tab }: Journey): Promise<void> {
  await go(tab, "overview");
  assert.equal(await tab.locator(".by-day table").isVisible(), false);
  await tab.click("text=Show as a table");
  await tab.waitForSelector(".by-day table");
  const days = await json<{ day: string; views: number; clicks: number }[]>(installation, site, "timeseries");
  const lines = (await cells(tab, ".by-day table", 3)).map((row) => row.map((text) => text.replaceAll(",", "")));
  assert.deepEqual(lines, days.map(({ day, views, clicks }) => [day, String(views), String(clicks)]));
  assert.deepEqual(await seriousFaults(tab), []);
  await picture(tab, "days-as-a-table");
}

/** A row's chart is drawn; where it does not come, it says why. */
export async function eachPageHasItsDays({ tab }: Journey, page: string): Promise<void> {
  await go(tab, "overview");
  const row = `table.pages tr:has(a:text-is("${page}"))`;
  // All page views are of today: the last day, alone, and the highest.
  await until("the day is drawn", async () => (await tab.getAttribute(`${row} .spark .alone`, "d")) === "M100.0 2.0h0");
  const question = /\/timeseries\?.*page=/;
  await tab.route(question, (route) => route.fulfill({ status: 503, json: { title: "Service Unavailable" } }));
  await tab.reload();
  await tab.waitForSelector(`${row} [aria-label="The counts cannot be read at the moment. Collecting goes on; try again in a few seconds."]`);
  assert.equal(await tab.locator(`${row} .spark`).count(), 0);
  await tab.unroute(question);
}

/** A country with page views is coloured, one without is not; outlines that do not come are asked for again. */
export async function theMapColoursWhereItIsSeen({ installation, site, desk }: Journey): Promise<void> {
  const tab = await desk.newPage();
  const outlines = "**/dashboard-world.js";
  await tab.route(outlines, (route) => route.abort());
  await tab.goto(`${installation.proxy.origin}/#/overview`);
  await tab.waitForSelector(".world [role=alert]:has-text('outlines did not come')");
  assert.ok((await tab.locator(".world tbody tr").count()) > 1, "the list is there without them");
  await tab.locator(".world").scrollIntoViewIfNeeded();
  await picture(tab, "world-failure");
  await tab.unroute(outlines);
  await tab.click(".world >> text=Try again");
  await tab.waitForSelector(".world svg path");
  assert.equal(await tab.locator(".world [role=alert]").count(), 0);
  const colour = (title: string): Promise<string> => tab.locator(`.world path:has(title:text-is("${title}"))`).evaluate((path) => getComputedStyle(path).fill);
  const from = await json<{ country: string; views: number }[]>(installation, site, "countries");
  const [most, fewer] = ["DE", "JP"].map((code) => from.find(({ country }) => country === code)?.views ?? 0);
  assert.ok(most && fewer && most > fewer);
  const words = (name: string, views: number): string => `${name}: ${new Intl.NumberFormat("en").format(views)} page views`;
  const colours = [await colour(words("Germany", most)), await colour(words("Japan", fewer)), await colour("Brazil"), await colour("Kenya")];
  assert.equal(new Set(colours).size, 3, "each with page views has its own strength");
  assert.equal(colours[2], colours[3], "and those without are alike");
  await tab.locator(".world").scrollIntoViewIfNeeded();
  await picture(tab, "world");
  await tab.close();
}

/** Downloads what is shown. */
async function exported(tab: Page, form: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([tab.waitForEvent("download"), tab.click(`.export button:text-is("${form}")`)]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** What begins a message of an Arrow stream. */
const CONTINUATION = "ffffffff";

/** An Arrow file is the stream that the API answers. */
export async function arrowIsAStream({ installation, site, tab }: Journey, page: string): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  await go(tab, `page?path=${page}&from=${today}&to=${today}`);
  await tab.selectOption(".export select", "Heat");
  const { name, bytes } = await exported(tab, "Arrow");
  assert.match(name, /^tarnmoor_heatmap_.*\.arrows$/);
  assert.equal(bytes.subarray(0, 4).toString("hex"), CONTINUATION);
  const asked = `heatmap?page=${page}&from=${today}&to=${today}&layer=click,tap`;
  assert.deepEqual(bytes, (await ask(installation, site, asked, "application/vnd.apache.arrow.stream")).body);
}

/** A page leads to its comparison under its own filters; they can be changed there, and what is shown is taken away. */
export async function aComparisonIsNarrowedAndTakenAway({ installation, site, tab }: Journey, page: string, [a, b]: [string, string], views: expected.View[]): Promise<void> {
  await go(tab, `page?path=${page}&viewport=phone&from=${b}&to=${b}`);
  await tab.click("main .actions a:text-is('Compare')");
  const sides = async (): Promise<number[]> => (await tab.locator(".covered strong").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
  const wanted = (viewport?: string): number[] => {
    const seen = expected.pageViews(views, { page, ...(viewport && { viewport }) });
    return [2 * seen, seen];
  };
  // As many days before as the page has: one.
  for (const viewport of ["phone", "", "desktop"]) {
    if (viewport !== "phone") await tab.selectOption("label:has-text('Viewport') select", viewport);
    await until(`the comparison is of ${viewport || "all"}`, async () => String(await sides()) === String(wanted(viewport)));
    assert.equal(new URLSearchParams(tab.url().split("?")[1]).get("viewport") ?? "", viewport, "it stands in the address");
  }
  await shown(tab);
  await picture(tab, "compare-desktop");
  const question = `compare?page=${page}&viewport=desktop&from_a=${a}&to_a=${a}&from_b=${b}&to_b=${b}`;
  const forms = [["JSON", "application/json"], ["CSV", "text/csv"], ["Arrow", "application/vnd.apache.arrow.stream"]] as const;
  for (const [form, accept] of forms) {
    const { name, bytes } = await exported(tab, form);
    assert.match(name, new RegExp(`^tarnmoor_compare_product-teapot_desktop_${a}_${a}_${b}_${b}\\.\\w+$`));
    assert.deepEqual(bytes, (await ask(installation, site, question, accept)).body, form);
  }
  assert.equal(await tab.locator('.export button:text-is("PNG")').count(), 0, "a comparison is no picture");
  await tab.selectOption("label:has-text('Country') select", "JP");
  await tab.waitForSelector("main :text('Not enough yet')");
  assert.equal(await tab.locator(".export").count(), 0, "nothing to take away");
  await tab.selectOption("label:has-text('Viewport') select", "");
  await tab.selectOption("label:has-text('Country') select", "DE");
  const ofGermany = expected.pageViews(views, { page, country: "DE" });
  await until("the comparison is of one country", async () => (await sides())[1] === ofGermany);
}
