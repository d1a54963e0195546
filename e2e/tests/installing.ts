// The installation check: what it says for each cause that the service can see, and how an owner finds the others.

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go, picture } from "../lib/desk.js";
import { addressIn, json } from "../lib/installation.js";
import type { Journey } from "./overlay.js";

const titles = (tab: Page): Promise<string[]> => tab.locator("[role=status] .verdict strong").allInnerTexts();
const enter = async (tab: Page, address: string): Promise<void> => {
  await tab.fill("input[name=address]", address);
  await tab.click("text=Open it");
};

/** From nothing to "it works", with a second origin that may not send and does not hide behind it. */
export async function firstDataArrives({ installation, site, shop, browser, tab }: Journey): Promise<void> {
  await go(tab, "installation");
  assert.match((await titles(tab)).join(), /^Nothing has arrived since \d\d:00 UTC\.$/);
  assert.equal(await tab.innerText("main pre code"), site.tag);
  await picture(tab, "installation-nothing");
  const elsewhere = head("https://elsewhere.example", addressIn("DE", 1));
  const wrong = await post(installation.collectOrigin(), beacon({ site: site.key, path: "/", cell: [1, 1] }), elsewhere);
  assert.deepEqual(said(wrong), { status: 204, outcome: "origin" });
  await tab.waitForSelector(".verdict.bad:has-text('origin is not allowed')");
  assert.match(await tab.innerText(".verdict.bad"), /1 beacon .* 1 of them since you opened this view/);
  assert.ok(!(await tab.innerText("main")).includes("elsewhere.example"), "where it came from is kept nowhere");
  await enter(tab, "https://www.elsewhere.example/shop");
  const commands = tab.locator("[role=alert] code");
  assert.equal(await commands.innerText(), `isotherm site add ${site.key} --origin ${shop.origin} --origin https://www.elsewhere.example`);
  await picture(tab, "installation-wrong-origin");
  for (const no of ["javascript:alert(1)", "https://a$(id).example/"]) {
    await enter(tab, no);
    assert.equal(await tab.locator("[role=alert]").innerText(), "This is no address of a page: it begins with https:// or http://.", no);
  }
  const visitor = await browser.newContext();
  const page = await visitor.newPage();
  await page.goto(`${shop.origin}/about`);
  await page.waitForFunction(() => (window as never as { isotherm?: unknown }).isotherm !== undefined);
  await visitor.close();
  await tab.waitForSelector(".verdict.good");
  assert.deepEqual(await titles(tab), ["It works.", "Some pages' origin is not allowed."]);
  await picture(tab, "installation");
}

/** Hours ago, and outcomes of the last day; what is said of them. */
const CAUSES: [number | null, Record<string, number>, string[]][] = [
  [0, { admitted: 7, rule: 2, bot: 1 }, ["It works."]],
  [9, { admitted: 7 }, ["It worked, and has been quiet for hours."]],
  [9, { admitted: 7, origin: 1 }, ["It worked, and has been quiet for hours.", "Some pages' origin is not allowed."]],
  [null, { origin: 3, bot: 1 }, ["The pages' origin is not allowed."]],
  [null, { unavailable: 2, rate_limited: 5 }, ["Some beacons could not be stored.", "Some beacons were above the site's rate."]],
  [null, { rule: 3, bot: 2 }, ["A page rule drops every page that was seen."]],
  [null, { bot: 2 }, ["Only bots were seen."]],
];

/** Each cause that stands in a site's sums has its words; what ends before a site is known never stands there. */
export async function eachCauseHasItsWords({ installation, site, shop, desk }: Journey): Promise<void> {
  const tab = await desk.newPage();
  const real = await json<{ outcomes: Record<string, number>; since: string }>(installation, site, "status");
  const none = Object.fromEntries(Object.keys(real.outcomes).map((outcome) => [outcome, 0]));
  for (const [hours, seen, words] of CAUSES) {
    const last = hours === null ? null : new Date(Date.now() - hours * 3_600_000).toISOString().replace(/:.*/, ":00:00Z");
    const answer = { ...real, outcomes: { ...none, ...seen }, last_admitted_hour: last };
    await tab.unroute("**/status");
    await tab.route("**/status", (route) => route.fulfill({ json: answer }));
    await tab.goto("about:blank");
    await tab.goto(`${installation.proxy.origin}/#/installation`);
    await tab.waitForSelector(".verdict");
    assert.deepEqual(await titles(tab), words, JSON.stringify(seen));
  }
  await tab.close();
  const bodies: [string, object][] = [
    ["malformed", { v: 2 }],
    ["unknown_site", { site: "nobody" }],
  ];
  for (const [outcome, more] of bodies) {
    const sent = await post(installation.collectOrigin(), beacon({ site: site.key, path: "/", cell: [1, 1] }, more), head(shop.origin, addressIn("DE", 2)));
    assert.equal(said(sent).outcome, outcome);
  }
  const after = await json<{ outcomes: Record<string, number> }>(installation, site, "status");
  assert.deepEqual([after.outcomes["malformed"], after.outcomes["unknown_site"]], [0, 0]);
}

/** What only the page itself can tell: it is opened with the inspector. */
export async function aPageTellsTheRest({ installation, site, shop, browser, desk, tab }: Journey): Promise<void> {
  await go(tab, "installation");
  const inspected = async (from: Page, context: BrowserContext): Promise<Page> => {
    const [page] = await Promise.all([context.waitForEvent("page"), enter(from, `${shop.origin}/about`)]);
    assert.equal(await page.evaluate(() => window.opener), null);
    await page.locator("isotherm-inspect section").waitFor();
    return page;
  };
  const measured = await inspected(tab, desk);
  await measured.locator(`isotherm-inspect pre:has-text('"site":"${site.key}"')`).waitFor();
  await picture(measured, "inspector");
  await measured.close();
  assert.equal(await tab.locator(".verdict.open code").innerText(), `isotherm doctor --url ${shop.origin}/about`);
  await picture(tab, "installation-looked");

  // The owner's own browser says no: the tag works, and that is said.
  const refuses = await browser.newContext({ extraHTTPHeaders: { "sec-gpc": "1" } });
  const since = installation.proxy.passed.length;
  const page = await refuses.newPage();
  await page.goto(`${shop.origin}/about#isotherm-inspect`);
  await page.getByText("Your browser sends Global Privacy Control.").waitFor();
  await refuses.close();
  assert.deepEqual(installation.proxy.beacons(since), []);
}
