// What the dashboard's views show: two variants of one page, each with its own heat, and compared; and what they say when
// there is no answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launch } from "../lib/browser.js";
import { go, logIn, percent, picture, seriousFaults, shown } from "../lib/desk.js";
import * as expected from "../lib/expected.js";
import { addSite, Embedded, json, telling, type Site } from "../lib/installation.js";
import { serveShop, type Shop } from "../lib/shop.js";
import { until } from "../lib/until.js";
import { visitAll, whole, type Plan } from "../lib/visits.js";
import { eachViewSays, eachViewSaysThatNothingAnswers, theSessionEndsInAnotherTab, type Failing, type View } from "./failing.js";

const PAGE = "/product/teapot";
const [BUY, WISH] = [whole("#buy", [5, 4]), whole('[data-isotherm="wish"]', [3, 4])];
/** Visits to each variant, in three windows: all who see `a` buy, of those who see `b` one in three. */
const PLANS: Record<"a" | "b", Plan[]> = {
  a: [{ page: PAGE, targets: [BUY], again: 29 }],
  b: [
    { page: PAGE, targets: [BUY], again: 9 },
    { page: PAGE, targets: [WISH], again: 19 },
  ],
};

let installation: Embedded;
let shop: Shop;
let browser: Browser;
let site: Site;
let desk: BrowserContext;
let tab: Page;
const seen: Record<string, expected.View[]> = {};

before(async () => {
  [installation, shop, browser] = await Promise.all([Embedded.start(), serveShop(), launch()]);
  site = await addSite(installation, "tarnmoor", shop.origin);
  for (const variant of ["a", "b"] as const) {
    shop.tag = site.tag.replace("data-site", `data-variant="${variant}" data-site`);
    seen[variant] = (await visitAll(installation, shop, PLANS[variant])).views;
    const wanted = expected.pageViews(seen[variant], { page: PAGE });
    const asked = `heatmap?page=${encodeURIComponent(`${PAGE};${variant}`)}`;
    await until(`variant ${variant} is counted`, async () => (await json<expected.HeatmapAnswer>(installation, site, asked)).views === wanted);
  }
  desk = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  tab = await logIn(desk, installation.proxy.origin, site);
});
after(async () => {
  await browser?.close();
  await shop?.close();
  await installation?.stop();
});

const of = (variant: string): string => `page?path=${encodeURIComponent(`${PAGE};${variant}`)}`;
const heatOf = (variant: string): expected.HeatmapAnswer => expected.heatmap(seen[variant] ?? [], { page: PAGE });
const number = (text: string): number => Number(text.replaceAll(",", ""));

/** Pixels of the map's canvas that are not clear. */
const painted = (): Promise<number> =>
  tab.locator(".heat canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((alpha, at) => at % 4 === 3 && alpha > 0).length;
  });

test("each variant is a page of its own, with its own heat and elements", () =>
  telling(installation, async () => {
    const listed = await tab.locator("table.pages tbody a").allInnerTexts();
    assert.deepEqual(listed.sort(), [`${PAGE};a`, `${PAGE};b`], "the page without a variant has no page view");
    for (const variant of ["a", "b"]) {
      await go(tab, of(variant));
      await tab.waitForSelector(".heat canvas");
      await shown(tab);
      const wanted = heatOf(variant);
      assert.equal(await tab.innerText("h1"), `${PAGE};${variant}`);
      assert.equal(number(await tab.innerText(".covered strong")), wanted.views);
      const rows = await tab.locator("table.elements tbody tr").evaluateAll((all) => all.map((row) => [...row.children].slice(0, 2).map((cell) => (cell as HTMLElement).innerText)));
      assert.deepEqual(rows, wanted.elements.map(({ anchor, clicks }) => [anchor, String(clicks)]));
      assert.ok((await painted()) > 30, "heat is drawn");
      await picture(tab, `variant-${variant}`);
    }
  }));

test("two variants are compared: what one in three does less is told from chance, a variant that nobody saw is not", () =>
  telling(installation, async () => {
    await go(tab, `compare?path=${PAGE}`);
    await tab.click("text=Two variants");
    await tab.waitForSelector("table.differences");
    const sides = (await tab.locator(".covered strong").allInnerTexts()).map(number);
    assert.deepEqual(sides, [heatOf("a").views, heatOf("b").views]);
    for (const variant of ["a", "b"]) assert.ok((await tab.innerText(".covered")).includes(`(${PAGE};${variant})`));
    const lines = await tab.locator("table.differences tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)));
    const [before, now] = ["a", "b"].map((variant) => heatOf(variant).elements.find(({ anchor }) => anchor === BUY.anchor)?.rate ?? 0) as [number, number];
    assert.ok(Math.abs(now - before / 3) < 0.01);
    const buy = lines.find(([anchor]) => anchor === BUY.anchor) ?? [];
    assert.deepEqual([buy[1], buy[2], buy[3], buy[5]], [percent(before), percent(now), (100 * (now - before)).toFixed(1), "Less in B"]);
    for (const colorScheme of ["dark", "light"] as const) {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual(await seriousFaults(tab), [], `variants, ${colorScheme}`);
    }
    await picture(tab, "compare-variants");
    await tab.selectOption("fieldset:has-text('Variants') label:has-text('B') select", "none");
    await tab.waitForSelector("main :text('Not enough yet')");
  }));

const VIEWS: View[] = [
  ["overview", "timeseries", "table.pages tbody tr"],
  [of("a"), "scroll", ".heat canvas"],
  [`compare?path=${PAGE}&variants=a,b`, "compare", "table.differences"],
  ["installation", "status", ".verdict"],
];
const failing = (): Failing => ({ installation, site, desk, views: VIEWS });

test("each view says that the counts cannot be read now, and goes on", () =>
  telling(installation, () =>
    eachViewSays(failing(), "The counts cannot be read at the moment. Collecting goes on; try again in a few seconds.", (route) =>
      route.fulfill({ status: 503, json: { title: "Service Unavailable" } }),
    ),
  ));

test("each view says that the service cannot answer, also where the answer is no problem document", () =>
  telling(installation, async () => {
    const detail = "The service could not answer; its log says why.";
    await eachViewSays(failing(), detail, (route) => route.fulfill({ status: 500, json: { title: "Internal Server Error", detail } }));
    await eachViewSays(failing(), "The service answered with status 500.", (route) => route.fulfill({ status: 500, body: "<b>not JSON</b>" }));
  }));

test("each view says that nothing answers while the network is away, and goes on", () => telling(installation, () => eachViewSaysThatNothingAnswers(failing())));

test("a session that ends in another tab ends in every view, and opens where it was", () => telling(installation, () => theSessionEndsInAnotherTab(failing())));
