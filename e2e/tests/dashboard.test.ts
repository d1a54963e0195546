// The analyst's journeys in Chromium: from the first login to the last, on what Chromium itself was made to do on the shop.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launch } from "../lib/browser.js";
import { go, logIn, openDesk, percent, picture, seriousFaults, shown, VIEWS } from "../lib/desk.js";
import { rows } from "../lib/engine.js";
import * as expected from "../lib/expected.js";
import { HOSTILE_ANCHORS, HOSTILE_PATHS } from "../lib/hostile.js";
import { addSite, ask, Embedded, json, telling, type Site } from "../lib/installation.js";
import { pictureOf } from "../lib/png.js";
import { serveShop, type Shop } from "../lib/shop.js";
import { until } from "../lib/until.js";
import { visitAll, whole, WINDOWS, type Plan } from "../lib/visits.js";
import { aGroupIsOpenedAtOneOfItsPages, anAnalystWhoSaysNoSeesHeat, heatFollowsRoutesBehindTheHash, heatFollowsTheRoute, theQuestionIsTheDashboards } from "./asking.js";
import {
  aComparisonIsNarrowedAndTakenAway,
  arrowIsAStream,
  daysAreATableToo,
  eachLayerHasItsNumbersAndWords,
  eachPageHasItsDays,
  elementsAreSortedByAColumn,
  theMapColoursWhereItIsSeen,
} from "./choosing.js";
import { hostileNamesAreListed, hostileNamesAreNoFormulas, hostileNamesAreText } from "./hostile.js";
import { aPageTellsTheRest, eachCauseHasItsWords, firstDataArrives } from "./installing.js";
import { heatStaysOnWhatMoves } from "./living.js";
import { aNewViewHasTheFocus, focused, theSearchIsThereOnTheWayBack, whatIsMissingIsSaid } from "./moving.js";
import { aCutPictureSaysSo, aSingleDayIsAPoint, markupIsTextInTheOverlay, theFoldLiesWhereItIs, thePanelLeavesRoom, theScrollMapLiesOnTheScroller } from "./showing.js";
import { theInspectorIsAccessible, thePanelIsAccessible, theVisitorsPagesAreAccessible } from "./reading.js";
import { overlayLiesOnWhatWasClicked, type Journey } from "./overlay.js";

const PAGE = "/product/teapot";
/** What is clicked, at every width; the first two thirds of the page views click all of it. */
const TARGETS = [whole("#buy", [5, 4]), whole('[data-isotherm="wish"]', [3, 4]), whole("#tab-measures", [4, 3])];
const PLANS: Plan[] = [
  { page: PAGE, targets: TARGETS, again: 39 },
  { page: PAGE, targets: TARGETS.slice(0, 1), again: 19 },
  { page: "/products", targets: [whole("#filter-all", [4, 4])], again: 24 },
];

let installation: Embedded;
let shop: Shop;
let browser: Browser;
let site: Site;
let desk: BrowserContext;
let tab: Page;
let views: expected.View[];

before(async () => {
  [installation, shop, browser] = await Promise.all([Embedded.start(), serveShop(), launch()]);
  site = await addSite(installation, "tarnmoor", shop.origin);
  shop.tag = site.tag;
  desk = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", acceptDownloads: true });
});
after(async () => {
  await browser?.close();
  await shop?.close();
  await installation?.stop();
});

const home = (): string => installation.proxy.origin;
const heading = (page: Page): Promise<string> => page.innerText("h1");
const path = `page?path=${PAGE}`;

/** The page views that the view speaks of. */
const covered = async (page: Page): Promise<number> => Number((await page.innerText(".covered strong")).replaceAll(",", ""));

test("a token that nobody made is refused in words", () =>
  telling(installation, async () => {
    const page = await openDesk(desk, home());
    await page.fill("input[name=token]", `iso_${"x".repeat(43)}`);
    await page.keyboard.press("Enter");
    assert.match(await page.innerText("[role=alert]"), /token is not known/);
    assert.deepEqual(await desk.cookies(), []);
    await page.close();
  }));

