// One session, several sites: who owns two adds the second by its token, switches, loses one, and logs out of all.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { launch } from "../lib/browser.js";
import { go, logIn, picture, seriousFaults, shown } from "../lib/desk.js";
import { send } from "../lib/http.js";
import { addressIn, addSite, Embedded, json, telling, type Site } from "../lib/installation.js";
import { until } from "../lib/until.js";

/** Page views of each site's page. */
const SHOWN = { alder: 60, birch: 75 };

let installation: Embedded;
let browser: Browser;
let desk: BrowserContext;
let tab: Page;
let alder: Site;
/** Opened by a token that may administer. */
let birch: Site;
/** Another token of birch, and the name by which it is revoked. */
let revocable: { id: string; token: string };

before(async () => {
  [installation, browser] = await Promise.all([Embedded.start(), launch()]);
  [alder, birch] = [await counted("alder"), await counted("birch")];
  const made = await installation.cli("token", "create", "--site", "birch", "--admin", "--json");
  birch = { ...birch, token: (JSON.parse(made.stdout) as { token: string }).token };
  revocable = JSON.parse((await asBirch("POST", "tokens", { scope: "read" })).toString()) as typeof revocable;
  desk = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
});
after(async () => {
  await browser?.close();
  await installation?.stop();
});

async function counted(key: keyof typeof SHOWN): Promise<Site> {
  const site = await addSite(installation, key, `https://${key}.example`);
  const body = beacon({ site: key, path: `/${key}-page`, cell: [3, 4] });
  const sent = Array.from({ length: SHOWN[key] }, (_, i) => post(installation.collectOrigin(), body, head(`https://${key}.example`, addressIn("DE", i))));
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until(`${key} is counted`, async () => (await json<{ views: number }[]>(installation, site, "pages"))[0]?.views === SHOWN[key]);
  return site;
}

