// Moving about in the dashboard: what was typed is there on the way back, a new view has the focus, and a page without enough says what comes next.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { go, openDesk, picture, seriousFaults, shown } from "../lib/desk.js";
import { addressIn, json } from "../lib/installation.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

const SEARCH = "input[type=search]";
const listed = (tab: Page): Promise<string[]> => tab.locator("table.pages tbody a").allInnerTexts();
export const focused = (tab: Page): Promise<string> => tab.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent?.trim()}`);

/** What is searched for stands in the address: it outlives a look at a page, and whoever is sent the address sees the same. */
export async function theSearchIsThereOnTheWayBack({ installation, desk, tab }: Journey, page: string): Promise<void> {
  await go(tab, "overview");
  await tab.waitForSelector(SEARCH);
  await tab.locator(SEARCH).pressSequentially("TEAP");
  assert.deepEqual(await listed(tab), [page]);
  for (const back of [() => tab.goBack(), () => tab.click("text=All pages")]) {
    await tab.click("table.pages tbody a");
    await tab.waitForSelector(".covered");
    await back();
    await tab.waitForSelector("table.pages tbody tr");
    assert.equal(await tab.inputValue(SEARCH), "TEAP");
    assert.deepEqual(await listed(tab), [page]);
  }
  const sent = await openDesk(desk, installation.proxy.origin, tab.url().split("#/")[1]);
  await sent.waitForSelector("table.pages tbody tr");
  assert.equal(await sent.inputValue(SEARCH), "TEAP");
  assert.deepEqual(await listed(sent), [page]);
  await sent.close();
  await tab.fill(SEARCH, "");
  assert.ok((await listed(tab)).length > 1);
  assert.ok(!tab.url().includes("search"), "nothing searched for, nothing in the address");
}

/** A new view begins at its top with the focus on its heading; filters, and what is typed, leave it where it is. */
export async function aNewViewHasTheFocus({ tab }: Journey, page: string): Promise<void> {
  const heading = (text: string): Promise<unknown> => until(`the focus is on ${text}`, async () => (await focused(tab)) === `H1 ${text}`);
  await go(tab, "overview");
  await tab.waitForSelector("table.pages tbody tr");
  await tab.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await tab.click(`table.pages tbody a:text-is("${page}")`);
  await heading(page);
  assert.equal(await tab.evaluate(() => scrollY), 0);
  assert.equal(await tab.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle), "none");
  await shown(tab);
  await tab.selectOption("label:has-text('Viewport') select", "phone");
  await tab.focus("label:has-text('Viewport') select");
  await shown(tab);
  assert.match(await focused(tab), /^SELECT /);
  await tab.goBack();
  await heading("Pages");
  await tab.waitForSelector(SEARCH);
  await tab.locator(SEARCH).pressSequentially("tea");
  assert.match(await focused(tab), /^INPUT /);
  for (const name of ["Compare", "Installation", "Site", "Access", "Privacy"]) {
    await tab.focus(`nav >> text=${name}`);
    await tab.keyboard.press("Enter");
    await heading(name);
    await tab.keyboard.press("Shift+Tab");
    assert.equal(await focused(tab), "BUTTON Log out", "the heading is no stop of its own, and what comes before it is the bar");
  }
  await tab.click(".switcher summary");
  await tab.click(".switcher >> text=Add a site");
  await tab.waitForSelector("input[name=token]:focus");
}

/** Page views that are enough for a page to be shown. */
const NEEDED = 50;

/** A page of which nothing is shown says how many page views are missing at most, leads to the check, and shows it once they came. */
export async function whatIsMissingIsSaid({ installation, site, shop, tab }: Journey): Promise<void> {
  const body = beacon({ site: site.key, path: "/young", cell: [4, 4] });
  const send = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) {
      assert.equal(said(await post(installation.collectOrigin(), body, head(shop.origin, addressIn("DE", i)))).outcome, "admitted");
    }
  };
  await send(NEEDED - 1);
  await go(tab, "page?path=/young&viewport=phone");
  await tab.waitForSelector(`.notice :text("Not enough yet: a page is shown from ${NEEDED} page views on.")`);
  assert.match(await tab.innerText(".notice"), /with these filters/);
  assert.ok(!(await tab.innerText(".notice")).includes(String(NEEDED - 1)), "how many there are is told to nobody");
  assert.deepEqual(await seriousFaults(tab), []);
  await picture(tab, "page-not-enough");
  await tab.click("text=Without these filters");
  await tab.waitForSelector(".notice:not(:has-text('with these filters'))");
  await tab.click("text=See whether page views arrive");
  await tab.waitForSelector(".verdict.good");
  await tab.goBack();
  await send(1);
  await until("the page is counted", async () => (await json<{ views: number }>(installation, site, "heatmap?page=/young")).views === NEEDED);
  await tab.click("text=Look again");
  await tab.waitForSelector(`.covered:has-text("${NEEDED} page views")`);
}