test("the token that `site add` printed opens the dashboard; the page keeps nothing of it", () =>
  telling(installation, async () => {
    tab = await logIn(desk, home(), site);
    assert.equal(await heading(tab), "Pages");
    assert.match(await tab.innerText("main"), /No page has 50 page views/);
    assert.equal(await focused(tab), "H1 Pages", "what was opened is told, and the keyboard begins there");
    const [cookie, ...others] = await desk.cookies();
    assert.deepEqual(others, []);
    assert.equal(cookie?.name, "__Host-isotherm_session");
    assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite], [true, true, "Strict"]);
    const kept = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.equal(kept, '[{},{},""]');
    assert.ok(!(await tab.content()).includes(site.token));
  }));

const journey = (): Journey => ({ installation, site, shop, browser, desk, tab });

test("the first view takes less than 150 KB of the wire, without TLS as well, and nothing from elsewhere", () =>
  telling(installation, async () => {
    const context = await browser.newContext();
    const came: Promise<[string, number]>[] = [];
    context.on("response", (answer) => {
      const took = async (): Promise<[string, number]> => [new URL(answer.url()).origin, (await answer.request().sizes()).responseBodySize];
      came.push(took());
    });
    await (await logIn(context, home(), site)).close();
    const all = await Promise.all(came);
    assert.deepEqual([...new Set(all.map(([origin]) => origin))], [home()]);
    const bytes = all.reduce((sum, [, size]) => sum + size, 0);
    assert.ok(bytes > 30_000 && bytes < 150_000, `${bytes} bytes`);
    await context.close();
  }));

test("the installation page names the cause, shows the tag, sees the first data arrive by itself, and hides no second cause", () =>
  telling(installation, () => firstDataArrives(journey())));

test("each cause that the service can see has its words, and none that it cannot", () =>
  telling(installation, () => eachCauseHasItsWords(journey())));

test("a page that is opened from the check says what the service cannot know", () =>
  telling(installation, () => aPageTellsTheRest(journey())));

test("a page is found by search, and shows what was counted: heat, elements, depth", () =>
  telling(installation, async () => {
    ({ views } = await visitAll(installation, shop, PLANS));
    const wanted = expected.heatmap(views, { page: PAGE });
    await until("all visits are counted", async () => {
      const answer = await json<expected.HeatmapAnswer>(installation, site, `heatmap?page=${PAGE}`);
      return answer.views === wanted.views;
    });
    await until("a second page has enough", async () => (await json<unknown[]>(installation, site, "pages")).length > 1);
    await go(tab, "overview");
    await tab.reload();
    await tab.waitForSelector("table.pages tbody tr:nth-child(2)");
    await picture(tab, "overview");
    await tab.fill("input[type=search]", "TEAP");
    assert.deepEqual(await tab.locator("table.pages tbody a").allInnerTexts(), [PAGE]);
    await tab.locator("input[type=search]").scrollIntoViewIfNeeded();
    await picture(tab, "search");
    await tab.click("table.pages tbody a");
    await tab.waitForSelector(".heat canvas");
    await shown(tab);
    assert.equal(await heading(tab), PAGE);
    assert.equal(await covered(tab), wanted.views);
    const rows = await tab.locator("table.elements tbody tr").evaluateAll((all) => all.map((row) => [...row.children].slice(0, 2).map((cell) => (cell as HTMLElement).innerText)));
    assert.deepEqual(rows, wanted.elements.map(({ anchor, clicks }) => [anchor, String(clicks)]));
    assert.ok((await painted(tab)) > 30, "heat is drawn");
    assert.equal(await tab.locator(".reach tbody tr").first().locator("td").nth(1).innerText(), String(wanted.views));
    await picture(tab, "page");
  }));

test("what is searched for is there on the way back, and for whoever is sent the address", () =>
  telling(installation, () => theSearchIsThereOnTheWayBack(journey(), PAGE)));

test("a new view has the focus on its heading, and filters leave the focus where it is", () =>
  telling(installation, () => aNewViewHasTheFocus(journey(), PAGE)));

test("a page of which nothing is shown yet says what is missing, and shows it once it came", () =>
  telling(installation, () => whatIsMissingIsSaid(journey())));

/** Pixels of the map's canvas that are not clear. */
const painted = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".heat canvas")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((alpha, at) => at % 4 === 3 && alpha > 0).length;
  });