async function asBirch(method: string, what: string, body?: object): Promise<Buffer> {
  const headers = { authorization: `Bearer ${birch.token}`, "content-type": "application/json" };
  const answer = await send(`${installation.apiOrigin()}/api/v1/sites/birch/${what}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  assert.ok(answer.status < 300, `${method} ${what}: ${answer.status}`);
  return answer.body;
}

const listed = (page: Page): Promise<string[][]> =>
  page.locator("table.pages tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.trim())));
const siteShown = (page: Page): Promise<string> => page.innerText(".bar .site");

async function tabTo(text: string): Promise<void> {
  for (let times = 0; times < 40; times++) {
    await tab.keyboard.press("Tab");
    if ((await tab.evaluate(() => document.activeElement?.textContent?.trim())) === text) return;
  }
  assert.fail(`the keyboard does not reach ${text}`);
}

/** What the page shows, as a reader without eyes has it. */
async function nothingOf(page: Page, other: string): Promise<void> {
  assert.ok(!(await page.innerText("main")).includes(other), `nothing of ${other}`);
}

test("with the keyboard alone a site is added to the session, beside the first; a wrong token adds none", () =>
  telling(installation, async () => {
    tab = await logIn(desk, installation.proxy.origin, alder);
    assert.equal(await tab.evaluate(() => location.hash), "#/sites/alder/overview", "the address names its site");
    assert.deepEqual((await listed(tab)).map(([path]) => path), ["/alder-page"]);
    await tabTo("Site: alder");
    await tab.keyboard.press("Enter");
    await tabTo("Add a site");
    await tab.keyboard.press("Enter");
    await tab.waitForSelector("input[name=token]:focus");
    await tab.keyboard.type(`iso_${"x".repeat(43)}`);
    await tab.keyboard.press("Enter");
    assert.match(await tab.innerText("[role=alert]"), /token is not known/);
    assert.deepEqual((await listed(tab)).map(([site]) => site), ["alder"]);
    await tab.fill("input[name=token]", "");
    await tab.focus("input[name=token]");
    await tab.keyboard.type(revocable.token);
    await tab.keyboard.press("Enter");
    await tab.waitForSelector('.site:text-is("birch")');
    await tab.waitForSelector("table.pages tbody tr");
    assert.equal(await tab.innerText("h1"), "Pages");
    assert.deepEqual((await listed(tab)).map(([path]) => path), ["/birch-page"]);
    await nothingOf(tab, "alder");
    const [cookie, ...others] = await desk.cookies();
    assert.deepEqual(others, []);
    assert.deepEqual([cookie?.name, cookie?.httpOnly, cookie?.secure, cookie?.sameSite], ["__Host-isotherm_session", true, true, "Strict"]);
    const kept = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.equal(kept, '[{},{},""]');
  }));

test("the first view lists the sites with their page views of the window", () =>
  telling(installation, async () => {
    await tab.goto("about:blank");
    await tab.goto(installation.proxy.origin);
    await tab.waitForSelector("table.pages tbody tr:nth-child(2) .number");
    assert.equal(await tab.innerText("h1"), "Sites");
    const numbers = async (): Promise<string[][]> => (await listed(tab)).map(([site = "", , views = "", clicks = ""]) => [site, views, clicks]);
    assert.deepEqual(await numbers(), [
      ["alder", "60", "60"],
      ["birch", "75", "75"],
    ]);
    await tab.click("text=Last month");
    await tab.waitForSelector("td:has-text('Not enough page views')");
    await tab.click("text=7 days");
    await tab.waitForSelector("table.pages tbody tr:nth-child(2) .number");
    await picture(tab, "sites");
    await tab.click("table.pages a:text-is('alder')");
    await tab.waitForSelector("table.pages a:text-is('/alder-page')");
    assert.equal(await tab.getAttribute("button:text-is('7 days')", "aria-pressed"), "true", "the days stay chosen");
    await nothingOf(tab, "birch");
  }));

test("the switcher goes to the other site's same view, with the days; each site by its own token", () =>
  telling(installation, async () => {
    const open = async (site: string): Promise<void> => {
      await tab.click(".switcher summary");
      await tab.click(`.switcher a:text-is("${site}")`);
      await tab.waitForSelector(`.bar .site:text-is("${site}")`);
      await shown(tab);
      assert.equal(await tab.getAttribute(".switcher", "open"), null, "it closes");
    };
    await open("birch");
    await tab.waitForSelector("table.pages a:text-is('/birch-page')");
    assert.equal(await tab.getAttribute("button:text-is('7 days')", "aria-pressed"), "true");
    await tab.click("table.pages a:text-is('/birch-page')");
    await tab.waitForSelector(".covered");
    await open("alder");
    await tab.waitForSelector("table.pages a:text-is('/alder-page')");
    await go(tab, "sites/alder/installation");
    await open("birch");
    assert.equal(await tab.innerText("h1"), "Installation");
    assert.match(await tab.innerText("main pre code"), /data-site="birch"/);
    await nothingOf(tab, "alder");
    await tab.keyboard.press("Tab");
    await tab.click(".switcher summary");
    await tab.keyboard.press("Escape");
    assert.equal(await tab.getAttribute(".switcher", "open"), null);
    assert.equal(await tab.evaluate(() => document.activeElement?.tagName), "SUMMARY", "the focus stays");
  }));

test("axe-core finds nothing serious in the list and the switcher, and neither is wider than a phone", () =>
  telling(installation, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await go(tab, "sites");
      await tab.waitForSelector("table.pages tbody tr:nth-child(2) .number");
      await tab.click(".switcher summary");
      assert.deepEqual(await seriousFaults(tab), [], colorScheme);
      await picture(tab, `sites-switcher${colorScheme === "dark" ? "-dark" : ""}`);
      await go(tab, "sites/cedar/overview");
      assert.equal(await tab.innerText("h1"), "cedar is not open here");
      assert.deepEqual(await seriousFaults(tab), [], `not open, ${colorScheme}`);
      await picture(tab, `not-open${colorScheme === "dark" ? "-dark" : ""}`);
    }
    await tab.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await tab.setViewportSize({ width: 390, height: 844 });
    for (const view of ["sites", "sites/alder/overview", "sites/cedar/overview"]) {
      await go(tab, view);
      await tab.click(".switcher summary");
      assert.ok((await tab.evaluate(() => document.documentElement.scrollWidth)) <= 390, view);
      const box = await tab.locator(".switcher ul").boundingBox();
      assert.ok(box && box.x >= 0 && box.x + box.width <= 390, `${view}: the list is in the window`);
      await picture(tab, `${view.split("/")[1] ?? view}-switcher-phone`);
    }
    await tab.setViewportSize({ width: 1440, height: 900 });
  }));

test("a revoked token closes its own site, in words, and the other stays open", () =>
  telling(installation, async () => {
    await go(tab, "sites/birch/overview");
    await tab.waitForSelector("table.pages a:text-is('/birch-page')");
    await asBirch("DELETE", `tokens/${revocable.id}`);
    await tab.click("text=90 days");
    await tab.waitForSelector("h1:text-is('birch is not open here')");
    await nothingOf(tab, "birch-page");
    assert.deepEqual(await tab.locator(".switcher li a").allTextContents(), ["alder", "Add a site"]);
    await go(tab, "sites/alder/overview");
    await tab.waitForSelector("table.pages a:text-is('/alder-page')");
    await go(tab, "sites/birch/access");
    await tab.fill("input[name=token]", birch.token);
    await tab.keyboard.press("Enter");
    await tab.waitForSelector("table.pages a:text-is('/birch-page')");
    await go(tab, "sites/birch/access");
    await tab.waitForSelector("text=Make a token");
    await go(tab, "sites/alder/access");
    await tab.waitForSelector("text=may read, not administer");
  }));

test("logging out ends all sites, in every tab", () =>
  telling(installation, async () => {
    const other = await desk.newPage();
    await other.goto(`${installation.proxy.origin}/#/sites/alder/overview`);
    await other.waitForSelector("table.pages a:text-is('/alder-page')");
    await tab.click("text=Log out");
    await tab.waitForSelector("input[name=token]");
    assert.deepEqual(await desk.cookies(), []);
    for (const site of ["alder", "birch"]) {
      assert.equal(await tab.evaluate(async (key) => (await fetch(`/api/v1/sites/${key}/pages`)).status, site), 401);
    }
    await other.click("text=90 days");
    await other.waitForSelector("input[name=token]");
    await nothingOf(other, "alder");
    // Whoever logs in next begins with their own site, and has no other.
    await tab.fill("input[name=token]", birch.token);
    await tab.keyboard.press("Enter");
    await tab.waitForSelector("table.pages a:text-is('/birch-page')");
    assert.equal(await siteShown(tab), "birch");
    await go(tab, "sites/alder/overview");
    await tab.waitForSelector("h1:text-is('alder is not open here')");
  }));