test("filters narrow what is shown by viewport, by days and by country", () =>
  telling(installation, async () => {
    await go(tab, path);
    for (const { viewport } of WINDOWS) {
      await tab.selectOption("label:has-text('Viewport') select", viewport);
      const wanted = expected.pageViews(views, { page: PAGE, viewport });
      await until(`the view speaks of ${viewport}`, async () => (await covered(tab)) === wanted);
      await shown(tab);
      await picture(tab, `page-${viewport}`);
    }
    await tab.selectOption("label:has-text('Viewport') select", "");
    await tab.click("text=Last month");
    await tab.waitForSelector("text=Not enough yet");
    await tab.click("text=7 days");
    await until("days with page views are shown", async () => (await covered(tab)) === expected.pageViews(views, { page: PAGE }));
    for (const country of ["DE", "FR"] as const) {
      await tab.selectOption("label:has-text('Country') select", country);
      const wanted = expected.pageViews(views, { page: PAGE, country });
      await until(`the view speaks of ${country}`, async () => (await covered(tab)) === wanted);
    }
    await tab.selectOption("label:has-text('Country') select", "JP");
    await tab.waitForSelector("text=Not enough yet");
    await tab.selectOption("label:has-text('Country') select", "");
  }));

test("a site's first day is a point of the chart, on a phone too", () => telling(installation, () => aSingleDayIsAPoint(journey())));

test("the fold is drawn where it lies on the page", () => telling(installation, () => theFoldLiesWhereItIs(journey(), PAGE, views)));

test("elements are sorted by a column", () => telling(installation, () => elementsAreSortedByAColumn(journey(), PAGE)));

test("each layer has its own numbers and words, and the fold stays where one is empty", () =>
  telling(installation, () => eachLayerHasItsNumbersAndWords(journey())));

test("each page has its days drawn in its row, or says why not", () => telling(installation, () => eachPageHasItsDays(journey(), PAGE)));

test("the map of countries colours those with page views, and is asked for again when it did not come", () =>
  telling(installation, () => theMapColoursWhereItIsSeen(journey())));

test("the chart by day is a table too", () => telling(installation, () => daysAreATableToo(journey())));

test("what is exported is what the API answers, as CSV, JSON and PNG, and its name says what it is", () =>
  telling(installation, async () => {
    await go(tab, path);
    const exported = async (form: string, named = "heatmap_product-teapot_click-tap"): Promise<Buffer> => {
      const [download] = await Promise.all([tab.waitForEvent("download"), tab.click(`.export button:text-is("${form}")`)]);
      assert.match(download.suggestedFilename(), new RegExp(`^tarnmoor_${named}_[\\d-]{10}_[\\d-]{10}\\.${form.toLowerCase()}$`));
      return readFileSync(await download.path());
    };
    const lines = (await exported("CSV")).toString().trimEnd().split(/\r?\n/);
    assert.deepEqual(lines, expected.heatmapCsv(expected.heatmap(views, { page: PAGE })));
    const { cells, elements } = JSON.parse((await exported("JSON")).toString()) as expected.HeatmapAnswer;
    const wanted = expected.heatmap(views, { page: PAGE });
    assert.deepEqual({ cells, elements }, { cells: wanted.cells, elements: wanted.elements });
    assert.ok(pictureOf(await exported("PNG")).distinctBytes > 16);
    await tab.selectOption(".export select", "Elements");
    const rates = await json<{ elements: { anchor: string }[] }>(installation, site, `elements?page=${encodeURIComponent(PAGE)}`);
    assert.ok(rates.elements.length > 0);
    assert.deepEqual((JSON.parse((await exported("JSON", "elements_product-teapot")).toString()) as typeof rates).elements, rates.elements);
    assert.equal(await tab.locator('.export button:text-is("PNG")').count(), 0, "elements are no picture");
    await tab.locator(".export").scrollIntoViewIfNeeded();
    await picture(tab, "export");
  }));

test("an exported Arrow file is the stream that the API answers", () => telling(installation, () => arrowIsAStream(journey(), PAGE)));

test("a picture that cannot hold all of a tall page says where it ends", () => telling(installation, () => aCutPictureSaysSo(journey(), PAGE)));

test("heat on the living page lies on the elements that were clicked and nowhere else, at three widths", () =>
  telling(installation, () => overlayLiesOnWhatWasClicked(journey(), PAGE, TARGETS)));

test("in a narrow window the overlay's panel begins folded, and words keep clear of it", () =>
  telling(installation, () => thePanelLeavesRoom(journey(), PAGE)));

test("heat and rates stay on a page's parts that move: a stuck header, an inner scroller, what a banner pushes down", () =>
  telling(installation, () => heatStaysOnWhatMoves(journey())));

test("depths are drawn on the page's own scroller", () => telling(installation, () => theScrollMapLiesOnTheScroller(journey())));

test("the overlay begins with the days, the country and the layer that are chosen in the dashboard", () =>
  telling(installation, () => theQuestionIsTheDashboards(journey(), PAGE, views)));

test("an analyst whose own browser says no sees heat, and is not measured", () =>
  telling(installation, () => anAnalystWhoSaysNoSeesHeat(journey(), PAGE)));

test("heat follows when a page changes its route", () => telling(installation, () => heatFollowsTheRoute(journey())));

test("heat follows routes behind the # of a page that is opened at the address of one", () =>
  telling(installation, () => heatFollowsRoutesBehindTheHash(journey())));

test("a group of pages is opened at the address of one, which is asked for once", () =>
  telling(installation, () => aGroupIsOpenedAtOneOfItsPages(journey())));

test("names that want to be markup are listed as they are told, and what is no name is refused", () =>
  telling(installation, () => hostileNamesAreListed(journey())));

test("paths and anchors that want to be markup are text", () => telling(installation, () => hostileNamesAreText(journey())));

test("paths and anchors that want to be formulas are text in a CSV", () => telling(installation, () => hostileNamesAreNoFormulas(journey())));

test("anchors and routes that want to be markup are text in the overlay", () =>
  telling(installation, () => markupIsTextInTheOverlay(journey(), HOSTILE_ANCHORS)));

test("two periods are compared: nothing is said of an empty one, and what changed is told from chance", () =>
  telling(installation, async () => {
    await go(tab, `compare?path=${PAGE}`);
    await tab.waitForSelector("main :text('Not enough yet')");
    // The same once more under yesterday, with twice the page views: each rate is half of today's.
    const twice = (column: string): string => `${column} * if(layer = 1, 2, 1) AS ${column}`;
    await rows(
      installation.store(),
      `INSERT INTO live SELECT * REPLACE (day - 1 AS day, ${twice("n")}, ${twice("views")}) FROM live
       WHERE site = '${site.key}' AND kind NOT IN ('ledger', 'last', 'lost')`,
    );
    const [yesterday, today] = [1, 0].map((ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10));
    // An answer may be a quarter of a second older than the tables.
    const asked = `/api/v1/sites/${site.key}/heatmap?page=${PAGE}&from=${yesterday}&to=${yesterday}`;
    const yesterdays = async (url: string): Promise<number> => ((await (await fetch(url)).json()) as { views: number }).views;
    await until("yesterday is shown", async () => (await tab.evaluate(yesterdays, asked)) > 0);
    await go(tab, `compare?path=${PAGE}&from_a=${yesterday}&to_a=${yesterday}&from_b=${today}&to_b=${today}`);
    await tab.waitForSelector("table.differences");
    const sides = await tab.locator(".covered strong").allInnerTexts();
    const seen = expected.pageViews(views, { page: PAGE });
    assert.deepEqual(sides.map((text) => Number(text.replaceAll(",", ""))), [2 * seen, seen]);
    const lines = await tab.locator("table.differences tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)));
    const told = new Map(lines.map(([anchor = "", ...rest]) => [anchor, rest]));
    for (const { anchor, rate } of expected.heatmap(views, { page: PAGE }).elements) {
      const [before, now, , , reading] = told.get(anchor) ?? [];
      assert.deepEqual([before, now, reading], [percent(rate / 2), percent(rate), "More in B"], anchor);
    }
    for (const colorScheme of ["dark", "light"] as const) {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual(await seriousFaults(tab), [], `a comparison, ${colorScheme}`);
    }
    await picture(tab, "compare");
    await aComparisonIsNarrowedAndTakenAway(journey(), PAGE, [yesterday ?? "", today ?? ""], views);
  }));

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe-core finds nothing serious in any view, ${colorScheme}`, () =>
    telling(installation, async () => {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const view of VIEWS) {
        await go(tab, view);
        assert.deepEqual(await seriousFaults(tab), [], view);
        if (colorScheme === "dark") await picture(tab, `${view.split("?")[0]}-dark`);
      }
      await tab.emulateMedia({ colorScheme: "light" });
      const stranger = await browser.newContext({ colorScheme });
      const page = await openDesk(stranger, home());
      await page.waitForSelector("input[name=token]");
      assert.deepEqual(await seriousFaults(page), [], "login");
      await stranger.close();
    }));
}

test("axe-core finds nothing serious in the overlay's panel, light and dark", () => telling(installation, () => thePanelIsAccessible(journey(), PAGE)));

test("axe-core finds nothing serious in the inspector, light and dark", () => telling(installation, () => theInspectorIsAccessible(journey())));

test("axe-core finds nothing serious in the service's pages for visitors, light and dark", () =>
  telling(installation, () => theVisitorsPagesAreAccessible(journey())));

test("on a phone no view scrolls sideways, and axe-core finds nothing serious", () =>
  telling(installation, async () => {
    await tab.setViewportSize({ width: 390, height: 844 });
    for (const view of VIEWS) {
      await go(tab, view);
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${view} is ${wide} px wide`);
      assert.deepEqual(await seriousFaults(tab), [], view);
      await picture(tab, `${view.split("?")[0]}-phone`);
    }
    await tab.setViewportSize({ width: 1440, height: 900 });
  }));

test("with the keyboard alone: log in, go to a view, skip to the content, log out", () =>
  telling(installation, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await logIn(context, home(), site);
    const tabTo = async (text: string, key = "Tab"): Promise<void> => {
      for (let times = 0; times < 40; times++) {
        await page.keyboard.press(key);
        if ((await page.evaluate(() => document.activeElement?.textContent?.trim())) === text) return;
      }
      assert.fail(`the keyboard does not reach ${text}`);
    };
    // The focus is on the heading; the bar comes before it.
    await tabTo("Installation", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".verdict");
    assert.equal(await heading(page), "Installation");
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.reload();
    await page.waitForSelector(".verdict");
    await tabTo("Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.reload();
    await page.waitForSelector(".verdict");
    await tabTo("Log out");
    await page.keyboard.press("Enter");
    await page.waitForSelector("input[name=token]");
    await context.close();
  }));

test("an administrator makes a token and revokes it; who may only read is told so", () =>
  telling(installation, async () => {
    await go(tab, "access");
    assert.match(await tab.innerText("main"), /may read, not administer/);
    const made = await installation.cli("token", "create", "--site", site.key, "--admin", "--json");
    const { token } = JSON.parse(made.stdout) as { token: string };
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await logIn(context, home(), { ...site, token });
    await go(page, "access");
    await page.waitForSelector("main table tbody code");
    const names = (): Promise<string[]> => page.locator("main table tbody code").allInnerTexts();
    const known = await names();
    await page.fill("input[name=allow_ip]", "192.0.2.1 office");
    await page.click("text=Make a token");
    await page.waitForSelector("[role=alert]:has-text('“office”: neither an address nor a network')");
    await page.fill("input[name=allow_ip]", "");
    await page.click("text=Make a token");
    const fresh = { ...site, token: await page.innerText(".verdict code") };
    assert.equal((await ask(installation, fresh, "pages")).status, 200);
    const name = await until("the new token is listed", async () => (await names()).find((one) => !known.includes(one)));
    await page.fill("input[name=page]", HOSTILE_PATHS[0].sent);
    await page.click("text=Make a link");
    await page.waitForSelector(`td:text-is(${JSON.stringify(HOSTILE_PATHS[0].listed)})`);
    assert.equal(await page.locator("main img").count(), 0);
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual(await seriousFaults(page), [], `access, ${colorScheme}`);
    }
    await picture(page, "access");
    await page.click(`[aria-label="Revoke ${name}"]`);
    await page.click("text=Revoke for ever");
    await until(`${name} is gone`, async () => !(await names()).includes(name));
    assert.equal((await ask(installation, fresh, "pages")).status, 401);
    await context.close();
  }));

test("logging out ends it: the cookie goes, and the dashboard asks for a token again", () =>
  telling(installation, async () => {
    await desk.setOffline(true);
    await tab.click("text=Log out");
    await tab.waitForSelector("[role=alert]:has-text('You are still logged in.')");
    await desk.setOffline(false);
    await tab.click("text=Try again");
    await tab.click("text=Log out");
    await tab.waitForSelector("input[name=token]");
    assert.deepEqual(await desk.cookies(), []);
    const status = await tab.evaluate(async () => (await fetch("/api/v1/sites/tarnmoor/pages")).status);
    assert.equal(status, 401);
    await picture(tab, "login");
  }));
